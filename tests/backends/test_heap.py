"""Memory that tasks free: it stays with the process, so that the system does not clear the same pages again and again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from weft.backends.heap import SET_BY_USER, SMALL_BUDGET, keep_freed_memory

COUNTED = """
import resource, numpy as np
from weft.backends.heap import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        a, b = np.ones(300_000), np.ones(300_000)
        del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

told = keep_freed_memory()
faults()
print(told, faults())
"""


def run(code: str, **environment: str) -> list[str]:
    own = {name: value for name, value in os.environ.items() if name not in SET_BY_USER}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=own | environment)
    return found.stdout.split()


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library here cannot be told")
def test_blocks_that_are_freed_and_made_again_cost_no_pages():
    told, faults = run(COUNTED)
    assert told == "True"
    assert int(faults) < 1000  # of the 58,000 pages that the arrays have


def test_what_the_user_has_set_stays():
    told, _ = run(COUNTED, **{SET_BY_USER[0]: "100000"})
    assert told == "False"


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library here cannot be told")
def test_little_is_kept_under_a_small_budget_and_all_again_after_it():
    under = COUNTED.replace("told = keep_freed_memory()", f"told = keep_freed_memory({SMALL_BUDGET} // 4)")
    told, faults = run(under)
    assert told == "True"
    assert int(faults) > 10_000
    again = under.replace("faults()\nprint", "keep_freed_memory()\nfaults()\nprint")
    assert int(run(again)[1]) < 1000


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library here cannot be told")
def test_arrays_that_are_small_beside_the_budget_cost_no_pages():
    small = COUNTED.replace("300_000", "30_000").replace("memory()\nfaults", f"memory({SMALL_BUDGET} // 4)\nfaults")
    told, faults = run(small)
    assert told == "True"
    assert int(faults) < 1000  # of the 5,800 pages that the arrays have
