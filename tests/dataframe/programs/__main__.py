"""Many random programs, each run by pandas and by us on every road.

``python -m tests.dataframe.programs --count 20000 --first 0`` runs so many, beyond the few of the test. Each difference is
printed, and every so many programs a line of counts: programs that gave the same, the same but for types that depend on
gaps, another result, an error at a call; draws without a single step, which are no programs; steps.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from tests.dataframe.programs.running import difference, program

EVERY = 500


def main() -> int:
    """Run many programs, and print those in which engines differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--wide", type=float, default=0.3, help="the share of programs on frames of all types")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(options.first, options.first + options.count):
        with tempfile.TemporaryDirectory(prefix="weft-programs-") as folder:
            results[result_of(seed, Path(folder), options.wide, results, refused)] += 1
        if (seed + 1 - options.first) % EVERY == 0:
            print(f"so far: {dict(results)}", flush=True)
    for reason, times in refused.most_common():
        print(f"refused {times} times: {reason}")
    print(f"{options.count} seeds: {dict(results)}", flush=True)
    return 1 if results["different"] or results["error at the call"] else 0


def result_of(seed: int, folder: Path, wide: float, results: Counter[str], refused: Counter[str]) -> str:
    """What becomes of the program of a seed."""
    try:
        drawn = program(seed, folder, wide)
    except Exception as error:
        print(f"ERROR AT THE CALL seed {seed}: {error}", flush=True)
        return "error at the call"
    refused.update(drawn.refused)
    if not drawn.steps:
        return "no program"
    results["steps"] += len(drawn.steps)
    found = difference(drawn)
    if found is not None:
        print(f"DIFFERENT {found}", flush=True)
        return "different"
    return "same, types as known beforehand" if drawn.loose else "same"


if __name__ == "__main__":
    raise SystemExit(main())
