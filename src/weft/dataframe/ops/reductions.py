"""Reductions of columns: each partition to a partial result, these together in a tree."""

from __future__ import annotations

from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, for_numpy, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, row_needs
from weft.dataframe.kernels.pandas.reductions import ReducePlan, keywords_of
from weft.dataframe.known_metas import remembered
from weft.dataframe.meta import tried
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import project
from weft.dataframe.treewise import EVERYTHING, SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []


@node
class Reduce(Treewise):
    """All rows to one value for each column."""

    source: FrameExpr
    kind: str
    skipna: bool = True
    options: tuple[tuple[str, Any], ...] = ()
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return self.kind

    @property
    def plan(self) -> ReducePlan:
        return ReducePlan(self.kind, self.skipna, self.options, self.source.meta)

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        meta, words = self.source.meta, keywords_of(self.plan)
        return remembered(
            lambda: tried(methodcaller(self.kind, **words), meta), f"Reduce {self.kind}", tuple(words.items()), meta
        )


@node
class Length(Treewise):
    """Number of rows, times a number of columns."""

    source: FrameExpr
    columns_counted: int = 1

    @property
    def label(self) -> str:
        return "len"

    @property
    def plan(self) -> int:
        return self.columns_counted

    @derived
    def meta(self) -> int:
        return 0

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return frozenset()


@node
class MemoryUsage(Treewise):
    """Bytes of each column, and of the index if asked."""

    source: FrameExpr
    options: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        return "memory_usage"

    @property
    def plan(self) -> Any:
        return self.options

    @derived
    def meta(self) -> Any:
        return self.source.meta.memory_usage(**dict(self.options))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING


@node
class Monotonic(Treewise):
    """Whether values never fall (``"increasing"``), or never rise (``"decreasing"``)."""

    source: FrameExpr
    direction: str

    @property
    def label(self) -> str:
        return f"is_monotonic_{self.direction}"

    @property
    def plan(self) -> str:
        return self.direction

    @derived
    def meta(self) -> bool:
        return True

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING


@node
class RowReduce(Partitionwise):
    """A value for each row of a frame."""

    source: FrameExpr
    kind: str
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return f"{self.kind}-rows"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.kind, self.options)

    @derived
    def meta(self) -> Any:
        return tried(methodcaller(self.kind, axis=1, **dict(self.options)), self.source.meta).iloc[:0]

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES | ({Need.INDEX} if self.kind == "mode" else set())


def reduce(
    frame: Any,
    kind: str,
    *,
    axis: Any = 0,
    skipna: bool = True,
    numeric_only: bool = False,
    split_every: Any = None,
    **options: Any,
) -> Any:
    """A reduction, refused where pandas refuses it."""
    width = check_split_every(split_every)
    if kind in ("var", "std", "sem") and not isinstance(options.get("ddof", 1), (int, np.integer)):
        raise TypeError(f"ddof is an integer; it is {options['ddof']!r}")
    frame = of_numbers(frame, numeric_only)
    if is_rows(frame, axis):
        own = {} if kind == "count" else {"skipna": bool(skipna)}
        return new(RowReduce(frame.expr, kind, tuple((own | options).items())))
    if axis is None and isinstance(frame.expr.meta, pd.DataFrame):
        return everything(frame, kind, bool(skipna), width, options)
    expr = Reduce(frame.expr, kind, bool(skipna), tuple(options.items()), width)
    try:
        _ = expr.meta
    except TypeError as error:
        if isinstance(frame.expr.meta, pd.DataFrame):
            error.add_note(
                f"of the columns {frame.expr.meta.select_dtypes(exclude='number').columns.tolist()}: choose others first, or "
                f"say numeric_only=True"
            )
        raise
    return new(expr)


def everything(frame: Any, kind: str, skipna: bool, width: int, options: dict[str, Any]) -> Any:
    """Of all columns' values together."""
    if kind not in ("sum", "prod", "min", "max", "any", "all"):
        return whole_result(frame, kind, call_of(axis=None, skipna=skipna, **options))
    columns = Reduce(frame.expr, kind, skipna, tuple(options.items()), width)
    return new(Reduce(columns, kind, skipna, (), width))


def is_rows(frame: Any, axis: Any) -> bool:
    """Whether an axis is that along the columns, which gives a value for each row."""
    if axis in (0, "index", "rows", None):
        return False
    if axis in (1, "columns") and isinstance(frame.expr.meta, pd.DataFrame):
        return True
    raise ValueError(f"No axis named {axis} for object type {type(frame).__name__}")


def of_numbers(frame: Any, numeric_only: bool) -> Any:
    """The columns of numbers and truth values only, if asked."""
    meta = frame.expr.meta
    if not numeric_only:
        return frame
    if not isinstance(meta, pd.DataFrame):
        if meta.dtype.kind not in "biufc":
            raise TypeError(f"Series.{type(frame).__name__} does not allow numeric_only=True with non-numeric dtypes")
        return frame
    chosen = list(meta.select_dtypes(include=["number", "bool"], exclude=["timedelta"]).columns)
    return frame if len(chosen) == meta.shape[1] else project(frame, chosen)


def pairs(**options: Any) -> tuple[tuple[str, Any], ...]:
    """Keyword arguments as an operand."""
    return tuple(options.items())


class ReductionMethods(FrameBase):
    """Reductions of all rows; a frame gives one value for each column, or, with ``axis=1``, for each row.

    ``skipna`` says whether missing values are left out, ``numeric_only`` whether columns of other types are,
    ``split_every`` how many partial results one task combines.
    """

    __slots__ = ()

    @for_numpy
    def sum(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        split_every: Any = None,
    ) -> Any:
        """Sum of the values; missing if fewer than ``min_count`` are there.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> int(dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).sum().compute())
        6
        """
        return reduce(
            self,
            "sum",
            axis=axis,
            skipna=skipna,
            numeric_only=numeric_only,
            min_count=min_count,
            split_every=split_every,
        )

    @for_numpy
    def prod(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        split_every: Any = None,
    ) -> Any:
        """Product of the values; missing if fewer than ``min_count`` are there."""
        return reduce(
            self,
            "prod",
            axis=axis,
            skipna=skipna,
            numeric_only=numeric_only,
            min_count=min_count,
            split_every=split_every,
        )

    product = prod

    @for_numpy
    def mean(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Mean of the values."""
        return reduce(self, "mean", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every)

    @for_numpy
    def min(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Least value."""
        return reduce(self, "min", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every)

    @for_numpy
    def max(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Greatest value."""
        return reduce(self, "max", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every)

    def count(self, axis: Any = 0, numeric_only: bool = False, split_every: Any = None) -> Any:
        """Number of values that are not missing."""
        return reduce(self, "count", axis=axis, numeric_only=numeric_only, split_every=split_every)

    @for_numpy
    def any(self, axis: Any = 0, bool_only: bool = False, skipna: bool = True, split_every: Any = None) -> Any:
        """Whether any value is true."""
        return reduce(only_bools(self, bool_only), "any", axis=axis, skipna=skipna, split_every=split_every)

    @for_numpy
    def all(self, axis: Any = 0, bool_only: bool = False, skipna: bool = True, split_every: Any = None) -> Any:
        """Whether all values are true."""
        return reduce(only_bools(self, bool_only), "all", axis=axis, skipna=skipna, split_every=split_every)

    @for_numpy
    def var(
        self, axis: Any = 0, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, split_every: Any = None
    ) -> Any:
        """Variance of the values, divided by their number less ``ddof``."""
        return reduce(
            self, "var", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every, ddof=ddof
        )

    @for_numpy
    def std(
        self, axis: Any = 0, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, split_every: Any = None
    ) -> Any:
        """Standard deviation of the values: the square root of `var`."""
        return reduce(
            self, "std", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every, ddof=ddof
        )

    def sem(
        self, axis: Any = 0, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, split_every: Any = None
    ) -> Any:
        """Standard error of the mean."""
        return reduce(
            self, "sem", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every, ddof=ddof
        )

    def skew(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        *,
        bias: bool = False,
    ) -> Any:
        """Skewness of the values, without bias; ``bias=True`` is refused."""
        check_unbiased("skew", bias)
        return reduce(self, "skew", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every)

    def kurt(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        *,
        bias: bool = False,
        fisher: bool = True,
    ) -> Any:
        """Kurtosis of the values, without bias (``bias=True`` is refused), less the 3 of a normal one if ``fisher``."""
        check_unbiased("kurtosis", bias)
        made = reduce(self, "kurt", axis=axis, skipna=skipna, numeric_only=numeric_only, split_every=split_every)
        return made if fisher else made + 3

    kurtosis = kurt

    def memory_usage(self, index: bool = True, deep: bool = False) -> Any:
        """Bytes of each column, and of the index if asked; ``deep`` looks into Python objects.

        An index that is a range counts as often as there are partitions.
        """
        return new(MemoryUsage(self.expr, pairs(index=bool(index), deep=bool(deep))))

    @property
    def ndim(self) -> int:
        """1 for a series, 2 for a frame."""
        return int(self.expr.meta.ndim)

    @property
    def size(self) -> Any:
        """Number of elements, not computed yet."""
        meta = self.expr.meta
        return new(Length(self.expr, meta.shape[1] if meta.ndim == 2 else 1))

    @property
    def shape(self) -> tuple[Any, ...]:
        """Number of rows, not computed yet, and of columns."""
        rows = new(Length(self.expr))
        return (rows, self.expr.meta.shape[1]) if self.ndim == 2 else (rows,)

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it; this computes the number of rows."""
        return 0 in self.expr.meta.shape[1:] or len(self) == 0

    def __len__(self) -> int:
        return int(new(Length(self.expr)).compute())


class SeriesReductionMethods(ReductionMethods):
    """Further reductions of a single column."""

    __slots__ = ()

    @property
    def is_monotonic_increasing(self) -> Any:
        """Whether values never fall."""
        return new(Monotonic(self.expr, "increasing"))

    @property
    def is_monotonic_decreasing(self) -> Any:
        """Whether values never rise."""
        return new(Monotonic(self.expr, "decreasing"))


def only_bools(frame: Any, bool_only: bool) -> Any:
    """The columns of truth values only, if asked."""
    meta = frame.expr.meta
    if not bool_only or not isinstance(meta, pd.DataFrame):
        return frame
    return project(frame, list(meta.select_dtypes(include=["bool"]).columns))


def check_unbiased(method: str, bias: bool) -> None:
    """Refuse moments that are not corrected for the number of values, which pandas does not have."""
    if bias:
        raise NotImplementedError(
            f"{method}(bias=True) is not there: moments are pandas', corrected for the number of values. "
            f"Use scipy.stats.{method} on the values, or leave bias away."
        )
