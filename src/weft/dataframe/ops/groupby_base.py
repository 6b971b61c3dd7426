"""What all methods of groups stand on: which rows of which frame are grouped, and which columns are chosen."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from weft.dataframe.base import new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.groupby_rows import MethodPlan
from weft.dataframe.kernels.pandas.grouping import GroupPlan, key_columns, pandas_groupby
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole
from weft.dataframe.ops.projection import project

__all__ = ["GroupsBase"]


class GroupsBase:
    """Groups of the rows of a frame."""

    __slots__ = ("_blocks", "_chosen", "_frame", "_is_single", "_plan")

    def __init__(
        self, frame: Any, plan: GroupPlan, blocks: tuple[FrameExpr, ...], chosen: Any = None, is_single: bool = False
    ) -> None:
        self._frame = frame
        self._plan = plan
        self._blocks = blocks
        self._chosen = chosen
        self._is_single = is_single

    def _source(self) -> FrameExpr:
        return self._frame.expr  # type: ignore[no-any-return]

    def _sorted(self, sort: bool) -> Any:
        """The same groups, in the order of their keys, or as they first appear."""
        return type(self)(self._frame, self._plan._replace(sort=sort), self._blocks, self._chosen, self._is_single)

    @property
    def _is_series(self) -> bool:
        return self._is_single or self._frame.expr.meta.ndim == 1

    @property
    def _columns(self) -> tuple[Hashable, ...]:
        """Labels of the columns that are aggregated."""
        if self._frame.expr.meta.ndim == 1:
            return (self._frame.expr.meta.name,)
        if self._chosen is not None:
            return (self._chosen,) if self._is_single else self._chosen
        return tuple([label for label in self._frame.expr.columns if label not in self._key_labels])

    @property
    def _key_labels(self) -> set[Hashable]:
        """Labels of the columns that are keys."""
        return {each.value for each in self._plan.by if each.kind == "column"}

    @property
    def _key_names(self) -> list[Hashable]:
        """What keys are called in the result."""
        return [each.name for each in self._plan.by]

    def _dtype(self, label: Hashable) -> Any:
        meta = self._frame.expr.meta
        return meta.dtype if meta.ndim == 1 else meta[label].dtype

    def _pandas(self, whole: Any, blocks: list[Any]) -> Any:
        """pandas' own groups of a pandas object."""
        grouped = pandas_groupby(whole, key_columns(whole, blocks, self._plan), self._plan)
        if self._chosen is None:
            return grouped
        return grouped[self._chosen if self._is_single else list(self._chosen)]

    def _chosen_frame(self) -> Any:
        if self._chosen is None:
            return self._frame
        return project(self._frame, self._chosen if self._is_single else list(self._chosen))

    def _whole(self, method: str, *calls: Any, meta: Any = UNKNOWN, groups: GroupPlan | None = None) -> Any:
        """What pandas computes, of all rows in one place."""
        plan = MethodPlan(groups or self._plan, self._chosen, self._is_single, method, calls)
        expr = GroupbyWhole(self._source(), self._blocks, plan, meta)
        _ = expr.meta
        return new(expr)

    def _rows(self, method: str, *calls: Any, meta: Any = UNKNOWN) -> Any:
        """What pandas computes for each row of groups."""
        plan = MethodPlan(self._plan, self._chosen, self._is_single, method, calls)
        expr = GroupbyRows(self._source(), self._blocks, plan, meta)
        _ = expr.meta
        return new(expr)
