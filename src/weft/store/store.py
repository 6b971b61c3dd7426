"""The contract of a block store: put a value, get a reference; give the reference, get the value.

A block is the stored result of one task. Whoever runs tasks must keep blocks somewhere until nobody needs them, and
that place differs: a list in this process, files that all processes of a machine map, a disk, Ray's object store. What
all of them share is small, and stands here.

**References.** :meth:`BlockStore.put` gives a *reference*: a small value that can be hashed, compared and pickled. It
is all that the scheduler's owner (the driver) needs to hold. The driver need never see the bytes: a worker puts the
block, the reference travels to the driver in the message that says "finished", and from there to the workers that need
the block. So no method here takes or gives bytes, and :attr:`BlockStore.shareable` says whether a reference means
anything in another process.

**Reading.** What :meth:`BlockStore.get` gives is read-only where the type knows such a thing (see
:mod:`weft.store.memory`), and stays valid after the block has been dropped: a mapped file lives on until its last map
is gone, an object in memory until its last user lets go. Therefore nothing is pinned for readers. A block whose
*reference* is on its way to a reader must not be dropped; that is a fact of scheduling, known to the scheduler.

**Dropping.** :meth:`BlockStore.drop` may be called twice, or for a block that went away with its store: retries and
cancellations make that common, and it is no error. Reading a dropped block raises :class:`~weft.errors.BlockLostError`,
which the scheduler answers by making the block again. (A small block may live inside its reference; it can be read as
long as somebody has that.)

**Who decides.** Not the store. It never moves, spills or frees a block by itself: the scheduler decides, the store
does. :class:`weft.store.tiers.Tiers` moves a block between stores, on request.

**Ray.** There a reference is an ``ObjectRef``: a task's return value is put by Ray on the node that made it, ``get`` is
``ray.get`` (or Ray resolves the reference when it is passed as an argument), and ``drop`` forgets the reference, upon
which Ray's own counting frees the memory. Ray spills and moves objects between nodes by itself, the reference stays the
same. It does not tell the size of an object, so the worker that made the block reports the size along with it and the
backend wraps both, which is why :meth:`BlockStore.nbytes` takes the reference and must not touch the block.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

__all__ = ["BlockStore"]

RefT = TypeVar("RefT")


class BlockStore(Protocol[RefT]):
    """Where blocks lie until nobody needs them.

    ``weft.testing.stores.BlockStoreContract`` is the test suite that every implementation passes.
    """

    @property
    def shareable(self) -> bool:
        """Whether a reference, and the store itself, can be sent to another process and be read there."""
        ...

    def put(self, value: Any) -> RefT:
        """Store ``value`` and give its reference.

        Raises
        ------
        SerializationError
            If ``value`` cannot be written down; nothing is kept.
        SpillError
            If there is no room; nothing is kept, and the caller still has the value.
        """
        ...

    def get(self, ref: RefT) -> Any:
        """Give the value of a block, to be read only.

        Raises
        ------
        BlockLostError
            If the block is gone; :class:`~weft.errors.BlockCorruptError` if it does not read back as written.
        """
        ...

    def drop(self, ref: RefT) -> None:
        """Forget a block; one that is already gone is no error."""
        ...

    def nbytes(self, ref: RefT) -> int:
        """Bytes that the block takes in this store, from the reference alone."""
        ...

    def close(self) -> None:
        """Forget all blocks that this store owns, with whatever held them; may be called twice."""
        ...
