"""Rows beside earlier or later ones: shifts, differences, relative changes, gaps filled from neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.neighbours import Around
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.labels import relabelled
from weft.dataframe.ops.neighbours import Fill, Neighbours, call_of, whole_rows
from weft.dataframe.ops.reductions import RowReduce, is_rows, pairs
from weft.dataframe.ops.selection import ValidLabel
from weft.expr import Expr, Needs, derived, node

__all__: list[str] = []


@node
class ShiftIndex(Partitionwise):
    """Labels moved by a frequency; values stay."""

    source: FrameExpr
    periods: int
    freq: Any

    facts = frozenset()

    @property
    def label(self) -> str:
        return "shift"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.periods, self.freq)

    @derived
    def meta(self) -> Any:
        return self.source.meta.shift(self.periods, freq=self.freq)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        known = self.source.divisions
        if known is None:
            return None
        return tuple(pd.Index(known).shift(self.periods, freq=self.freq))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked


def around(frame: Any, method: str, periods: int, *inputs: Any, **keywords: Any) -> Any:
    """A method that looks at the row some periods before, or behind."""
    before, after = max(periods, 0), max(-periods, 0)
    return neighbours(frame, Around(method, (call_of(*inputs, **keywords),), before, after))


def neighbours(frame: Any, plan: Around, kind: Any = Neighbours) -> Any:
    """A node that looks around, tried on its meta."""
    expr = kind(frame.expr, plan)
    _ = expr.meta
    return new(expr)


def whole_number(periods: Any, method: str) -> int:
    """Periods as an integer."""
    if isinstance(periods, (bool, np.bool_)) or not (
        isinstance(periods, (int, np.integer)) or (isinstance(periods, float) and periods.is_integer())
    ):
        raise ValueError(f"periods must be an integer: {method}() was given {periods!r}")
    return int(periods)


class DifferenceMethods(FrameBase):
    """Rows beside their neighbours; with ``axis=1`` columns beside theirs."""

    __slots__ = ()

    def shift(
        self, periods: Any = 1, freq: Any = None, axis: Any = 0, fill_value: Any = None, suffix: str | None = None
    ) -> Any:
        """Values of ``periods`` rows before; with ``freq`` the labels move instead.

        Parameters
        ----------
        periods : int, or list of them
            Negative for later rows. A list gives columns for each, whose labels end with its number.
        freq : offset or str, optional
            "infer" looks at the labels, which computes, unless their frequency is known.
        axis : {0, 1}
        fill_value : optional
            Stands where there is no such row; missing by default.
        suffix : str, optional
            Stands before that number.
        """
        if freq is not None and fill_value is not None:
            raise ValueError("Passing a 'freq' together with a 'fill_value' is not allowed.")
        if isinstance(periods, (list, tuple, range, np.ndarray, pd.Index)):
            if is_rows(self, axis):
                raise ValueError("If `periods` contains multiple shifts, `axis` cannot be 1.")
            return shifted_often(self, list(periods), freq, fill_value, suffix)
        if suffix is not None:
            raise ValueError("Cannot specify `suffix` if `periods` is an int.")
        periods = whole_number(periods, "shift")
        own = {} if fill_value is None else {"fill_value": fill_value}
        if is_rows(self, axis):
            if freq is not None:
                return relabelled(self, self.expr.meta.shift(periods, freq, axis=1).columns)
            return new(RowReduce(self.expr, "shift", pairs(periods=periods, **own)))
        if isinstance(freq, str) and freq == "infer" and getattr(self.expr.meta.index, "freq", None) is None:
            freq = self.index.inferred_freq  # type: ignore[attr-defined]
            if freq is None:
                raise ValueError("Freq was not set in the index hence cannot be inferred")
        if freq is not None:
            return new(ShiftIndex(self.expr, periods, freq))
        return around(self, "shift", periods, periods, **own)

    def diff(self, periods: int = 1, axis: Any = 0) -> Any:
        """Difference to the value ``periods`` rows before."""
        periods = whole_number(periods, "diff")
        if is_rows(self, axis):
            return new(RowReduce(self.expr, "diff", pairs(periods=periods)))
        return around(self, "diff", periods, periods)

    def pct_change(self, periods: int = 1, fill_method: None = None, freq: Any = None, **kwargs: Any) -> Any:
        """Relative change to the value ``periods`` rows before."""
        if fill_method is not None:
            raise ValueError(f"fill_method must be None; got fill_method={fill_method!r}. Use ffill() first.")
        if freq is not None:
            return whole_rows(self, "pct_change", call_of(periods, freq=freq, **kwargs))
        axis = kwargs.pop("axis", 0)
        if kwargs:
            raise TypeError(f"pct_change() got unexpected arguments {sorted(kwargs)}")
        periods = whole_number(periods, "pct_change")
        if is_rows(self, axis):
            return new(RowReduce(self.expr, "pct_change", pairs(periods=periods)))
        return around(self, "pct_change", periods, periods)

    def ffill(
        self, axis: Any = None, limit: int | None = None, *, inplace: bool = False, limit_area: str | None = None
    ) -> Any:
        """Missing values replaced by the last one before, at most ``limit`` in a row."""
        return changed(self, filled(self, "ffill", axis, limit, limit_area), inplace, gives_frame=True)

    def bfill(
        self, axis: Any = None, limit: int | None = None, *, inplace: bool = False, limit_area: str | None = None
    ) -> Any:
        """Missing values replaced by the next one behind, at most ``limit`` in a row."""
        return changed(self, filled(self, "bfill", axis, limit, limit_area), inplace, gives_frame=True)

    def first_valid_index(self) -> Any:
        """Label of the first row with a value, or None; this computes."""
        return valid_label(self, 0)

    def last_valid_index(self) -> Any:
        """Label of the last row with a value, or None; this computes."""
        return valid_label(self, -1)


def shifted_often(frame: Any, periods: list[Any], freq: Any, fill_value: Any, suffix: str | None) -> Any:
    """Columns for each of several periods, side by side."""
    if not periods:
        raise ValueError("If `periods` is an iterable, it cannot be empty.")
    is_frame = isinstance(frame.expr.meta, pd.DataFrame)
    names = [frame.name] if not is_frame else list(frame.expr.columns)
    columns: dict[str, Any] = {}
    for each in [whole_number(one, "shift") for one in periods]:
        moved = frame.shift(each, freq, 0, fill_value)
        for name in names:
            label = f"{name}{suffix}_{each}" if suffix else f"{name}_{each}"
            column = moved[name] if is_frame else moved
            columns[label] = column.rename(label)
    if freq is not None:  # labels move, each time by another distance
        return concat(list(columns.values()), axis=1)
    first, *others = columns
    return columns[first].to_frame(first).assign(**{label: columns[label] for label in others})


def filled(frame: Any, method: str, axis: Any, limit: int | None, limit_area: str | None) -> Any:
    """`ffill` and `bfill`."""
    if limit is not None and (not isinstance(limit, (int, np.integer)) or limit < 1):
        raise ValueError(
            "Limit must be greater than 0" if isinstance(limit, (int, np.integer)) else "Limit must be an integer"
        )
    if axis is not None and is_rows(frame, axis):
        return new(RowReduce(frame.expr, method, pairs(limit=limit)))
    if limit_area is not None:
        return whole_rows(frame, method, call_of(limit=limit, limit_area=limit_area))
    reach = 1 if limit is None else int(limit)
    before, after = (reach, 0) if method == "ffill" else (0, reach)
    plan = Around(method, (call_of(limit=limit),), before, after)
    return neighbours(frame, plan, Fill if limit is None else Neighbours)


def valid_label(frame: Any, place: int) -> Any:
    """Label of the first or last row with a value."""
    found = new(ValidLabel(frame.expr, place)).compute()
    return found[0] if len(found) else None
