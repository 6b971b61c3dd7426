"""Labels that are times: zones, periods."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.dates import zoned
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.labels import relabelled, with_index

__all__: list[str] = []


def relabelled_times(frame: Any, method: str, axis: Any, *args: Any, **keywords: Any) -> Any:
    """A frame whose labels are what a method of times makes of them."""
    if axis in (1, "columns") and isinstance(frame.expr.meta, pd.DataFrame):
        return relabelled(frame, getattr(frame.expr.meta.columns, method)(*args, **keywords))
    if axis not in (0, "index"):
        raise ValueError(f"No axis named {axis} for object type {type(frame.expr.meta).__name__}")
    if not hasattr(frame.expr.meta.index, method):
        raise TypeError(f"{method}() needs labels that are times; they are {type(frame.expr.meta.index).__name__}")
    labels = new(IndexOf(frame.expr))
    made = zoned(labels, method, *args, **keywords) if "ambiguous" in keywords else elementwise(method, labels, *args)
    return with_index(frame, made)


class TimeLabelMethods(FrameBase):
    """Labels that are times."""

    __slots__ = ()

    def tz_localize(
        self,
        tz: Any,
        axis: Any = 0,
        level: Any = None,
        copy: Any = None,
        ambiguous: Any = "raise",
        nonexistent: Any = "raise",
    ) -> Any:
        """Labels without a time zone as times in one; None takes the zone away."""
        words = {"ambiguous": ambiguous, "nonexistent": nonexistent}
        if of_levels(self.expr.meta.index, level):
            return with_index(
                self, elementwise("level_times", new(IndexOf(self.expr)), level, "tz_localize", tz, **words)
            )
        return relabelled_times(self, "tz_localize", axis, tz, ambiguous=ambiguous, nonexistent=nonexistent)

    def tz_convert(self, tz: Any, axis: Any = 0, level: Any = None, copy: Any = None) -> Any:
        """Labels as the same moments in another time zone."""
        if of_levels(self.expr.meta.index, level):
            return with_index(self, elementwise("level_times", new(IndexOf(self.expr)), level, "tz_convert", tz))
        return relabelled_times(self, "tz_convert", axis, tz)

    def to_period(self, freq: Any = None, axis: Any = 0, copy: Any = None) -> Any:
        """Labels as the periods that they are in."""
        return relabelled_times(self, "to_period", axis, freq)


def of_levels(index: pd.Index, level: Any) -> bool:
    """Whether times are one of several levels of an index; an error, if there is no such level."""
    if level is not None and index.nlevels == 1 and level not in (0, index.name):
        raise ValueError(f"The level {level} is not valid")
    return level is not None and index.nlevels > 1


@function_named("level_times")
def level_times(labels: pd.MultiIndex, level: Any, method: str, *args: Any, **keywords: Any) -> pd.MultiIndex:
    """Labels with what a method of times makes of a level."""
    number = labels._get_level_number(level)
    return labels.set_levels(getattr(labels.levels[number], method)(*args, **keywords), level=number)
