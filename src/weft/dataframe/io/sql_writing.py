"""Writing SQL tables: into a table of their own first, which takes the place that is meant when all rows are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase
from weft.dataframe.io.sql import check_uri, engine_for, sqlalchemy
from weft.dataframe.io.writing import check_frame
from weft.expr.naming import nonce

__all__ = ["SqlMethods", "to_sql"]

#: Databases that rename a table as ``ALTER TABLE ... RENAME TO ...``.
RENAMING = ("sqlite", "postgresql", "mysql", "mariadb")


class Target(NamedTuple):
    """Where rows go."""

    name: str
    staging: str
    uri: str
    schema: str | None
    if_exists: str
    options: Mapping[str, Any]
    engine_kwargs: Mapping[str, Any]

    def append(self, part: Any, before: Any = None) -> None:
        """Rows into the table that nobody looks at yet."""
        engine = engine_for(self.uri, self.engine_kwargs)
        try:
            with engine.begin() as connection:
                part.to_sql(self.staging, connection, schema=self.schema, if_exists="append", **self.options)
        finally:
            engine.dispose()

    def create(self, meta: Any) -> None:
        """The table that nobody looks at yet, without rows."""
        engine = engine_for(self.uri, self.engine_kwargs)
        try:
            with engine.begin() as connection:
                meta.to_sql(self.staging, connection, schema=self.schema, if_exists="fail", **self.options)
        finally:
            engine.dispose()

    def finish(self, done: Any) -> None:
        """The rows to their place, in one transaction."""
        sa = sqlalchemy()
        engine = engine_for(self.uri, self.engine_kwargs)
        quote = engine.dialect.identifier_preparer.quote
        prefix = f"{quote(self.schema)}." if self.schema else ""
        own, target = prefix + quote(self.staging), prefix + quote(self.name)
        try:
            there = sa.inspect(engine).has_table(self.name, schema=self.schema)
            columns = ", ".join(
                [quote(each["name"]) for each in sa.inspect(engine).get_columns(self.staging, schema=self.schema)]
            )
            with engine.begin() as connection:
                if there and self.if_exists == "append":
                    connection.execute(sa.text(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {own}"))
                    connection.execute(sa.text(f"DROP TABLE {own}"))
                    return
                if there and self.if_exists == "delete_rows":
                    connection.execute(sa.text(f"DELETE FROM {target}"))
                    connection.execute(sa.text(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {own}"))
                    connection.execute(sa.text(f"DROP TABLE {own}"))
                    return
                if there and self.if_exists == "replace":
                    connection.execute(sa.text(f"DROP TABLE {target}"))
                if engine.dialect.name in RENAMING:
                    connection.execute(sa.text(f"ALTER TABLE {own} RENAME TO {quote(self.name)}"))
                else:
                    connection.execute(sa.text(f"CREATE TABLE {target} AS SELECT {columns} FROM {own}"))
                    connection.execute(sa.text(f"DROP TABLE {own}"))
        finally:
            engine.dispose()

    def abandon(self) -> None:
        """Take the table that nobody looks at away."""
        sa = sqlalchemy()
        engine = engine_for(self.uri, self.engine_kwargs)
        quote = engine.dialect.identifier_preparer.quote
        prefix = f"{quote(self.schema)}." if self.schema else ""
        try:
            if sa.inspect(engine).has_table(self.staging, schema=self.schema):
                with engine.begin() as connection:
                    connection.execute(sa.text(f"DROP TABLE {prefix}{quote(self.staging)}"))
        finally:
            engine.dispose()


def create_table(target: Target, meta: Any) -> None:
    """The first step: a table without rows."""
    target.create(meta)


def append_rows(target: Target, part: Any, before: Any) -> None:
    """One partition, after what ``before`` stands for."""
    target.append(part, before)


def finish_table(target: Target, done: Any) -> None:
    """The last step."""
    target.finish(done)


def to_sql(
    df: Any,
    name: str,
    uri: Any,
    schema: str | None = None,
    if_exists: str = "fail",
    index: bool = True,
    index_label: Any = None,
    chunksize: int | None = None,
    dtype: Any = None,
    method: Any = None,
    compute: bool = True,
    parallel: bool = False,
    engine_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Write a frame to an SQL table. A write that fails leaves the table as it was.

    Parameters
    ----------
    df : DataFrame or Series
    name : str
        The table.
    uri : str
        Address of the database, as SQLAlchemy takes it.
    schema : str, optional
    if_exists : {"fail", "replace", "append", "delete_rows"}
        What happens to a table of that name.
    index : bool
        Whether the index is written, as columns.
    index_label : label or list of labels, optional
        Names of these columns.
    chunksize : int, optional
        Rows of one statement.
    dtype : mapping, optional
        SQL types of columns.
    method : {None, "multi"} or callable
        How rows are inserted; see :meth:`pandas.DataFrame.to_sql`.
    compute : bool
        Write now; otherwise give a delayed value that writes.
    parallel : bool
        Write partitions side by side; their order in the table is then whichever comes.
    engine_kwargs : mapping, optional
        Passed to ``sqlalchemy.create_engine``.

    Raises
    ------
    ValueError
        There is such a table already, and ``if_exists="fail"``.
    """
    check_frame(df, "to_sql()", series=True)
    address = check_uri(uri, "to_sql()")
    if if_exists not in ("fail", "replace", "append", "delete_rows"):
        raise ValueError(f"if_exists is 'fail', 'replace', 'append' or 'delete_rows', not {if_exists!r}")
    sa = sqlalchemy()
    if if_exists == "fail":
        engine = engine_for(address, engine_kwargs)
        try:
            if sa.inspect(engine).has_table(name, schema=schema):
                raise ValueError(f"Table {name!r} already exists. Pass if_exists='replace' or 'append'.")
        finally:
            engine.dispose()
    options = {"index": index, "index_label": index_label, "chunksize": chunksize, "dtype": dtype, "method": method}
    target = Target(name, f"weft_{nonce()[:10]}", address, schema, if_exists, options, dict(engine_kwargs or {}))
    delayed = CONVERSIONS["delayed"]
    start = delayed(create_table)(target, df.expr.meta)
    append = delayed(append_rows)
    parts = df.to_delayed()
    if parallel:
        done: Any = [append(target, part, start) for part in parts]
    else:
        done = start
        for part in parts:
            done = append(target, part, done)
    job = delayed(finish_table)(target, done)
    if not compute:
        return job
    try:
        return job.compute()
    except BaseException:
        target.abandon()
        raise


class SqlMethods(FrameBase):
    """Frames and columns as SQL tables."""

    __slots__ = ()

    to_sql = to_sql
