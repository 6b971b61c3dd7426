"""Programs in processes of their own, whose memory is looked at from outside every ten milliseconds, and capped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Watched", "watched"]

#: Seconds between two looks.
EVERY = 0.01
PAGE = os.sysconf("SC_PAGE_SIZE")


class Watched(NamedTuple):
    """How a program ended.

    Parameters
    ----------
    values : dict
        Its ``name=value`` lines.
    peak : int
        The most bytes that it and its children had in memory together (resident sets; shared pages count several times).
    seconds : float
        All of it, the start of the interpreter included.
    error : str
        The last line of its error, or why it was ended; empty if all went well.
    """

    values: dict[str, str]
    peak: int
    seconds: float
    error: str


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found, stack = [], [pid]
    while stack:
        each = stack.pop()
        found.append(each)
        try:
            for thread in os.listdir(f"/proc/{each}/task"):
                stack.extend(map(int, Path(f"/proc/{each}/task/{thread}/children").read_text().split()))
        except OSError:
            continue
    return found


def resident(pids: list[int]) -> int:
    """Bytes that processes have in memory."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return total


def watched(code: str, *, cap: int | None = None, limit_s: float = 900) -> Watched:
    """Run code in a fresh interpreter, and look at its memory.

    Parameters
    ----------
    code : str
        It prints ``name=value`` lines.
    cap : int, optional
        Bytes; a program that has more at one of the looks is killed, as the kernel kills in a container.
    limit_s : float
        Seconds after which it is killed.
    """
    begin, peak, ended = time.perf_counter(), 0, ""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=out, stderr=err, start_new_session=True
        )
        pids, looks = [process.pid], 0
        while process.poll() is None:
            looks += 1
            if looks % 10 == 0:  # children come seldom
                pids = family(process.pid)
            peak = max(peak, resident(pids))
            if cap is not None and peak > cap:
                ended = f"killed: {peak / 2**20:.0f} MiB are above the cap"
            elif time.perf_counter() - begin > limit_s:
                ended = f"killed: not ended after {limit_s:.0f} s"
            if ended:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                break
            time.sleep(EVERY)
        seconds = time.perf_counter() - begin
        out.seek(0)
        err.seek(0)
        values = dict(line.split("=", 1) for line in out.read().splitlines() if "=" in line)
        lines = err.read().strip().splitlines()
    if not ended and process.returncode:
        ended = lines[-1] if lines else f"ended with {process.returncode}"
    return Watched(values, peak, seconds, ended)
