"""Words of text, and how often each is there.

HOT: `Tally` (benchmark ``bag``). Making an object of every word and looking it up in a dict takes most of the time of a word
count. pyarrow does both without objects, and then only the different words become Python's. Its functions for ASCII and for
UTF-8 cut where `str.split` does; what they do not know is counted by Python.
"""

from __future__ import annotations

import struct
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from weft.io.text import LineFormat

__all__ = ["CHANGES", "Splitter", "Tally", "add_counts"]

#: Methods of texts that give the same for a text as for its lines one by one, as far as words are concerned.
CHANGES = ("lower", "upper", "casefold", "swapcase", "strip", "lstrip", "rstrip")
#: Bytes of text for which it pays to import pyarrow.
MUCH = 4 << 20
#: Bytes of text at a time whose words pyarrow can number with 32 bits.
MOST = 1 << 30
#: White space for `str.split`, but not for C.
SEPARATORS = (b"\x1c", b"\x1d", b"\x1e", b"\x1f")


@dataclass(frozen=True)
class Splitter:
    """How text becomes words: some changes, by methods without arguments, and then a cut at white space.

    >>> Splitter(("lower",)).words("One  TWO\\n")
    ['one', 'two']
    """

    changes: tuple[str, ...] = ()

    def changed(self, text: str) -> str:
        """The text that is cut."""
        for change in self.changes:
            text = getattr(text, change)()
        return text

    def words(self, text: str) -> list[str]:
        """The words."""
        return self.changed(text).split()


class Tally:
    """How often each word is there, of text that comes piece by piece.

    >>> tally = Tally(Splitter())
    >>> tally.add(b"one two\\n", LineFormat())
    >>> tally.add(b"two\\n", LineFormat())
    >>> sorted(tally.take().items())
    [('one', 1), ('two', 2)]
    """

    def __init__(self, splitter: Splitter) -> None:
        self.splitter = splitter
        self._counts: Counter[str] = Counter()
        self._arrays: list[Any] = []
        self._nbytes = 0

    def add(self, raw: bytes, form: LineFormat) -> None:
        """Count the words of whole lines.

        Raises
        ------
        UnicodeDecodeError
            The bytes are no text.
        """
        self._nbytes += len(raw)
        is_ascii = form.is_ascii(raw)
        compute = arrow_compute(self._nbytes > MUCH) if len(raw) < MOST else None
        if compute is None:
            self._count(self.splitter.changed(form.decode(raw)))
            return
        split = compute.utf8_split_whitespace
        if is_ascii:
            if not any(each in raw for each in SEPARATORS):
                split = compute.ascii_split_whitespace
            for change in self.splitter.changes:
                raw = raw.lower() if change == "casefold" else getattr(raw, change)()
        else:
            text = self.splitter.changed(form.decode(raw))
            try:
                raw = text.encode()
            except UnicodeEncodeError:  # parts of characters, of which errors="surrogateescape" makes something
                self._count(text)
                return
        self._arrays.append(split(as_one_text(raw)).values)

    def _count(self, text: str) -> None:
        """Count by Python; what pyarrow has comes first."""
        self._settle()
        self._counts.update(text.split())

    def take(self) -> dict[str, int]:
        """Words with their numbers, those that were met first in front; then all begins anew."""
        self._settle()
        counts, self._counts = self._counts, Counter()
        return counts

    def _settle(self) -> None:
        """Add up what pyarrow has."""
        arrays, self._arrays = self._arrays, []
        if not arrays:
            return
        import pyarrow

        found = pyarrow.chunked_array(arrays).value_counts()
        made = dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True))
        made.pop("", None)  # in front of and behind white space at the ends
        add_counts(self._counts, made)


def add_counts(total: dict[Any, int], more: Mapping[Any, int]) -> None:
    """Add numbers to those of the same things."""
    known = total.get
    for each, number in more.items():
        total[each] = known(each, 0) + number


@cache
def has_arrow() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def arrow_compute(is_much: bool) -> Any:
    """pyarrow's functions, if they are there already, or are installed and worth the time of their import; else None."""
    if "pyarrow.compute" not in sys.modules and not (is_much and has_arrow()):
        return None
    import pyarrow.compute

    return pyarrow.compute


def as_one_text(raw: bytes) -> Any:
    """An array of one text, which is not copied."""
    import pyarrow

    bounds = pyarrow.py_buffer(struct.pack("=ii", 0, len(raw)))
    return pyarrow.StringArray.from_buffers(1, bounds, pyarrow.py_buffer(raw))
