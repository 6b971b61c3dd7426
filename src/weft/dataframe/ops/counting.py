"""How often values are there: frequency tables, modes, numbers of different values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.kernels.pandas.reductions import columns_of
from weft.dataframe.known_metas import remembered
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs
from weft.dataframe.ops.unique import kept_whole
from weft.dataframe.spread import Choice, Spreadable, as_asked, spread_of
from weft.dataframe.treewise import SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []

#: In the order of first rows means that order counts.
ORDERED: Needs = VALUES | {Need.ORDER}


@node
class ValueCounts(Spreadable):
    """How often each value of a column is there."""

    source: FrameExpr
    sort: bool
    ascending: bool
    dropna: bool
    normalize: bool
    split_every: int = SPLIT_EVERY
    count: int = 1
    exchanged: bool = False
    choice: Choice | None = None

    @property
    def label(self) -> str:
        return "value_counts"

    @property
    def plan(self) -> Any:
        return (self.sort, self.ascending, self.dropna, self.normalize)

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        meta, normalize = self.source.meta, self.normalize
        return remembered(
            lambda: meta_nonempty(meta).value_counts(normalize=normalize).iloc[:0], "ValueCounts", normalize, meta
        )

    @property
    def kept_whole(self) -> str | None:
        return kept_whole(self.source.meta)

    @property
    def like(self) -> Any:
        return columns_of(self.source.meta)[0]

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return ORDERED


@node
class Modes(Treewise):
    """The most frequent values of each column."""

    source: FrameExpr
    dropna: bool

    @property
    def label(self) -> str:
        return "mode"

    @property
    def plan(self) -> bool:
        return self.dropna

    @derived
    def meta(self) -> Any:
        return self.source.meta.mode(dropna=self.dropna)


@node
class CountUnique(Spreadable):
    """Number of different values of each column."""

    source: FrameExpr
    dropna: bool
    split_every: int = SPLIT_EVERY
    count: int = 1
    exchanged: bool = False
    choice: Choice | None = None

    @property
    def label(self) -> str:
        return "nunique"

    @property
    def plan(self) -> bool:
        return self.dropna

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        return meta_nonempty(self.source.meta).nunique(dropna=self.dropna)

    @property
    def is_by_column(self) -> bool:
        return len(self.source.columns) > 1

    @property
    def kept_whole(self) -> str | None:
        return kept_whole(self.source.meta)


@node
class Sketch(Treewise):
    """Number of different values or rows, estimated."""

    source: FrameExpr
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return "nunique_approx"

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> float:
        return 0.0


class CountingMethods(FrameBase):
    """How often values are there."""

    __slots__ = ()

    def nunique(self, axis: Any = 0, dropna: bool = True, split_every: Any = None, split_out: Any = None) -> Any:
        """Number of different values, of each column for a frame.

        Parameters
        ----------
        axis : {0, 1}
        dropna : bool
            Whether missing values are left out.
        split_every : int, optional
            How many partial results one task combines.
        split_out : int or True, optional
            The result is one value for each column in any case; True has values told apart bucket by bucket. By default
            that is done where there are many.
        """
        if is_rows(self, axis):
            return new(RowReduce(self.expr, "nunique", pairs(dropna=bool(dropna))))
        _, exchanged = spread_of(self, split_out)
        return new(CountUnique(self.expr, bool(dropna), check_split_every(split_every), 1, exchanged))

    def nunique_approx(self, split_every: Any = None) -> Any:
        """Number of different values, or rows of a frame, estimated with an error of about one per cent.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> round(dd.from_pandas(pd.Series(range(1000)), npartitions=4).nunique_approx().compute(), -2)
        1000.0
        """
        return new(Sketch(self.expr, check_split_every(split_every)))

    def mode(self, axis: Any = 0, numeric_only: bool = False, dropna: bool = True, split_every: Any = None) -> Any:
        """The most frequent values, least first."""
        frame = of_numbers(self, numeric_only)
        check_split_every(split_every)
        if is_rows(frame, axis):
            raise NotImplementedError(
                "mode() along rows gives as many columns as some row has modes: use apply(axis=1)"
            )
        return new(Modes(frame.expr, bool(dropna)))


class SeriesCountingMethods(CountingMethods):
    """Frequency tables of a column."""

    __slots__ = ()

    def mode(self, dropna: bool = True, split_every: Any = None) -> Any:  # type: ignore[override]
        """The most frequent values, least first."""
        return super().mode(dropna=dropna, split_every=split_every)

    def value_counts(
        self,
        normalize: bool = False,
        sort: bool | None = None,
        ascending: bool = False,
        bins: Any = None,
        dropna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """How often each value is there.

        Parameters
        ----------
        normalize : bool
            Parts of the whole instead of numbers.
        sort : bool
            The most frequent first (the default); otherwise in the order of first rows.
        ascending : bool
            The least frequent first.
        bins : int or sequence, optional
            Intervals that numbers are counted in.
        dropna : bool
            Whether missing values are left out.
        split_every : int, optional
            How many partial results one task combines.
        split_out : optional
            1: the table is one partition.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series(["b", "a", "b"]), npartitions=2).value_counts().compute().to_dict()
        {'b': 2, 'a': 1}
        """
        width = check_split_every(split_every)
        if bins is not None:
            return binned_counts(self, bins, normalize, sort, ascending, dropna)
        sort = True if sort is None else bool(sort)
        spread = spread_of(self, split_out)
        return new(
            ordered(ValueCounts(self.expr, sort, bool(ascending), bool(dropna), bool(normalize), width, *spread))
        )


def ordered(made: ValueCounts) -> FrameExpr:
    """A table of several partitions in order over all of them, and as parts of all counts."""
    if made.count == 1 or made.kept_whole is not None:
        return as_asked(made)
    table = new(made.with_operands(normalize=False))
    if made.normalize:
        table = (table / table.sum()).rename("proportion")
    if made.sort:
        table = table.sort_values(ascending=made.ascending)
    return table.expr  # type: ignore[no-any-return]


def binned_counts(series: Any, bins: Any, normalize: bool, sort: bool | None, ascending: bool, dropna: bool) -> Any:
    """Counts of numbers in intervals."""
    from weft.dataframe.ops.binning import cut

    edges = [float(each) for each in bins] if isinstance(bins, (list, tuple, np.ndarray)) else int(bins)
    found = cut(series, edges, include_lowest=True)
    words = {"normalize": normalize, "sort": sort is None or sort, "ascending": ascending, "dropna": dropna}
    counts = found.value_counts(**words)
    return counts.map_partitions(with_intervals, meta=with_intervals(counts.expr.meta))


def with_intervals(counts: pd.Series) -> pd.Series:
    """Counts whose labels are intervals, not categories."""
    return counts.set_axis(pd.IntervalIndex(list(counts.index), dtype="interval[float64, right]"), axis=0)
