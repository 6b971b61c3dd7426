"""Results kept from one computation to the next, as long as they are worth their memory.

A :class:`Cache` is a listener: while it is on, it keeps the results of tasks that took long and are small, in a store by
the package ``cachey``, and computations that need a kept result take it from there instead of running its task. It helps
where keys are the same each time: delayed functions with ``pure=True``, arrays and dataframes.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import Any

from weft.backends import Held, Run
from weft.diagnostics.views import result_of
from weft.diagnostics.watcher import Watcher
from weft.extras import import_required
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["Cache"]


class Cache(Watcher[dict[Key, float]]):
    """Keep results that are worth it from one computation to the next.

    Parameters
    ----------
    cache : cachey.Cache, int or float
        The store, or the bytes that it may take.
    *args, **kwargs
        Of ``cachey.Cache``, if it is to be made.

    Examples
    --------
    >>> import weft
    >>> cache = Cache(1e9)
    >>> x = weft.delayed(sum, pure=True)([1, 2])
    >>> with cache:
    ...     x.compute(), x.compute()  # the second time, nothing runs
    (3, 3)
    """

    reads_log = False

    def __init__(self, cache: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(cache, (int, float)):
            cachey = import_required("cachey", "weft.cache.Cache needs the package cachey: pip install cachey")
            cache = cachey.Cache(cache, *args, **kwargs)
        elif args or kwargs:
            raise TypeError("Cache() takes further arguments only with a number of bytes: those of cachey.Cache.")
        self.cache = cache
        self._lock = Lock()

    def known(self, keys: Collection[Key]) -> dict[Key, Any]:
        """The results that are kept, of those with these keys."""
        with self._lock:
            return {key: self.cache.get(key) for key in list(self.cache.data) if key in keys}

    def clear(self) -> None:
        """Forget all results."""
        with self._lock:
            self.cache.clear()

    def _follow(self, run: Run) -> dict[Key, float]:
        return {}

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        took = self._followed.get(id(run))
        if took is None or task in run.plan.outputs:
            return
        if isinstance(value, Held):
            value = value.at_hand()
            if value is None:
                return
        elif not run.shares_memory:
            if type(value) is not bytes:
                return  # a reference, whose file goes with the run
            value = result_of(run, task, value)
        keys = run.plan.keys
        before = max((took.get(keys[block], 0.0) for block in run.plan.inputs[task]), default=0.0)
        took[keys[task]] = cost = ended - started + before
        with self._lock:
            self.cache.put(keys[task], value, cost=cost, nbytes=sizeof(value))

    def _leave(self, run: Run, kept: dict[Key, float]) -> None:
        """What took how long is forgotten; results stay."""
