"""A query that has been translated: run by DuckDB, and its answer as a pandas object."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import duckdb
import polars as pl

from weft import config
from weft.backends.interrupting import stopped_by
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.duckdb.groups import NAN_MET
from weft.dataframe.kernels.duckdb.relation import Relation, engine_type
from weft.dataframe.kernels.duckdb.translator import Translator
from weft.dataframe.kernels.polars.nan import expect_nan, is_nan_expected
from weft.dataframe.kernels.polars.query import Query, assembled, single_value, values_of
from weft.dataframe.kernels.translating import Untranslatable, check_types, is_text
from weft.errors import EngineError
from weft.expr import Needs
from weft.store.places import spill_parent
from weft.system import cpu_count

__all__ = ["DuckQuery"]

#: What turns out while a query runs, and is another engine's then: integers that overflow, which wrap in pandas; files that
#: cannot be read, of which the other tells as always.
LEFT = (duckdb.OutOfRangeException, duckdb.ConversionException, duckdb.IOException)
#: What DuckDB says in the main thread where Python would raise KeyboardInterrupt.
STOPPED = "Query interrupted"
#: The part of the memory budget that queries may hold.
SHARE = 0.8


class DuckQuery(Query):
    """A tree of nodes that DuckDB computes as a whole; as far as values allow, which is seen when it runs: else Polars does.

    Parameters
    ----------
    node : FrameExpr
    asked : Needs
        What is looked at in its rows.
    """

    def __init__(self, node: FrameExpr, asked: Needs) -> None:
        super().__init__(node, asked)
        self._statement: tuple[str, Relation, dict[str, Any]] | None = None

    def __weft_tokenize__(self) -> Any:
        return ("duckdb-query", self.node, tuple(sorted(map(repr, self.asked))))

    def __reduce__(self) -> Any:
        return DuckQuery, (self.node, self.asked)

    @property
    def held(self) -> int:
        return min(super().held, limits()[0])

    def written(self) -> tuple[str, Relation, dict[str, Any]]:
        """The statement, what its columns are, and tables that it reads in memory.

        Raises
        ------
        Untranslatable
        """
        if self._statement is None:
            self._statement = self.write(not is_nan_expected(self.sources))
        return self._statement

    def write(self, trusts: bool) -> tuple[str, Relation, dict[str, Any]]:
        """The same; it may trust that there is no NaN as long as it sees none."""
        translator = Translator(self.node, self.asked, trusts)
        relation = translator.translated()
        check_types(relation, self.node, self.asked)
        for column in relation.every():
            engine_type(column.dtype)
        statement, last = translator.statement(relation)
        return statement, last, translator.tables

    def __call__(self, *_: Any) -> Any:
        """The answer."""
        self.check_files()
        try:
            try:
                return self.run(*self.written())
            except duckdb.InvalidInputException as error:
                if NAN_MET not in str(error):
                    raise
                expect_nan(self.sources)
                self._statement = self.write(False)
                return self.run(*self._statement)
        except LEFT as error:
            try:
                return super().__call__()
            except Untranslatable as reason:
                raise EngineError(f"DuckDB cannot go on ({error}), and Polars cannot begin: {reason}") from error

    def run(self, statement: str, relation: Relation, tables: dict[str, Any]) -> Any:
        """What a statement gives, as pandas has it."""
        with database(os.getpid(), cpu_count(), *limits()).cursor() as cursor:
            for name, table in tables.items():
                cursor.register(name, table)
            found = table_of(cursor, statement)
        columns = {each.sql: each for each in relation.every()}
        meta = self.node.meta
        if relation.single and getattr(meta, "ndim", 0) == 0:
            return single_value(pl.Series(values=pl.from_arrow(found.column(relation.only.sql))), relation.only)
        values = {name: in_pandas(found.column(name), column) for name, column in columns.items()}
        return assembled(relation, [values[each.sql] for each in relation.every()], found.num_rows, meta)


def table_of(cursor: Any, statement: str) -> Any:
    """What a statement gives; who stops this thread stops it."""
    try:
        with stopped_by(cursor.interrupt):
            return cursor.sql(statement).to_arrow_table()
    except RuntimeError as error:
        if str(error) == STOPPED:
            raise KeyboardInterrupt from error
        raise


def in_pandas(values: Any, column: Any) -> Any:
    """A column of the answer as pandas holds it."""
    if is_text(column.dtype):
        return column.dtype.construct_array_type()._from_sequence(values, dtype=column.dtype)
    return values_of(pl.Series(values=pl.from_arrow(values)), column)


def limits() -> tuple[int, str]:
    """Bytes that queries may hold, and where they write what they cannot."""
    budget = int(config.value("memory.budget"))
    return int(SHARE * budget), str(
        spill_parent(config.value("spill.directory") or config.value("temporary-directory"))
    )


@lru_cache(maxsize=1)
def database(process: int, threads: int, limit: int, directory: str) -> Any:
    """The database of this process, which has no tables: it reads what it is asked about.

    What a forked process finds of its parent's is not its own.
    """
    made = duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": f"{limit}B",
            "temp_directory": os.path.join(directory, f"weft-duckdb-{process}"),
            "preserve_insertion_order": False,
            "ieee_floating_point_ops": True,
            "arrow_large_buffer_size": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    made.execute("SET enable_progress_bar = false; SET parquet_metadata_cache = true")
    return made
