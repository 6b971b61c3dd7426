"""Arrays beside Dask (`dask.array`), the `dask-array` package, NumPy and numexpr: ``python -m benchmarks array``.

``--only NAME ...`` runs some cases, ``--quick`` all of them on an eighth of the data with fewer rounds, ``--rounds N`` sets
their number. Libraries take turns within one process, medians are compared; where peak memory is part of the answer, each
library has a process of its own, and all but Weft so much time (``--patience``): one that does not end by then is reported so, and
counts as having taken that long.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks.array_cases import CASES, Case
from benchmarks.harness import Report, installed_environment

LIBRARIES = ("weft", "dask", "dask-array", "numpy")


def main() -> None:
    """Run the cases that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks array")
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=list(CASES), metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for each process")
    parser.add_argument(
        "--patience", type=float, default=240, help="seconds for another library in a process of its own"
    )
    asked = parser.parse_args()
    report = Report("Arrays")
    report.begin()
    for name in asked.only:
        case = CASES[name]
        rounds = asked.rounds or (min(case.rounds, 3) if asked.quick else case.rounds)
        found = measured(name, case, 0.125 if asked.quick else 1.0, rounds, asked.timeout, asked.patience)
        tell(report, case, found, is_full=not asked.quick)


def measured(name: str, case: Case, scale: float, rounds: int, timeout_s: float, patience_s: float) -> dict[str, Any]:
    """Seconds and peaks by library; ``late`` has the limits of those that did not end."""
    if not case.alone:
        found = child(name, "", scale, rounds, timeout_s)
        return {"late": {}, **found, "peaks": {}}
    together: dict[str, Any] = {"seconds": {}, "failed": {}, "peaks": {}, "late": {}}
    for library in LIBRARIES:
        limit = timeout_s if library == "weft" else min(timeout_s, patience_s)
        found = child(name, library, scale, rounds, limit)
        if "missing" in found:
            return found
        together["seconds"].update(found["seconds"])
        together["failed"].update(found["failed"])
        together["late"].update(found.get("late", {}))
        if found["seconds"]:
            together["peaks"][library] = found["peak"]
    return together


def child(name: str, wanted: str, scale: float, rounds: int, timeout_s: float) -> dict[str, Any]:
    """One process' answer."""
    command = [sys.executable, "-m", "benchmarks.array_cases", name, wanted, str(scale), str(rounds)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False, env=installed_environment()
        )
    except subprocess.TimeoutExpired:
        if wanted in ("", "weft"):
            return {"seconds": {}, "failed": {wanted or name: f"took more than {timeout_s:g} s"}, "peak": 0}
        return {"seconds": {}, "failed": {}, "late": {wanted: timeout_s}, "peak": 0}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"seconds": {}, "failed": {wanted or name: last[:120]}, "peak": 0}
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def tell(report: Report, case: Case, found: dict[str, Any], *, is_full: bool) -> None:
    """A line of the table."""
    if "missing" in found:
        report.add(case.what, f"not there yet: {found['missing']}"[:46], case.bar)
        return
    seconds, failed, peaks, late = found["seconds"], found["failed"], found["peaks"], found["late"]
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
    text += [f"> {limit / own:.2g}x {library}, which did not end in {limit:g} s" for library, limit in late.items()]
    text += [f"{library} failed" for library in failed]
    for library, ratio in case.ratios.items():
        if library in seconds or library in late:
            reached.append((seconds.get(library) or late[library]) / own >= ratio)
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
