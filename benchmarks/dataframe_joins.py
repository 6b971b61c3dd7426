"""What moves rows between partitions: in memory beside pandas, and under a memory budget beside Dask.

``python -m benchmarks.dataframe_joins`` runs the cases in memory; ``--budget`` those whose data are larger than the budget;
``--only NAME`` one case; ``--rows N`` sets the size.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import weft.dataframe as dd
from benchmarks.harness import Report, in_fresh_process, interleaved
from weft.units import parse_bytes

PARTITIONS = 8
BAR = 1.1


def tables(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts with a key, and what belongs to each key."""
    chance = np.random.default_rng(0)
    keys = max(1, rows // 10)
    facts = pd.DataFrame(
        {
            "k": chance.integers(0, keys, rows),
            "a": chance.random(rows),
            "b": chance.integers(0, 100, rows),
            "c": chance.random(rows),
        }
    )
    return facts, pd.DataFrame({"k": chance.permutation(keys), "x": chance.random(keys)})


#: Name, pandas' call and Weft's, on (facts, belongings).
CASES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "merge": (lambda f, d: f.merge(d, on="k"), lambda f, d: f.merge(d, on="k").compute()),
    "merge left": (lambda f, d: f.merge(d, on="k", how="left"), lambda f, d: f.merge(d, on="k", how="left").compute()),
    "merge outer": (
        lambda f, d: f.merge(d, on="k", how="outer"),
        lambda f, d: f.merge(d, on="k", how="outer").compute(),
    ),
    "merge, sum": (lambda f, d: f.merge(d, on="k").x.sum(), lambda f, d: f.merge(d, on="k").x.sum().compute()),
    "sort_values": (lambda f, d: f.sort_values("a"), lambda f, d: f.sort_values("a").compute()),
    "sort_values of two": (lambda f, d: f.sort_values(["b", "a"]), lambda f, d: f.sort_values(["b", "a"]).compute()),
    "set_index": (lambda f, d: f.set_index("k").sort_index(), lambda f, d: f.set_index("k").compute()),
    "concat": (lambda f, d: pd.concat([f, f]), lambda f, d: dd.concat([f, f]).compute()),
}

#: A program over generated partitions; LIBRARY is imported as dd, and PROGRAM prints how many rows it saw.
UNDER_BUDGET = """
    import time
    import numpy as np
    import pandas as pd
    import LIBRARY.dataframe as dd
    from weft import config

    def make(number, rows, keys, labels):
        chance = np.random.default_rng(number)
        made = pd.DataFrame({"k": chance.integers(0, keys, rows), **{each: chance.random(rows) for each in labels}})
        return made.assign(g=made.k % 1000)

    def frame(labels, first):
        meta = make(0, 1, 10, labels).iloc[:0]
        return dd.from_map(make, range(first, first + PARTS), rows=ROWS, keys=ROWS * PARTS, labels=labels, meta=meta)

    def count(part):
        return pd.Series([len(part)])

    def counted(frame):
        return frame.map_partitions(count, meta=pd.Series([], dtype="int64")).sum().compute()

    begin = time.perf_counter()
    with config.set({"memory.budget": "BUDGET"}):
        one, two = frame("abc", 0), frame("de", 10**6)
        rows = PROGRAM
    print("rows=%d" % rows)
    print("seconds=%f" % (time.perf_counter() - begin))
"""

#: Each gives a number that all libraries agree on.
PROGRAMS = {
    "shuffle": "counted(one.shuffle('k'))",
    "sort_values": "counted(one.sort_values('a'))",
    "set_index": "counted(one.set_index('k'))",
    "merge": "one.merge(two, on='k').d.count().compute()",
    "groupby of many": "len(one.groupby('k').agg({'a': 'sum', 'b': 'mean'}, split_out=PARTS))",
    "anomaly, few groups": "(one.a - one.groupby('g').a.transform('mean')).count().compute()",
    "anomaly, many groups": "(one.a - one.groupby('k').a.transform('mean')).count().compute()",
}


def in_memory(rows: int, only: str | None, rounds: int) -> None:
    """The cases beside pandas."""
    report = Report(f"rows on their way, {rows:,} rows in memory")
    report.begin()
    facts, belongings = tables(rows)
    ours = dd.from_pandas(facts, npartitions=PARTITIONS), dd.from_pandas(belongings, npartitions=2)
    for name, (theirs, mine) in CASES.items():
        if only in (None, name):
            took = interleaved({"pandas": lambda: theirs(facts, belongings), "weft": lambda: mine(*ours)}, rounds)  # noqa: B023
            ratio = took["weft"] / took["pandas"]
            text = f"{took['weft']:.2f} s, pandas {took['pandas']:.2f} s: {ratio:.2f}"
            report.add(name, text, f"<= {BAR} of pandas' time", ratio <= BAR)


def under_budget(gigabytes: float, budget: str, only: str | None, peers: list[str]) -> None:
    """Data larger than the budget, in fresh processes; the peak counts the interpreter and its libraries."""
    report = Report(f"rows on their way, {gigabytes} GiB with a budget of {budget}")
    report.begin()
    parts = max(8, int(gigabytes * 32))
    rows = int(gigabytes * 2**30 / 40 / parts)  # of five columns of eight bytes
    for name, program in PROGRAMS.items():
        for library in peers if only in (None, name) else []:
            code = textwrap.dedent(UNDER_BUDGET)
            for word, value in (
                ("LIBRARY", library),
                ("PARTS", str(parts)),
                ("ROWS", str(rows)),
                ("BUDGET", budget),
                ("PROGRAM", program),
            ):
                code = code.replace(word, value)
            try:
                found = in_fresh_process(code)
            except RuntimeError as error:
                report.add(f"{name}, {library}", f"died: {str(error).splitlines()[-1][:60]}", "ends", False)
                continue
            over = int(found["peak"]) / parse_bytes(budget)
            text = f"{float(found['seconds']):.1f} s, peak {int(found['peak']) / 2**20:.0f} MiB, {found['rows']} rows"
            report.add(
                f"{name}, {library}", text, "peak <= 1.3x the budget", over <= 1.3 if library == "weft" else None
            )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--budget", help="run with a memory budget, e.g. 300MiB")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--peers", nargs="*", default=["weft"], help="weft, dask")
    given = parser.parse_args()
    if given.budget:
        under_budget(given.gigabytes, given.budget, given.only, given.peers)
    else:
        in_memory(given.rows, given.only, given.rounds)


if __name__ == "__main__":
    main()
