"""In which period of time each row is: keys of groups."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.expr import ROWS, VALUES, FrameExpr, Partitionwise, column_needs, row_needs
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.treewise import Treewise
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["TimeSpan", "time_bins"]


@node
class TimeSpan(Treewise):
    """First and last time of all rows."""

    source: FrameExpr
    on: Any

    @property
    def label(self) -> str:
        return "resample-span"

    @property
    def plan(self) -> Any:
        return self.on

    @derived
    def meta(self) -> Any:
        return self.source.meta.index if self.on is None else pd.Index(self.source.meta[self.on])

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return frozenset({Need.INDEX}) if self.on is None else column_needs([self.on])


@node
class TimeBins(Partitionwise):
    """The label of each row's period."""

    source: FrameExpr
    span: FrameExpr
    on: Any
    options: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        return "time-bins"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.on, self.options)

    @derived
    def meta(self) -> Any:
        times = self.span.meta
        return pd.Series([], index=self.source.meta.index, dtype=times.dtype, name=times.name)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.span:
            return VALUES | ROWS
        times: Needs = frozenset({Need.INDEX}) if self.on is None else column_needs([self.on])
        return row_needs(asked) | times


def time_bins(source: FrameExpr, grouper: Any) -> FrameExpr:
    """The periods of a grouper with a frequency, row by row."""
    if grouper.level is not None:
        raise NotImplementedError("pandas.Grouper(level=, freq=) is not there: reset_index() and use key=")
    if grouper.key is not None and grouper.key not in source.columns:
        raise KeyError(missing_column(grouper.key, source.columns))
    words = {word: getattr(grouper, word) for word in ("freq", "closed", "label", "origin", "offset")}
    words["rule"] = words.pop("freq")
    options = tuple([(word, value) for word, value in words.items() if value is not None])
    return TimeBins(source, TimeSpan(source, grouper.key), grouper.key, options)
