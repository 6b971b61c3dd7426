"""Aggregates of groups, and of all rows; different rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.duckdb.packing import packed, total_of
from weft.dataframe.kernels.duckdb.relation import Column, Rank, Relation, is_nan
from weft.dataframe.kernels.duckdb.translator import Translator, by, numbered, translation
from weft.dataframe.kernels.pandas.groupby_plan import Request
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text, labelled, value_type
from weft.dataframe.kernels.translating.groups import check_groups, degrees_lost, looked_at, requests_of
from weft.expr import Need, walk
from weft.records import replaced

__all__ = ["NAN_MET", "key_column"]

INT64, FLOAT64 = np.dtype("int64"), np.dtype("float64")
#: Nodes below groups that leave all rows of a file where they are.
PLAIN = {"ReadParquet", "Projection", "Assign", "Elementwise"}
#: Groups that are looked for among the first rows, and how many rows of each are looked at there; and rows at least.
MOST_GROUPS, ROWS_OF_GROUP, HEAD = 1 << 15, 16, 1 << 16
#: What a query says that took for granted that there is no NaN, and met one.
NAN_MET = "NaN among what was taken for numbers"
#: Aggregates that come out as NaN if one value is; and those that do so where there are several values.
TELLING, TELLING_OF_SEVERAL = ("sum", "mean", "max"), ("std", "var")
#: Deviations by degrees of freedom that are lost.
DEVIATIONS = {("std", 1): "stddev_samp", ("std", 0): "stddev_pop", ("var", 1): "var_samp", ("var", 0): "var_pop"}


@translation("GroupbyAggregate", "GroupbyWhole")
def grouped(node: Any, translate: Translator) -> Relation:
    """One row for each group, and an aggregate for each request."""
    groups, requests = node.asked.groups, requests_of(node)
    check_groups(node, groups)
    source: Relation = translate(node.source)
    is_looked_at = translate.looks_at_order(node)
    if is_looked_at and not groups.sort:
        source, first = with_one_rank(source, translate)
    keys = [key_column(source.column(each.value)) for each in groups.by]
    meta, count = node.meta, len(keys)
    dtypes = list(meta.dtypes) if isinstance(meta, pd.DataFrame) else [meta.dtype]
    if not groups.as_index:
        dtypes = dtypes[count:]
    told = told_columns(looked_at(node, requests, translate.needs[node.name]))
    made = [
        aggregated(request, source, dtype, translate, told) for request, dtype in zip(requests, dtypes, strict=True)
    ]
    names = [translate.fresh("key") for _ in keys]
    values = [translate.fresh("agg") for _ in made]
    made, sums = side_by_side(dict(zip(values, made, strict=True)), requests, source, translate)
    chosen = [*[f"{each.sql} AS {name}" for each, name in zip(keys, names, strict=True)], *sums]
    nulls = [f"{each.sql} IS NOT NULL" for each in keys if each.null] if groups.dropna else []
    order = tuple([Rank(name) for name in names]) if is_looked_at else None
    if is_looked_at and not groups.sort:  # groups come as their first rows do
        rank = translate.fresh("first")
        order = (Rank(rank),)
        if (head := head_of(node, source, translate)) is not None:
            base = with_firsts(translate, source.base, keys, names, chosen, nulls, first, rank, head)
        else:
            base = grouped_rows(translate, source.base, keys, [*chosen, f"min({first}) AS {rank}"], nulls)
    else:
        base = grouped_rows(translate, source.base, keys, chosen, nulls)
    labels = [
        replaced(each, sql=name, null=each.null and not groups.dropna) for each, name in zip(keys, names, strict=True)
    ]
    if not groups.as_index:
        plain = Relation(base, labelled(meta.columns, [*labels, *made]), None, order=order)
        return numbered(plain, translate) if translate.wants(node, Need.INDEX) else plain
    titles = meta.columns if isinstance(meta, pd.DataFrame) else [meta.name]
    return Relation(base, labelled(titles, made), tuple(labels), order=order)


def side_by_side(
    made: dict[str, Column], requests: Sequence[Request], source: Relation, translate: Translator
) -> tuple[list[Column], list[str]]:
    """Aggregates as they are read from rows of groups, and what these rows have: each under its name, or several in one."""
    totals = {
        name: total_of(request, source)
        for (name, each), request in zip(made.items(), requests, strict=True)
        if each.dtype == INT64
    }
    read = {name: name for name in made}
    sums = []
    for pack in packed(totals):
        whole = translate.fresh("pack")
        sums.append(f"CAST(sum({pack.sql}) AS BIGINT) AS {whole}")
        read |= {name: pack.part(name, whole) for name in pack.parts}
    alone = [f"{each.sql} AS {name}" for name, each in made.items() if read[name] == name]
    return [replaced(each, sql=read[name]) for name, each in made.items()], [*alone, *sums]


def grouped_rows(
    translate: Translator, base: str, keys: list[Column], chosen: list[str], conditions: Sequence[str]
) -> str:
    """Groups of some rows, those for which all conditions hold."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return translate.rows(
        f"SELECT {', '.join(chosen)} FROM {base}{where} GROUP BY {', '.join([each.sql for each in keys])}"
    )


def head_of(node: Any, source: Relation, translate: Translator) -> int | None:
    """Among how many rows from the beginning all groups are likely to be; None if that is not known, or are too many.

    Sizes in the footers tell how many groups there may be, and that row groups lie between the same values.
    """
    below = list(walk(node.source))
    files: Any = below[0]
    kinds = {type(each).__name__ for each in below}
    if (
        kinds - PLAIN
        or source.base not in translate.cheap
        or files.predicate is not None
        or len(files.dataset.stamps) > 1
    ):
        return None
    labels, dataset = [each.value for each in node.asked.groups.by], files.dataset
    if not all(label in dataset.layout.fields and dataset.is_mixed(label) for label in labels):
        return None
    every = [dataset.distinct(label) for label in labels]
    if None in every or (total := prod(every)) > MOST_GROUPS:
        return None
    return max(HEAD, int(ROWS_OF_GROUP * total))


def with_firsts(
    translate: Translator,
    base: str,
    keys: list[Column],
    names: list[str],
    chosen: list[str],
    nulls: list[str],
    first: str,
    rank: str,
    head: int,
) -> str:
    """Groups with the numbers of their first rows, which are looked for among the first rows of all, then among the others.

    To look at the number of each row takes as long as a third of what is summed up.
    """
    groups = grouped_rows(translate, base, keys, chosen, nulls)
    own = [*[f"{each.sql} AS {name}" for each, name in zip(keys, names, strict=True)], f"min({first}) AS {rank}"]
    early = grouped_rows(translate, base, keys, own, [*nulls, f"{first} < {head}"])

    def are_equal(one: str, other: str) -> str:
        return " AND ".join([f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in names])

    listed = ", ".join(names)
    late = translate.rows(
        f"SELECT {listed} FROM {groups} WHERE NOT EXISTS (SELECT 1 FROM {early} WHERE {are_equal(groups, early)})"
    )
    sought = " AND ".join(
        [f"{late}.{name} IS NOT DISTINCT FROM {each.sql}" for each, name in zip(keys, names, strict=True)]
    )
    others = grouped_rows(translate, base, keys, own, [*nulls, f"EXISTS (SELECT 1 FROM {late} WHERE {sought})"])
    firsts = translate.rows(f"SELECT * FROM {early} UNION ALL SELECT * FROM {others}")
    return translate.rows(
        f"SELECT {groups}.*, {firsts}.{rank} FROM {groups} JOIN {firsts} ON {are_equal(groups, firsts)}"
    )


def with_one_rank(source: Relation, translate: Translator) -> tuple[Relation, str]:
    """Rows whose order is that of one number, and the number."""
    if source.order is None:
        raise Untranslatable("which group comes first is not known")
    if len(source.order) == 1 and not source.order[0].is_descending:
        return source, source.order[0].sql
    fresh = translate.materialised(source)
    name = translate.fresh("place")
    base = translate.rows(f"SELECT *, row_number() OVER (ORDER BY {by(fresh.order or ())}) AS {name} FROM {fresh.base}")
    return replaced(fresh, base=base), name


def key_column(column: Column) -> Column:
    """A column whose equal values make a group."""
    if not (is_text(column.dtype) or is_integer(column.dtype) or column.dtype.kind in "bM" or is_float(column.dtype)):
        raise Untranslatable(f"groups by columns of {column.dtype} stay in pandas")
    return column.settled().nulled()


def told_columns(requests: Sequence[Request]) -> dict[Any, set[str]]:
    """Aggregates of each column that tell of NaN in it."""
    told: dict[Any, set[str]] = {}
    for each in requests:
        if each.how in (*TELLING, *TELLING_OF_SEVERAL):
            told.setdefault(each.column, set()).add(each.how)
    return told


def aggregated(
    request: Request, source: Relation, dtype: Any, translate: Translator, told: dict[Any, set[str]]
) -> Column:
    """One aggregate; NaN in its column may be told by another one."""
    ddof = degrees_lost(request)
    if request.how == "size":
        return Column("count(*)", dtype)
    telling = told.get(request.column, set())
    enough = (*TELLING, *TELLING_OF_SEVERAL) if request.how == "median" else TELLING
    made = aggregate(request.how, source.column(request.column), translate, ddof, not telling.isdisjoint(enough))
    if made.dtype != dtype and not (is_text(dtype) and is_text(made.dtype)):
        made = made.cast(dtype)
    return made


def aggregate(how: str, column: Column, translate: Translator, ddof: int = 1, is_told: bool = False) -> Column:
    """An aggregate of a column with pandas' meaning.

    NaN need not be taken out where this aggregate, or another one of the column (``is_told``), tells of it.
    """
    column = column.settled()
    is_watched = column.nan and how in (*TELLING, *TELLING_OF_SEVERAL) and translate.trusts
    if is_watched or (is_told and translate.trusts):
        column = replaced(column, nan=False)
    elif how != "min":  # NaN is the greatest of all numbers
        column = column.nulled()
    made = plain_aggregate(how, column, ddof)
    if not is_watched:
        return made
    sql = f"CASE WHEN {is_nan(made.sql)} THEN error('{NAN_MET}') ELSE {made.sql} END"
    return replaced(made, sql=sql, nan=False)


def plain_aggregate(how: str, column: Column, ddof: int) -> Column:
    """An aggregate of a column whose NaN, if it has any, does no harm."""
    dtype = column.dtype
    kind = "text" if is_text(dtype) else dtype.kind
    is_short = dtype == np.dtype("float32")
    value = f"CAST({column.sql} AS INTEGER)" if kind == "b" else column.sql
    match how:
        case "count":
            return Column(f"count({column.sql})" if column.null else "count(*)", INT64)
        case "nunique":
            return Column(f"count(DISTINCT {column.sql})", INT64)
        case "sum" if is_float(dtype) and not is_short:
            return Column(f"coalesce(sum({value}), 0)", dtype, nan=True)
        case "sum" if kind in "biu":
            wide = np.dtype("uint64" if kind == "u" else "int64")
            return Column(f"CAST(coalesce(sum({value}), 0) AS {'UBIGINT' if kind == 'u' else 'BIGINT'})", wide)
        case "mean" if kind in "biuf" and not is_short:
            return Column(f"avg({value})", FLOAT64, null=True, nan=kind == "f")
        case "median" if kind in "iuf" and not is_short:
            return Column(f"median({value})", FLOAT64, null=True, nan=kind == "f")
        case "std" | "var" if kind in "iuf" and not is_short and (how, ddof) in DEVIATIONS:
            made = f"{DEVIATIONS[how, ddof]}({value})"
            if not ddof and kind == "f":  # to DuckDB a single infinity is not spread at all
                made = f"CASE WHEN NOT isfinite(sum({value})) THEN CAST('nan' AS DOUBLE) ELSE {made} END"
            return Column(made, FLOAT64, null=True, nan=kind == "f")
        case "min" | "max" if kind != "b":
            return Column(f"{how}({column.sql})", dtype, null=True, nan=column.nan)
    raise Untranslatable(f"{how} of {dtype} stays in pandas")


@translation("Reduce")
def reduced(node: Any, translate: Translator) -> Relation:
    """A reduction of a column, or of each column of a frame."""
    options = dict(node.options)
    if isinstance(node.source.meta, pd.Index) or (not node.skipna and node.kind != "count"):
        raise Untranslatable(f"{node.kind} of an index, or with missing values, stays in pandas")
    if any(value not in (None, 0, False) for word, value in options.items() if word not in ("ddof",)):
        raise Untranslatable(f"{node.kind} with these options stays in pandas")
    source: Relation = translate(node.source)
    ddof = options.get("ddof", 1)
    if node.source.meta.ndim == 2:
        return reduced_columns(node, source, translate, ddof)
    made = aggregate(node.kind, source.only, translate, ddof)
    if not isinstance(node.meta, (str, pd.Timestamp)) and node.kind not in ("min", "max"):
        made = made.cast(value_type(node.meta))
    name = translate.fresh("value")
    base = translate.rows(f"SELECT {made.sql} AS {name} FROM {source.base}")
    return Relation(base, ((source.columns[0][0], replaced(made, sql=name)),), None, True, made_of=source.base)


def reduced_columns(node: Any, source: Relation, translate: Translator, ddof: int) -> Relation:
    """A reduction of each column: one row, which becomes a series as the last thing that is done."""
    if node.name != translate.root.name or not isinstance(node.meta, pd.Series):
        raise Untranslatable(f"{node.kind} of a frame, of which more is made, stays in pandas")
    known = ("sum", "mean", "count", "std", "var")
    if node.kind not in known or any(each.dtype not in (INT64, FLOAT64) for _, each in source.columns):
        raise Untranslatable(f"{node.kind} of a frame of such columns stays in pandas")
    made = [aggregate(node.kind, each, translate, ddof).cast(node.meta.dtype) for _, each in source.columns]
    names = [translate.fresh("value") for _ in made]
    listed = ", ".join([f"{each.sql} AS {name}" for each, name in zip(made, names, strict=True)])
    if not made:
        raise Untranslatable("rows without columns stay in pandas")
    base = translate.rows(f"SELECT {listed} FROM {source.base}")
    columns = [replaced(each, sql=name) for each, name in zip(made, names, strict=True)]
    return Relation(base, labelled([label for label, _ in source.columns], columns), None, True)


@translation("Length")
def length(node: Any, translate: Translator) -> Relation:
    """Number of rows."""
    source = translate(node.source)
    base = translate.rows(f"SELECT count(*) * {node.columns_counted} AS many FROM {source.base}")
    return Relation(base, ((None, Column("many", INT64)),), None, True)


@translation("DistinctRows")
def distinct(node: Any, translate: Translator) -> Relation:
    """Rows that differ in some columns, any of those that are alike."""
    source: Relation = translate(node.source)
    is_ordered = translate.looks_at_order(node) or Need.ORDER in node.asks(node.source, translate.needs[node.name])
    if node.keep not in ("first", "last") or node.source.meta.ndim != 2 or is_ordered:
        raise Untranslatable("drop_duplicates() of such a kind, in order or by some of the columns, stays in pandas")
    labels = [label for label, _ in source.columns]
    wanted = labels if node.subset is None else list(node.subset)
    keys = [(label, key_column(column) if label in wanted else column) for label, column in source.columns]
    fresh = translate.materialised(replaced(source, columns=tuple(keys), index=None, order=None))
    listed = ", ".join([fresh.column(label).sql for label in wanted])
    return replaced(fresh, base=translate.rows(f"SELECT DISTINCT ON ({listed}) * FROM {fresh.base}"))
