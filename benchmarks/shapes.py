"""Other shapes, other chunks, many arrays joined: Weft beside Dask, taking turns; and rows to columns within a budget."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import dask
import dask.array as dask_array
import numpy as np

import weft.array as weft_array
from benchmarks.harness import Report, in_fresh_process, interleaved

WORKERS = 2


def cases() -> dict[str, Callable[[Any], Any]]:
    """What is measured: functions of the array namespace that give a small lazy result."""
    rng = np.random.default_rng(0)
    parts = [np.full((200, 100), float(number)) for number in range(1000)]
    tiny = [np.full(10, float(number)) for number in range(1000)]
    matrix, cube, line = rng.random((4000, 5000)), rng.random((1000, 200, 200)), rng.random(4_000_000)

    def joined(da: Any) -> Any:
        return (da.concatenate([da.from_array(part, chunks=-1) for part in parts]) + 1).sum()

    def joined_tiny(da: Any) -> Any:
        return (da.concatenate([da.from_array(part, chunks=-1) for part in tiny]) + 1).sum()

    def stacked(da: Any) -> Any:
        return da.stack([da.from_array(part, chunks=-1) for part in parts]).mean(axis=0)

    def flattened(da: Any) -> Any:
        return (da.from_array(matrix, chunks=(500, 1000)) + 1).reshape(-1).sum()

    def in_boxes(da: Any) -> Any:
        return (da.from_array(matrix, chunks=(500, 1000)) + 1).reshape(40, 100, 50, 100).sum(axis=(1, 3))

    def merged(da: Any) -> Any:
        x = da.from_array(matrix, chunks=(100, 100)).map_blocks(np.sqrt)
        return x.rechunk((1000, 1000)).map_blocks(np.square).sum()

    def columns(da: Any) -> Any:
        x = da.from_array(matrix, chunks=(25, 5000)).map_blocks(np.sqrt)
        return x.rechunk((4000, 32)).map_blocks(np.square).sum()

    def series(da: Any) -> Any:
        x = da.from_array(cube, chunks=(1, 200, 200)).map_blocks(np.sqrt)
        return x.rechunk((1000, 20, 20)).map_blocks(np.square).sum()

    def padded(da: Any) -> Any:
        return da.pad(da.from_array(matrix, chunks=(500, 1000)) + 1, 3, mode="reflect").sum()

    def rolled(da: Any) -> Any:
        return da.roll(da.from_array(matrix, chunks=(500, 1000)) + 1, (100, 100), (0, 1)).sum()

    def repeated(da: Any) -> Any:
        return da.repeat(da.from_array(line, chunks=500_000), 5).sum()

    def differences(da: Any) -> Any:
        return da.diff(da.from_array(line, chunks=250_000)).sum()

    return {
        "concatenate 1,000 arrays of 160 kB, sum": joined,
        "concatenate 1,000 arrays of 80 B, sum": joined_tiny,
        "stack 1,000 arrays of 160 kB, mean": stacked,
        "reshape(-1) of blocks": flattened,
        "reshape to four axes": in_boxes,
        "rechunk: 2,000 chunks to 20": merged,
        "rechunk: 160 rows to 157 columns": columns,
        "rechunk: 1,000 maps to 100 series": series,
        "pad, reflect": padded,
        "roll along two axes": rolled,
        "repeat, 5 times": repeated,
        "diff": differences,
    }


TRANSPOSED = """
import time
begin = time.perf_counter()
{setup}
n, c = {size}, 1000
x = da.random.default_rng(0).random((n, n), chunks=(c, n))
(x + x.T).rechunk((n, c)).max(axis=0).sum().compute()
print("seconds=%f" % (time.perf_counter() - begin))
"""
SETUPS = {
    "weft": "import weft, weft.array as da\nweft.config.set({'memory.budget': '1.5 GB'})",
    "dask": f"import dask, dask.array as da\ndask.config.set(scheduler='threads', num_workers={WORKERS})",
}


def rows_to_columns(report: Report, rounds: int, size: int) -> None:
    """``x + x.T`` from rows to columns, 4 GB under a budget of 1.5 GB, in processes of their own."""
    seconds: dict[str, list[float]] = {name: [] for name in SETUPS}
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        for name, setup in SETUPS.items():
            found = in_fresh_process(TRANSPOSED.format(setup=setup, size=size))
            seconds[name].append(float(found["seconds"]))
            peaks[name] = max(peaks.get(name, 0), int(found["peak"]) / 1e9)
    ours, theirs = (float(np.median(seconds[name])) for name in ("weft", "dask"))
    shown = f"{ours:.1f} s and {peaks['weft']:.2f} GB, Dask {theirs:.1f} s and {peaks['dask']:.2f} GB"
    reached = theirs >= 2 * ours and peaks["weft"] <= 1.3 * 1.5
    report.add("x + x.T, rows to columns, 4 GB, budget 1.5 GB", shown, ">= 2x, peak <= 1.95 GB", reached)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=22627, help="rows and columns of the large array")
    arguments = parser.parse_args()
    report = Report("Shapes and chunks")
    report.begin()
    with dask.config.set(scheduler="threads", num_workers=WORKERS):
        for name, case in cases().items():
            times = interleaved(
                {
                    "weft": lambda case=case: case(weft_array).compute(num_workers=WORKERS),
                    "dask": lambda case=case: case(dask_array).compute(),
                },
                arguments.rounds,
            )
            ratio = times["dask"] / times["weft"]
            shown = f"{times['weft'] * 1e3:.0f} ms, Dask {times['dask'] * 1e3:.0f} ms: {ratio:.1f}x"
            report.add(name, shown, ">= 1x", ratio >= 1)
    rows_to_columns(report, arguments.rounds, arguments.size)


if __name__ == "__main__":
    main()
