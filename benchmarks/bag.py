"""What bags must show: word counts and JSON beside Dask, a pool and joblib; groupby, counts and tiny partitions in bounds."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Any

import weft.bag as db
from benchmarks.harness import Report, interleaved
from benchmarks.processes import memory_now
from weft.backends.processes import Processes

WORKERS = 2
BLOCK = 16 << 20
PIECE = 8 << 20


def words(count: int) -> list[str]:
    chance = random.Random(1)
    return ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _ in range(count)]


def write_text(path: Path, nbytes: int) -> None:
    """Lines of words, a few of which are frequent and most rare."""
    if path.exists() and path.stat().st_size >= nbytes:
        return
    chance = random.Random(2)
    vocabulary = words(50_000)
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    with path.open("w") as file:
        written, pieces = 0, []
        for _ in range(4):
            drawn = chance.choices(vocabulary, weights, k=PIECE // 7)
            lines = [" ".join(drawn[start : start + 10]) for start in range(0, len(drawn), 10)]
            pieces.append("\n".join(lines) + "\n")
        while written < nbytes:
            piece = pieces[chance.randrange(4)]
            file.write(piece)
            written += len(piece)


def write_json(path: Path, nbytes: int) -> None:
    """Events as JSON lines."""
    if path.exists() and path.stat().st_size >= nbytes:
        return
    chance = random.Random(3)
    names = words(500)
    with path.open("w") as file:
        written = 0
        pieces = []
        for _ in range(4):
            lines = [
                json.dumps(
                    {
                        "id": chance.randrange(10**9),
                        "user": chance.choice(names),
                        "kind": chance.choice(["view", "click", "buy"]),
                        "amount": chance.randrange(1000) / 10,
                        "tags": chance.choices(names, k=3),
                        "where": {"lat": chance.random() * 90, "lon": chance.random() * 180},
                    }
                )
                for _ in range(PIECE // 190)
            ]
            pieces.append("\n".join(lines) + "\n")
        while written < nbytes:
            piece = pieces[chance.randrange(4)]
            file.write(piece)
            written += len(piece)


def ranges(path: Path) -> list[tuple[str, int, int]]:
    """Ranges of a file that start and end behind line ends."""
    size = path.stat().st_size
    bounds = [0]
    with path.open("rb") as file:
        for start in range(BLOCK, size, BLOCK):
            file.seek(start)
            file.readline()
            bounds.append(file.tell())
    bounds.append(size)
    return [(str(path), low, high) for low, high in pairwise(bounds)]


def lines_of(part: tuple[str, int, int]) -> Iterator[str]:
    """What a hand-written program reads."""
    path, low, high = part
    with open(path, "rb") as file:
        file.seek(low)
        yield from file.read(high - low).decode().splitlines(keepends=True)


def count_words(part: tuple[str, int, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in lines_of(part):
        counts.update(line.split())
    return counts


def count_words_well(part: tuple[str, int, int]) -> Counter[str]:
    path, low, high = part
    with open(path, "rb") as file:
        file.seek(low)
        return Counter(file.read(high - low).decode().split())


def sum_amounts(part: tuple[str, int, int]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for line in lines_of(part):
        event = json.loads(line)
        if event["kind"] == "buy":
            totals[event["user"]] = totals.get(event["user"], 0) + event["amount"]
    return totals


def in_pool(function: Callable[[Any], Any], path: Path) -> Any:
    with multiprocessing.Pool(WORKERS) as pool:
        total: Counter[str] = Counter()
        for each in pool.imap_unordered(function, ranges(path)):
            total.update(each)
    return total


def in_joblib(function: Callable[[Any], Any], path: Path) -> Any:
    from joblib import Parallel, delayed

    total: Counter[str] = Counter()
    for each in Parallel(n_jobs=WORKERS)(delayed(function)(part) for part in ranges(path)):
        total.update(each)
    return total


def is_buy(event: dict[str, Any]) -> bool:
    return event["kind"] == "buy"


def add_amount(total: float, event: dict[str, Any]) -> float:
    return total + event["amount"]


def same(record: Any) -> Any:
    return record


def one_more(total: int, record: Any) -> int:
    return total + 1


def word_count(bags: Any, path: Path, how: str) -> Any:
    text = bags.read_text(str(path), blocksize=BLOCK)
    each = text.str.split().flatten()
    return each.frequencies() if how == "frequencies" else each.foldby(same, one_more, 0, add, 0)


def amounts(bags: Any, path: Path) -> Any:
    events = bags.read_text(str(path), blocksize=BLOCK).map(json.loads)
    return events.filter(is_buy).foldby("user", add_amount, 0, add, 0)


def compare(
    report: Report, title: str, actions: dict[str, Callable[[], Any]], rounds: int, bar: float, pool: bool
) -> None:
    got = interleaved(actions, rounds)
    ours = got.pop("weft")
    text = "; ".join(f"{name} {seconds:.2f} ({seconds / ours:.2f}x)" for name, seconds in got.items())
    reached = got["dask"] / ours >= bar and (not pool or got["pool"] / ours >= 0.97)
    report.add(title, f"{ours:.2f} s; {text}", f">= {bar}x Dask{', not slower than the pool' * pool}", reached)


def beside_others(report: Report, folder: Path, nbytes: int, rounds: int, only: str | None) -> None:
    import dask.bag

    backend = Processes(WORKERS)
    text, events = folder / "words.txt", folder / "events.jsonl"
    write_text(text, nbytes)
    write_json(events, nbytes)

    def run(bag: Any) -> Callable[[], Any]:
        ours = type(bag).__module__.startswith("weft")
        return lambda: bag.compute(scheduler=backend if ours else "processes", num_workers=WORKERS)

    size = f"{nbytes / 1e6:,.0f} MB"
    for how in ("frequencies", "foldby"):
        if only not in (None, how):
            continue
        actions = {
            "weft": run(word_count(db, text, how)),
            "dask": run(word_count(dask.bag, text, how)),
            "pool": partial(in_pool, count_words if how == "foldby" else count_words_well, text),
            "joblib": lambda: in_joblib(count_words, text),
        }
        if how == "frequencies":
            expected = dict(in_pool(count_words, text))
            assert dict(actions["weft"]()) == expected
        compare(report, f"words of {size} by {how}", actions, rounds, 2.0, how == "frequencies")
    if only in (None, "json"):
        actions = {
            "weft": run(amounts(db, events)),
            "dask": run(amounts(dask.bag, events)),
            "pool": lambda: in_pool(sum_amounts, events),
            "joblib": lambda: in_joblib(sum_amounts, events),
        }
        compare(report, f"JSON of {size}: filter, sums by key", actions, rounds, 2.5, False)
    backend.close()


def peak_of(code: str) -> tuple[dict[str, str], int]:
    """What a program prints, and the most memory that it and its workers took together (PSS, and shared memory)."""
    peak = 0
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, memory_now(process.pid))
            time.sleep(0.02)
        assert process.stdout is not None
        return dict(line.split("=") for line in process.stdout.read().splitlines()), peak


GROUPBY = """
    import time, weft.bag as db
    begin = time.perf_counter()
    groups = db.range({n}, 100).map(lambda i: (i * 7919 % 100_003, i)).groupby(0)
    sizes = groups.map(lambda group: len(group[1]))
    got = sizes.fold(lambda a, b: a + b).compute(scheduler="processes", num_workers=2, budget="1 GB")
    print(f"seconds={{time.perf_counter() - begin}}")
    print(f"right={{got == {n}}}")
"""

COUNT = """
    import time, weft.bag as db
    begin = time.perf_counter()
    lines = db.read_text({path!r}, blocksize={blocksize!r}).map(str.upper).filter(lambda line: "QU" in line)
    got = lines.count().compute(scheduler="processes", num_workers=2)
    print(f"seconds={{time.perf_counter() - begin}}")
    print(f"count={{got}}")
"""


def memory(report: Report, folder: Path, gigabytes: float, millions: float, only: str | None) -> None:
    if only in (None, "groupby"):
        n = int(millions * 1e6)
        got, peak = peak_of(GROUPBY.format(n=n))
        report.add(
            f"groupby of {millions:g} M small records, budget 1 GB",
            f"{float(got['seconds']):.1f} s, right: {got['right']}, PSS {peak / 1e9:.2f} GB",
            "ends, PSS <= 1.3 GB",
            got["right"] == "True" and peak <= 1.3e9,
        )
    if only in (None, "count"):
        path = folder / "long.txt"
        write_text(path, int(gigabytes * 1e9))
        for blocksize in ("64 MiB", None):
            if blocksize is None and only is None:
                continue
            got, peak = peak_of(COUNT.format(path=str(path), blocksize=blocksize))
            rate = path.stat().st_size / 1e6 / float(got["seconds"])
            report.add(
                f"{gigabytes:g} GB of text, {blocksize or 'one file'} a partition: count",
                f"{float(got['seconds']):.1f} s, {rate:.0f} MB/s, PSS {peak / 1e6:.0f} MB",
                "PSS <= 300 MB",
                peak <= 300e6,
            )
        path.unlink()


def double(x: int) -> int:
    return 2 * x


def tiny(report: Report, rounds: int) -> None:
    import dask.bag

    backend = Processes(WORKERS)
    records = list(range(1_000_000))
    ours = db.from_sequence(records, npartitions=10_000).map(double).sum()
    theirs = dask.bag.from_sequence(records[:50_000], npartitions=500).map(double).sum()
    assert ours.compute(scheduler=backend, num_workers=WORKERS) == 2 * sum(records)
    got = interleaved(
        {
            "weft": lambda: ours.compute(scheduler=backend, num_workers=WORKERS),
            "plain": lambda: [sum(map(double, records[k : k + 100])) for k in range(0, len(records), 100)],
            "dask": lambda: theirs.compute(scheduler="processes", num_workers=WORKERS),
        },
        rounds,
    )
    overhead = (got["weft"] - got["plain"] / WORKERS) / 10_000 * 1e6
    report.add(
        "1,000,000 records in 10,000 partitions: map, sum",
        f"{overhead:.0f} µs a partition over the work; Dask {got['dask'] / 500 * 1e6:.0f} µs in all",
        "<= 60 µs",
        overhead <= 60,
    )
    backend.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "weft-bag-data")
    parser.add_argument("--megabytes", type=float, default=1000, help="size of the text, and of the JSON")
    parser.add_argument("--gigabytes", type=float, default=10, help="size of the text that is counted")
    parser.add_argument("--millions", type=float, default=20, help="records that are grouped")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["frequencies", "foldby", "json", "groupby", "count", "tiny"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    report = Report("bag")
    report.begin()
    nbytes = int(options.megabytes * 1e6)
    if options.only in (None, "tiny"):
        tiny(report, options.rounds)
    if options.only in (None, "frequencies", "foldby", "json"):
        beside_others(report, options.folder, nbytes, options.rounds, options.only)
    if options.only in (None, "groupby", "count"):
        memory(report, options.folder, options.gigabytes, options.millions, options.only)


if __name__ == "__main__":
    main()
