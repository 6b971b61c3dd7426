"""Where rows come from: frames in memory, Parquet files."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from weft.dataframe.io.footers import check_unchanged
from weft.dataframe.kernels.polars.elementwise import COMPARE, TRUTH
from weft.dataframe.kernels.polars.relation import Column, Relation, engine_type
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.polars.truth import comparison, missing
from weft.dataframe.kernels.translating import (
    Untranslatable,
    alike,
    check_plain,
    has_gaps,
    is_float,
    is_integer,
    is_text,
    labelled,
    value_type,
)
from weft.dataframe.known_metas import types_of
from weft.expr import Need

INT64 = np.dtype("int64")
#: The column with the numbers of a file's rows.
ROW = "row numbers of the files"


@translation("FromPandas")
def from_pandas(node: Any, translate: Translator) -> Relation:
    """A frame in memory: its columns are handed over without a copy, where Arrow holds them alike."""
    value = node.held.value
    if value.ndim == 2 and not value.columns.is_unique:
        raise Untranslatable("labels of columns that are not distinct")
    labels = [value.name] if value.ndim == 1 else value.columns.tolist()
    only = None if node.only is None else set(node.only)
    wanted = [(place, label) for place, label in enumerate(labels) if only is None or label in only]
    if not wanted:
        raise Untranslatable("rows without columns are counted by Weft")
    base = translate.sources.get(node.rows)
    if base is None:
        every = alike(node, translate)
        used = {label for each in every for label in (labels if each.only is None else each.only)}
        data = {f"c{place}": column_at(value, place, label) for place, label in enumerate(labels) if label in used}
        wants_index = any(translate.wants(each, Need.INDEX) for each in every)
        check_held(data.values(), value.index if wants_index else None)
        base = pl.DataFrame({name: handed_over(each) for name, each in data.items()}).lazy()
        if wants_index:
            base = with_labels(base, value.index)
        translate.sources[node.rows] = base
    types = {value.name: value.dtype} if value.ndim == 1 else types_of(node.meta)
    columns = [(label, held_column(f"c{place}", types[label])) for place, label in wanted]
    index = (held_column("i0", value.index.dtype),) if translate.wants(node, Need.INDEX) else None
    return Relation(base, tuple(columns), index)


def column_at(value: Any, place: int, label: Any) -> pd.Series:
    """One of the columns of a frame, or the series itself; by its label, where that is plain, in half the time."""
    if value.ndim == 1:
        return value
    return value[label] if isinstance(label, str) and value.columns.is_unique else value.iloc[:, place]


def held_column(name: str, dtype: Any) -> Column:
    """A column of a pandas object that has been handed over."""
    return Column(pl.col(name), dtype, null=not (is_float(dtype) or dtype.kind in "iub"), nan=is_float(dtype))


@translation("BlockInput")
def block_input(node: Any, translate: Translator) -> Relation:
    """A block that a task is given: a partition, or a single value."""
    value, like = translate.given[node.slot], node.like
    if not isinstance(like.meta, (pd.DataFrame, pd.Series)):
        return single_input(node, value)
    if not isinstance(value, type(like.meta)):
        raise Untranslatable(f"a block is a {type(value).__name__} where a {type(like.meta).__name__} was foreseen")
    if isinstance(like.meta, pd.Series) and len(like.meta):
        raise Untranslatable("values by column are matched by pandas")
    if isinstance(value, pd.DataFrame) and not value.columns.is_unique:
        raise Untranslatable("labels of columns that are not distinct")
    wants_index = translate.wants(node, Need.INDEX)
    base = translate.sources.get(("blocks", node.rows))
    if base is None:
        every = [each for each in alike(node, translate) if not isinstance(translate.given[each.slot], pd.Index)]
        data = {
            f"b{each.slot}_{place}": column
            for each in every
            for place, column in enumerate(columns_of(translate.given[each.slot]))
        }
        if not data:
            raise Untranslatable("rows without columns are counted by Weft")
        looked_at = [each for each in every if translate.wants(each, Need.INDEX)]
        check_held(data.values(), translate.given[looked_at[0].slot].index if looked_at else None)
        base = pl.DataFrame({name: handed_over(column) for name, column in data.items()}).lazy()
        if looked_at:
            base = with_labels(base, translate.given[looked_at[0].slot].index)
        translate.sources["blocks", node.rows] = base
    labels, dtypes = columns_and_types(like.meta)
    columns = []
    for place, (column, dtype) in enumerate(zip(columns_of(value), dtypes, strict=True)):
        own = held_column(f"b{node.slot}_{place}", column.dtype)
        if column.dtype != dtype and not (is_text(column.dtype) and is_text(dtype)):
            if not (is_integer(column.dtype) and is_float(dtype)):
                raise Untranslatable(f"a block has {column.dtype} where {dtype} was foreseen")
            own = own.cast(dtype)
        columns.append(own)
    index = (held_column("i0", value.index.dtype),) if wants_index else None
    return Relation(base, labelled(labels, columns), index)


def columns_of(value: Any) -> list[pd.Series]:
    """The columns of a frame, or the series itself."""
    if isinstance(value, pd.Series):
        return [value]
    return [column_at(value, place, label) for place, label in enumerate(value.columns.tolist())]


def columns_and_types(meta: Any) -> tuple[list[Any], list[Any]]:
    """Labels and types of a meta's columns."""
    if isinstance(meta, pd.Series):
        return [meta.name], [meta.dtype]
    return list(meta.columns), list(meta.dtypes.array)


def single_input(node: Any, value: Any) -> Relation:
    """A single value, as one row."""
    if not np.isscalar(node.like.meta) and not isinstance(node.like.meta, (pd.Timestamp, pd.Timedelta)):
        raise Untranslatable(f"a single {type(node.like.meta).__name__} stays in pandas")
    dtype = value_type(node.like.meta)
    kind = engine_type(dtype)
    if (
        not np.isscalar(value)
        and not isinstance(value, (pd.Timestamp, pd.Timedelta, type(pd.NaT)))
        and value is not None
    ):
        raise Untranslatable(f"a single value is a {type(value).__name__}")
    is_missing = value is None or value is pd.NaT or value != value
    if is_missing and dtype.kind in "iub":
        raise Untranslatable("a single value of no rows turns integers into floats in pandas")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and dtype.kind in "iu":
        raise Untranslatable("a single value is no integer, as gaps have it in pandas")
    if dtype.kind in "mM":
        series = pl.Series(values=pl.from_arrow(pa.array(np.array([value], dtype=dtype), from_pandas=True)))
    else:
        series = pl.Series([None if is_missing else value], dtype=kind, strict=True)
    name = f"b{node.slot}"
    column = Column(pl.col(name), dtype, null=is_missing or dtype.kind not in "iub")
    return Relation(pl.DataFrame({name: series}).lazy(), ((None, column),), None, True)


@translation("ScanInput")
def scan_input(node: Any, translate: Translator) -> Relation:
    """A part of Parquet files, as a task is given it."""
    scan, part = node.scan, translate.given[node.slot]
    base = translate.sources.get(node.rows)
    if base is None:
        base = scanned(scan, part, any(translate.wants(each, Need.INDEX) for each in alike(node, translate)))
        translate.sources[node.rows] = base
    return Relation(base, scan.columns, scan.index if translate.wants(node, Need.INDEX) else None)


class Scan:
    """How a node that reads Parquet files is read part by part.

    Parameters
    ----------
    node : ReadParquet

    Raises
    ------
    Untranslatable
        Weft's own reader is to read it.
    """

    def __init__(self, node: Any) -> None:
        dataset = node.dataset
        check_plain(node)
        types = types_of(node.meta)
        self.token: str = node.name
        self.filesystem = dataset.filesystem
        self.columns = tuple([(label, parquet_column(label, types[label], dataset)) for label in node.chosen])
        is_numbered = not (node.index and dataset.index_columns)
        self.index = (Column(pl.col(ROW), INT64),) if is_numbered else index_of_files(node)
        #: How rows are numbered over all files; else anew in each part.
        self.numbering = dataset.layout.numbering if is_numbered and node.index and node.predicate is None else None
        self.is_numbered = is_numbered
        self.predicate = None if node.predicate is None else predicate_of(node.predicate, node, dataset)

    def __weft_tokenize__(self) -> str:
        return self.token


class ScanPart(NamedTuple):
    """What a task reads: for each file its path, its state, and which rows (None: all)."""

    files: tuple[tuple[str, tuple[Any, ...], tuple[tuple[int, int], ...] | None], ...]
    first_row: int | None

    @classmethod
    def of(cls, part: Any, footers: Any) -> ScanPart:
        """The same as a part of the dataset says by row groups."""
        return cls(
            tuple([(each.path, each.stamp, rows_of(each, footers[each.path])) for each in part.pieces]), part.first_row
        )


def rows_of(piece: Any, footer: Any) -> tuple[tuple[int, int], ...] | None:
    """Where the rows of some row groups begin, and how many they are; None for all of a file."""
    metadata = footer.metadata
    if list(piece.groups) == list(range(metadata.num_row_groups)):
        return None
    counts = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    starts = [0, *itertools.accumulate(counts)]
    runs: list[tuple[int, int]] = []
    for number in piece.groups:
        if runs and sum(runs[-1]) == starts[number]:
            runs[-1] = (runs[-1][0], runs[-1][1] + counts[number])
        else:
            runs.append((starts[number], counts[number]))
    return tuple(runs) or ((0, 0),)


def scanned(scan: Scan, part: ScanPart, is_numbered: bool) -> Any:
    """The rows of a part."""
    frames = []
    for path, stamp, runs in part.files:
        check_unchanged(scan.filesystem, path, stamp)
        whole = pl.scan_parquet(path, glob=False)
        frames += [whole] if runs is None else [whole.slice(start, count) for start, count in runs]
    base = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")
    if scan.predicate is not None:
        base = base.filter(scan.predicate)
    if not is_numbered or not scan.is_numbered:
        return base
    numbers = pl.int_range(pl.len(), dtype=pl.Int64)
    if scan.numbering is not None:
        numbers = (numbers + (part.first_row or 0)) * scan.numbering.step + scan.numbering.start
    return base.with_columns(numbers.alias(ROW))


def check_held(columns: Iterable[pd.Series], index: pd.Index | None) -> None:
    """Raise Untranslatable for columns and labels that Polars has not, before any of them is handed over: texts are copied then."""
    for each in columns:
        engine_type(each.dtype)
    if isinstance(index, pd.MultiIndex):
        raise Untranslatable("an index of several levels stays in pandas")
    if index is not None:
        engine_type(index.dtype)  # a series of labels may have another type: objects become text


def with_labels(base: Any, index: pd.Index) -> Any:
    """Rows with their labels beside them."""
    if isinstance(index, pd.RangeIndex):
        numbers = pl.int_range(pl.len(), dtype=pl.Int64) * index.step + index.start
        return base.with_columns(numbers.alias("i0"))
    labels = pl.DataFrame({"i0": handed_over(index.to_series())}).lazy()
    return pl.concat([base, labels], how="horizontal")


def handed_over(column: pd.Series) -> pl.Series:
    """A column in Polars' hands."""
    if is_text(column.dtype):
        return pl.Series(values=pl.from_arrow(pa.chunked_array(column.array.__arrow_array__())))
    values = column.to_numpy()
    if values.dtype.kind in "iuf":
        return pl.Series(values=values)
    return pl.Series(values=pl.from_arrow(pa.array(values, from_pandas=values.dtype.kind == "M")))


@translation("ReadParquet")
def read_parquet(node: Any, translate: Translator) -> Relation:
    """Parquet files of one schema, on this machine; Polars leaves out what it need not read by itself."""
    dataset = node.dataset
    check_plain(node)
    base = translate.sources.get(node.rows)
    if base is None:
        every = alike(node, translate)
        is_numbered = any(translate.wants(each, Need.INDEX) or translate.wants(each, Need.ORDER) for each in every)
        base = scan_of(tuple(dataset.stamps.items()), ROW if is_numbered else None)
        if node.predicate is not None:
            base = base.filter(predicate_of(node.predicate, node, dataset))
        translate.sources[node.rows] = base
    types = types_of(node.meta)
    columns = [(label, parquet_column(label, types[label], dataset)) for label in node.chosen]
    index: tuple[Column, ...] | None = None
    if translate.wants(node, Need.INDEX):
        if not node.index:  # whatever it is: who asks for it does not look at it
            index = (Column(pl.col(ROW).cast(pl.Int64), INT64),)
        elif dataset.index_columns:
            index = index_of_files(node)
        elif node.predicate is None:
            numbering = dataset.layout.numbering
            number = pl.col(ROW).cast(pl.Int64) * numbering.step + numbering.start
            index = (Column(number, INT64),)
        else:
            raise Untranslatable("rows are numbered by Weft")
    rank = Column(pl.col(ROW), np.dtype("uint32")) if translate.wants(node, Need.ORDER) else None
    return Relation(base, tuple(columns), index, rank=rank)


@lru_cache(maxsize=64)
def scan_of(stamps: tuple[tuple[str, tuple[Any, ...]], ...], numbers: str | None) -> Any:
    """All rows of files in some state, and their numbers in a column of this name: what Polars has seen of them is kept."""
    return pl.scan_parquet([path for path, _ in stamps], glob=False, row_index_name=numbers)


def index_of_files(node: Any) -> tuple[Column, ...]:
    """The columns of the files that are the index."""
    dataset = node.dataset
    labels = [node.meta.index.get_level_values(place) for place in range(len(dataset.index_columns))]
    return tuple(
        [parquet_column(label, each.dtype, dataset) for label, each in zip(dataset.index_columns, labels, strict=True)]
    )


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
    null = has_gaps(label, dataset)
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
