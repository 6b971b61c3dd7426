"""Reading SQL tables and queries in ranges of an index column, through SQLAlchemy."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.divisions import checked_count
from weft.dataframe.io.arguments import check_arguments
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.dataframe.meta import make_meta
from weft.expr import node
from weft.expr.naming import nonce
from weft.extras import import_required
from weft.units import parse_bytes

__all__ = ["ReadSQL", "engine_for", "read_sql", "read_sql_query", "read_sql_table", "sqlalchemy"]


#: Arguments of pandas' reader that it is given here, or that would give it in pieces.
NOT_PASSED_ON = ("sql", "con", "index_col", "chunksize")


def sqlalchemy() -> Any:
    """The library that speaks to databases."""
    return import_required("sqlalchemy", 'databases need SQLAlchemy. Install it with: pip install "weft[io]"')


def engine_for(uri: Any, engine_kwargs: Mapping[str, Any] | None) -> Any:
    """An engine for an address of a database."""
    return sqlalchemy().create_engine(uri, **dict(engine_kwargs or {}))


def check_uri(con: Any, caller: str) -> str:
    """An address as text: tasks open connections of their own."""
    sa = sqlalchemy()
    if isinstance(con, sa.engine.URL):
        return str(con.render_as_string(hide_password=False))
    if not isinstance(con, str):
        raise TypeError(
            f"{caller} takes the address of a database, such as 'postgresql://user@host/name', not a {type(con).__name__}: "
            "each task opens a connection of its own"
        )
    return con


class SqlPart(NamedTuple):
    """A range of the index column; None: no bound. The last one includes its end."""

    lower: Any
    upper: Any
    is_last: bool


class SqlReader(NamedTuple):
    """How ranges are read."""

    uri: str
    engine_kwargs: Mapping[str, Any]
    query: Any
    key: str
    options: Mapping[str, Any]

    def read(self, part: SqlPart, how: Reading) -> pd.DataFrame:
        """One range as a frame."""
        sa = sqlalchemy()
        table = self.query.subquery("weft_part")
        index = table.c[self.key]
        statement = sa.select(index, *[table.c[str(label)] for label in how.columns if str(label) != self.key])
        if part.lower is not None:
            statement = statement.where(index >= plain(part.lower))
        if part.upper is not None:
            statement = statement.where(index <= plain(part.upper) if part.is_last else index < plain(part.upper))
        engine = engine_for(self.uri, self.engine_kwargs)
        try:
            with engine.connect() as connection:
                frame = pd.read_sql(statement, connection, index_col=self.key, **self.options)
        finally:
            engine.dispose()
        kind = how.meta.index.dtype
        if how.with_index and frame.index.dtype != kind and len(frame) == 0:
            frame.index = frame.index.astype(kind)
        if how.with_index and frame.index.dtype != kind and getattr(kind, "kind", "O") in "M":
            frame.index = frame.index.astype(kind)
        if len(frame) == 0:
            return frame.astype(dict(zip(how.meta.columns, how.meta.dtypes.array, strict=True)))
        return frame


def plain(value: Any) -> Any:
    """A value as drivers take it."""
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


class SqlDataset(Dataset):
    """Ranges of a query."""

    label: ClassVar[str] = "read_sql"

    def __init__(self, reader: Any, parts: tuple[Any, ...], meta: Any, ends: Any, token: Any) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.ends = ends
        self.token = token

    @property
    def index_columns(self) -> tuple[Hashable, ...]:  # type: ignore[override]
        return (self.reader.key,)

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        return self.whole if columns is None else self.whole[list(columns)]

    def divisions(self) -> tuple[Any, ...] | None:
        return self.ends  # type: ignore[no-any-return]


class SqlTable(SqlDataset):
    """All rows of a query, numbered."""

    index_columns = ()


@node
class ReadSQL(FileSource):
    """Some columns of a query."""


def read_sql_query(
    sql: Any,
    con: Any,
    index_col: Any = None,
    divisions: Any = None,
    npartitions: int | None = None,
    limits: tuple[Any, Any] | None = None,
    bytes_per_chunk: int | str = "256 MiB",
    head_rows: int = 5,
    meta: Any = None,
    engine_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Frame of a query, in ranges of an index column.

    Parameters
    ----------
    sql : SQLAlchemy Select, or str
    con : str
        Address of the database, as SQLAlchemy takes it.
    index_col : str or SQLAlchemy column, optional
        Becomes the index; numbers or dates, unless ``divisions`` are given. Without one, the rows are one partition.
    divisions : sequence, optional
        Ends of the ranges.
    npartitions : int, optional
        Number of ranges, of equal width; by default by the number of rows and ``bytes_per_chunk``.
    limits : (least, greatest), optional
        Only rows between these; by default all.
    bytes_per_chunk : int or str
        Bytes of a partition in memory, estimated by the first rows.
    head_rows : int
        How many rows are read to see columns and types.
    meta : pandas.DataFrame, optional
        Columns and types; then no rows are read for them.
    engine_kwargs : mapping, optional
        Passed to ``sqlalchemy.create_engine``.
    **kwargs
        Of :func:`pandas.read_sql`: ``coerce_float``, ``parse_dates``, ``dtype``, ``dtype_backend``.

    Raises
    ------
    ValueError
        The index column has missing values, which are in no range.
    """
    sa = sqlalchemy()
    uri = check_uri(con, "read_sql_query()")
    check_arguments("read_sql_query", kwargs, pd.read_sql_query, NOT_PASSED_ON)
    if isinstance(sql, str):
        query = sa.select(sa.text("*")).select_from(sa.text(f"({sql.strip().rstrip(';')}) AS weft_query"))
        query = named_columns(query, uri, engine_kwargs)
    elif hasattr(sql, "subquery"):
        query = sql
    else:
        raise TypeError(
            f"sql is a SQLAlchemy Select or a text, not a {type(sql).__name__}; see read_sql_table for tables"
        )
    if index_col is None:
        return whole_query(query, uri, (divisions, npartitions, limits), head_rows, meta, engine_kwargs, kwargs)
    name = getattr(index_col, "name", index_col)
    if not isinstance(name, str):
        raise TypeError(f"index_col is the name of a column, or a SQLAlchemy column with a name; it is {index_col!r}")
    return read_ranges(
        query, uri, name, divisions, npartitions, limits, bytes_per_chunk, head_rows, meta, engine_kwargs, kwargs
    )


class SqlWhole(NamedTuple):
    """A query whose rows are one partition."""

    uri: str
    engine_kwargs: Mapping[str, Any]
    query: Any
    options: Mapping[str, Any]

    def rows(self, columns: Sequence[Hashable] | None = None, limit: int | None = None) -> pd.DataFrame:
        """Some columns of all rows, or of the first."""
        sa = sqlalchemy()
        table = self.query.subquery("weft_part")
        names = table.c if columns is None else [table.c[str(label)] for label in columns]
        statement = sa.select(*(names or table.c))
        engine = engine_for(self.uri, self.engine_kwargs)
        try:
            with engine.connect() as connection:
                return pd.read_sql(statement if limit is None else statement.limit(limit), connection, **self.options)
        finally:
            engine.dispose()

    def read(self, part: int, how: Reading) -> pd.DataFrame:
        """All rows."""
        frame = self.rows(how.columns)
        return frame[list(how.columns)]


def whole_query(
    query: Any,
    uri: str,
    ranges: Sequence[Any],
    head_rows: int,
    meta: Any,
    engine_kwargs: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Any:
    """Frame of one partition of a query without an index."""
    if any(each is not None for each in ranges):
        raise ValueError("divisions, npartitions and limits are ranges of a column: name it by index_col=")
    reader = SqlWhole(uri, dict(engine_kwargs or {}), query, dict(options))
    empty = reader.rows(limit=max(1, head_rows)).iloc[:0] if meta is None else make_meta(meta)
    return source_frame(ReadSQL, SqlTable(reader, (0,), empty, None, ("read_sql", nonce())))


def named_columns(query: Any, uri: str, engine_kwargs: Mapping[str, Any] | None) -> Any:
    """A query by text, with the columns that it gives."""
    sa = sqlalchemy()
    engine = engine_for(uri, engine_kwargs)
    try:
        with engine.connect() as connection:
            names = list(connection.execute(query.limit(0)).keys())
    finally:
        engine.dispose()
    return sa.select(*[sa.column(each) for each in names]).select_from(*query.get_final_froms())


def read_ranges(
    query: Any,
    uri: str,
    index: str,
    divisions: Any,
    npartitions: int | None,
    limits: Any,
    bytes_per_chunk: int | str,
    head_rows: int,
    meta: Any,
    engine_kwargs: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Any:
    """Frame of a query that has the index among its columns."""
    sa = sqlalchemy()
    if divisions is not None and npartitions is not None:
        raise TypeError("give divisions or npartitions, not both")
    if divisions is not None and limits is not None:
        raise TypeError("divisions say which rows there are: give divisions or limits, not both")
    if npartitions is not None:
        npartitions = checked_count(npartitions)
    table = query.subquery("weft_part")
    if index not in table.c:
        from weft.dataframe.ops.projection import missing_column

        raise KeyError(missing_column(index, tuple(table.c.keys())))
    engine = engine_for(uri, engine_kwargs)
    width = None
    try:
        with engine.connect() as connection:
            if meta is None:
                if head_rows < 1:
                    raise ValueError("head_rows is how many rows are read to see types, at least 1; or give meta=")
                head = pd.read_sql(query.limit(head_rows), connection, index_col=index, **options)
                if not len(head):
                    return from_pandas(head, npartitions=1)
                width = head.memory_usage(deep=True, index=True).sum() / len(head)
                meta = head.iloc[:0]
            else:
                meta = make_meta(meta)
            if divisions is None:
                column = table.c[index]
                least, greatest, rows, there = connection.execute(
                    sa.select(sa.func.min(column), sa.func.max(column), sa.func.count(), sa.func.count(column))
                ).one()
                if rows != there and limits is None:
                    raise ValueError(
                        f"index_col={index!r} is missing in {rows - there} of {rows} rows, which would be in no partition. Choose another "
                        "column, or a query without them."
                    )
                if limits is not None:
                    least, greatest = limits
                if npartitions is None:
                    npartitions = 1 if width is None else max(1, -(-int(rows * width) // parse_bytes(bytes_per_chunk)))
                divisions = ranges(least, greatest, npartitions, meta.index.dtype, index)
    finally:
        engine.dispose()
    ends = tuple(divisions)
    if len(ends) < 2:
        raise ValueError("divisions are the ends of ranges, at least two")
    parts = tuple(
        [SqlPart(lower, upper, place == len(ends) - 2) for place, (lower, upper) in enumerate(itertools.pairwise(ends))]
    )
    reader = SqlReader(uri, dict(engine_kwargs or {}), query, index, dict(options))
    return source_frame(ReadSQL, SqlDataset(reader, parts, meta, ends, ("read_sql", nonce())))


def ranges(least: Any, greatest: Any, count: int, dtype: Any, index: str) -> Sequence[Any]:
    """Ends of ranges of equal width."""
    kind = getattr(dtype, "kind", "O")
    if kind == "M" or isinstance(least, (pd.Timestamp, np.datetime64)) or hasattr(least, "year"):
        made = pd.date_range(pd.Timestamp(least), pd.Timestamp(greatest), periods=count + 1)
        return list(dict.fromkeys(made)) if count > 1 else [made[0], made[-1]]
    if kind in "iuf" or isinstance(least, (int, float)):
        if kind in "iu":
            step = (int(greatest) - int(least)) / count
            edges: list[Any] = [int(least) + int(np.ceil(step * number)) for number in range(count)] + [int(greatest)]
        else:
            edges = [float(each) for each in np.linspace(float(least), float(greatest), count + 1)]
        distinct = list(dict.fromkeys(edges))
        return distinct if len(distinct) > 1 else [edges[0], edges[-1]]
    raise TypeError(
        f"index_col={index!r} is of type {dtype}, which cannot be cut in ranges of equal width. Give divisions=, or choose a column of "
        "numbers or dates."
    )


def read_sql_table(
    table_name: str,
    con: Any,
    index_col: Any = None,
    divisions: Any = None,
    npartitions: int | None = None,
    limits: tuple[Any, Any] | None = None,
    columns: Any = None,
    bytes_per_chunk: int | str = "256 MiB",
    head_rows: int = 5,
    schema: str | None = None,
    meta: Any = None,
    engine_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Frame of a table, in ranges of an index column.

    Parameters
    ----------
    table_name : str
    con : str
        Address of the database, as SQLAlchemy takes it.
    index_col : str or SQLAlchemy column, optional
        Becomes the index; numbers or dates, unless ``divisions`` are given. Without one, the rows are one partition.
    divisions, npartitions, limits, bytes_per_chunk, head_rows, meta, engine_kwargs, **kwargs
        As for :func:`read_sql_query`.
    columns : list, optional
        Names of columns, or SQLAlchemy expressions with labels.
    schema : str, optional
        Where the table is.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     address = f"sqlite:///{folder}/x.db"
    ...     frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}, index=pd.Index([5, 6, 7], name="id")), npartitions=2)
    ...     frame.to_sql("numbers", address)
    ...     dd.read_sql_table("numbers", address, "id", npartitions=2).a.sum().compute()
    np.int64(6)
    """
    sa = sqlalchemy()
    uri = check_uri(con, "read_sql_table()")
    check_arguments("read_sql_table", kwargs, pd.read_sql_query, NOT_PASSED_ON)
    if not isinstance(table_name, str):
        raise TypeError(f"table_name is a text, not a {type(table_name).__name__}; see read_sql_query for queries")
    engine = engine_for(uri, engine_kwargs)
    try:
        table = sa.Table(table_name, sa.MetaData(), autoload_with=engine, schema=schema)
    except sa.exc.NoSuchTableError as error:
        known = sa.inspect(engine).get_table_names(schema=schema)
        raise ValueError(f"there is no table {table_name!r} in the database. There are {sorted(known)}.") from error
    finally:
        engine.dispose()
    from weft.dataframe.ops.projection import missing_column

    def column(each: Any) -> Any:
        if not isinstance(each, str):
            return each
        if each not in table.c:
            raise KeyError(missing_column(each, tuple(table.c.keys())))
        return table.c[each]

    index = None if index_col is None else column(index_col)
    chosen = [column(each) for each in (table.c.keys() if columns is None else list(columns))]
    if index is not None and index.name not in [each.name for each in chosen]:
        chosen.append(index)
    query = sa.select(*chosen).select_from(table)
    if index is None:
        return whole_query(query, uri, (divisions, npartitions, limits), head_rows, meta, engine_kwargs, kwargs)
    return read_ranges(
        query, uri, index.name, divisions, npartitions, limits, bytes_per_chunk, head_rows, meta, engine_kwargs, kwargs
    )


def read_sql(sql: Any, con: Any, index_col: Any = None, **kwargs: Any) -> Any:
    """Frame of a table (by its name) or of a query; see :func:`read_sql_table` and :func:`read_sql_query`."""
    if isinstance(sql, str) and " " not in sql.strip():
        return read_sql_table(sql, con, index_col, **kwargs)
    return read_sql_query(sql, con, index_col, **kwargs)
