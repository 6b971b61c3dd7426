"""All stores fulfil the contract."""

from pathlib import Path
from typing import Any

from weft.store.memory import MemoryStore
from weft.store.shared import SharedStore
from weft.store.spill import SpillStore
from weft.store.store import BlockStore
from weft.store.tiers import Tiers
from weft.testing.stores import BlockStoreContract


class TestMemoryStore(BlockStoreContract):
    def make_store(self, directory: Path) -> BlockStore[Any]:
        return MemoryStore()


class TestSharedStore(BlockStoreContract):
    def make_store(self, directory: Path) -> BlockStore[Any]:
        return SharedStore()


class TestSharedStoreOnADisk(BlockStoreContract):
    def make_store(self, directory: Path) -> BlockStore[Any]:
        return SharedStore(directory, inline_nbytes=0)


class TestSpillStore(BlockStoreContract):
    def make_store(self, directory: Path) -> BlockStore[Any]:
        return SpillStore()


class TestTiers(BlockStoreContract):
    def make_store(self, directory: Path) -> BlockStore[Any]:
        return Tiers([SharedStore(), SpillStore()])
