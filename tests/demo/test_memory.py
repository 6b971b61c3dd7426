"""The peak is the most that was held at one time, children included."""

from __future__ import annotations

import subprocess
import sys

import pytest

from weft.demo.memory import PeakMemory, share_of


def test_memory_that_is_given_back_counts_in_the_peak():
    code = """if True:  # in a process of its own: this one may have freed memory to spare
        from weft.demo.memory import PeakMemory
        with PeakMemory(interval_s=0.001) as peak:
            before = peak.nbytes
            block = bytearray(b"x") * 100_000_000
            peak._look()
            del block
        print(peak.nbytes - before > 90_000_000)
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "True\n"


def test_memory_of_children_counts():
    code = "block = bytearray(b'x') * 100_000_000; print('ready', flush=True); input()"
    with (
        PeakMemory() as peak,
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        assert child.stdout is not None
        child.stdout.readline()
        peak._look()
        child.communicate("\n")

    assert peak.nbytes > 100_000_000


def test_a_child_that_has_ended_holds_nothing():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert share_of(child.pid) == 0


def test_errors_pass_through_and_stop_the_watch():
    peak = PeakMemory()

    with pytest.raises(KeyError), peak:
        raise KeyError("x")

    assert not peak._thread.is_alive()
