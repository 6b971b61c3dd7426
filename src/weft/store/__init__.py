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
