"""Stopping what another thread does: an exception that is raised in its Python code.

A thread that imports a module is not stopped, but a moment later: an import that breaks off leaves modules half made, and
whoever imports them next finds them so.
"""

from __future__ import annotations

import ctypes
import sys
from _thread import start_new_thread
from collections.abc import Callable
from time import sleep
from typing import Any

__all__ = ["interrupt", "is_importing", "take_back"]

#: How long after an import is looked again, in seconds.
LOOK_S = 0.005


def interrupt(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    """Under the lock: raise an exception in a thread, as soon as it imports nothing, if it is wanted then."""
    if is_importing(ident):
        start_new_thread(_interrupt_later, (ident, kind, lock, wanted))
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


def take_back(ident: int) -> None:
    """Under the lock, in the thread itself: an exception that is still on its way does not arrive."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), None)


def is_importing(ident: int) -> bool:
    """Whether a thread is inside an ``import``."""
    frame = sys._current_frames().get(ident)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _interrupt_later(ident: int, kind: type[BaseException], lock: Any, wanted: Callable[[], bool]) -> None:
    while True:
        sleep(LOOK_S)
        with lock:
            if not wanted():
                return
            if not is_importing(ident):
                interrupt(ident, kind, lock, wanted)
                return
