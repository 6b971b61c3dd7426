"""Groups and joins of the kind that the db-benchmark of h2o.ai asks for, beside Polars, DuckDB and Dask; all read Parquet.

Ten questions of groups (few and many, of text and of numbers, sums, means, medians, deviations, the largest two, a
correlation) and five of joins with a small, a middling and a large table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import weft.dataframe as dd
from benchmarks.harness import Report, interleaved

__all__ = ["h2o"]

#: Rows of a row group.
GROUP = 1_000_000
#: Groups of the few; and rows of one group of the many.
FEW = 100

Ask = Callable[[Any], Any]


def make_tables(rows: int, place: Path) -> Path:
    """The folder with the tables, made if it is not there."""
    folder = place / f"h2o-{rows}"
    if (folder / "big.parquet").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    many = max(1, rows // FEW)

    def words(numbers: Any, width: int) -> pa.Array:
        distinct, places = np.unique(numbers, return_inverse=True)
        text = pa.array([f"id{number:0{width}d}" for number in distinct])
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), text).cast(pa.string())

    few = [rng.integers(1, FEW + 1, rows) for _ in range(4)]
    large = [rng.integers(1, many + 1, rows) for _ in range(2)]
    table = pa.table(
        {
            "id1": words(few[0], 3),
            "id2": words(few[1], 3),
            "id3": words(large[0], 10),
            "id4": few[2],
            "id5": few[3],
            "id6": large[1],
            "v1": rng.integers(1, 6, rows),
            "v2": rng.integers(1, 16, rows),
            "v3": np.round(rng.random(rows) * 100, 6),
        }
    )
    pq.write_table(table, folder / "groups.parquet", row_group_size=GROUP)
    keys = {"small": max(1, rows // 10**6), "medium": max(1, rows // 10**3), "big": rows}
    sides = {name: rng.permutation(count * 11 // 10 + 1)[:count] for name, count in keys.items()}
    left = {
        "id1": rng.choice(sides["small"], rows),
        "id2": rng.choice(sides["medium"], rows),
        "id3": rng.permutation(rows * 11 // 10 + 1)[:rows],
        "v1": np.round(rng.random(rows) * 100, 6),
    }
    pq.write_table(pa.table(left | {"id5": words(left["id2"], 9)}), folder / "left.parquet", row_group_size=GROUP)
    for name, key in (("small", "id1"), ("medium", "id2"), ("big", "id3")):
        side = {key: sides[name], "v2": np.round(rng.random(keys[name]) * 100, 6)}
        if name == "medium":
            side["id5"] = words(sides[name], 9)
        pq.write_table(pa.table(side), folder / f"{name}.parquet", row_group_size=GROUP)
    return folder


C = pl.col


def grouped(x: Any, by: list[str], **asked: Any) -> Any:
    """Groups in the order in which they come, keys as columns; Dask has no ``as_index``."""
    if not isinstance(x, dd.DataFrame):
        return x.groupby(by, sort=False, observed=True).agg(**asked).reset_index()
    return x.groupby(by, sort=False, as_index=False, observed=True).agg(**asked)


def squared_correlation(x: Any) -> Any:
    """The square of a correlation, from sums."""
    x = x[["id2", "id4", "v1", "v2"]].assign(a=x.v1 * x.v1, b=x.v2 * x.v2, c=x.v1 * x.v2)
    sums = {name: (name, "sum") for name in ("a", "b", "c", "v1", "v2")}
    s = grouped(x, ["id2", "id4"], n=("v1", "count"), **sums)
    over = s.n * s.c - s.v1 * s.v2
    return s.assign(r2=over * over / ((s.n * s.a - s.v1 * s.v1) * (s.n * s.b - s.v2 * s.v2)))[["id2", "id4", "r2"]]


#: Questions of groups: in pandas' style, Polars', and SQL.
GROUPS: dict[str, tuple[Ask, Ask, str]] = {
    "g1: sum of 100": (
        lambda x: grouped(x, ["id1"], v1=("v1", "sum")),
        lambda x: x.group_by("id1").agg(C("v1").sum()),
        "select id1, sum(v1) v1 from x group by id1",
    ),
    "g2: sum of 10,000": (
        lambda x: grouped(x, ["id1", "id2"], v1=("v1", "sum")),
        lambda x: x.group_by("id1", "id2").agg(C("v1").sum()),
        "select id1, id2, sum(v1) v1 from x group by id1, id2",
    ),
    "g3: sum, mean of many texts": (
        lambda x: grouped(x, ["id3"], v1=("v1", "sum"), v3=("v3", "mean")),
        lambda x: x.group_by("id3").agg(C("v1").sum(), C("v3").mean()),
        "select id3, sum(v1) v1, avg(v3) v3 from x group by id3",
    ),
    "g4: means of 100": (
        lambda x: grouped(x, ["id4"], v1=("v1", "mean"), v2=("v2", "mean"), v3=("v3", "mean")),
        lambda x: x.group_by("id4").agg(C("v1", "v2", "v3").mean()),
        "select id4, avg(v1) v1, avg(v2) v2, avg(v3) v3 from x group by id4",
    ),
    "g5: sums of many": (
        lambda x: grouped(x, ["id6"], v1=("v1", "sum"), v2=("v2", "sum"), v3=("v3", "sum")),
        lambda x: x.group_by("id6").agg(C("v1", "v2", "v3").sum()),
        "select id6, sum(v1) v1, sum(v2) v2, sum(v3) v3 from x group by id6",
    ),
    "g6: median, deviation of 10,000": (
        lambda x: grouped(x, ["id4", "id5"], middle=("v3", "median"), spread=("v3", "std")),
        lambda x: x.group_by("id4", "id5").agg(C("v3").median().alias("middle"), C("v3").std().alias("spread")),
        "select id4, id5, median(v3) middle, stddev(v3) spread from x group by id4, id5",
    ),
    "g7: range of many texts": (
        lambda x: grouped(x, ["id3"], a=("v1", "max"), b=("v2", "min")).pipe(
            lambda s: s.assign(range=s.a - s.b)[["id3", "range"]]
        ),
        lambda x: x.group_by("id3").agg((C("v1").max() - C("v2").min()).alias("range")),
        "select id3, max(v1) - min(v2) as range from x group by id3",
    ),
    "g8: largest two of many": (
        lambda x: x[["id6", "v3"]].sort_values("v3", ascending=False).groupby("id6", sort=False).head(2),
        lambda x: x.group_by("id6").agg(C("v3").top_k(2)).explode("v3"),
        "select id6, v3 from (select id6, v3, row_number() over (partition by id6 order by v3 desc) n from x) where n <= 2",
    ),
    "g9: correlation of 10,000": (
        squared_correlation,
        lambda x: x.group_by("id2", "id4").agg((pl.corr("v1", "v2") ** 2).alias("r2")),
        "select id2, id4, pow(corr(v1, v2), 2) r2 from x group by id2, id4",
    ),
    "g10: sum of all different": (
        lambda x: grouped(x, ["id1", "id2", "id3", "id4", "id5", "id6"], v3=("v3", "sum"), count=("v1", "count")),
        lambda x: x.group_by("id1", "id2", "id3", "id4", "id5", "id6").agg(C("v3").sum(), pl.len().alias("count")),
        "select id1, id2, id3, id4, id5, id6, sum(v3) v3, count(*) as count from x group by all",
    ),
}

#: Joins: the right table, its key, and the kind.
JOINS: dict[str, tuple[str, str, str]] = {
    "j1: small": ("small", "id1", "inner"),
    "j2: medium": ("medium", "id2", "inner"),
    "j3: medium, left": ("medium", "id2", "left"),
    "j4: medium, by text": ("medium", "id5", "inner"),
    "j5: big": ("big", "id3", "inner"),
}


def join_ours(x: Any, y: Any, key: str, how: str) -> Any:
    """A join, and the sums of both sides' values, as the benchmark asks for them."""
    joined = x[[key, "v1"]].merge(y[[key, "v2"]], on=key, how=how)
    return joined[["v1", "v2"]].sum()


def h2o(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Each question by each library; the bar is 1.5x the best of Polars and DuckDB, and a third of Dask's time."""
    import duckdb

    folder = make_tables(options.h2o, place)
    connection = duckdb.connect()
    for name in ("groups", "left", "small", "medium", "big"):
        connection.execute(f"create view \"{name}\" as select * from read_parquet('{folder / name}.parquet')")
    connection.execute("create view x as select * from groups")
    ours = {
        name: dd.read_parquet(str(folder / f"{name}.parquet")) for name in ("groups", "left", "small", "medium", "big")
    }
    theirs = {}
    if "dask" in options.peers:
        import dask.dataframe

        theirs = {name: dask.dataframe.read_parquet(str(folder / f"{name}.parquet")) for name in ours}

    def scan(name: str) -> Any:
        return pl.scan_parquet(folder / f"{name}.parquet")

    for name, (pandas_way, polars_way, sql) in GROUPS.items():
        if options.question and not name.startswith(tuple(options.question)):
            continue
        actions: dict[str, Callable[[], Any]] = {
            "weft": lambda ask=pandas_way: ask(ours["groups"]).compute(),  # type: ignore[misc]
            "polars": lambda ask=polars_way: ask(scan("groups")).collect(engine="streaming").to_pandas(),  # type: ignore[misc]
            "duckdb": lambda sql=sql: connection.execute(sql).df(),  # type: ignore[misc]
        }
        if theirs:
            actions["dask"] = lambda ask=pandas_way: ask(theirs["groups"]).compute()  # type: ignore[misc]
        compare(report, f"{name}, {options.h2o:,} rows, s", actions, options.rounds)
    for name, (side, key, how) in JOINS.items():
        if options.question and not name.startswith(tuple(options.question)):
            continue
        sql = f"select sum(v1) v1, sum(v2) v2 from 'left' l {how} join {side} r on l.{key} = r.{key}".replace(
            "'left'", '"left"'
        )
        actions = {
            "weft": lambda s=side, k=key, h=how: join_ours(ours["left"], ours[s], k, h).compute(),  # type: ignore[misc]
            "polars": lambda s=side, k=key, h=how: (  # type: ignore[misc]
                scan("left")
                .join(scan(s), on=k, how=h)
                .select(C("v1").sum(), C("v2").sum())
                .collect(engine="streaming")
                .to_pandas()
            ),
            "duckdb": lambda sql=sql: connection.execute(sql).df(),  # type: ignore[misc]
        }
        if theirs:
            actions["dask"] = lambda s=side, k=key, h=how: join_ours(theirs["left"], theirs[s], k, h).compute()  # type: ignore[misc]
        compare(report, f"{name}, {options.h2o:,} rows, s", actions, options.rounds)


def compare(report: Report, title: str, actions: dict[str, Callable[[], Any]], rounds: int) -> None:
    """One question: answers that agree with DuckDB's, and times."""
    answers = {}
    for name in list(actions):
        try:
            answers[name] = total_of(actions[name]())
        except (NotImplementedError, AttributeError, ValueError, TypeError) as error:
            if name != "dask":
                raise
            report.add(f"{title.split(':')[0]}, Dask", f"cannot: {' '.join(str(error).split())}"[:46])
            del actions[name]
    for name, answer in answers.items():
        assert np.isclose(answer, answers["duckdb"], rtol=1e-9), (title, name, answer, answers["duckdb"])
    times = interleaved(actions, rounds)
    best = min(times["polars"], times["duckdb"])
    ratio = times["weft"] / best
    shown = ", ".join(f"{name} {seconds:.2f}" for name, seconds in times.items())
    is_good = ratio <= 1.5 and times.get("dask", np.inf) >= 3 * times["weft"]
    report.add(title, f"{shown} ({ratio:.2f}x)", "<= 1.5x the best, >= 3x Dask", is_good)


def total_of(answer: Any) -> float:
    """The sum of all numbers of an answer, and its number of rows."""
    frame = answer.to_frame().T if isinstance(answer, pd.Series) else answer
    return float(frame.select_dtypes("number").astype("float64").sum().sum()) + len(frame)
