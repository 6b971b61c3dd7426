"""Ranks of values, and gaps filled between values."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.interpolation import InterpolatePlan
from weft.dataframe.kernels.pandas.placed import RankPlan
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.neighbours import call_of, whole_rows
from weft.dataframe.ops.placed import Rank, is_spread_out
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs
from weft.expr import derived, node

__all__: list[str] = []

#: Methods for which the nearest values say all.
BETWEEN = ("linear", "time", "index", "values")


@node
class InterpolateRows(Carried):
    """Gaps filled between the nearest values on both sides, however far away."""

    source: FrameExpr
    asked: InterpolatePlan

    @property
    def label(self) -> str:
        return "interpolate"

    @property
    def plan(self) -> InterpolatePlan:
        return self.asked

    @property
    def looks_after(self) -> bool:
        return True

    @derived
    def meta(self) -> Any:
        return self.source.meta


def may_be_sorted(frame: Any) -> bool:
    """Whether the columns of a frame are worth sorting over all partitions, and pandas ranks them as floats."""
    meta = frame.expr.meta
    dtypes = list(meta.dtypes) if meta.ndim == 2 else [meta.dtype]
    if not dtypes or not all(each == "str" or (isinstance(each, np.dtype) and each.kind in "iufmM") for each in dtypes):
        return False
    return is_spread_out(frame.expr) and (meta.ndim == 1 or bool(meta.columns.is_unique))


class RankingMethods(FrameBase):
    """Ranks and interpolation."""

    __slots__ = ()

    def rank(
        self,
        axis: Any = 0,
        method: str = "average",
        numeric_only: bool = False,
        na_option: str = "keep",
        ascending: bool = True,
        pct: bool = False,
    ) -> Any:
        """Rank of each value among all of its column.

        Of data that takes more than a small part of the memory budget each column is sorted over all partitions, and ranks come
        back to their rows. Other data, columns of pandas' own types but text, and ``na_option="top"`` take the columns to one
        place.

        Parameters
        ----------
        axis : {0, 1}
        method : {"average", "min", "max", "first", "dense"}
            What equal values get.
        numeric_only : bool
        na_option : {"keep", "top", "bottom"}
            What missing values get.
        ascending : bool
        pct : bool
            Whether ranks are parts of the whole.
        """
        frame = of_numbers(self, numeric_only)
        options = {"method": method, "na_option": na_option, "ascending": ascending, "pct": pct}
        if is_rows(frame, axis):
            return new(RowReduce(frame.expr, "rank", pairs(**options)))
        if na_option == "top" or not may_be_sorted(frame):
            return whole_rows(frame, "rank", call_of(**options))
        _ = meta_nonempty(frame.expr.meta).rank(**options)  # pandas refuses what makes no sense
        plan = RankPlan(method, na_option, bool(ascending), bool(pct))
        if frame.expr.meta.ndim == 1:
            return new(Rank(frame.expr, plan))
        labels = tuple(frame.expr.columns)
        return new(Assign(frame.expr, labels, tuple([Rank(frame[label].expr, plan) for label in labels])))

    def interpolate(
        self,
        method: str = "linear",
        *,
        axis: Any = 0,
        limit: int | None = None,
        inplace: bool = False,
        limit_direction: str | None = None,
        limit_area: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Missing values replaced by what lies between their neighbours.

        For ``"linear"``, ``"time"``, ``"index"`` and ``"values"`` partitions are told the nearest values around them; for SciPy's
        methods the columns are brought to one place.

        Parameters
        ----------
        method : str
            ``"linear"``, ``"time"``, ``"index"``, or one of SciPy's.
        axis : {0, 1}
        limit : int, optional
            Values in a row that are filled, at most.
        inplace : bool
            Whether the frame itself stands for the result from then on.
        limit_direction : {"forward", "backward", "both"}, optional
        limit_area : {"inside", "outside"}, optional
        **kwargs
            For SciPy's methods.
        """
        options = {
            "method": method,
            "limit": limit,
            "limit_direction": limit_direction.lower() if isinstance(limit_direction, str) else limit_direction,
            "limit_area": limit_area,
            **kwargs,
        }
        return changed(self, self._interpolated(axis, options, kwargs), inplace, gives_frame=True)

    def _interpolated(self, axis: Any, options: dict[str, Any], further: dict[str, Any]) -> Any:
        if is_rows(self, axis):
            return new(RowReduce(self.expr, "interpolate", pairs(**options)))
        meta, method = self.expr.meta, options["method"]
        kinds = list(meta.dtypes) if meta.ndim == 2 else [meta.dtype]
        is_plain = all(isinstance(kind, np.dtype) and kind.kind in "iufb" for kind in kinds)
        if method != "linear" and self.expr.divisions is None:
            is_plain = False  # labels may be in any order
        if method not in BETWEEN or not is_plain or further:
            return whole_rows(self, "interpolate", call_of(**options))
        meta_nonempty(meta).interpolate(**options)  # pandas refuses what makes no sense
        plan = InterpolatePlan(
            method != "linear", options["limit"], options["limit_direction"] or "forward", options["limit_area"]
        )
        return new(InterpolateRows(self.expr, plan))
