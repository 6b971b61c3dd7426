"""Several stores as one, fastest first; blocks move between them when told to.

Where a block lies is part of its reference, so moving one gives a *new* reference and ends the old one, and there is no
table to keep in step between processes. The caller, who knows which references are out on their way to a reader, moves
only blocks that nobody is about to read.

A move writes first and drops afterwards: if the lower tier is full, its error passes through and the block is where it
was. Between stores of files a move copies bytes, and builds no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from weft.errors import SpillError
from weft.store.files import FileStore
from weft.store.store import BlockStore

__all__ = ["TierRef", "Tiers"]


class TierRef(NamedTuple):
    """A block and the tier it lies in: 0 is the fastest."""

    tier: int
    ref: Any


class Tiers:
    """Stores over stores: memory over shared memory over a disk, or any part of that.

    Parameters
    ----------
    stores : sequence of BlockStore
        Fastest first. ``put`` goes to the first.

    Examples
    --------
    >>> from weft.store.memory import MemoryStore
    >>> from weft.store.spill import SpillStore
    >>> tiers = Tiers([MemoryStore(), SpillStore()])
    >>> ref = tiers.put([1, 2, 3])
    >>> ref = tiers.demote(ref)
    >>> ref.tier, tiers.get(ref)
    (1, [1, 2, 3])
    >>> tiers.close()
    """

    def __init__(self, stores: Sequence[BlockStore[Any]]) -> None:
        self.stores = tuple(stores)

    @property
    def shareable(self) -> bool:
        return all(store.shareable for store in self.stores)

    def put(self, value: Any) -> TierRef:
        return TierRef(0, self.stores[0].put(value))

    def get(self, ref: TierRef) -> Any:
        return self.stores[ref.tier].get(ref.ref)

    def drop(self, ref: TierRef) -> None:
        self.stores[ref.tier].drop(ref.ref)

    def nbytes(self, ref: TierRef) -> int:
        return self.stores[ref.tier].nbytes(ref.ref)

    def demote(self, ref: TierRef) -> TierRef:
        """Move a block one tier down; gives its new reference, the old one is void."""
        return self._move(ref, ref.tier + 1)

    def promote(self, ref: TierRef) -> TierRef:
        """Move a block one tier up; gives its new reference, the old one is void."""
        return self._move(ref, ref.tier - 1)

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def _move(self, ref: TierRef, tier: int) -> TierRef:
        if not 0 <= tier < len(self.stores):
            raise SpillError(
                f"cannot move a block from tier {ref.tier} to tier {tier}: the tiers are 0 to {len(self.stores) - 1}. "
                "Give Tiers one more store."
            )
        source, target = self.stores[ref.tier], self.stores[tier]
        if isinstance(source, FileStore) and isinstance(target, FileStore):
            moved: Any = target.copy(ref.ref)
        else:
            moved = target.put(source.get(ref.ref))
        source.drop(ref.ref)
        return TierRef(tier, moved)
