"""Ranks of values, and gaps filled between values: what needs a whole column in one place."""

from __future__ import annotations

from typing import Any

from weft.dataframe.base import FrameBase, new
from weft.dataframe.ops.neighbours import call_of, whole_rows
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs

__all__: list[str] = []


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
        """Rank of each value among all of its column, which is brought to one place.

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
        return whole_rows(frame, "rank", call_of(**options))

    def interpolate(
        self,
        method: str = "linear",
        *,
        axis: Any = 0,
        limit: int | None = None,
        limit_direction: str | None = None,
        limit_area: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Missing values replaced by what lies between their neighbours; the columns are brought to one place.

        Parameters
        ----------
        method : str
            ``"linear"``, ``"time"``, ``"index"``, or one of SciPy's.
        axis : {0, 1}
        limit : int, optional
            Values in a row that are filled, at most.
        limit_direction : {"forward", "backward", "both"}, optional
        limit_area : {"inside", "outside"}, optional
        **kwargs
            For SciPy's methods.
        """
        options = {
            "method": method,
            "limit": limit,
            "limit_direction": limit_direction,
            "limit_area": limit_area,
            **kwargs,
        }
        if is_rows(self, axis):
            return new(RowReduce(self.expr, "interpolate", pairs(**options)))
        return whole_rows(self, "interpolate", call_of(**options))
