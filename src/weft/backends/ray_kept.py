"""What a worker of Ray keeps of blocks that more tasks will read.

Ray makes an argument anew for each task that has it. That is next to nothing for an array; but what was worked out for a value
and stays with it (the table of a join's smaller side) would be worked out again for each task, and columns of Python objects
would be unpickled each time. So a worker keeps such values for a while. They hold their place in the object store meanwhile:
that is why there is a limit, and why all are let go as soon as no task has come for some seconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic
from typing import Any

from weft.system import loaded

__all__ = ["KEPT", "Kept"]

#: How long values are kept when no task comes, in seconds.
IDLE_S = 2.0
#: Values that tasks could change are made anew for each.
CHANGEABLE = (list, dict, set, bytearray)


class Kept:
    """See the module.

    Examples
    --------
    >>> kept = Kept()
    >>> first = kept.value(b"name", "as it arrived", 100, limit=1000)
    >>> kept.value(b"name", "as it arrived again", 100, limit=1000)
    'as it arrived'
    """

    def __init__(self) -> None:
        self._values: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        self._nbytes = 0
        self._used = 0.0
        self._lock = threading.Lock()
        self._sweeper: threading.Thread | None = None

    def value(self, name: bytes, arrived: Any, nbytes: int, *, limit: int) -> Any:
        """The value with a name, as it was when it first came; it is kept from now on if all of them fit the limit."""
        if isinstance(arrived, CHANGEABLE) or is_array(arrived):
            return arrived
        with self._lock:
            self._used = monotonic()
            found = self._values.get(name)
            if found is not None:
                self._values.move_to_end(name)
                return found[0]
            if nbytes <= limit:
                self._values[name] = arrived, nbytes
                self._nbytes += nbytes
                while self._nbytes > limit:
                    self._nbytes -= self._values.popitem(last=False)[1][1]
                if self._sweeper is None:
                    self._sweeper = threading.Thread(target=self._sweep, name="weft-kept", daemon=True)
                    self._sweeper.start()
        return arrived

    def known(self, name: bytes) -> Any:
        """The value with a name if it is kept; None if not."""
        with self._lock:
            found = self._values.get(name)
            return None if found is None else found[0]

    def _sweep(self) -> None:
        left = IDLE_S
        while left > 0:
            threading.Event().wait(left)
            with self._lock:
                left = self._used + IDLE_S - monotonic()
                if left <= 0:
                    self._values.clear()
                    self._nbytes = 0
                    self._sweeper = None


def is_array(value: Any) -> bool:
    """Whether a value is an array, of which there is nothing to keep."""
    numpy = loaded("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


#: Those of this process.
KEPT = Kept()
