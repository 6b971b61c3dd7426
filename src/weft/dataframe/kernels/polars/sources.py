"""Where rows come from: frames in memory, Parquet files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from weft.dataframe.kernels.polars.relation import Column, Relation, Untranslatable, engine_type, is_float, is_text
from weft.dataframe.kernels.polars.translator import Translator, labelled, translation
from weft.expr import Need

INT64 = np.dtype("int64")


@translation("FromPandas")
def from_pandas(node: Any, translate: Translator) -> Relation:
    """A frame in memory: its columns are handed over without a copy, where Arrow holds them alike."""
    value = node.held.value
    if isinstance(value, pd.Series):
        values = {0: value}
        labels: list[Any] = [value.name]
        wanted = [0]
    else:
        if not value.columns.is_unique:
            raise Untranslatable("labels of columns that are not distinct")
        values = {place: value.iloc[:, place] for place in range(value.shape[1])}
        wanted = [place for place, label in enumerate(value.columns) if node.only is None or label in node.only]
        labels = [value.columns[place] for place in wanted]
    found = translate.sources.get(node.rows)
    if found is None:
        arrays = {f"c{place}": handed_over(each) for place, each in values.items() if place in wanted}
        base = pl.DataFrame(arrays).lazy() if arrays else None
        found = translate.sources[node.rows] = (base, set(wanted))
    base, there = found
    if base is None or not set(wanted) <= there:
        raise Untranslatable("one frame is read in two ways")
    columns = []
    for place in wanted:
        dtype = values[place].dtype
        columns.append(
            Column(pl.col(f"c{place}"), dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype))
        )
    index = None
    if translate.wants(node, Need.INDEX):
        base, index = with_labels(base, value.index)
        translate.sources[node.rows] = (base, there)
    return Relation(base, labelled(labels, columns), index)


def with_labels(base: Any, index: pd.Index) -> tuple[Any, tuple[Column, ...]]:
    """Rows with their labels beside them."""
    if isinstance(index, pd.RangeIndex):
        numbers = pl.int_range(pl.len(), dtype=pl.Int64) * index.step + index.start
        return base.with_columns(numbers.alias("i0")), (Column(pl.col("i0"), INT64),)
    if isinstance(index, pd.MultiIndex):
        raise Untranslatable("an index of several levels stays in pandas")
    labels = pl.DataFrame({"i0": handed_over(index.to_series())}).lazy()
    dtype = index.dtype
    column = Column(pl.col("i0"), dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype))
    return pl.concat([base, labels], how="horizontal"), (column,)


def handed_over(column: pd.Series) -> pl.Series:
    """A column in Polars' hands."""
    engine_type(column.dtype)
    if is_text(column.dtype):
        return pl.Series(values=pl.from_arrow(pa.chunked_array(column.array.__arrow_array__())))
    return pl.Series(values=pl.from_arrow(pa.array(column.to_numpy(), from_pandas=column.dtype.kind == "M")))
