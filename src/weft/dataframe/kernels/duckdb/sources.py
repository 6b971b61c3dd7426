"""Where rows come from: Parquet files, and frames in memory."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.kernels.duckdb.elementwise import COMPARE, TRUTH
from weft.dataframe.kernels.duckdb.relation import Column, Rank, Relation, engine_type, literal, quoted
from weft.dataframe.kernels.duckdb.translator import OWN, Translator, translation
from weft.dataframe.kernels.duckdb.truth import comparison, missing
from weft.dataframe.kernels.translating import (
    Untranslatable,
    alike,
    check_plain,
    has_gaps,
    is_float,
    is_text,
    labelled,
)
from weft.dataframe.known_metas import types_of
from weft.expr import Need
from weft.records import replaced

INT64 = np.dtype("int64")
#: What DuckDB calls numbers of rows and of files, and where they were read.
NUMBERING = ("file_row_number", "file_index", "filename", "rowid")
#: Files whose rows are not numbered over all of them.
MANY = 1000
#: Kinds of columns of files.
KINDS = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_timestamp,
    pa.types.is_string,
    pa.types.is_large_string,
)


@translation("ReadParquet")
def read_parquet(node: Any, translate: Translator) -> Relation:
    """Parquet files of one schema, on this machine."""
    dataset = node.dataset
    check_plain(node)
    names = [each.casefold() for each in dataset.schema.names]
    if any(each.startswith(OWN) for each in names) or len(set(names)) < len(names) or set(names) & set(NUMBERING):
        raise Untranslatable(
            "names of columns that differ in their case only, or that are DuckDB's own, are read by Weft"
        )
    paths = list(dataset.stamps)
    if any(mark in path for path in paths for mark in "*?[\\\0"):
        raise Untranslatable("paths that look like patterns are read by Weft")
    base = translate.sources.get(node.rows)
    if base is None:
        every = alike(node, translate)
        order = ", file_row_number, file_index" if any(translate.looks_at_order(each) for each in every) else ""
        listed = ", ".join([literal(path, None) for path in paths])
        base = translate.rows(
            f"SELECT *{order} FROM read_parquet([{listed}], hive_partitioning = false)", is_cheap=True
        )
        if node.predicate is not None:
            condition = predicate_of(node.predicate, node, dataset)
            base = translate.rows(f"SELECT * FROM {base} WHERE {condition.sql}", is_cheap=True)
        translate.sources[node.rows] = base
    types = types_of(node.meta)
    columns = [(label, parquet_column(label, types[label], dataset)) for label in node.chosen]
    order_by = (Rank(row_number(dataset)),) if translate.looks_at_order(node) else None
    made = Relation(base, tuple(columns), None, order=order_by, most=dataset.row_total or None)
    return with_index(made, node, dataset, translate) if translate.wants(node, Need.INDEX) else made


def with_index(made: Relation, node: Any, dataset: Any, translate: Translator) -> Relation:
    """Rows of files with their labels: columns of the files, or their numbers."""
    if not node.index:  # whatever it is: who asks for it does not look at it
        return replaced(made, index=(Column(row_number(dataset), INT64),))
    if dataset.index_columns:
        levels = [node.meta.index.get_level_values(place) for place in range(len(dataset.index_columns))]
        pairs = zip(dataset.index_columns, levels, strict=True)
        return replaced(made, index=tuple([parquet_column(label, each.dtype, dataset) for label, each in pairs]))
    if node.predicate is not None:
        raise Untranslatable("rows are numbered by Weft")
    numbering = dataset.layout.numbering
    return replaced(made, index=(Column(f"({row_number(dataset)} * {numbering.step} + {numbering.start})", INT64),))


def row_number(dataset: Any) -> str:
    """The number of a row among those of all files."""
    if len(dataset.stamps) == 1:
        return "file_row_number"
    if len(dataset.stamps) > MANY:
        raise Untranslatable("rows of so many files are numbered by Weft")
    counts = [dataset.footers[path].metadata.num_rows for path in dataset.stamps]
    starts = itertools.accumulate([0, *counts[:-1]])
    return f"(CAST(list_extract([{', '.join(map(str, starts))}], CAST(file_index AS BIGINT) + 1) AS BIGINT) + file_row_number)"


def parquet_column(label: Any, dtype: Any, dataset: Any) -> Column:
    """A column of the files as pandas has it."""
    name = dataset.layout.fields[label]
    kind = dataset.schema.field(name).type
    if not any(is_kind(kind) for is_kind in KINDS):
        raise Untranslatable(f"columns of {kind} are read by Weft")
    null = has_gaps(label, dataset)
    engine_type(dtype)
    column = Column(quoted(name), dtype, null, is_float(dtype))
    if pa.types.is_integer(kind) and is_float(dtype):
        return Column(f"CAST({column.sql} AS {engine_type(dtype)})", dtype, True, False)
    if pa.types.is_timestamp(kind) != (dtype.kind == "M") or pa.types.is_boolean(kind) != (dtype.kind == "b"):
        raise Untranslatable(f"{kind} as {dtype} is read by Weft")
    if pa.types.is_timestamp(kind) and (kind.tz is not None or kind.unit != np.datetime_data(dtype)[0]):
        raise Untranslatable(f"{kind} as {dtype} is read by Weft")
    if not is_float(dtype) and dtype.kind in "iub" and null:
        raise Untranslatable(f"column {label!r} may have missing values that its type cannot hold")
    return replaced(column, bounds=integer_bounds(label, dataset)) if pa.types.is_integer(kind) else column


def integer_bounds(label: Any, dataset: Any) -> tuple[int, int] | None:
    """Between which integers the values of a column lie, as footers tell."""
    told = dataset.whole_bounds(label)
    if told is None or type(told.least) is not int or type(told.greatest) is not int:
        return None
    return told.least, told.greatest


def predicate_of(predicate: Any, node: Any, dataset: Any) -> Column:
    """A predicate of the reader as DuckDB has it."""

    def column(label: Any) -> Column:
        return parquet_column(label, dataset.layout.whole[label].dtype, dataset)

    match predicate:
        case (("and" | "or") as word, left, right):
            a, b = predicate_of(left, node, dataset), predicate_of(right, node, dataset)
            return Column(f"({a.sql} {word} {b.sql})", TRUTH)
        case (operator, label, value) if operator in COMPARE:
            return comparison(column(label), value, dtype=TRUTH, name=operator)
        case (("isna" | "notna") as operator, label, _):
            return missing(column(label), dtype=TRUTH, name=operator)
        case ("isin", label, values) if values:
            each = [comparison(column(label), value, dtype=TRUTH, name="eq").sql for value in values]
            return Column(f"({' OR '.join(each)})", TRUTH)
    raise Untranslatable(f"the predicate {predicate!r} is looked at by Weft")


@translation("FromPandas")
def from_pandas(node: Any, translate: Translator) -> Relation:
    """A frame in memory."""
    value = node.held.value
    if isinstance(value, pd.Series):
        columns, labels, wanted = {0: value}, [value.name], [0]
    else:
        if not value.columns.is_unique:
            raise Untranslatable("labels of columns that are not distinct")
        columns = {place: value.iloc[:, place] for place in range(value.shape[1])}
        labels = list(value.columns)
        wanted = [place for place, label in enumerate(labels) if node.only is None or label in node.only]
    if not wanted or isinstance(value.index, pd.MultiIndex):
        raise Untranslatable("rows without columns, or with labels of several levels, stay in pandas")
    base = translate.sources.get(node.rows)
    if base is None:
        data = {f"v{place}": handed_over(each) for place, each in columns.items() if is_known(each.dtype)}
        if is_known(value.index.dtype):
            data["i0"] = handed_over(value.index.to_series())
        data["place"] = pa.array(np.arange(len(value)))
        base = translate.fresh("memory_")
        translate.tables[base] = pa.table(data)
        translate.sources[node.rows] = base
    made = [held_column(f"v{place}", columns[place].dtype) for place in wanted]
    index = (held_column("i0", value.index.dtype),) if translate.wants(node, Need.INDEX) else None
    order = (Rank("place"),) if translate.looks_at_order(node) else None
    return Relation(base, labelled([labels[place] for place in wanted], made), index, order=order)


def is_known(dtype: Any) -> bool:
    """Whether DuckDB has a type that behaves the same."""
    try:
        engine_type(dtype)
    except Untranslatable:
        return False
    return True


def held_column(name: str, dtype: Any) -> Column:
    """A column of a pandas object that has been handed over."""
    engine_type(dtype)
    if dtype.kind == "M" and np.datetime_data(dtype)[0] == "ms":
        name = f"CAST({name} AS TIMESTAMP)"
    return Column(name, dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype))


def handed_over(column: pd.Series) -> Any:
    """A column in Arrow's memory."""
    if is_text(column.dtype):
        return pa.chunked_array(column.array.__arrow_array__())
    return pa.array(column.to_numpy(), from_pandas=column.dtype.kind == "M")
