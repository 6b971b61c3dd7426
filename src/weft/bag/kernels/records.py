"""Records that could not be dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["BadRecord"]


@dataclass(frozen=True)
class BadRecord:
    """Stands in a bag for a record that failed, where errors are collected (``on_error="collect"``).

    Attributes
    ----------
    record : object
        What was to be read, decoded or mapped.
    error : str
        What happened: type and text of the exception.
    path : str or None
        The file that it comes from, if it comes straight from one.
    offset : int or None
        Its first byte in that file.

    Examples
    --------
    >>> import weft.bag as db
    >>> good = db.from_sequence(["1", "x"], npartitions=1).map(int, on_error="collect")
    >>> [each.record for each in good.compute(scheduler="sync") if isinstance(each, db.BadRecord)]
    ['x']
    """

    record: Any
    error: str
    path: str | None = None
    offset: int | None = None
