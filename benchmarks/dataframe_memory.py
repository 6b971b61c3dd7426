"""Dataframes where memory is short: TPC-H at scale 10 within a budget, and rows on their way that are more than memory.

Every program runs in a process of its own, which is looked at from outside (`benchmarks.watching`).
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import Report
from benchmarks.tpch.answers import QUERIES, same_answer
from benchmarks.tpch.data import make_data
from benchmarks.watching import Watched, watched
from weft.units import parse_bytes

__all__ = ["CASES"]

#: One query of TPC-H by one library; its answer is left in a file.
QUERY = """
    import pickle, time
    from pathlib import Path
    import pandas, polars, weft.dataframe
    from benchmarks.tpch.answers import LIBRARY_QUERY as ask
    begin = time.perf_counter()
    answer = ask(NUMBER, *ARGUMENTS)
    print("seconds=%f" % (time.perf_counter() - begin))
    Path("TARGET").write_bytes(pickle.dumps(answer))
"""
#: How each library is asked.
ASKED = {
    "weft": ("ask_within", "('FOLDER', SCALE, 'BUDGET')"),
    "polars": ("ask_polars", "(Path('FOLDER'), SCALE)"),
    "duckdb": ("ask_duckdb", "(Path('FOLDER'), SCALE)"),
}


def filled(text: str, **words: Any) -> str:
    """A program with values in place of its words in capitals."""
    for word, value in words.items():
        text = text.replace(word, str(value))
    return text


def asked(library: str, number: int, folder: Path, scale: float, budget: str, target: Path) -> Watched:
    """One query in a fresh process."""
    name, arguments = ASKED[library]
    code = filled(QUERY, ARGUMENTS=arguments, LIBRARY_QUERY=name, NUMBER=number, TARGET=target)
    return watched(filled(code, FOLDER=folder, SCALE=scale, BUDGET=budget))


def sf10(report: Report, place: Path, options: argparse.Namespace) -> None:
    """TPC-H at scale 10 within a budget of 4 GB: all end, right, with little more; beside Polars' streaming engine."""
    scale = 10.0 if options.scale == 1.0 else options.scale
    folder = make_data(scale, place)
    answers = folder / "answers"
    answers.mkdir(exist_ok=True)
    budget, bar = "4GB", 5.5e9
    totals = dict.fromkeys(("weft", "polars"), 0.0)
    peaks = dict.fromkeys(totals, 0)
    for number in options.queries or QUERIES:
        right = answers / f"q{number:02}.pickle"
        if not right.exists():
            found = asked("duckdb", number, folder, scale, budget, right)
            if found.error:
                raise RuntimeError(found.error)
        seen: dict[str, list[Watched]] = {name: [] for name in totals}
        error = ""
        for _ in range(options.times):
            for name in totals:
                target = answers / f"{name}.pickle"
                target.unlink(missing_ok=True)
                found = asked(name, number, folder, scale, budget, target)
                seen[name].append(found)
                if name == "weft":
                    error = found.error or wrong(target, right)
        texts = []
        for name, runs in seen.items():
            seconds = float(np.median([float(each.values.get("seconds", "nan")) for each in runs]))
            peak = max([each.peak for each in runs])
            totals[name] += seconds
            peaks[name] = max(peaks[name], peak)
            texts.append(f"{name} {seconds:.2f} s {peak / 1e9:.2f} GB")
        peak = max([each.peak for each in seen["weft"]])
        report.add(
            f"q{number}, SF{scale:g}, budget {budget}",
            error[:90] or ", ".join(texts),
            "ends, right, <= 5.5 GB",
            not error and peak <= bar,
        )
    ratio = totals["weft"] / totals["polars"]
    report.add("all of them, s", ", ".join(f"{name} {seconds:.1f}" for name, seconds in totals.items()))
    report.add("beside Polars streaming", f"{ratio:.2f}x", "<= 1.5x", ratio <= 1.5)
    report.add(
        "largest peak",
        ", ".join(f"{name} {peak / 1e9:.2f} GB" for name, peak in peaks.items()),
        "<= 5.5 GB",
        peaks["weft"] <= bar,
    )


def wrong(target: Path, right: Path) -> str:
    """What is wrong with an answer; empty if nothing is."""
    try:
        same_answer(pickle.loads(target.read_bytes()), pickle.loads(right.read_bytes()))
    except AssertionError as error:
        return f"wrong: {' '.join(str(error).split())}"
    return ""


#: A program over partitions that are generated or read from Parquet; LIBRARY is imported as dd.
ROWS_MOVED = """
    import time
    import numpy as np
    import pandas as pd
    import LIBRARY.dataframe as dd
    from weft import config
    from benchmarks.dataframe_memory import generated, look

    def frame(labels, first):
        if "SOURCE" == "parquet":
            return dd.read_parquet("FOLDER/" + labels)
        meta = generated(0, 1, 10, labels).iloc[:0]
        return dd.from_map(generated, range(first, first + PARTS), rows=ROWS, keys=ROWS * PARTS, labels=labels, meta=meta)

    def looked(frame, by=None, distinct=None):
        meta = look(pd.DataFrame({"a": [0.0]}), None, None).iloc[:0]
        found = frame.map_partitions(look, by, distinct, meta=meta).compute()
        if by is not None:
            filled = found[found["rows"] > 0]
            assert filled["rises"].all() and (filled["first"].values[1:] >= filled["last"].values[:-1]).all(), "not in order"
        return found[["rows", "total", "different"]].sum()

    begin = time.perf_counter()
    with config.set({"memory.budget": "BUDGET"}):
        one, two = frame("abc", 0), frame("de", 10**6)
        found = PROGRAM
    print("rows=%d" % found["rows"])
    print("total=%r" % float(found["total"]))
    print("different=%d" % found["different"])
    print("seconds=%f" % (time.perf_counter() - begin))
"""

#: Programs by name, and the same asked of DuckDB: rows, a checksum, and how many different keys partitions have together.
PROGRAMS = {
    "groupby": (
        "looked(one.groupby('k').agg({'a': 'sum', 'b': 'mean'}, split_out=PARTS))",
        "select count(*), sum(a + b), 0 from (select sum(a) as a, avg(b) as b from one group by k)",
    ),
    "shuffle": (
        "looked(one.shuffle('k'), distinct='k')",
        "select count(*), sum(k + a + b + c + g), count(distinct k) from one",
    ),
    "sort_values": ("looked(one.sort_values('a'), by='a')", "select count(*), sum(k + a + b + c + g), 0 from one"),
    "set_index": ("looked(one.set_index('k'), by='index')", "select count(*), sum(a + b + c + g), 0 from one"),
    "merge": (
        "looked(one.merge(two[['k', 'd', 'e']], on='k'))",
        "select count(*), sum(one.k + a + b + c + one.g + d + e), 0 from one join two using (k)",
    ),
    "anomaly": (
        "looked((one.a - one.groupby('k').a.transform('mean')).abs().to_frame('a'))",
        "select count(*), sum(abs(a - m)), 0 from one join (select k, avg(a) as m from one group by k) using (k)",
    ),
    "anomaly of few groups": (
        "looked((one.a - one.groupby('g').a.transform('mean')).abs().to_frame('a'))",
        "select count(*), sum(abs(a - m)), 0 from one join (select g, avg(a) as m from one group by g) using (g)",
    ),
}


def look(part: Any, by: str | None, distinct: str | None) -> Any:
    """What is to be known of a partition: rows, the sum of all numbers, whether they are in order, different keys."""
    import pandas as pd

    keys = pd.Series(part.index if by == "index" else part[by] if by is not None else [], dtype="float64")
    found = {
        "rows": len(part),
        "total": float(sum([float(part[label].sum()) for label in part.columns])),
        "rises": bool(keys.is_monotonic_increasing),
        "first": keys.iloc[0] if len(keys) else np.nan,
        "last": keys.iloc[-1] if len(keys) else np.nan,
        "different": int(part[distinct].nunique()) if distinct is not None else 0,
    }
    return pd.DataFrame({name: [value] for name, value in found.items()})


def generated(number: int, rows: int, keys: int, labels: str) -> Any:
    """A partition: a key of many values, one of few, and random numbers."""
    import pandas as pd

    chance = np.random.default_rng(number)
    made = pd.DataFrame({"k": chance.integers(0, keys, rows), **{each: chance.random(rows) for each in labels}})
    return made.assign(g=made.k % 1000)


def as_parquet(place: Path, parts: int, rows: int) -> Path:
    """The frames of `ROWS_MOVED` in files."""
    folder = place / f"rows-{parts}-{rows}"
    for labels, first in (("abc", 0), ("de", 10**6)):
        if (folder / labels / "done").exists():
            continue
        (folder / labels).mkdir(parents=True, exist_ok=True)
        for number in range(parts):
            table = pa.Table.from_pandas(generated(first + number, rows, rows * parts, labels), preserve_index=False)
            pq.write_table(table, folder / labels / f"part-{number:05}.parquet", compression="none")
        (folder / labels / "done").touch()
    return folder


def moved(
    report: Report,
    place: Path,
    options: argparse.Namespace,
    title: str,
    *,
    gigabytes: float,
    budget: str,
    cap: str | None = None,
    sources: tuple[str, ...] = ("generated",),
    programs: tuple[str, ...] = tuple(PROGRAMS),
    bar: float = 1.3,
) -> None:
    """Rows on their way between partitions, within a budget or below a cap; the peak counts interpreter and libraries."""
    parts = options.parts or max(8, int(gigabytes * 32))
    rows = int(gigabytes * 2**30 / 40 / parts)  # of five columns of eight bytes
    for source in sources:
        folder = as_parquet(place, parts, rows)
        for name in programs:
            if options.program and name not in options.program:
                continue
            right = known_answer(folder, PROGRAMS[name][1])
            libraries = ["weft", *[each for each in options.peers if each == "dask"]]
            seen: dict[str, list[Watched]] = {library: [] for library in libraries}
            for turn in range(options.times):  # who comes second has memory that the machine has ready
                for library in reversed(libraries) if turn % 2 else libraries:
                    code = filled(ROWS_MOVED, PROGRAM=PROGRAMS[name][0], LIBRARY=library, SOURCE=source, FOLDER=folder)
                    code = filled(code, PARTS=parts, ROWS=rows, BUDGET=budget)
                    seen[library].append(watched(code, cap=parse_bytes(cap) if cap else None, limit_s=options.limit))
            for library, runs in seen.items():
                is_ours = library == "weft"
                label = f"{title}: {name}, {source}, {library}"
                failed = [each.error for each in runs if each.error]
                if failed:
                    report.add(label, failed[0][:80], "ends", False if is_ours else None)
                    continue
                peak = max([each.peak for each in runs])
                over = peak / parse_bytes(budget)
                seconds = float(np.median([float(each.values["seconds"]) for each in runs]))
                shown = f"{seconds:.1f} s, {peak / 2**20:.0f} MiB ({over:.2f}x), {int(runs[0].values['rows']):,} rows"
                error = next((wrong for each in runs if (wrong := unlike(each.values, right))), "") if is_ours else ""
                report.add(
                    label,
                    error or shown,
                    f"right, <= {cap}" if cap else f"right, peak <= {bar}x the budget",
                    (not error and (cap is not None or over <= bar)) if is_ours else None,
                )


def known_answer(folder: Path, question: str) -> list[float]:
    """DuckDB's answer, remembered beside the files."""
    import duckdb

    file = folder / "answers.json"
    answers: dict[str, list[float]] = json.loads(file.read_text()) if file.exists() else {}
    if question not in answers:
        connection = duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(folder / "duckdb")})
        for name, labels in (("one", "abc"), ("two", "de")):
            connection.execute(f"create view {name} as select * from read_parquet('{folder / labels}/*.parquet')")
        found = connection.execute(question).fetchall()[0]
        answers[question] = [float(each) for each in found]
        file.write_text(json.dumps(answers))
    return answers[question]


def unlike(found: dict[str, str], right: list[float]) -> str:
    """How an answer differs from the one that is known; empty if it does not."""
    ours = [float(found[name]) for name in ("rows", "total", "different")]
    is_right = ours[0] == right[0] and ours[2] == right[2] and abs(ours[1] - right[1]) <= 1e-9 * abs(right[1])
    return "" if is_right else f"wrong: {ours}, not {right}"


def capped(report: Report, place: Path, options: argparse.Namespace) -> None:
    """4 GiB of data in a process that is killed once it has more than 1 GiB."""
    moved(
        report, place, options, "4 GiB below 1 GiB", gigabytes=4, budget="600MiB", cap="1GiB",
        sources=tuple(options.source or ("generated", "parquet")), programs=("groupby", "shuffle", "sort_values", "merge", "anomaly"),
    )  # fmt: skip


def many_rows(report: Report, place: Path, options: argparse.Namespace) -> None:
    """2 x 50 million rows within 2 GB."""
    moved(
        report, place, options, "50 M rows in 2 GB", gigabytes=50e6 * 40 / 2**30, budget="2GB",
        programs=("shuffle", "set_index", "sort_values", "merge"),
    )  # fmt: skip


def small_budget(report: Report, place: Path, options: argparse.Namespace) -> None:
    """1 GiB of data within 300 MiB."""
    moved(report, place, options, "1 GiB in 300 MiB", gigabytes=1, budget="300MiB")


CASES: dict[str, Callable[[Report, Path, argparse.Namespace], None]] = {
    "sf10": sf10,
    "capped": capped,
    "rows": many_rows,
    "budget": small_budget,
}
