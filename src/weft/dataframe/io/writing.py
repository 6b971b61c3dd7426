"""What all writers have in common: each partition is written by itself, and one last task gives the files their names.

A *writer* is a value that travels with the tasks. ``write(part, number)`` writes a partition where no reader looks for it
and says what it wrote; ``finish(written)`` is called once, with what all partitions said, and puts everything in place;
``abandon()`` clears up after an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import ROWS, VALUES, FrameExpr, row_needs
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.expr.naming import nonce
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Listed, Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["Job", "Writer", "Written", "check_frame", "part_names", "write_frame"]


class Writer(Protocol):
    """How partitions are written."""

    #: What users call it.
    label: str
    #: Whether labels of rows are written.
    with_index: bool

    def write(self, part: Any, number: int) -> Any:
        """Write a partition, where no reader looks for it."""

    def finish(self, written: list[Any]) -> Any:
        """Put what was written in place; gives the result of the whole."""

    def abandon(self) -> None:
        """Take away what was written."""


class Job:
    """A call of a writer: the writer as an operand, named by the call, and whether it has failed."""

    __slots__ = ("is_over", "once", "writer")

    def __init__(self, writer: Any, once: str) -> None:
        self.writer = writer
        self.once = once
        self.is_over = False

    def __weft_tokenize__(self) -> str:
        return self.once

    def __reduce__(self) -> Any:
        return Job, (self.writer, self.once)


@node
class Written(FrameExpr):
    """The partitions of a frame, written; one block, which is what the writer says at the end."""

    source: FrameExpr
    job: Job

    child_fields = ("source",)

    @property
    def label(self) -> str:
        return str(self.job.writer.label)

    @derived
    def name(self) -> str:
        return f"{self.label}-{self.job.once}"

    @derived
    def meta(self) -> Any:
        return None

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return (ROWS if self.job.writer.with_index else row_needs(frozenset({Need.ORDER}))) | VALUES

    def lower(self) -> Expr:
        count = self.source.npartitions
        outline = Outline(self.name, f"{self.label}-part", (count,))
        columns: list[Column] = [Listed(tuple(range(count))), Same(self.job)]
        parts = blockwise(outline, write_part, [(self.source, (0,))], columns, cost=Cost.HEAVY)
        return TreeReduce(self.outline, parts, (0,), joined, finish, (self.job,), 64, True)


def write_part(part: Any, number: int, job: Job) -> list[Any]:
    """One partition, written."""
    made = job.writer.write(part, number)
    if job.is_over:  # another partition failed meanwhile, and nobody will come to clear up after this one
        job.writer.abandon()
    return [made]


def joined(*lists: list[Any]) -> list[Any]:
    """What several partitions said."""
    return [each for several in lists for each in several]


def finish(written: list[Any], job: Job) -> Any:
    """What the writer says at the end."""
    return job.writer.finish(written)


def write_frame(frame: Any, writer: Any, compute: bool, compute_kwargs: Mapping[str, Any] | None = None) -> Any:
    """Write now, and give what the writer says; or give a value that writes when it is computed."""
    job = Job(writer, nonce())
    made = new(Written(frame.expr, job))
    if not compute:
        if compute_kwargs:
            raise TypeError("compute_kwargs are for compute=True; give them when you compute")
        return made
    try:
        return made.compute(**dict(compute_kwargs or {}))
    except BaseException:
        job.is_over = True
        writer.abandon()
        raise


def check_frame(frame: Any, writer: str, *, series: bool = False) -> None:
    """Raise TypeError for what cannot be written."""
    kinds = (pd.DataFrame, pd.Series) if series else (pd.DataFrame,)
    if not isinstance(frame, FrameBase) or not isinstance(frame.expr.meta, kinds):
        what = type(frame).__name__
        hint = "; make it a frame first, e.g. series.to_frame()" if isinstance(frame, FrameBase) else ""
        raise TypeError(f"{writer} writes a weft.dataframe DataFrame, not a {what}{hint}")


def part_names(
    count: int, name_function: Callable[[int], str] | None, default: str, offset: int = 0
) -> tuple[str, ...]:
    """A name for each partition.

    Parameters
    ----------
    count : int
    name_function : callable, optional
        Gives a name by the number.
    default : str
        With ``{}`` in the place of the number.
    offset : int
        The number of the first.

    Raises
    ------
    ValueError
        Names are no texts, or not different.
    """
    numbers = range(offset, offset + count)
    if name_function is None:
        return tuple([default.format(number) for number in numbers])
    if not callable(name_function):
        raise ValueError(f"name_function is a function of a partition's number, not {name_function!r}")
    names = tuple([name_function(number) for number in numbers])
    if wrong := [each for each in names if not isinstance(each, str)]:
        raise ValueError(f"name_function gives texts; it gave {wrong[0]!r}")
    if len(set(names)) < count:
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"name_function must give different names; it gave {twice!r} more than once")
    return names
