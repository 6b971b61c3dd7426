"""Arrays beside Dask (`dask.array`), the `dask-array` package, NumPy and numexpr: ``python -m benchmarks array``.

``--only NAME ...`` runs some cases, ``--quick`` all of them on an eighth of the data with fewer rounds, ``--rounds N`` sets
their number. Libraries take turns within one process, medians are compared; where peak memory is part of the answer, each
library has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks.array_cases import CASES, Case
from benchmarks.harness import Report

LIBRARIES = ("weft", "dask", "dask-array", "numpy")


def main() -> None:
    """Run the cases that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks array")
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=list(CASES), metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for each process")
    asked = parser.parse_args()
    report = Report("Arrays")
    report.begin()
    for name in asked.only:
        case = CASES[name]
        rounds = asked.rounds or (min(case.rounds, 3) if asked.quick else case.rounds)
        found = measured(name, case, 0.125 if asked.quick else 1.0, rounds, asked.timeout)
        tell(report, case, found, is_full=not asked.quick)


def measured(name: str, case: Case, scale: float, rounds: int, timeout_s: float) -> dict[str, Any]:
    """Seconds and peaks by library."""
    if not case.alone:
        found = child(name, "", scale, rounds, timeout_s)
        return {**found, "peaks": {}}
    together: dict[str, Any] = {"seconds": {}, "failed": {}, "peaks": {}}
    for library in LIBRARIES:
        found = child(name, library, scale, rounds, timeout_s)
        if "missing" in found:
            return found
        together["seconds"].update(found["seconds"])
        together["failed"].update(found["failed"])
        if found["seconds"]:
            together["peaks"][library] = found["peak"]
    return together


def child(name: str, wanted: str, scale: float, rounds: int, timeout_s: float) -> dict[str, Any]:
    """One process' answer."""
    command = [sys.executable, "-m", "benchmarks.array_cases", name, wanted, str(scale), str(rounds)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return {"seconds": {}, "failed": {wanted or name: f"took more than {timeout_s:g} s"}, "peak": 0}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"seconds": {}, "failed": {wanted or name: last[:120]}, "peak": 0}
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def tell(report: Report, case: Case, found: dict[str, Any], *, is_full: bool) -> None:
    """A line of the table."""
    if "missing" in found:
        report.add(case.what, f"not there yet: {found['missing']}"[:46], case.bar)
        return
    seconds, failed, peaks = found["seconds"], found["failed"], found["peaks"]
    if "weft" not in seconds:
        reason = failed.get("weft") or next(iter(failed.values()), "no answer")
        report.add(case.what, f"not there yet: {reason}"[:46], case.bar)
        return
    own = seconds["weft"]
    text = [told(own)]
    reached = []
    for library, other in seconds.items():
        if library != "weft":
            text.append(f"{other / own:.2g}x {library}")
    text += [f"{library} failed" for library in failed]
    for library, ratio in case.ratios.items():
        if library in seconds:
            reached.append(seconds[library] / own >= ratio)
    if case.most_s is not None and is_full:
        reached.append(own <= case.most_s)
    text += [f"{library} {peak / 1e9:.2f} GB" for library, peak in peaks.items()]
    if case.most_bytes is not None and is_full and "weft" in peaks:
        reached.append(peaks["weft"] <= case.most_bytes)
    report.add(case.what, ", ".join(text), case.bar, all(reached) if reached else None)


def told(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main()
