"""Stopping what another thread does: an exception that is raised in its Python code.

Some code must not break off, and a thread that is inside of it is stopped a moment later: an import leaves modules half made,
and whoever imports them next finds them so; pandas' encoder of JSON, machine code that calls Python code for the values, does not
expect that to fail, and ends the process. A thread that is just starting another is stopped a moment later, too (`starts_another`).

A thread in machine code sees no exception before it comes back from it. Where that code can be stopped from outside, who calls
it says how (`stopped_by`).
"""

from __future__ import annotations

import ctypes
import os
import sys
from _thread import get_ident, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

__all__ = ["goes_on", "interrupt", "starts_another", "stopped_by", "take_back"]

#: How long after such code is looked again, in seconds.
LOOK_S = 0.005
#: How much of a thread's state is looked through for its ident, in words; it has about 45.
STATE_WORDS = 32
#: How the names of files begin, or end, whose code must not break off.
IMPORTS, FRAGILE = "<frozen importlib", (os.path.join("pandas", "io", "json", "_json.py"),)
#: What stops the machine code in which a thread is, by the thread's ident.
STOPS: dict[int, Callable[[], None]] = {}


def interrupt(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    """Under the lock: raise an exception in a thread, as soon as that does no harm, if it is wanted then."""
    what = ctypes.c_ulong(ident), ctypes.py_object(kind)
    if ident in STOPS:
        start_new_thread(_stop_code, (ident, STOPS[ident], lock, wanted))
    if goes_on(ident) or starts_another(ident):
        start_new_thread(_interrupt_later, (ident, kind, lock, wanted))
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(*what)


def take_back(ident: int) -> None:
    """Under the lock, in the thread itself: an exception that is still on its way does not arrive."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), None)


@contextmanager
def stopped_by(stop: Callable[[], None]) -> Iterator[None]:
    """While inside, this thread is in machine code which ``stop``, called by another thread, brings to an end."""
    ident = get_ident()
    STOPS[ident] = stop
    try:
        yield
    finally:
        STOPS.pop(ident, None)


def goes_on(ident: int) -> bool:
    """Whether a thread is inside of code that must not break off."""
    frame = sys._current_frames().get(ident)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(IMPORTS) or name.endswith(FRAGILE):
            return True
        frame = frame.f_back
    return False


def starts_another(ident: int) -> bool:
    """Whether a thread has started another one that does not run yet.

    Before Python 3.12 the new one's state bears the ident of who started it until it runs: it would be struck instead, at its
    first step, where nothing can catch the exception.
    """
    return _offset > 0 and _count_states(ident) > 1


def _count_states(ident: int) -> int:
    """How many states of threads bear an ident; the memory of each is read, as that is told nowhere else."""
    count = 0
    state = _first_state(_interpreter())
    while state:
        count += ctypes.c_ulong.from_address(state + _offset).value == ident
        state = _next_state(state)
    return count


def _find_offset() -> int:
    """Where in the state of a thread its ident stands, in bytes; 0 where that does not matter, or it is not found."""
    if sys.version_info >= (3, 12):
        return 0
    words = (ctypes.c_ulong * STATE_WORDS).from_address(_own_state())
    ident, size = get_ident(), ctypes.sizeof(ctypes.c_ulong)
    places = [place for place, word in enumerate(words) if word == ident]
    return places[0] * size if len(places) == 1 else 0


def _function_of_states(name: str, *takes: Any) -> Any:
    """A function of Python's own that gives the address of a state."""
    return ctypes.PYFUNCTYPE(ctypes.c_void_p, *takes)((name, ctypes.pythonapi))


_interpreter = _function_of_states("PyInterpreterState_Get")
_first_state = _function_of_states("PyInterpreterState_ThreadHead", ctypes.c_void_p)
_next_state = _function_of_states("PyThreadState_Next", ctypes.c_void_p)
_own_state = _function_of_states("PyThreadState_Get")
_offset = _find_offset()


def _interrupt_later(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    while True:
        sleep(LOOK_S)
        with lock:
            if not wanted():
                return
            if not goes_on(ident) and not starts_another(ident):
                interrupt(ident, kind, lock, wanted)
                return


def _stop_code(ident: int, stop: Callable[[], None], lock: Any, wanted: Callable[[], bool]) -> None:
    """Stop machine code, also if it begins a moment after it has been told to end, as long as that is wanted."""
    while True:
        with lock:
            if STOPS.get(ident) is not stop or not wanted():
                return
            stop()
        sleep(LOOK_S)
