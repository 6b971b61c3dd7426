"""Asking one library one question, and comparing answers."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.tpch.data import TABLES
from benchmarks.tpch.sql import SQL

__all__ = ["QUERIES", "ask_duckdb", "ask_pandas_style", "ask_polars", "ask_within", "same_answer", "tables_of"]

QUERIES = range(1, 23)


class Tables:
    """Frames by the names of the tables, opened when they are first asked for."""

    def __init__(self, read: Any, folder: Path, scale: float, lazy: dict[str, Any]) -> None:
        self._read = read
        self._folder = folder
        self.scale = scale
        #: Options of ``head`` that keep it lazy.
        self.lazy = lazy

    def __getattr__(self, name: str) -> Any:
        if name not in TABLES:
            raise AttributeError(name)
        frame = self._read(str(self._folder / f"{name}.parquet"))
        self.__dict__[name] = frame
        return frame


def tables_of(library: str, folder: Path, scale: float) -> Tables:
    """The tables as frames of Weft, Dask or pandas."""
    if library == "pandas":
        return Tables(pd.read_parquet, folder, scale, {})
    module = import_module("weft.dataframe" if library == "weft" else "dask.dataframe")
    # Dask looks for as many rows as are asked for in the first partition only, unless it is told to look in all.
    lazy = {"compute": False} if library == "weft" else {"compute": False, "npartitions": -1}
    return Tables(module.read_parquet, folder, scale, lazy)


def ask_pandas_style(number: int, tables: Tables) -> Any:
    """The answer of a library with pandas' methods, computed."""
    asked = import_module(f"benchmarks.tpch.q{number:02}").query(tables)
    return asked.compute() if hasattr(asked, "compute") else asked


def ask_duckdb(number: int, folder: Path, scale: float, connection: Any = None) -> pd.DataFrame:
    """The answer of DuckDB to the standard's question."""
    import duckdb

    own = connection or duckdb.connect()
    for table in TABLES:
        own.execute(f"create or replace view {table} as select * from read_parquet('{folder / table}.parquet')")
    return own.execute(SQL[number].format(scale=scale)).df()


def same_answer(answer: Any, expected: pd.DataFrame) -> None:
    """AssertionError unless both say the same, row by row."""
    if not isinstance(answer, pd.DataFrame):
        answer = pd.DataFrame({expected.columns[0]: [answer]})
    answer = answer.reset_index(drop=True)
    expected = expected.reset_index(drop=True)
    assert list(answer.columns) == list(expected.columns), (list(answer.columns), list(expected.columns))
    assert len(answer) == len(expected), (len(answer), len(expected))
    for label in expected.columns:
        ours, theirs = answer[label], expected[label]
        if theirs.dtype.kind == "f" or ours.dtype.kind == "f":
            pd.testing.assert_series_equal(
                ours.astype("float64"), theirs.astype("float64"), rtol=1e-9, check_names=False, check_index=False
            )
        elif theirs.dtype.kind == "M":
            assert (ours.astype("datetime64[us]") == theirs.astype("datetime64[us]")).all(), label
        else:
            assert ours.tolist() == theirs.tolist(), label


def ask_polars(number: int, folder: Path, scale: float) -> pd.DataFrame:
    """The answer of Polars' own lazy code, by its streaming engine."""
    from benchmarks.tpch.polars_queries import POLARS, Scan

    return POLARS[number](Scan(folder, scale)).collect(engine="streaming").to_pandas()


def ask_within(number: int, folder: str, scale: float, budget: str) -> Any:
    """The answer of Weft within a memory budget; the tables are opened first."""
    import weft

    with weft.config.set({"memory.budget": budget}):
        return ask_pandas_style(number, tables_of("weft", Path(folder), scale))
