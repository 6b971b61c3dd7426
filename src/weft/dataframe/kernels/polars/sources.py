"""Where rows come from: frames in memory, Parquet files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from weft.dataframe.io.footers import check_unchanged
from weft.dataframe.kernels.polars.elementwise import COMPARE, TRUTH
from weft.dataframe.kernels.polars.relation import Column, Relation, Untranslatable, engine_type, is_float, is_text
from weft.dataframe.kernels.polars.translator import Translator, labelled, translation
from weft.dataframe.kernels.polars.truth import comparison, missing
from weft.dataframe.known_metas import types_of
from weft.expr import Need, walk
from weft.io.files import is_local

INT64 = np.dtype("int64")
#: The column with the numbers of a file's rows.
ROW = "row numbers of the files"


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
    if not wanted:
        raise Untranslatable("rows without columns are counted by Weft")
    base = translate.sources.get(node.rows)
    if base is None:
        every = alike(node, translate)
        used = (
            {label for each in every for label in (value.columns if each.only is None else each.only)}
            if value.ndim == 2
            else ()
        )
        chosen = [place for place in values if value.ndim == 1 or value.columns[place] in used]
        base = pl.DataFrame({f"c{place}": handed_over(values[place]) for place in chosen}).lazy()
        if any(translate.wants(each, Need.INDEX) for each in every):
            base = with_labels(base, value.index)
        translate.sources[node.rows] = base
    columns = []
    for place in wanted:
        dtype = values[place].dtype
        columns.append(
            Column(pl.col(f"c{place}"), dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype))
        )
    index = None
    if translate.wants(node, Need.INDEX):
        dtype = value.index.dtype
        index = (Column(pl.col("i0"), dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype)),)
    return Relation(base, labelled(labels, columns), index)


def alike(node: Any, translate: Translator) -> list[Any]:
    """The nodes of a tree that read the same rows: they stand on one base."""
    every: list[Any] = [each for each in walk(translate.root) if type(each) is type(node)]
    return [each for each in every if each.rows == node.rows]


def with_labels(base: Any, index: pd.Index) -> Any:
    """Rows with their labels beside them."""
    if isinstance(index, pd.RangeIndex):
        numbers = pl.int_range(pl.len(), dtype=pl.Int64) * index.step + index.start
        return base.with_columns(numbers.alias("i0"))
    if isinstance(index, pd.MultiIndex):
        raise Untranslatable("an index of several levels stays in pandas")
    engine_type(index.dtype)  # a series of labels may have another type: objects become text
    labels = pl.DataFrame({"i0": handed_over(index.to_series())}).lazy()
    return pl.concat([base, labels], how="horizontal")


def handed_over(column: pd.Series) -> pl.Series:
    """A column in Polars' hands."""
    engine_type(column.dtype)
    if is_text(column.dtype):
        return pl.Series(values=pl.from_arrow(pa.chunked_array(column.array.__arrow_array__())))
    return pl.Series(values=pl.from_arrow(pa.array(column.to_numpy(), from_pandas=column.dtype.kind == "M")))


@translation("ReadParquet")
def read_parquet(node: Any, translate: Translator) -> Relation:
    """Parquet files of one schema, on this machine; Polars leaves out what it need not read by itself."""
    dataset, reader = node.dataset, node.dataset.reader
    if node.wanted is not None or reader.keys or reader.filters is not None or reader.options:
        raise Untranslatable("a part of the files, directories as keys, or the user's filters are read by Weft")
    if not is_local(dataset.filesystem):
        raise Untranslatable("files elsewhere are read by Weft")
    paths = [piece.path for part in dataset.parts for piece in part.pieces]
    footers = [dataset.footers[path] for path in dict.fromkeys(paths)]
    if any(each.schema.remove_metadata() != footers[0].schema.remove_metadata() for each in footers[1:]):
        raise Untranslatable("files of different columns are read by Weft")
    for path in dict.fromkeys(paths):
        check_unchanged(
            dataset.filesystem, path, next(p.stamp for part in dataset.parts for p in part.pieces if p.path == path)
        )
    base = translate.sources.get(node.rows)
    if base is None:
        every = alike(node, translate)
        is_numbered = any(translate.wants(each, Need.INDEX) or translate.wants(each, Need.ORDER) for each in every)
        base = pl.scan_parquet(list(dict.fromkeys(paths)), glob=False, row_index_name=ROW if is_numbered else None)
        if node.predicate is not None:
            base = base.filter(predicate_of(node.predicate, node, dataset))
        translate.sources[node.rows] = base
    types = types_of(node.meta)
    columns = [(label, parquet_column(label, types[label], dataset)) for label in node.chosen]
    index: tuple[Column, ...] | None = None
    if translate.wants(node, Need.INDEX):
        if dataset.index_columns:
            labels = [node.meta.index.get_level_values(place) for place in range(len(dataset.index_columns))]
            index = tuple(
                [
                    parquet_column(label, each.dtype, dataset)
                    for label, each in zip(dataset.index_columns, labels, strict=True)
                ]
            )
        elif node.predicate is None and node.index:
            numbering = dataset.layout.numbering
            number = pl.col(ROW).cast(pl.Int64) * numbering.step + numbering.start
            index = (Column(number, INT64),)
        else:
            raise Untranslatable("rows are numbered by Weft")
    rank = Column(pl.col(ROW), np.dtype("uint32")) if translate.wants(node, Need.ORDER) else None
    return Relation(base, tuple(columns), index, rank=rank)


def parquet_column(label: Any, dtype: Any, dataset: Any) -> Column:
    """A column of the files as pandas has it."""
    name = dataset.layout.fields[label]
    kind = dataset.schema.field(name).type
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
    ):
        raise Untranslatable(f"columns of {kind} are read by Weft")
    bounds = dataset.bounds(label)
    rows = [part.rows for part in dataset.parts]
    null = bounds is None or any(
        many != 0 and (each is None or each.missing is None or each.missing > 0)
        for each, many in zip(bounds, rows, strict=True)
    )
    wanted = engine_type(dtype)
    column = Column(pl.col(name), dtype, null, is_float(dtype))
    if pa.types.is_integer(kind) and is_float(dtype):
        return Column(pl.col(name).cast(wanted), dtype, True, False)
    if pa.types.is_timestamp(kind) != (dtype.kind == "M"):
        raise Untranslatable(f"{kind} as {dtype} is read by Weft")
    if pa.types.is_timestamp(kind) and kind.unit != np.datetime_data(dtype)[0]:
        return Column(pl.col(name).cast(wanted), dtype, null)
    if not is_float(dtype) and dtype.kind in "iub" and null:
        raise Untranslatable(f"column {label!r} may have missing values that its type cannot hold")
    return column


def predicate_of(predicate: Any, node: Any, dataset: Any) -> Any:
    """A predicate of the reader as Polars has it."""
    match predicate:
        case ("and", left, right):
            return predicate_of(left, node, dataset) & predicate_of(right, node, dataset)
        case ("or", left, right):
            return predicate_of(left, node, dataset) | predicate_of(right, node, dataset)
        case (operator, label, value) if operator in COMPARE:
            dtype = dataset.layout.whole[label].dtype
            return comparison(parquet_column(label, dtype, dataset), value, dtype=TRUTH, name=operator).expr
        case (("isna" | "notna") as operator, label, _):
            dtype = dataset.layout.whole[label].dtype
            return missing(parquet_column(label, dtype, dataset), dtype=TRUTH, name=operator).expr
        case ("isin", label, values):
            column = parquet_column(label, dataset.layout.whole[label].dtype, dataset)
            return pl.any_horizontal([comparison(column, each, dtype=TRUTH, name="eq").expr for each in values])
    raise Untranslatable(f"the predicate {predicate!r} is looked at by Weft")
