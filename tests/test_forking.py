"""A child that is forked while other threads are at work."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading
import weft
from weft.backends import held, libraries, names
from weft.backends.threads import Threads
from weft.config import state
from weft.sizeof import sizeof

locks = {
    "configuration": state._state.lock,
    "backends": names._making,
    "held blocks": held.HELD._lock,
    "libraries": libraries._libraries._lock,
    "none": threading.Lock(),
}
lock, has, end = locks[sys.argv[1]], threading.Event(), threading.Event()

def hold():
    with lock:
        has.set()
        end.wait()

thread = threading.Thread(target=hold)
thread.start()
has.wait()
child = os.fork()
if not child:
    right = weft.compute(*[weft.delayed(abs)(-i) for i in range(9)], scheduler="threads") == tuple(range(9))
    os._exit(0 if right else 1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
end.set()
thread.join()
with lock:
    print(code, weft.delayed(abs)(-7).compute(scheduler="threads"))
"""


@pytest.mark.parametrize("held", ["none", "configuration", "backends", "held blocks", "libraries"])
def test_a_child_computes_whatever_lock_another_thread_of_its_parent_held(held: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, held], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "0 7\n"
