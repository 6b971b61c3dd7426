"""What a part of a program is to Polars: a lazy frame, and expressions of its columns.

A `Relation` is rows (``base``, a lazy frame) and what a node's columns and index are of them. A filter makes new rows; a
projection, an assignment or arithmetic only new expressions, so that Polars sees one query and not a pipeline of steps.

Missing values are null, NaN, or both, depending on how a column came about: pandas' floats know NaN only, Polars tells the
two apart. A `Column` says which of them it may hold; who looks at its values asks for a form without the other.

To keep rows in order through a join takes time, and is often in vain: a sort above needs the order for ties only, a filter
leaves few rows. So a relation may say by which columns its rows are to be ordered (``order``): whoever needs them in order
sorts by these (`in_order`).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.translating import Untranslatable, is_number, is_text
from weft.dataframe.kernels.translating.relation import BaseColumn, BaseRelation
from weft.records import replaced

__all__ = [
    "Column",
    "Relation",
    "chosen_rows",
    "engine_type",
    "in_order",
    "materialised",
    "row_by_row",
    "unseen",
    "with_scalars",
]


#: Numbers for names that must not be met twice.
COUNTED = itertools.count()
#: Rows that are looked at before it is tried to order all by their first column.
SAMPLE = 1000


#: Types whose values both libraries hold alike.
NUMBERS: dict[Any, Any] = {
    np.dtype(name): kind
    for name, kind in {
        "int8": pl.Int8,
        "int16": pl.Int16,
        "int32": pl.Int32,
        "int64": pl.Int64,
        "uint8": pl.UInt8,
        "uint16": pl.UInt16,
        "uint32": pl.UInt32,
        "uint64": pl.UInt64,
        "float32": pl.Float32,
        "float64": pl.Float64,
        "bool": pl.Boolean,
    }.items()
}
UNITS: dict[str, Any] = {"ms": "ms", "us": "us", "ns": "ns"}


def engine_type(dtype: Any) -> Any:
    """Polars' type for one of pandas'.

    Raises
    ------
    Untranslatable
        There is none that behaves the same.
    """
    if isinstance(dtype, np.dtype):
        if (kind := NUMBERS.get(dtype)) is not None:
            return kind
        if dtype.kind in "mM" and (unit := np.datetime_data(dtype)[0]) in UNITS:
            return pl.Datetime(UNITS[unit]) if dtype.kind == "M" else pl.Duration(UNITS[unit])
    if is_text(dtype):
        return pl.String
    raise Untranslatable(f"columns of {dtype} stay in pandas")


@dataclass(frozen=True)
class Column(BaseColumn):
    """An expression with pandas' meaning.

    Parameters
    ----------
    expr : polars.Expr
    dtype : dtype
        pandas' type.
    null, nan : bool
        Whether missing values may be null; may be NaN.
    null_is_false : bool
        A truth value of which null says False, as a filter takes it.
    scalars : mapping
        Frames of one row that the expression reads, by the names of their columns.
    rowwise : bool
        Whether each value depends on its own row only.
    narrow : dtype, optional
        pandas' type in case that nothing turns out to be missing: that of a column that a join may leave gaps in.
    """

    expr: pl.Expr
    dtype: Any
    null: bool = False
    nan: bool = False
    null_is_false: bool = False
    scalars: Mapping[str, Any] = field(default_factory=dict)
    rowwise: bool = True
    narrow: Any = None

    def settled(self) -> Column:
        """A truth value without null."""
        if not self.null_is_false:
            return self
        return replaced(self, expr=self.expr.fill_null(False), null_is_false=False)

    def nulled(self) -> Column:
        """Missing values as null only."""
        if not self.nan:
            return self
        return replaced(self, expr=self.expr.fill_nan(None), null=True, nan=False)

    def cast(self, dtype: Any) -> Column:
        """The same values in another type, which must hold them."""
        if dtype == self.dtype:
            return self
        return replaced(self, expr=self.expr.cast(engine_type(dtype)), dtype=dtype, narrow=None)


@dataclass(frozen=True)
class Relation(BaseRelation[Column]):
    """Rows, and the columns that a node has of them.

    Parameters
    ----------
    base : polars.LazyFrame
    columns : tuple of (label, Column)
        One for a series, an index or a single value.
    index : tuple of Column or None
        None where nobody looks at it.
    single : bool
        Whether it is a single row that stands for values.
    """

    base: Any
    columns: tuple[tuple[Hashable, Column], ...]
    index: tuple[Column, ...] | None = None
    single: bool = False
    #: The rows that a single value was made of.
    made_of: Any = None
    #: Columns by whose values the rows are to be ordered; None where they are in order as they come.
    order: tuple[Column, ...] | None = None
    #: A column that grows from row to row, of rows that are in order: what their order is to who joins them in any.
    rank: Column | None = None

    def may_be_empty(self, rows: Relation) -> bool:
        """Whether a single value may be missing though there are rows, and not be held by its type."""
        return any(
            each.null and each.dtype.kind in "iu" for _, each in self.columns if isinstance(each.dtype, np.dtype)
        ) and (self.made_of is None or self.made_of is not rows.base)

    def every(self) -> list[Column]:
        """Columns, index, and what gives the order."""
        return [each for _, each in self.columns] + list(self.index or ()) + list(self.order or ())


def with_scalars(base: Any, columns: list[Column]) -> Any:
    """Rows with the single values that columns read beside them."""
    known: dict[str, Any] = {}
    for each in columns:
        known |= each.scalars
    for single in known.values():
        base = base.join(single, how="cross", maintain_order="left")
    return base


def chosen_rows(base: Any, columns: list[Column], condition: Any) -> Any:
    """The rows for which a condition on some columns holds."""
    single = {name for each in columns for name in each.scalars}
    made = with_scalars(base, columns).filter(condition)
    return made.drop(sorted(single)) if single else made


def unseen(dtype: Any) -> Column:
    """A column that nobody looks at."""
    kind = engine_type(dtype)
    made = pl.lit(0).cast(kind) if is_number(dtype) else pl.lit(None, dtype=kind)
    return Column(made, dtype, null=not is_number(dtype))


def row_by_row(relation: Relation) -> Relation:
    """A relation whose values may be looked at row by row: running totals are made before."""
    return relation if all(each.rowwise for each in relation.every()) else materialised(relation)


def materialised(relation: Relation, prefix: str = "c") -> Relation:
    """Rows that have the relation's columns and nothing else, so that further operations may stand on them.

    Columns and index are called by their places then, behind a prefix; what gives the order is not there twice.
    """
    every = relation.every()
    settled = [each.settled() for each in every]
    names = [f"{prefix}{place}" for place in range(len(settled))]
    there = len(every) - len(relation.order or ())
    known = {id(each.expr): name for each, name in zip(every[:there], names, strict=False)}
    names[there:] = [known.get(id(each.expr), name) for each, name in zip(every[there:], names[there:], strict=True)]
    made = list({name: each.expr.alias(name) for each, name in zip(settled, names, strict=True)}.values())
    if not made:  # rows without columns are still so many rows
        made = [pl.int_range(pl.len()).alias(f"nothing{next(COUNTED)}")]
    base = with_scalars(relation.base, settled).select(made)
    fresh = [
        replaced(each, expr=pl.col(name), scalars={}, rowwise=True) for each, name in zip(settled, names, strict=True)
    ]
    count = len(relation.columns)
    below = count + len(relation.index or ())
    labels = [label for label, _ in relation.columns]
    return Relation(
        base,
        tuple(zip(labels, fresh[:count], strict=True)),
        None if relation.index is None else tuple(fresh[count:below]),
        relation.single,
        order=None if relation.order is None else tuple(fresh[below:]),
    )


def in_order(relation: Relation) -> Relation:
    """A relation whose rows come in their order."""
    if relation.order is None:
        return relation
    fresh = materialised(relation)
    assert fresh.order is not None
    keys = [each.expr for each in fresh.order]
    if len(keys) < 2:
        return replaced(fresh, base=fresh.base.sort(keys, nulls_last=True), order=None)
    ordered = partial(ordered_by, names=[key.meta.output_name() for key in keys])
    options = {"projection_pushdown": False, "slice_pushdown": False, "validate_output_schema": False}
    return replaced(fresh, base=fresh.base.map_batches(ordered, **options), order=None)


def ordered_by(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Rows by some columns, missing values last.

    Groups by a number and what belongs to it are common: where the first column has no value twice, the others do not matter,
    and to sort by all takes three times as long.
    """
    first = names[0]
    sample = rows[first].gather_every(max(1, len(rows) // SAMPLE))
    if not sample.is_duplicated().any():
        made = rows.sort(first, nulls_last=True)
        if not made[first].eq_missing(made[first].shift(1))[1:].any():
            return made
    return rows.sort(names, nulls_last=True)
