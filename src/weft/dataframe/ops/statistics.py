"""How columns go together: covariance and correlation."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, column_needs, have_same_rows
from weft.dataframe.kernels.pandas.statistics import StatisticsPlan
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.concat import as_collection, concat
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.reductions import is_rows, of_numbers
from weft.dataframe.ops.reshaping import reshaped, reshaped_whole
from weft.dataframe.treewise import SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []


@node
class Comoments(Treewise):
    """Covariance, or correlation, of all pairs of columns."""

    source: FrameExpr
    asked: StatisticsPlan
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return self.asked.kind

    @property
    def plan(self) -> StatisticsPlan:
        return self.asked

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        labels = self.source.meta.columns
        return pd.DataFrame(index=labels, columns=labels, dtype=np.float64)


@node
class PairMoments(Treewise):
    """Covariance, or correlation, of the columns of two frames, pair by pair."""

    left: FrameExpr
    right: FrameExpr
    asked: StatisticsPlan
    labels: tuple[Hashable, ...] | None

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.left, self.right)

    @property
    def label(self) -> str:
        return self.asked.kind

    @property
    def plan(self) -> Any:
        return (self.asked, self.labels)

    @derived
    def meta(self) -> Any:
        if self.labels is None:
            return np.float64(0)
        return pd.Series(np.nan, index=pd.Index(self.labels), dtype=np.float64)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        index: Needs = frozenset() if self.left.rows == self.right.rows else frozenset({Need.INDEX, Need.ORDER})
        if self.labels is None or not isinstance(child, FrameExpr) or child.meta.ndim == 1:
            return index | VALUES
        return index | column_needs(self.labels)


def check_numbers(frame: Any, kind: str) -> None:
    """Refuse columns that are not numbers."""
    meta = frame.expr.meta
    for label, dtype in meta.dtypes.items() if meta.ndim == 2 else [(meta.name, meta.dtype)]:
        if dtype.kind not in "iufbc" and dtype != np.dtype(object):  # of objects it is known when they are looked at
            raise ValueError(
                f"cannot compute {kind} of {label!r}, a column of {dtype}: choose columns of numbers, or numeric_only=True"
            )


def comoments(frame: Any, kind: str, min_periods: Any, numeric_only: bool, split_every: Any, ddof: int = 1) -> Any:
    """`cov` and Pearson's `corr` of frames."""
    frame = of_numbers(frame, numeric_only)
    check_numbers(frame, kind)
    plan = StatisticsPlan(kind, 1 if min_periods is None else int(min_periods), int(ddof))
    return new(Comoments(frame.expr, plan, check_split_every(split_every)))


def pair(left: Any, right: Any, kind: str, min_periods: Any, ddof: int = 1, labels: Any = None) -> Any:
    """`cov` and Pearson's `corr` of series, or of frames column by column."""
    if not isinstance(right, FrameBase):
        raise TypeError(
            f"{kind}() takes a Series of Weft, not a {type(right).__name__}: use from_pandas(...) on it first"
        )
    check_numbers(left if labels is None else project(left, list(labels)), kind)
    first, second = align_rows([left.expr, right.expr], kind)
    plan = StatisticsPlan(kind, 1 if min_periods is None else int(min_periods), int(ddof))
    return new(PairMoments(first, second, plan, labels))


class StatisticsMethods(FrameBase):
    """How the columns of a frame go together."""

    __slots__ = ()

    def corr(
        self,
        method: Any = "pearson",
        min_periods: int = 1,
        numeric_only: bool = False,
        split_every: Any = None,
    ) -> Any:
        """Correlation of all pairs of columns, over the rows that have both.

        Parameters
        ----------
        method : {"pearson", "spearman", "kendall"} or callable
            All but Pearson's need the columns in one place.
        min_periods : int
            Rows with both values, without which there is no correlation.
        numeric_only : bool
            Whether columns of other types are left out.
        split_every : int, optional
            How many partial results one task combines.
        """
        if method == "pearson":
            return comoments(self, "corr", min_periods, numeric_only, split_every)
        frame = of_numbers(self, numeric_only)
        check_numbers(frame, "corr")
        return whole_result(frame, "corr", call_of(method=method, min_periods=min_periods))

    def cov(
        self, min_periods: int | None = None, ddof: int | None = 1, numeric_only: bool = False, split_every: Any = None
    ) -> Any:
        """Covariance of all pairs of columns, over the rows that have both."""
        return comoments(self, "cov", min_periods, numeric_only, split_every, 1 if ddof is None else ddof)

    def corrwith(
        self,
        other: Any,
        axis: Any = 0,
        drop: bool = False,
        method: str = "pearson",
        numeric_only: bool = False,
        min_periods: int | None = None,
    ) -> Any:
        """Correlation of each column (or row) with a series, or with that of the same label of another frame.

        Parameters
        ----------
        other : Series or DataFrame
        axis : {0, 1}
            Whether columns go together, or rows.
        drop : bool
            Whether labels that only one frame has are left out; otherwise they are missing values.
        method : {"pearson", "spearman", "kendall"} or callable
            Columns that do not go by Pearson's are brought to one place.
        numeric_only : bool
        min_periods : int, optional
            Rows with both values, without which there is no correlation.
        """
        frame, other = of_numbers(self, numeric_only), as_collection(other)
        words = {"method": method, "min_periods": min_periods}
        if is_rows(self, axis):
            return rows_with(
                frame, of_numbers(other, numeric_only) if other.expr.meta.ndim == 2 else other, drop, words
            )
        if method != "pearson":
            return reshaped_whole("corrwith", frame, other, drop=drop, numeric_only=numeric_only, **words)
        labels = tuple(frame.expr.columns)
        if other.expr.meta.ndim == 2:
            theirs = of_numbers(other, numeric_only).expr.columns
            labels = tuple([label for label in labels if label in theirs])
            made = of_kind(pair(frame, other, "corr", min_periods, labels=labels), frame, other)
            lost = [label for label in (*frame.expr.columns, *theirs) if label not in labels]
            return made if drop or not lost else made.map_partitions(with_lost, lost, meta=made.expr.meta)
        return pair(frame, other, "corr", min_periods, labels=labels)


def of_kind(made: Any, frame: Any, other: Any) -> Any:
    """Correlations in the type that pandas makes of masked numbers, or of Arrow's."""
    kind = meta_nonempty(frame.expr.meta).corrwith(meta_nonempty(other.expr.meta), drop=True).dtype
    return made if kind.kind != "f" or kind == made.expr.meta.dtype else made.astype(kind)


def rows_with(frame: Any, other: Any, drop: bool, words: dict[str, Any]) -> Any:
    """Correlation of each row with that of another frame, or with a series of the columns, which is computed."""
    check_numbers(frame, "corr")
    if other.expr.meta.ndim == 1:
        return elementwise("corr_with_columns", frame, other.compute(), **words)
    check_numbers(other, "corr")
    left, right = [new(each) for each in align_rows([frame.expr, other.expr], "corrwith")]
    made = reshaped("corrwith_rows", left, right, **words)
    if drop or have_same_rows(frame.expr, other.expr):
        return made
    return concat([made, reshaped("unmatched", left, right, dtype=made.expr.meta.dtype)])


def with_lost(found: pd.Series, lost: list[Any]) -> pd.Series:
    """The same with missing values for further labels."""
    return found.reindex(found.index.append(pd.Index(lost)))


class SeriesStatisticsMethods(FrameBase):
    """How two columns go together."""

    __slots__ = ()

    def corr(self, other: Any, method: Any = "pearson", min_periods: Any = None, split_every: Any = None) -> Any:
        """Correlation with another series, over the rows that have both."""
        check_split_every(split_every)
        if method == "pearson":
            return pair(self, other, "corr", min_periods)
        both = self.to_frame("a").assign(b=other)  # type: ignore[attr-defined]
        return whole_result(both, "corr", call_of(method=method, min_periods=min_periods or 1), pick=("a", "b"))

    def cov(self, other: Any, min_periods: Any = None, ddof: int | None = 1, split_every: Any = None) -> Any:
        """Covariance with another series, over the rows that have both."""
        check_split_every(split_every)
        return pair(self, other, "cov", min_periods, 1 if ddof is None else ddof)

    def autocorr(self, lag: int = 1, split_every: Any = None) -> Any:
        """Correlation with the same values ``lag`` rows before."""
        return self.corr(self.shift(lag), split_every=split_every)  # type: ignore[attr-defined]
