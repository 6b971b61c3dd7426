"""Where blocks live until nobody needs them: the contract, and stores in memory, in shared memory and on a disk.

==============  =======================================================================
``store``       the contract that every store fulfils
``memory``      blocks in this process; what makes a value read-only
``shared``      blocks in memory that all processes of the machine share
``spill``       blocks on a disk
``tiers``       several stores as one, blocks moved on request
``files``       what shared and spilled blocks have in common
``blockfile``   the format of one block in a file
``maps``        files as memory
``places``      what is memory and what is a disk
``session``     directories that go away with their process, however it ends
``serialize``   values to buffers and back
``explain``     what keeps a value from being written down
==============  =======================================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weft.store.memory import MemoryRef, MemoryStore, freeze, readonly_view
    from weft.store.shared import SharedStore
    from weft.store.spill import SpillStore
    from weft.store.store import BlockStore
    from weft.store.tiers import Tiers

__all__ = [
    "BlockStore",
    "MemoryRef",
    "MemoryStore",
    "SharedStore",
    "SpillStore",
    "Tiers",
    "freeze",
    "readonly_view",
]

#: Modules of the names, which are looked up when they are first used, so that ``import weft`` stays quick.
_LATER = {
    "BlockStore": "store",
    "MemoryRef": "memory",
    "MemoryStore": "memory",
    "SharedStore": "shared",
    "SpillStore": "spill",
    "Tiers": "tiers",
    "freeze": "memory",
    "readonly_view": "memory",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
