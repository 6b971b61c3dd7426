"""Many random programs, each run by pandas and by us on every road.

``python -m tests.dataframe.programs --count 20000 --first 0`` runs so many, beyond the few of the test. Each difference is
printed, and every so many programs a line of counts: programs that gave the same, the same but for types that depend on
gaps, another result, an error at a call; draws without a single step, which are no programs; steps.

With ``--record FILE`` what became of each seed is written down as soon as it is known: the same command goes on where a
run was stopped, and ``--again`` runs those once more that differed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.dataframe.programs.running import difference, program

EVERY = 500
#: What may become of a program that is wrong.
WRONG = ("different", "error at the call")


def main() -> int:
    """Run many programs, and print those in which engines differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--wide", type=float, default=0.3, help="the share of programs on frames of all types")
    parser.add_argument("--broad", type=float, default=0.3, help="the share of programs with rarer operators")
    parser.add_argument("--record", type=Path, help="a file of what became of each seed: these are not run again")
    parser.add_argument("--again", action="store_true", help="run those of the record once more that were wrong")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    known = recorded(options.record)
    seeds: Iterable[int] = range(options.first, options.first + options.count)
    if options.again:
        seeds = [seed for seed, result in known.items() if result in WRONG]
    else:
        seeds = [seed for seed in seeds if seed not in known]
    results: Counter[str] = Counter({} if options.again else known.values())
    refused: Counter[str] = Counter()
    for place, seed in enumerate(seeds, 1):
        with tempfile.TemporaryDirectory(prefix="weft-programs-") as folder:
            result, found = result_of(seed, Path(folder), options, results, refused)
        results[result] += 1
        if found:
            print(f"{result.upper()} {found}", flush=True)
        if options.record is not None:
            with options.record.open("a") as file:
                print(json.dumps({"seed": seed, "result": result, "found": found}), file=file)
        if place % EVERY == 0:
            print(f"so far: {dict(results)}", flush=True)
    for reason, times in refused.most_common():
        print(f"refused {times} times: {reason}")
    print(f"{results.total() - results['steps']} seeds: {dict(results)}", flush=True)
    return int(any(results[each] for each in WRONG))


def recorded(file: Path | None) -> dict[int, str]:
    """What became of each seed that has been run: the last word counts."""
    if file is None or not file.exists():
        return {}
    lines = map(json.loads, file.read_text().splitlines())
    return {line["seed"]: line["result"] for line in lines}


def result_of(
    seed: int, folder: Path, options: argparse.Namespace, results: Counter[str], refused: Counter[str]
) -> tuple[str, str | None]:
    """What becomes of the program of a seed, and how it differs."""
    try:
        drawn = program(seed, folder, options.wide, options.broad)
    except Exception as error:
        return "error at the call", f"seed {seed}: {error}"
    refused.update(drawn.refused)
    if not drawn.steps:
        return "no program", None
    results["steps"] += len(drawn.steps)
    found = difference(drawn)
    if found is not None:
        return "different", found
    return "same, types as known beforehand" if drawn.loose else "same", None


if __name__ == "__main__":
    raise SystemExit(main())
