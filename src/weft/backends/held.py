"""Blocks that outlive their run, in this process: what ``persist`` gives back.

They count against the budget of whatever runs meanwhile. When they take more than half of it, those least recently used
go to disk before a run starts; a run reads them back when it needs them, one task at a time, and lets them go again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from weft.backends.contract import Held
from weft.forking import ForkLock
from weft.scheduler import Scheduler
from weft.store.spill import SpillStore
from weft.typing import Key

__all__ = ["HELD", "HeldBlocks"]

#: Smaller blocks are not worth a file.
SMALL = 1 << 16


class Entry:
    """A held block: its value in memory, a copy on disk, or both."""

    __slots__ = ("copy", "nbytes", "store", "value")

    def __init__(self, value: Any, nbytes: int, copy: Any, store: SpillStore) -> None:
        self.value = value
        self.nbytes = nbytes
        self.copy = copy
        self.store = store


class HeldBlocks:
    """All blocks of this process that references keep alive."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._lock = ForkLock()  # finalizers may run while it is held
        self._serial = 0
        self.in_memory = 0

    def take(self, key: Key, value: Any, nbytes: int, copy: Any, store: SpillStore) -> Held:
        """Keep a block; gives the reference that keeps it alive."""
        with self._lock:
            self._serial += 1
            number = self._serial
            self._entries[number] = Entry(value, nbytes, copy, store)
            if value is not None:
                self.in_memory += nbytes
        return Held(
            key, nbytes, lambda: self._fetch(number), lambda: self._drop(number), lambda: self._in_memory(number)
        )

    def limit_beside(self, budget: int) -> int:
        """Bytes that a run may take beside the held blocks, after some of these went to disk if need be."""
        if not self.in_memory or budget >= Scheduler.UNLIMITED:
            return budget
        with self._lock:
            for entry in self._entries.values():
                if self.in_memory <= budget // 2:
                    break
                self._evict(entry)
            return max(budget - self.in_memory, budget // 2)

    def _evict(self, entry: Entry) -> None:
        if entry.value is None or entry.nbytes < SMALL:
            return
        if entry.copy is None:
            entry.copy = entry.store.put(entry.value)
        entry.value = None
        self.in_memory -= entry.nbytes

    def _fetch(self, number: int) -> Any:
        with self._lock:
            entry = self._entries[number]
            self._entries.move_to_end(number)
            return entry.value if entry.copy is None or entry.value is not None else entry.store.get(entry.copy)

    def _in_memory(self, number: int) -> Any:
        with self._lock:
            self._entries.move_to_end(number)
            return self._entries[number].value

    def _drop(self, number: int) -> None:
        with self._lock:
            entry = self._entries.pop(number, None)
            if entry is None:
                return
            if entry.value is not None:
                self.in_memory -= entry.nbytes
            if entry.copy is not None:
                entry.store.drop(entry.copy)


#: The one table of this process.
HELD = HeldBlocks()
