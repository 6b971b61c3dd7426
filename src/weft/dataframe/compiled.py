"""Machine code for what files hold most, where numba is installed (the extra ``weft[jit]``).

Compiling takes a second or two, or a moment where numba finds what it compiled before; a thread does it while others work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["Compiled", "read_only"]


class Compiled:
    """A module of machine code.

    Parameters
    ----------
    module : str
    warm_up : callable
        ``warm_up(module)`` has all compiled that will be called.
    worth_it : int
        Rows of which a process must have asked for it, all calls together, before compiling begins.
    """

    def __init__(self, module: str, warm_up: Callable[[Any], object], worth_it: int = 0) -> None:
        self.module = module
        self.warm_up = warm_up
        self.missing = worth_it
        self.found: Future[Any] | None = None
        self.lock = threading.Lock()

    def __call__(self, rows: int = 0, *, wait: bool = False) -> Any:
        """The module, for so many rows; None until it is compiled, or if it cannot be had."""
        found = self.found
        if found is not None and not wait:
            return found.result() if found.done() else None
        with self.lock:
            self.missing -= rows
            if self.missing > 0 and not wait:
                return None
            if self.found is None:
                self.found = Future()
                arguments = (self.found,)
                threading.Thread(target=self.compile_into, args=arguments, name="weft-compiler", daemon=True).start()
        return self.found.result() if wait or self.found.done() else None

    def compile_into(self, found: Future[Any]) -> None:
        """Import the module, and have it compiled."""
        try:
            code = import_module(self.module)
            self.warm_up(code)
        except (ImportError, RuntimeError, OSError):  # numba is not there, does not know this processor, finds no room
            found.set_result(None)
        except BaseException as error:
            found.set_exception(error)
            raise
        else:
            found.set_result(code)


def read_only(array: Any) -> Any:
    """An array in one stretch that nobody changes: of each kind of array there is machine code of its own."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
