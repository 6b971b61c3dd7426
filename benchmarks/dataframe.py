"""What dataframes must show: TPC-H, groups, frames in memory, small questions; beside Dask, Polars, DuckDB and pandas."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import weft
import weft.dataframe as dd
from benchmarks.dataframe_beyond import beyond
from benchmarks.dataframe_memory import CASES as MEMORY_CASES
from benchmarks.dataframe_readers import readers
from benchmarks.dataframe_texts import texts
from benchmarks.h2o import h2o
from benchmarks.harness import Report, in_fresh_process, installed_environment, interleaved
from benchmarks.tpch.answers import QUERIES, ask_duckdb, ask_pandas_style, ask_polars, same_answer, tables_of
from benchmarks.tpch.data import make_data
from weft.units import format_bytes

__all__ = ["main"]


def tpch(report: Report, place: Path, options: argparse.Namespace) -> None:
    """All 22 queries: answers that are DuckDB's, and the time of each library."""
    import duckdb

    scale = options.scale
    folder = make_data(scale, place)
    ours = tables_of("weft", folder, scale)
    connection = duckdb.connect()
    totals: dict[str, float] = {}
    beside: dict[str, float] = {}  # of the queries that Dask can answer
    worst = 0.0
    for number in QUERIES:
        expected = ask_duckdb(number, folder, scale, connection)
        same_answer(ask_pandas_style(number, ours), expected)
        for scheduler in options.schedulers:
            with weft.config.set(scheduler=scheduler):
                same_answer(ask_pandas_style(number, ours), expected)
        actions: dict[str, Callable[[], object]] = {
            "weft": lambda number=number: ask_pandas_style(number, ours),  # type: ignore[misc]
            "polars": lambda number=number: ask_polars(number, folder, scale),  # type: ignore[misc]
            "duckdb": lambda number=number: ask_duckdb(number, folder, scale, connection),  # type: ignore[misc]
        }
        if "kernels" in options.peers:
            actions["weft on pandas"] = lambda number=number: on_pandas(number, ours)  # type: ignore[misc]
        if "dask" in options.peers:
            theirs = tables_of("dask", folder, scale)
            try:
                ask_pandas_style(number, theirs)
                actions["dask"] = lambda number=number, theirs=theirs: ask_pandas_style(number, theirs)  # type: ignore[misc]
            except (ValueError, NotImplementedError, AttributeError) as error:
                report.add(f"q{number}, Dask", f"cannot: {error}"[:46])
        times = interleaved(actions, options.rounds)
        if "dask" in times:
            for name, seconds in times.items():
                beside[name] = beside.get(name, 0.0) + seconds
        for name, seconds in times.items():
            totals[name] = totals.get(name, 0.0) + seconds
        worst = max(worst, times["weft"] / times["polars"])
        shown = ", ".join(f"{name} {seconds:.3f}" for name, seconds in times.items())
        report.add(f"q{number}, SF{scale:g}, s", shown, "<= 2x Polars", times["weft"] <= 2 * times["polars"])
    ratio = totals["weft"] / totals["polars"]
    report.add("22 queries, s", ", ".join(f"{name} {seconds:.2f}" for name, seconds in totals.items()))
    report.add("total beside Polars", f"{ratio:.2f}x; the worst query {worst:.1f}x", "<= 1.3x", ratio <= 1.3)
    report.add(
        "total beside DuckDB", f"{totals['weft'] / totals['duckdb']:.2f}x", "< 1x", totals["weft"] < totals["duckdb"]
    )
    if options.schedulers:
        report.add("answers of all 22 queries", "the same on " + ", ".join(options.schedulers), "DuckDB's", True)
    if beside:
        faster = beside["dask"] / beside["weft"]
        report.add("total beside Dask", f"{faster:.1f}x faster", ">= 6x", faster >= 6)
    if "weft on pandas" in beside:
        faster = beside["dask"] / beside["weft on pandas"]
        report.add("total on pandas kernels beside Dask", f"{faster:.1f}x faster", ">= 2x", faster >= 2)


def pieces(report: Report, place: Path, options: argparse.Namespace) -> None:
    """All 22 queries, every program divided into pieces of one partition: the same answers on each scheduler, and the times."""
    folder = make_data(options.scale, place)
    ours = tables_of("weft", folder, options.scale)
    asked = options.queries or list(QUERIES)
    expected = {number: ask_duckdb(number, folder, options.scale) for number in asked}
    for scheduler in options.schedulers or ["threads", "processes", "ray"]:
        seconds = {}
        with weft.config.set({"scheduler": scheduler, "dataframe.queries": "partitions"}):
            for number in asked:
                for _ in range(options.times):
                    begin = time.perf_counter()
                    answer = ask_pandas_style(number, ours)
                    seconds[number] = time.perf_counter() - begin
                    same_answer(answer, expected[number])
        shown = ", ".join(f"q{number} {each:.2f}" for number, each in seconds.items())
        report.add(
            f"pieces on {scheduler}, s", f"{sum(seconds.values()):.1f} in all: {shown}", "DuckDB's answers", True
        )


def on_pandas(number: int, tables: Any) -> Any:
    """A query with the pandas kernels only."""
    with weft.config.set({"dataframe.engine": "pandas"}):
        return ask_pandas_style(number, tables)


def in_memory(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Operations on a frame in memory, beside pandas, Polars and DuckDB."""
    import duckdb
    import polars as pl

    rows = options.rows
    rng = np.random.default_rng(0)
    whole = pd.DataFrame(
        {
            "g": rng.integers(0, 1000, rows),
            "k": rng.integers(0, rows // 10 + 1, rows),
            "a": rng.random(rows),
            "b": rng.random(rows),
            "c": rng.integers(0, 100, rows),
        }
    )
    other = pd.DataFrame({"k": np.arange(rows // 10 + 1), "z": rng.random(rows // 10 + 1)})
    ours, small = dd.from_pandas(whole, npartitions=8), dd.from_pandas(other, npartitions=1)
    theirs, right = pl.from_pandas(whole), pl.from_pandas(other)
    col = pl.col
    connection = duckdb.connect()
    connection.register("arrow_rows", pa.Table.from_pandas(whole, preserve_index=False))
    connection.register("arrow_side", pa.Table.from_pandas(other, preserve_index=False))
    connection.execute("create table t as select * from arrow_rows")
    connection.execute("create table side as select * from arrow_side")
    queries = {
        "filter and mean": "select avg(b) from t where a > 0.5",
        "arithmetic and sum": "select sum(a * 2 + b) from t",
        "groupby, 1,000 groups": "select g, sum(a), avg(b) from t group by g order by g",
        "value_counts": "select c, count(*) n from t group by c order by n desc",
        "merge": "select sum(z) from t join side using (k)",
        "corr": "select corr(a, b) from t",
        "describe": "summarize select a, b from t",
        "nlargest": "select * from t order by a desc limit 10",
        "drop_duplicates": "select count(*) from (select distinct g, c from t)",
        "rolling mean": "select sum(m) from (select avg(a) over (rows between 9 preceding and current row) m from t)",
        "isin": "select count(*) from t where c in (1, 5, 7, 50)",
        "sort_values": "select * from t order by a",
        "set_index": "select * from t order by k",
    }
    cases: dict[str, tuple[Callable[[], object], Callable[[], object], Callable[[], object]]] = {
        "filter and mean": (
            lambda: ours[ours.a > 0.5].b.mean().compute(),
            lambda: whole[whole.a > 0.5].b.mean(),
            lambda: theirs.lazy().filter(col("a") > 0.5).select(col("b").mean()).collect(),
        ),
        "arithmetic and sum": (
            lambda: (ours.a * 2 + ours.b).sum().compute(),
            lambda: (whole.a * 2 + whole.b).sum(),
            lambda: theirs.lazy().select((col("a") * 2 + col("b")).sum()).collect(),
        ),
        "groupby, 1,000 groups": (
            lambda: ours.groupby("g").agg({"a": "sum", "b": "mean"}).compute(),
            lambda: whole.groupby("g").agg({"a": "sum", "b": "mean"}),
            lambda: theirs.group_by("g").agg(col("a").sum(), col("b").mean()).sort("g"),
        ),
        "value_counts": (
            lambda: ours.c.value_counts().compute(),
            lambda: whole.c.value_counts(),
            lambda: theirs.get_column("c").value_counts(sort=True),
        ),
        "merge": (
            lambda: ours.merge(small, on="k").z.sum().compute(),
            lambda: whole.merge(other, on="k").z.sum(),
            lambda: theirs.lazy().join(right.lazy(), on="k").select(col("z").sum()).collect(),
        ),
        "corr": (
            lambda: ours[["a", "b"]].corr().compute(),
            lambda: whole[["a", "b"]].corr(),
            lambda: theirs.select(pl.corr("a", "b")),
        ),
        "describe": (
            lambda: ours[["a", "b"]].describe().compute(),
            lambda: whole[["a", "b"]].describe(),
            lambda: theirs.select("a", "b").describe(),
        ),
        "nlargest": (
            lambda: ours.nlargest(10, "a").compute(),
            lambda: whole.nlargest(10, "a"),
            lambda: theirs.top_k(10, by="a"),
        ),
        "drop_duplicates": (
            lambda: len(ours[["g", "c"]].drop_duplicates().compute()),
            lambda: len(whole[["g", "c"]].drop_duplicates()),
            lambda: theirs.select("g", "c").unique().height,
        ),
        "rolling mean": (
            lambda: ours.a.rolling(10).mean().sum().compute(),
            lambda: whole.a.rolling(10).mean().sum(),
            lambda: theirs.select(col("a").rolling_mean(10).sum()),
        ),
        "isin": (
            lambda: ours.c.isin([1, 5, 7, 50]).sum().compute(),
            lambda: whole.c.isin([1, 5, 7, 50]).sum(),
            lambda: theirs.select(col("c").is_in([1, 5, 7, 50]).sum()),
        ),
        "sort_values": (
            lambda: ours.sort_values("a").compute(),
            lambda: whole.sort_values("a"),
            lambda: theirs.sort("a"),
        ),
        "set_index": (
            lambda: ours.set_index("k").compute(),
            lambda: whole.set_index("k").sort_index(kind="stable"),
            lambda: theirs.sort("k", maintain_order=True),
        ),
    }
    ratios, beside = [], []
    for name, (weft_way, pandas_way, polars_way) in cases.items():
        actions = {"weft": weft_way, "pandas": pandas_way, "polars": polars_way}
        actions["duckdb"] = lambda name=name: connection.execute(queries[name]).df()  # type: ignore[misc]
        times = interleaved(actions, options.rounds)
        ratios.append(times["weft"] / times["pandas"])
        beside.append(times["weft"] / min(times["polars"], times["duckdb"]))
        shown = ", ".join(f"{each} {seconds * 1e3:.0f}" for each, seconds in times.items())
        measured = f"{shown} ({ratios[-1]:.2f}x pandas, {beside[-1]:.2f}x the best)"
        report.add(f"{name}, {rows:,} rows, ms", measured, "<= 1.1x", ratios[-1] <= 1.1)
    middle, best = float(np.median(ratios)), float(np.median(beside))
    report.add("median of all", f"{middle:.2f}x pandas", "<= 0.7x", middle <= 0.7)
    report.add("median of all", f"{best:.2f}x the best of Polars and DuckDB", "<= 1.5x", best <= 1.5)


def groups(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Groups of many rows in Parquet files; Polars and DuckDB return them in any order, and not to pandas."""
    import dask.dataframe as dask
    import duckdb
    import polars as pl

    rows = options.groups
    folder = place / f"groups-{rows}"
    if not folder.exists():
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        schema = pa.schema([("few", pa.int64()), ("many", pa.int64()), ("x", pa.float64())])
        for part in range(8):
            with pq.ParquetWriter(folder / f"part-{part}.parquet", schema) as writer:
                for start in range(0, rows // 8, 1_000_000):  # piece by piece: all of it takes 2.4 GB
                    count = min(1_000_000, rows // 8 - start)
                    few, many = rng.integers(0, 10, count), rng.integers(0, 1_000_000, count)
                    writer.write_table(pa.table({"few": few, "many": many, "x": rng.random(count)}, schema=schema))
    peaks = {}
    connection = duckdb.connect(config={"preserve_insertion_order": False})
    connection.execute("set enable_progress_bar = false")
    question = f"select KEYS, sum(x) from read_parquet('{folder}/*.parquet') group by KEYS"
    scan = pl.scan_parquet(folder / "*.parquet")
    for keys in ("few", "many"):
        code = f"import weft.dataframe as dd; dd.read_parquet({str(folder)!r}).groupby({keys!r}).x.sum().compute()"
        peaks[keys] = format_bytes(int(in_fresh_process(code)["peak"]))
        actions = {
            "weft": lambda keys=keys: dd.read_parquet(str(folder)).groupby(keys).x.sum().compute(),
            "dask": lambda keys=keys: dask.read_parquet(str(folder)).groupby(keys).x.sum().compute(),
            "polars": lambda keys=keys: scan.group_by(keys).agg(pl.col("x").sum()).collect(engine="streaming"),
            "duckdb": lambda keys=keys: connection.sql(question.replace("KEYS", keys)).to_arrow_table(),
        }
        times = interleaved(actions, options.rounds)  # type: ignore[arg-type]
        faster = times["dask"] / times["weft"]
        shown = ", ".join(f"{name} {seconds:.2f}" for name, seconds in times.items())
        report.add(
            f"groupby {keys}, {rows:,} rows of Parquet, s",
            f"{shown} ({faster:.1f}x Dask), alone {peaks[keys]}",
            ">= 4x Dask",
            faster >= 4,
        )


def latency(report: Report, place: Path, options: argparse.Namespace) -> None:
    """A small question: 10,000 rows, filter and groups."""
    import dask.dataframe as dask

    rng = np.random.default_rng(0)
    whole = pd.DataFrame({"g": rng.integers(0, 10, 10_000), "a": rng.random(10_000)})
    ours, theirs = dd.from_pandas(whole, npartitions=2), dask.from_pandas(whole, npartitions=2)
    times = interleaved(
        {
            "weft": lambda: ours[ours.a > 0.5].groupby("g").a.mean().compute(),
            "dask": lambda: theirs[theirs.a > 0.5].groupby("g").a.mean().compute(),
            "pandas": lambda: whole[whole.a > 0.5].groupby("g").a.mean(),
        },
        max(21, options.rounds),
    )
    shown = ", ".join(f"{name} {seconds * 1e3:.1f}" for name, seconds in times.items())
    report.add("filter and groups of 10,000 rows, ms", shown, "<= 5 ms", times["weft"] <= 0.005)


def describing(report: Report, place: Path, options: argparse.Namespace) -> None:
    """A chain of 20 operations on 100,000 partitions, and 1,000 assignments: described and optimised."""
    from weft.dataframe import from_map
    from weft.expr import optimize

    frame = from_map(one_part, range(100_000), meta=pd.DataFrame({"a": [0], "b": [0.0]}).iloc[:0])
    begin = time.perf_counter()
    for step in range(20):
        frame = frame[frame.a > step] if step % 2 else frame.assign(b=frame.b + step)
    optimize([frame.expr])
    seconds = time.perf_counter() - begin
    report.add("20 operations on 100,000 partitions, ms", f"{seconds * 1e3:.0f}", "<= 300 ms", seconds <= 0.3)
    times = {}
    for count in (250, 500, 1000):
        frame = dd.from_pandas(pd.DataFrame({"a": [1.0]}), npartitions=1)
        begin = time.perf_counter()
        for step in range(count):
            frame = frame.assign(**{f"c{step % 7}": frame.a + step})
        optimize([frame.expr])
        times[count] = time.perf_counter() - begin
    shown = ", ".join(f"{count}: {seconds * 1e3:.0f} ms" for count, seconds in times.items())
    report.add("assignments in a chain", shown, "near linear", times[1000] <= 6 * times[250])


def one_part(number: int) -> pd.DataFrame:
    """A partition of one row."""
    return pd.DataFrame({"a": [number], "b": [0.0]})


def importing(report: Report, place: Path, options: argparse.Namespace) -> None:
    """What importing takes beyond pandas, with bytecode there, as it is after an installation."""
    code = "import pandas, time; begin = time.perf_counter(); import weft.dataframe; print(time.perf_counter() - begin)"
    environment = installed_environment()
    with tempfile.TemporaryDirectory(prefix="weft-bytecode-") as folder:
        environment["PYTHONPYCACHEPREFIX"] = folder
        found = [
            float(
                subprocess.run(
                    [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
                ).stdout
            )
            for _ in range(8)
        ]
    seconds = float(np.median(found[1:]))  # the first one compiles
    report.add("import of weft.dataframe beyond pandas, ms", f"{seconds * 1e3:.0f}", "<= 100 ms", seconds <= 0.1)


CASES: dict[str, Callable[[Report, Path, argparse.Namespace], None]] = {
    "tpch": tpch,
    "pieces": pieces,
    "h2o": h2o,
    "memory": in_memory,
    "groups": groups,
    "texts": texts,
    "readers": readers,
    "latency": latency,
    "beyond": beyond,
    "describing": describing,
    "import": importing,
    **MEMORY_CASES,
}


def main() -> None:
    """Run all cases, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks dataframe", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--scale", type=float, default=1.0, help="of TPC-H")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of frames in memory")
    parser.add_argument("--groups", type=int, default=100_000_000, help="rows of the Parquet files that are grouped")
    parser.add_argument("--written", type=int, default=2_000_000, help="rows that readers and writers are given")
    parser.add_argument("--h2o", type=int, default=10_000_000, help="rows of groups and joins of the h2o kind")
    parser.add_argument("--question", nargs="*", default=[], help="of h2o: only those whose names begin so, as g1:")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["dask", "kernels"], help="beside Polars and DuckDB in TPC-H")
    parser.add_argument("--schedulers", nargs="*", default=[], help="of TPC-H and pieces: whose answers are looked at")
    parser.add_argument("--queries", nargs="*", type=int, help="of sf10 and pieces: only these")
    parser.add_argument("--times", type=int, default=1, help="of sf10, pieces, capped, rows, budget: runs of each")
    parser.add_argument("--program", nargs="*", help="of beyond, capped, rows, budget: only these")
    parser.add_argument("--parts", type=int, help="of capped, rows, budget: partitions")
    parser.add_argument("--source", nargs="*", help="of capped: only rows that are generated, or from parquet files")
    parser.add_argument(
        "--limit", type=float, default=900, help="of beyond, capped, rows, budget: seconds for a program"
    )
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "weft-benchmarks")
    options = parser.parse_args()
    report = Report("Dataframes")
    report.begin()
    for name in options.only:
        CASES[name](report, options.data, options)


if __name__ == "__main__":
    main()
