"""Elementwise chains whose result is written somewhere at once: they compute there, where that is memory of this process.

``write_part(chain(x), target, where, lock)`` makes a block and copies it to its place; `WrittenChain` has the chain's tiles
written to the place itself, if the target can give it (`weft.array.io.result.Room` can), and no block is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.kernels.compressing import without_unread
from weft.array.kernels.storage import write_part, written
from weft.array.kernels.tiled import Step, Tiled
from weft.physical.blockwise import Call
from weft.records import record

__all__ = ["WrittenChain", "write_chains"]


@record
class WrittenChain:
    """A chain, and `write_part` of its result."""

    chain: Tiled

    is_light = True  #: holds no data

    @property
    def __name__(self) -> str:
        return f"{self.chain.__name__}-{write_part.__name__}"

    def __weft_tokenize__(self) -> Any:
        return self.chain

    def __call__(self, *values: Any) -> Any:
        *inputs, target, where, lock = values
        problem = self.chain.problem(tuple(inputs)) if lock is None else None
        if problem is not None:
            by_columns = problem.is_by_columns
            place = target.place(where, problem.shape, problem.dtypes[-1], "F" if by_columns else "C")
            if place is not None:
                self.chain.fill(*(problem.transposed(), place.T) if by_columns else (problem, place))
                return written(place.ndim)
        return write_part(self.chain(*inputs), target, where, lock)


def write_chains(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: chains that are only there to be written write their own tiles."""
    last = calls[-1]
    if last.function is not write_part or last.slots[0] < arity:
        return calls
    block, *others = last.slots
    made = calls[block - arity]
    chain = chain_of(made)
    if chain is None or Counter(slot for call in calls for slot in call.slots)[block] > 1:
        return calls
    return without_unread(
        [*calls[:-1], last._replace(function=WrittenChain(chain), slots=(*made.slots, *others))], arity
    )


def chain_of(call: Call) -> Tiled | None:
    """The chain that a call is; a ufunc alone is one of a single step."""
    if isinstance(call.function, Tiled):
        return call.function if call.function.end is None and call.function.steps else None
    if isinstance(call.function, np.ufunc) and call.function.nout == 1 and not call.keywords:
        return Tiled((Step(call.function, tuple(range(len(call.slots)))),), len(call.slots))
    return None
