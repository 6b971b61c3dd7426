"""Blocks in files that several processes see: one table for each backend that runs tasks elsewhere.

A block lies in shared memory or in a spill file. Those that outlive their run (``persist``) are *held*: they count
against the budget of whatever runs meanwhile; when they take more than half of it, those least recently used go to disk
before a run starts. Workers map the spill file then, directly: its pages are the kernel's page cache, and reading back
into shared memory would only copy them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from weft.backends.contract import Held
from weft.backends.packed import unpack
from weft.scheduler import Scheduler
from weft.store.blockfile import read_block
from weft.store.files import FileRef
from weft.store.places import is_in_memory
from weft.store.shared import SharedStore
from weft.store.spill import SpillStore
from weft.typing import Key

__all__ = ["FiledBlocks", "HeldFile", "Holding"]


class Holding:
    """A held block: packed, or the path of its file."""

    __slots__ = ("nbytes", "owner", "pins", "ref", "spilled")

    def __init__(self, ref: bytes | str, nbytes: int, spilled: bool, owner: FiledBlocks) -> None:
        self.ref = ref
        self.nbytes = nbytes
        self.spilled = spilled
        self.owner = owner
        self.pins = 0  # runs that use it: it must not move


class HeldFile(Held):
    """A reference to a block in a file."""

    __slots__ = ("holding",)

    def __init__(self, key: Key, holding: Holding, fetch: Callable[[], Any], drop: Callable[[], None]) -> None:
        super().__init__(key, holding.nbytes, fetch, drop)
        self.holding = holding


class FiledBlocks:
    """The stores of one backend, and its held blocks."""

    def __init__(self, make_store: Callable[[], SharedStore]) -> None:
        self._make_store = make_store
        self._lock = threading.RLock()  # finalizers may run while it is held
        self._shared: SharedStore | None = None
        self._spills: dict[str | None, SpillStore] = {}
        self._held: OrderedDict[int, Holding] = OrderedDict()
        self._serial = 0
        self._shares_memory: bool | None = None
        self.in_memory = 0

    @property
    def shared(self) -> SharedStore:
        """Where blocks in memory lie."""
        with self._lock:
            if self._shared is None:
                self._shared = self._make_store()
            return self._shared

    @property
    def directory(self) -> Path:
        return self.shared.directory

    @property
    def shares_memory(self) -> bool:
        """Whether files that are not spilled take memory."""
        if self._shares_memory is None:
            self._shares_memory = is_in_memory(self.directory)
        return self._shares_memory

    def spill(self, directory: str | None) -> SpillStore:
        """Where blocks on disk lie."""
        with self._lock:
            if directory not in self._spills:
                self._spills[directory] = SpillStore(directory)
            return self._spills[directory]

    def hold(self, key: Key, ref: bytes | str, nbytes: int, spilled: bool) -> HeldFile:
        """Keep a block; gives the reference that keeps it alive."""
        holding = Holding(ref, nbytes, spilled, self)
        with self._lock:
            self._serial += 1
            number = self._serial
            self._held[number] = holding
            if not spilled:
                self.in_memory += nbytes
        return HeldFile(key, holding, lambda: self._fetch(number, holding), lambda: self._let_go(number))

    def pin(self, holding: Holding) -> None:
        """Keep a held block where it is."""
        with self._lock:
            holding.pins += 1

    def unpin(self, holding: Holding) -> None:
        """It may move again."""
        with self._lock:
            holding.pins -= 1

    def held_files(self) -> list[FileRef]:
        """The files of held blocks."""
        with self._lock:
            return [FileRef(each.ref, each.nbytes) for each in self._held.values() if isinstance(each.ref, str)]

    def limit_beside(self, budget: int, spill_directory: str | None) -> int:
        """Bytes that a run may take beside the held blocks, after some of these went to disk if need be."""
        if not self.in_memory or budget >= Scheduler.UNLIMITED:
            return budget
        with self._lock:
            for holding in self._held.values():
                if self.in_memory <= budget // 2:
                    break
                if isinstance(holding.ref, str) and not holding.spilled and not holding.pins:
                    there: Any = self.spill(spill_directory).copy(FileRef(holding.ref, holding.nbytes))
                    self.shared.drop(FileRef(holding.ref, holding.nbytes))
                    holding.ref, holding.spilled = there.path, True
                    self.in_memory -= holding.nbytes
            return max(budget - self.in_memory, budget // 2)

    def _fetch(self, number: int, holding: Holding) -> Any:
        with self._lock:
            if number in self._held:
                self._held.move_to_end(number)
            if isinstance(holding.ref, bytes):
                return unpack(holding.ref)
            return read_block(holding.ref, verify=holding.spilled)

    def _let_go(self, number: int) -> None:
        with self._lock:
            holding = self._held.pop(number, None)
            if holding is None:
                return
            if not holding.spilled:
                self.in_memory -= holding.nbytes
            if isinstance(holding.ref, str) and self._shared is not None:
                self._shared.drop(FileRef(holding.ref, holding.nbytes))

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            stores: list[Any] = [*self._spills.values(), *([self._shared] if self._shared else [])]
            self._shared = self._shares_memory = None
            self._spills = {}
            self._held.clear()
            self.in_memory = 0
        for store in stores:
            store.close()
