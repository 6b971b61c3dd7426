r"""Cut a file of lines into byte ranges, so that several tasks can read it side by side.

Cuts are wished for at equal distances and moved forward to the next line's start. So every line lies in exactly one
range, ranges follow each other without a gap, and finding them reads a few bytes at each cut, whatever the file's size.
Lines end with ``\n`` (or ``\r\n``, which ends with ``\n``); a quoted field with a line break inside would be cut apart.
The header is nobody's line: it is read once, when the file is cut, and travels with each range.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

__all__ = ["LineRange", "cut_lines", "read_range"]


@dataclass(frozen=True)
class LineRange:
    """The whole lines in ``path`` from byte ``start`` up to byte ``stop``, under the file's ``header`` line."""

    path: Path
    header: bytes
    start: int
    stop: int


def cut_lines(path: Path, parts: int) -> list[LineRange]:
    r"""Cut the lines after the header into ``parts`` ranges of about equal bytes.

    Parameters
    ----------
    path : Path
        A plain file; its first line is the header.
    parts : int
        How many ranges to give; some are empty when the file has fewer lines.

    Returns
    -------
    list of LineRange
        Exactly ``parts`` of them, in the order of the file.

    Raises
    ------
    ValueError
        When ``parts`` is less than one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "numbers.csv"
    ...     nbytes = path.write_bytes(b"n\n1\n20\n3\n")
    ...     [read_range(part) for part in cut_lines(path, 2)]
    [b'n\n1\n20\n', b'n\n3\n']
    """
    if parts < 1:
        raise ValueError(f"cannot cut {path} into {parts} parts: there must be at least one. Give parts=1 or more.")
    with path.open("rb") as file:
        header = file.readline()
        first, last = file.tell(), file.seek(0, 2)
        cuts = [first, *(line_start(file, first + (last - first) * part // parts) for part in range(1, parts)), last]
    return [LineRange(path, header, start, stop) for start, stop in pairwise(cuts)]


def line_start(file: BinaryIO, position: int) -> int:
    """The first line start at or after ``position``; the end of the file counts as one."""
    file.seek(max(position - 1, 0))
    file.readline()
    return file.tell()


def read_range(part: LineRange) -> bytes:
    """The bytes of a range, below the header line."""
    with part.path.open("rb") as file:
        file.seek(part.start)
        return part.header + file.read(part.stop - part.start)
