"""Blocks of large files by a parser in machine code, where numba is installed (the extra ``weft[jit]``).

What it does not know, it refuses, and Arrow's parser reads the block. Compiling begins, beside the reading, with the first
block of files that are worth it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.compiled import Compiled
from weft.io.delimited import Dialect

__all__ = ["LARGE", "Scan", "machine_code", "read_padded", "scan_of"]

#: Bytes of all files from which on compiling is worth it.
LARGE = 1 << 29
#: Bytes by which the number of rows is guessed, and how many more rows room is made for.
LOOK, ROOM = 1 << 16, 1.05
#: Bytes of a text that may stand for a missing value, at most.
LONGEST_NULL = 8
#: No byte of UTF-8: files without quotes.
NO_QUOTE = 0xFF


class BinaryReader(Protocol):
    """A file whose bytes go where they are wanted."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a buffer as far as the file goes; gives how far."""


class Scan(NamedTuple):
    """What the parser is told of a file's columns: the texts that stand for missing values, and how fields are told apart."""

    nulls: tuple[bytes, ...]
    delimiter: int
    quote: int

    def frame(
        self, code: Any, raw: np.ndarray[Any, Any], labels: Sequence[Hashable], kinds: Mapping[Hashable, Any]
    ) -> pd.DataFrame | None:
        """The records of a text as a frame of some of its columns; None where the parser refuses.

        Parameters
        ----------
        code : module
            The machine code.
        raw : array of uint8
            Whole records, with bytes of zero behind them.
        labels : sequence
            Those of all columns of the file.
        kinds : mapping
            The types of the columns that are wanted, in their order.
        """
        wanted = {label: place for place, label in enumerate(kinds)}
        made_of = {label: kind_of(code, dtype) for label, dtype in kinds.items()}
        if None in made_of.values() or len(labels) < 2:
            return None
        columns = np.array([made_of.get(label, code.UNSEEN) for label in labels], dtype=np.int64)
        slots = np.array([wanted.get(label, 0) for label in labels], dtype=np.int64)
        texts = [place for label, place in wanted.items() if made_of[label] == code.TEXT]
        stop = len(raw) - code.PADDING
        room = int(stop / max(1, LOOK) * max(1, np.count_nonzero(raw[:LOOK] == 10)) * ROOM) + 64
        held = Held(
            np.empty((max(1, len(wanted)), room + 1), np.int64),
            np.empty((len(wanted) if texts else 0, int(stop * ROOM / len(labels)) + 64), np.uint8),
            np.empty((len(wanted) if texts else 0, room + 1), np.uint8),
        )
        held.numbers[:, 0] = 0
        seen = np.zeros(max(1, len(wanted)), np.uint8)
        nulls = np.array([int.from_bytes(each, "big") for each in self.nulls], dtype=np.uint64)
        begins = np.zeros(256, dtype=bool)
        begins[[each[0] if each else 0 for each in self.nulls]] = True
        at = rows = 0
        while True:
            at, rows, why = code.scan(
                raw, stop, at, rows, columns, slots, held.numbers, held.numbers.view(np.float64), held.texts, held.gaps,
                seen, nulls, begins, self.delimiter, self.quote,
            )  # fmt: skip
            if why == code.DONE:
                break
            if why == code.REFUSED:
                return None
            held = held.grown(rows)
        if not wanted:
            return pd.DataFrame(index=pd.RangeIndex(rows))
        data: dict[Hashable, Any] = {}
        for label, place in wanted.items():
            numbers = held.numbers[place]
            if made_of[label] == code.TEXT:
                column = held.text(place, rows, bool(seen[place] >= 0x80))
                if column is None:
                    return None
                data[label] = kinds[label].__from_arrow__(pa.chunked_array([column]))
            else:
                data[label] = (numbers.view(np.float64) if made_of[label] == code.FLOAT else numbers)[:rows]
        return pd.DataFrame(data, copy=False)


class Held(NamedTuple):
    """The memory that a scan fills: a column in each row; of texts their ends, bytes, and which are missing."""

    numbers: np.ndarray[Any, Any]
    texts: np.ndarray[Any, Any]
    gaps: np.ndarray[Any, Any]

    def grown(self, rows: int) -> Held:
        """More room of what is short."""
        if rows + 1 < self.numbers.shape[1]:
            return self._replace(texts=widened(self.texts))
        return Held(widened(self.numbers), self.texts, widened(self.gaps))

    def text(self, place: int, rows: int, is_wide: bool) -> pa.Array | None:
        """A column of texts; None where they are no UTF-8."""
        ends = self.numbers[place, : rows + 1].copy()
        data = self.texts[place, : ends[-1]].copy()
        gaps = self.gaps[place, :rows]
        valid = pa.py_buffer(np.packbits(gaps == 0, bitorder="little")) if gaps.any() else None
        made = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(data), valid)
        if is_wide:
            try:
                made.validate(full=True)
            except pa.ArrowInvalid:
                return None
        return made


def widened(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array with more columns, the first of which are those that it had."""
    made = np.empty((array.shape[0], array.shape[1] * 3 // 2 + 64), array.dtype)
    made[:, : array.shape[1]] = array
    return made


def kind_of(code: Any, dtype: Any) -> int | None:
    """What the parser makes a column of; None for types that it does not know."""
    if isinstance(dtype, pd.StringDtype):
        return None if dtype.na_value is pd.NA else int(code.TEXT)
    if dtype == np.dtype("int64"):
        return int(code.INTEGER)
    return int(code.FLOAT) if dtype == np.dtype("float64") else None


def scan_of(nbytes: int, dialect: Dialect, nulls: Sequence[str], decimal: str) -> Scan | None:
    """How to read files of so many bytes by the parser; None where that is not worth it, or where it does not know them."""
    if nbytes < LARGE or find_spec("numba") is None:
        return None
    texts = [each.encode() for each in nulls]
    if decimal != "." or dialect.escape or not dialect.doubled or dialect.terminator != b"\n":
        return None
    if any(len(each) > LONGEST_NULL or b"\0" in each or looks_like_number(each) for each in texts):
        return None
    quote = NO_QUOTE if dialect.quote is None else ord(dialect.quote)
    return Scan(tuple(dict.fromkeys(texts)), ord(dialect.delimiter), quote)


def looks_like_number(text: bytes) -> bool:
    """Whether a text that stands for a missing value is one that the parser takes for a number."""
    try:
        float(text)
    except ValueError:
        return False
    return any(48 <= each < 58 for each in text)


def read_padded(stream: BinaryReader, nbytes: int, padding: int) -> np.ndarray[Any, Any]:
    """Bytes with zeros behind them, and the end of a line if the last has none."""
    made = np.empty(nbytes + 1 + padding, np.uint8)
    view = made.data
    count = 0
    while count < nbytes and (more := stream.readinto(view[count:nbytes])):
        count += more
    if count and made[count - 1] != 10:
        made[count] = 10
        count += 1
    made[count:] = 0
    return made[: count + padding]


def read_a_line(code: Any) -> None:
    """Have the parser compiled."""
    raw = np.array([*b"1,2\n", *bytes(code.PADDING)], np.uint8)
    Scan((), ord(","), ord('"')).frame(code, raw, ("a", "b"), {"a": np.dtype("int64")})


#: The compiled parser.
machine_code = Compiled("weft.dataframe.io.csv.machine_code", read_a_line)
