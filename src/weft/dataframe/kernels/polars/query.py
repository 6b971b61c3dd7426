"""A query that has been translated: run, and its answer as a pandas object."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.expr import FrameExpr
from weft.dataframe.footprint import held_bytes
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.kernels.polars.nan import NaNMet, expect_nan, is_nan_expected
from weft.dataframe.kernels.polars.relation import Column, Relation, engine_type, materialised
from weft.dataframe.kernels.polars.translator import Translator
from weft.dataframe.kernels.translating import Untranslatable, check_types, is_float, is_integer, is_text
from weft.expr import Needs, walk
from weft.expr.weight import is_light

__all__ = [
    "AS_WRITTEN",
    "Query",
    "answer",
    "assembled",
    "relation_of",
    "single_value",
    "to_pandas",
    "values_of",
    "why_not",
]

#: Weft knows itself where order matters; Polars forgets it below a slice of a join (2.1: ``join(...).head(5).group_by(...)``).
OPTIMIZATIONS = pl.QueryOptFlags(check_order_observe=False)
#: Of blocks in memory Polars joins small ones first, by one of two keys if it must, and so many rows by many: a piece of TPC-H's
#: fifth query took 3 s in place of 0.05. Files have statistics, and the order that it chooses by these is good.
AS_WRITTEN = pl.QueryOptFlags(check_order_observe=False, join_order=False)

#: From so many rows in memory on NaN is watched for: to call Python from a query takes 0.2 ms, as long as NaN is found in these.
WATCHED = 100_000
#: Partitions of a source, and bytes of a tree, that take next to no memory.
FEW, LITTLE = 256, 1 << 16


def why_not(node: FrameExpr, asked: Needs) -> str | None:
    """Why a tree is not translated; None if it can be."""
    try:
        Query(node, asked).prepared()
    except Untranslatable as reason:
        return str(reason)
    return None


class Query:
    """A tree of nodes that Polars computes as a whole.

    It travels as the tree and is translated where it runs.

    Parameters
    ----------
    node : FrameExpr
    asked : Needs
        What is looked at in its rows.
    """

    def __init__(self, node: FrameExpr, asked: Needs) -> None:
        self.node = node
        self.asked = asked
        self._prepared: Relation | None = None

    def __weft_tokenize__(self) -> Any:
        return ("polars-query", self.node, tuple(sorted(map(repr, self.asked))))

    def __reduce__(self) -> Any:
        return Query, (self.node, self.asked)

    def prepared(self) -> Relation:
        """The lazy query."""
        if self._prepared is None:
            self._prepared = self.translated(self.trusts)
        return self._prepared

    @property
    def trusts(self) -> bool:
        """Whether it is taken that there is no NaN: not where one was met, nor where to watch for it takes longer than to look."""
        is_small = all(isinstance(each, FromPandas) and each.bounds[-1][1] <= WATCHED for each in self.leaves)
        return not is_small and not is_nan_expected(self.sources)

    @cached_property
    def leaves(self) -> list[FrameExpr]:
        """What is read."""
        return [each for each in walk(self.node) if isinstance(each, FrameExpr) and not each.children]

    @property
    def sources(self) -> list[Hashable]:
        """What tells the rows that are read."""
        return [each.rows for each in self.leaves]

    @property
    def is_light(self) -> bool:
        """Whether it takes next to no memory: it reads some files, and holds no data."""
        files = [each.dataset for each in self.leaves if isinstance(each, ReadParquet) and each.npartitions <= FEW]
        return len(files) == len(self.leaves) and is_light(self.node, files, LITTLE)

    @cached_property
    def estimated(self) -> int:
        """Estimated bytes that its nodes hold."""
        return held_bytes(self.node)

    @property
    def held(self) -> int:
        """Estimated bytes that it holds at its largest."""
        return self.estimated

    def translated(self, trusts: bool) -> Relation:
        """The lazy query; it may trust that there is no NaN as long as it sees none."""
        return relation_of(self.node, self.asked, (), trusts)

    def check_files(self) -> None:
        """Raise ReadError for files that have changed since they were looked at."""
        for each in self.leaves:
            if isinstance(each, ReadParquet):
                each.dataset.check_unchanged()

    def collected(self) -> tuple[Relation, pl.DataFrame]:
        """What was asked, and what was found."""
        self.check_files()
        reads_files = all(isinstance(each, ReadParquet) for each in self.leaves)
        options: dict[str, Any] = {"engine": "streaming", "optimizations": OPTIMIZATIONS if reads_files else AS_WRITTEN}
        relation = self.prepared()
        try:
            return relation, relation.base.collect(**options)
        except NaNMet:
            expect_nan(self.sources)
            self._prepared = relation = self.translated(False)
            return relation, relation.base.collect(**options)

    def __call__(self, *_: Any) -> Any:
        """The answer."""
        relation, found = self.collected()
        return as_pandas(relation, found, self.node.meta)


def relation_of(node: FrameExpr, asked: Needs, given: Sequence[Any] = (), trusts: bool = False) -> Relation:
    """What a tree is to Polars, with the types that pandas gives it; see `Translator` for ``given`` and ``trusts``.

    Raises
    ------
    Untranslatable
    """
    relation = Translator(node, asked, trusts, given).translated()
    check_types(relation, node, asked)
    for _, column in relation.columns:
        engine_type(column.dtype)
    return materialised(relation)


def answer(relation: Relation, meta: Any) -> Any:
    """What a relation of blocks holds, as the pandas object that ``meta`` is an example of."""
    return as_pandas(relation, relation.base.collect(engine="streaming", optimizations=AS_WRITTEN), meta)


def as_pandas(relation: Relation, found: pl.DataFrame, meta: Any) -> Any:
    """What was found for a relation, as pandas has it."""
    if relation.single and not isinstance(meta, pd.Series):
        return single_value(found.to_series(0), relation.only)
    return assembled(relation, [to_pandas(found, each) for each in relation.every()], found.height, meta)


def assembled(relation: Any, values: Sequence[Any], height: int, meta: Any) -> Any:
    """A pandas object of a relation's columns and its index, in this order."""
    if relation.single:
        labels = pd.Index([label for label, _ in relation.columns], name=meta.index.name)
        return pd.Series(np.concatenate(values), index=labels, name=meta.name)
    count = len(relation.columns)
    if relation.index is None or len(relation.index) != meta.index.nlevels:  # it has labels that nobody looks at
        index: pd.Index = pd.RangeIndex(height)
    elif len(relation.index) == 1:
        index = plain_index(values[count], meta.index)
    else:
        index = pd.MultiIndex.from_arrays(values[count:], names=meta.index.names)
    if isinstance(meta, pd.DataFrame):
        made = pd.DataFrame(dict(enumerate(values[:count])), index=index, copy=False)
        made.columns = meta.columns
        return made
    return pd.Series(values[0], index=index, name=meta.name, copy=False)


def plain_index(values: Any, like: pd.Index) -> pd.Index:
    """An index of values; of numbers that count from 0 a range, where the meta has one."""
    if isinstance(like, pd.RangeIndex) and np.array_equal(values, np.arange(len(values))):
        return pd.RangeIndex(len(values), name=like.name)
    return pd.Index(values, name=like.name)


def single_value(series: pl.Series, column: Any) -> Any:
    """The only value, as NumPy has it; missing where there is none."""
    value = series[0] if len(series) else None
    if value is None:
        return pd.NaT if column.dtype.kind in "mM" else np.nan
    if is_text(column.dtype):
        return value
    if column.dtype.kind == "M":
        return pd.Timestamp(series.to_numpy()[0].astype(column.dtype))  # DuckDB may have another unit
    return column.dtype.type(value)


def to_pandas(found: pl.DataFrame, column: Column) -> Any:
    """One column as pandas holds it."""
    (name,) = column.expr.meta.root_names()
    return values_of(found.get_column(name), column)


def values_of(series: pl.Series, column: Any) -> Any:
    """Values as pandas holds those of a column."""
    dtype = column.dtype
    if column.narrow is not None and not series.null_count():
        return series.cast(engine_type(column.narrow)).to_numpy()
    if is_text(dtype):
        return pd.array(series.to_arrow(), dtype=dtype)
    wanted = engine_type(dtype)
    if series.dtype != wanted:
        if is_integer(dtype) and is_beyond(series, dtype):
            return series.to_numpy()  # a sum of short integers that is none, as pandas has it
        series = series.cast(wanted)
    if is_float(dtype):
        return series.fill_null(float("nan")).to_numpy() if series.null_count() else series.to_numpy()
    if series.null_count() and dtype.kind not in "mM":
        raise AssertionError(f"a column of {dtype} has missing values that were not foreseen: {series.name}")
    return series.to_numpy()


def is_beyond(series: pl.Series, dtype: Any) -> bool:
    """Whether integers do not fit in a type."""
    if not series.dtype.is_integer() or not len(series):
        return False
    values, bounds = series.drop_nulls().to_numpy(), np.iinfo(dtype)
    return bool(len(values)) and not bounds.min <= int(values.min()) <= int(values.max()) <= bounds.max
