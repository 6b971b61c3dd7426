"""Nodes whose rows depend on rows around them: some, all before, or all there are."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa

from weft.dataframe.base import at_hand, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.neighbours import Around, apply_method
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, same_kind, tried
from weft.dataframe.treewise import EVERYTHING
from weft.expr import Cost, Expr, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, blockwise
from weft.physical.gather import Gather

__all__ = ["Fill", "Neighbours", "WholeRows", "call_of", "WholeResult", "needs_rows", "whole_result", "whole_rows"]


def call_of(*inputs: Any, **keywords: Any) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    """Arguments as an operand; those that are ours are computed."""
    return tuple(map(at_hand, inputs)), tuple([(word, at_hand(each)) for word, each in keywords.items()])


def needs_rows(reach: Any) -> bool:
    """Whether any rows are looked at."""
    return bool(reach) if isinstance(reach, int) else True


@node
class Neighbours(Carried):
    """A method that looks at some rows before and behind each."""

    source: FrameExpr
    around: Around

    @property
    def label(self) -> str:
        return self.around.method.replace(".", "-")

    @property
    def plan(self) -> Around:
        return self.around

    @property
    def looks_before(self) -> bool:
        return needs_rows(self.around.before)

    @property
    def looks_after(self) -> bool:
        return needs_rows(self.around.after)

    @derived
    def meta(self) -> Any:
        return method_meta(self.source.meta, self.around)


@node
class Fill(Neighbours):
    """Gaps filled with the nearest value on one side."""


@node
class WholeRows(Partitionwise):
    """A method that needs all rows in one place, and gives as many.

    This holds all of the columns in memory at once. It is for methods that no smaller knowledge is enough for.
    """

    source: FrameExpr
    around: Around
    given: Any = UNKNOWN

    @property
    def label(self) -> str:
        return self.around.method.replace(".", "-")

    @derived
    def meta(self) -> Any:
        return method_meta(self.source.meta, self.around) if self.given is UNKNOWN else self.given

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        count = self.npartitions
        gathered = Gather(
            Outline(self.name, f"{self.label}-whole", (1,)),
            self.source,
            partial(told_first, steps.gather),
            AllTo(count, self.around),
        )
        return blockwise(
            self.outline, steps.pick, [(gathered, (None,))], [Listed(tuple(range(count)))], cost=Cost.LIGHT
        )


@node
class WholeResult(FrameExpr):
    """A method that needs all rows in one place, and what it gives: one partition, or a value.

    This holds all of the columns in memory at once. It is for methods that no smaller knowledge is enough for.
    """

    source: FrameExpr
    around: Around
    pick: tuple[Any, ...] | None = None
    given: Any = UNKNOWN

    @property
    def label(self) -> str:
        return self.around.method.replace(".", "-")

    @derived
    def meta(self) -> Any:
        if self.given is not UNKNOWN:
            return self.given
        steps: Any = KERNELS["pandas"][type(self)]
        made = tried(partial(steps.gather, (self.around, self.pick)), self.source.meta)
        is_small = isinstance(made, pd.Series) and self.around.method in ("agg", "corr", "cov")
        return made.iloc[:0] if isinstance(made, (pd.DataFrame, pd.Series)) and not is_small else made

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        routes = AllTo(self.source.npartitions, (self.around, self.pick))
        return Gather(self.outline, self.source, partial(told_first, steps.gather), routes)


def whole_result(frame: Any, method: str, *calls: Any, pick: Any = None, meta: Any = UNKNOWN) -> Any:
    """What a method gives for all rows at once, or one entry of it."""
    expr = WholeResult(frame.expr, Around(method, calls), pick, meta)
    _ = expr.meta
    return new(expr)


def method_meta(meta: Any, around: Around) -> Any:
    """What a method makes of a meta."""
    try:
        return same_kind(tried(lambda rows: apply_method(rows, around.method, around.calls), meta))
    except pa.ArrowInvalid:  # made-up rows overflow where those of the data need not
        return same_kind(apply_method(meta, around.method, around.calls))


class AllTo:
    """Routes of a gather: one block reads all."""

    def __init__(self, count: int, told: Any) -> None:
        self.count = count
        self.told = told

    def __weft_tokenize__(self) -> Any:
        return (self.count, self.told)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), self.told)]


def told_first(function: Any, told: Any, *blocks: Any) -> Any:
    """A merge that is a function of what it is told and of blocks."""
    return function(told, *blocks)


def whole_rows(frame: Any, method: str, *calls: Any, meta: Any = UNKNOWN) -> Any:
    """A method on all rows at once."""
    expr = WholeRows(frame.expr, Around(method, calls), meta)
    _ = expr.meta
    return new(expr)


def is_timelike(index: pd.Index) -> bool:
    """Whether labels are points or lengths of time, or periods."""
    return isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex))
