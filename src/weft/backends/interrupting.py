"""Stopping what another thread does: an exception that is raised in its Python code.

Some code must not break off, and a thread that is inside of it is stopped a moment later: an import leaves modules half made,
and whoever imports them next finds them so; pandas' encoder of JSON, machine code that calls Python code for the values, does not
expect that to fail, and ends the process.

A thread that is just starting another is stopped a moment later, too. Before Python 3.12 a new thread's state bears the ident of who
started it until it runs: it would be struck instead, at its first step, where nothing can catch the exception.

A thread in machine code sees no exception before it comes back from it. Where that code can be stopped from outside, who calls
it says how (`stopped_by`).
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from _thread import get_ident, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

__all__ = ["goes_on", "interrupt", "start_thread", "stopped_by", "take_back"]

#: How long after such code is looked again, in seconds.
LOOK_S = 0.005
#: How the names of files begin, or end, whose code must not break off.
IMPORTS, FRAGILE = "<frozen importlib", (os.path.join("pandas", "io", "json", "_json.py"),)
#: Code that returns when the thread runs that it has started.
STARTS = threading.Thread.start.__code__
#: Idents of threads, once for each other that they have started (`start_thread`) and that does not run yet.
STARTING: list[int] = []
#: What stops the machine code in which a thread is, by the thread's ident.
STOPS: dict[int, Callable[[], None]] = {}


def interrupt(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    """Under the lock: raise an exception in a thread, as soon as that does no harm, if it is wanted then."""
    if ident in STOPS:
        start_thread(_stop_code, ident, STOPS[ident], lock, wanted)
    if goes_on(ident):
        start_thread(_interrupt_later, ident, kind, lock, wanted)
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


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


def start_thread(function: Callable[..., object], *args: Any) -> int:
    """Start a thread, and give its ident. Until it runs, who starts it is not stopped."""
    starter = get_ident()

    def begin() -> None:
        STARTING.remove(starter)
        function(*args)

    STARTING.append(starter)
    try:
        return start_new_thread(begin, ())
    except RuntimeError:  # there can be no more threads
        STARTING.remove(starter)
        raise


def goes_on(ident: int) -> bool:
    """Whether a thread is inside of code that must not break off, or is starting another."""
    if ident in STARTING:
        return True
    frame = sys._current_frames().get(ident)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(IMPORTS) or name.endswith(FRAGILE) or frame.f_code is STARTS:
            return True
        frame = frame.f_back
    return False


def _interrupt_later(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    while True:
        sleep(LOOK_S)
        with lock:
            if not wanted():
                return
            if not goes_on(ident):
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
