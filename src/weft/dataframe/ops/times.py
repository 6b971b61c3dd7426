"""Labels that are times: zones, periods."""

from __future__ import annotations

from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.labels import IndexOf, with_index

__all__: list[str] = []


def relabelled_times(frame: Any, method: str, axis: Any, *args: Any, **keywords: Any) -> Any:
    """A frame whose labels are what a method of times makes of them."""
    if axis not in (0, "index"):
        raise NotImplementedError(
            f"{method}(axis={axis!r}) of columns is not supported: df.columns = df.columns.{method}(...)"
        )
    if not hasattr(frame.expr.meta.index, method):
        raise TypeError(f"{method}() needs labels that are times; they are {type(frame.expr.meta.index).__name__}")
    return with_index(frame, elementwise(method, new(IndexOf(frame.expr)), *args, **keywords))


class TimeLabelMethods(FrameBase):
    """Labels that are times."""

    __slots__ = ()

    def tz_localize(
        self, tz: Any, axis: Any = 0, level: Any = None, ambiguous: Any = "raise", nonexistent: Any = "raise"
    ) -> Any:
        """Labels without a time zone as times in one; None takes the zone away."""
        refuse_level("tz_localize", level)
        return relabelled_times(self, "tz_localize", axis, tz, ambiguous=ambiguous, nonexistent=nonexistent)

    def tz_convert(self, tz: Any, axis: Any = 0, level: Any = None) -> Any:
        """Labels as the same moments in another time zone."""
        refuse_level("tz_convert", level)
        return relabelled_times(self, "tz_convert", axis, tz)

    def to_period(self, freq: Any = None, axis: Any = 0) -> Any:
        """Labels as the periods that they are in."""
        return relabelled_times(self, "to_period", axis, freq)


def refuse_level(method: str, level: Any) -> None:
    """Labels have one level."""
    if level is not None:
        raise NotImplementedError(f"{method}(level=) is not supported: reset_index() and use .dt.{method}(...)")
