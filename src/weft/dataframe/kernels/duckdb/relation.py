"""What a part of a program is to DuckDB: rows under a name, and expressions of their columns in SQL.

A `Relation` is rows (``base``, the name of a query among those that the whole is written with) and what a node's columns and
index are of them. A filter makes new rows; a projection, an assignment or arithmetic only new expressions.

Missing values are NULL, NaN, or both: a `Column` says which of them it may hold. DuckDB keeps rows in no order; what their
order is stands in columns (``order``) as far as somebody looks at it, and the last query sorts by these.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_number, is_text
from weft.dataframe.kernels.translating.relation import BaseColumn, BaseRelation
from weft.records import replaced

__all__ = ["Column", "Rank", "Relation", "engine_type", "is_nan", "literal", "quoted", "unseen"]

#: Types whose values both libraries hold alike.
NUMBERS = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
}
#: Parquet files of milliseconds are read as microseconds.
MOMENTS = {"ms": "TIMESTAMP", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}
#: An expression of more characters is not written: values are named, and not remembered, in expressions.
LONGEST = 20_000


def engine_type(dtype: Any) -> str:
    """DuckDB's type for one of pandas'.

    Raises
    ------
    Untranslatable
        There is none that behaves the same.
    """
    if isinstance(dtype, np.dtype):
        if dtype.name in NUMBERS:
            return NUMBERS[dtype.name]
        if dtype.kind == "M" and (unit := np.datetime_data(dtype)[0]) in MOMENTS:
            return MOMENTS[unit]
    if is_text(dtype):
        return "VARCHAR"
    raise Untranslatable(f"columns of {dtype} stay in pandas")


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any, dtype: Any) -> str:
    """A plain value as SQL has it, in the type of the columns that it meets; numbers may be of another."""
    if isinstance(value, str):
        if "\0" in value:
            raise Untranslatable("text with a zero byte stays in pandas")
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    if isinstance(value, pd.Timestamp):
        if not 1 <= value.year <= 9999:
            raise Untranslatable(f"{value!r} is written by pandas")
        return f"CAST('{value.isoformat(sep=' ')}' AS {engine_type(dtype)})"
    if isinstance(value, float) or is_float(dtype):
        return f"CAST('{float(value)!r}' AS {engine_type(dtype) if is_float(dtype) else 'DOUBLE'})"
    return f"({int(value)})"


def is_nan(sql: str) -> str:
    """Whether a number is NaN.

    DuckDB (2.0) answers ``isnan`` from the least and greatest values of a file, which do not count NaN, and finds none.
    """
    return f"(NOT isfinite({sql}) AND {sql} NOT IN (CAST('inf' AS DOUBLE), CAST('-inf' AS DOUBLE)))"


@dataclass(frozen=True)
class Column(BaseColumn):
    """An expression with pandas' meaning.

    Parameters
    ----------
    sql : str
    dtype : dtype
        pandas' type.
    null, nan : bool
        Whether missing values may be NULL; may be NaN.
    null_is_false : bool
        A truth value of which NULL says False, as a filter takes it.
    narrow : dtype, optional
        pandas' type in case that nothing turns out to be missing: that of a column that a join may leave gaps in.
    bounds : tuple of int, optional
        Between which integers its values lie, both included.
    """

    sql: str
    dtype: Any
    null: bool = False
    nan: bool = False
    null_is_false: bool = False
    narrow: Any = None
    bounds: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if len(self.sql) > LONGEST:
            raise Untranslatable("an expression of so many operations is too long for one query")

    def settled(self) -> Column:
        """A truth value without NULL."""
        if not self.null_is_false:
            return self
        return replaced(self, sql=f"coalesce({self.sql}, FALSE)", null_is_false=False)

    def nulled(self) -> Column:
        """Missing values as NULL only."""
        if not self.nan:
            return self
        return replaced(self, sql=f"CASE WHEN {is_nan(self.sql)} THEN NULL ELSE {self.sql} END", null=True, nan=False)

    def cast(self, dtype: Any) -> Column:
        """The same values in another type, which must hold them."""
        if dtype == self.dtype:
            return self
        return replaced(self, sql=f"CAST({self.sql} AS {engine_type(dtype)})", dtype=dtype, narrow=None)


class Rank(NamedTuple):
    """What rows are ordered by: an expression, and whether its greatest values come first. What is missing comes last."""

    sql: str
    is_descending: bool = False

    @property
    def clause(self) -> str:
        """The same as a part of ORDER BY."""
        return f"{self.sql} {'DESC' if self.is_descending else 'ASC'} NULLS LAST"


@dataclass(frozen=True)
class Relation(BaseRelation[Column]):
    """Rows, and the columns that a node has of them.

    Parameters
    ----------
    base : str
        The name of the query that gives the rows.
    columns : tuple of (label, Column)
        One for a series, an index or a single value.
    index : tuple of Column or None
        None where nobody looks at it.
    single : bool
        Whether it is a single row that stands for values.
    order : tuple of Rank or None
        What the rows are ordered by; None where nobody looks at it.
    made_of : str
        The rows that a single value was made of.
    most : int, optional
        How many rows there are at most.
    """

    base: str
    columns: tuple[tuple[Hashable, Column], ...]
    index: tuple[Column, ...] | None = None
    single: bool = False
    order: tuple[Rank, ...] | None = None
    made_of: str = ""
    most: int | None = None

    def may_be_empty(self, rows: Relation) -> bool:
        """Whether a single value may be missing though there are rows, and not be held by its type."""
        return any(each.null and is_integer(each.dtype) for _, each in self.columns) and self.made_of != rows.base

    def every(self) -> list[Column]:
        """Columns and index."""
        return [each for _, each in self.columns] + list(self.index or ())


def unseen(dtype: Any) -> Column:
    """A column that nobody looks at."""
    value = "0" if is_number(dtype) else "NULL"
    return Column(f"CAST({value} AS {engine_type(dtype)})", dtype, null=not is_number(dtype))
