"""A query that has been translated: run, and its answer as a pandas object."""

from __future__ import annotations

import io
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from cloudpickle import CloudPickler

from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.source import Dataset
from weft.dataframe.kernels.polars.nan import NaNMet, expect_nan, is_nan_expected
from weft.dataframe.kernels.polars.relation import (
    Column,
    Relation,
    Untranslatable,
    engine_type,
    is_float,
    is_integer,
    is_text,
    materialised,
)
from weft.dataframe.kernels.polars.translator import Translator
from weft.expr import Expr, Need, Needs, walk

__all__ = ["AS_WRITTEN", "Query", "answer", "relation_of", "to_pandas", "why_not"]

#: Weft knows itself where order matters; Polars forgets it below a slice of a join (2.1: ``join(...).head(5).group_by(...)``).
OPTIMIZATIONS = pl.QueryOptFlags(check_order_observe=False)
#: Of blocks in memory Polars joins small ones first, by one of two keys if it must, and so many rows by many: a piece of TPC-H's
#: fifth query took 3 s in place of 0.05. Files have statistics, and the order that it chooses by these is good.
AS_WRITTEN = pl.QueryOptFlags(check_order_observe=False, join_order=False)

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
            self._prepared = self.translated(not is_nan_expected(self.sources))
        return self._prepared

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
        reads_files = all(isinstance(each, ReadParquet) and each.npartitions <= FEW for each in self.leaves)
        return reads_files and weight_of(self.node) <= LITTLE

    def translated(self, trusts: bool) -> Relation:
        """The lazy query; it may trust that there is no NaN as long as it sees none."""
        return relation_of(self.node, self.asked, (), trusts)

    def collected(self) -> tuple[Relation, pl.DataFrame]:
        """What was asked, and what was found."""
        for each in self.leaves:
            if isinstance(each, ReadParquet):
                each.dataset.check_unchanged()
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


class Weighing(CloudPickler):  # type: ignore[misc]
    """Writes a tree without what is known of its files."""

    def persistent_id(self, value: Any) -> str | None:
        return "dataset" if isinstance(value, Dataset) else None


def weight_of(node: Expr) -> int:
    """Bytes that a tree takes, with the values in it."""
    written = io.BytesIO()
    Weighing(written).dump(node)
    return written.tell()


def relation_of(node: FrameExpr, asked: Needs, given: Sequence[Any] = (), trusts: bool = False) -> Relation:
    """What a tree is to Polars, with the types that pandas gives it; see `Translator` for ``given`` and ``trusts``.

    Raises
    ------
    Untranslatable
    """
    relation = Translator(node, asked, trusts, given).translated()
    meta = node.meta
    dtypes = list(meta.dtypes) if isinstance(meta, pd.DataFrame) else [getattr(meta, "dtype", None)]
    is_row = relation.single and isinstance(meta, pd.Series)  # a reduction of each column
    if is_row:
        dtypes *= len(relation.columns)
    for (_, column), dtype in zip(relation.columns, dtypes, strict=True):
        engine_type(column.dtype)
        if dtype is not None and not same_type(dtype, column.dtype):
            raise Untranslatable(f"a column of {column.dtype} where pandas has {dtype}")
    is_labelled = isinstance(meta, (pd.DataFrame, pd.Series)) and not is_row
    if Need.INDEX in asked and relation.index is None and is_labelled:
        raise Untranslatable("the labels of the rows are not known to Polars")
    return materialised(relation)


def answer(relation: Relation, meta: Any) -> Any:
    """What a relation of blocks holds, as the pandas object that ``meta`` is an example of."""
    return as_pandas(relation, relation.base.collect(engine="streaming", optimizations=AS_WRITTEN), meta)


def as_pandas(relation: Relation, found: pl.DataFrame, meta: Any) -> Any:
    """What was found for a relation, as pandas has it."""
    if relation.single and not isinstance(meta, pd.Series):
        return single_value(found, relation.only)
    values = [to_pandas(found, column) for column in relation.every()]
    if relation.single:
        labels = pd.Index([label for label, _ in relation.columns], name=meta.index.name)
        return pd.Series(np.concatenate(values), index=labels, name=meta.name)
    count = len(relation.columns)
    if relation.index is None or len(relation.index) != meta.index.nlevels:  # it has labels that nobody looks at
        index: pd.Index = pd.RangeIndex(found.height)
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


def single_value(found: pl.DataFrame, column: Column) -> Any:
    """The only value, as NumPy has it; missing where there is none."""
    value = found.to_series(0)[0] if found.height else None
    if value is None:
        return pd.NaT if column.dtype.kind in "mM" else np.nan
    if is_text(column.dtype):
        return value
    if column.dtype.kind == "M":
        return pd.Timestamp(found.to_series(0).to_numpy()[0])
    return column.dtype.type(value)


def same_type(ours: Any, theirs: Any) -> bool:
    """Whether two types are the same to pandas."""
    return ours == theirs or (is_text(ours) and is_text(theirs))


def to_pandas(found: pl.DataFrame, column: Column) -> Any:
    """One column as pandas holds it."""
    (name,) = column.expr.meta.root_names()
    series = found.get_column(name)
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
        raise AssertionError(f"a column of {dtype} has missing values that were not foreseen: {name}")
    return series.to_numpy()


def is_beyond(series: pl.Series, dtype: Any) -> bool:
    """Whether integers do not fit in a type."""
    if not series.dtype.is_integer() or not len(series):
        return False
    values, bounds = series.drop_nulls().to_numpy(), np.iinfo(dtype)
    return bool(len(values)) and not bounds.min <= int(values.min()) <= int(values.max()) <= bounds.max
