"""Products that sum over axes: ``@``, dot, tensordot, einsum and what can be said with them.

All of them are *contractions*: axes of the operands have labels, axes with one label are run through together, and labels
that the result does not have are summed over. Two operands at a time are contracted, block by block, each pair of blocks by
one call of BLAS. Where the summed axes are in several chunks there are two ways:

- blocks of the result that are small against what they are made of (``x.T @ x`` of a tall array) are made for every pair
  of blocks, and added in a tree;
- others are accumulated, a few pairs in each task, so that no more than one partial sum for each block is held; and so are
  blocks of any size made of arrays in memory, if there are enough for all workers: pieces that lie side by side are one.

A product of two matrices in memory that is computed by itself is one call of BLAS with all of its threads, into the result's own
memory: blocks on each core take a twelfth more (8,192 x 8,192 doubles on two cores).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from math import prod
from operator import matmul
from typing import Any

import numpy as np

from weft import config
from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_count, axis_largest, common_cut, finer, is_unknown, regular
from weft.array.expr import ArrayExpr, array_outline, meta_like
from weft.array.io.from_array import FromArray, asarray
from weft.array.kernels import tensor as kernels
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN, FanIn
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import squeeze
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.drawn import Blocks, Drawn, Recipe, Sheet
from weft.physical.tree_reduce import TreeReduce
from weft.records import record
from weft.typing import Key

__all__ = ["Contraction", "Labels", "at_once", "contract"]

#: Bytes of operands that one accumulating task reads, and the pairs of blocks it takes at most.
STEP_BYTES, STEP_PAIRS = 2**25, 8
#: Tasks that a product should have at least, so that workers share it evenly.
ENOUGH_TASKS, ENOUGH_CHAINS = 64, 8

#: Operations of a product that is left to BLAS as a whole, at most: nothing is heard of it and nothing stops it meanwhile.
AT_ONCE = 2**41

Labels = tuple[int, ...]


@node
class Contraction(ArrayExpr):
    """One or two operands, summed over the labels that are not in ``output``; each label there once."""

    inputs: tuple[ArrayExpr, ...]
    labels: tuple[Labels, ...]
    output: Labels
    dtype: np.dtype[Any]
    called: str = "contract"
    split_every: FanIn = FAN_IN

    @property
    def label(self) -> str:
        return self.called

    @derived
    def lengths(self) -> dict[int, int]:
        """Length of each label's axes."""
        return {
            label: length
            for each, own in zip(self.inputs, self.labels, strict=True)
            for label, length in zip(own, each.shape, strict=True)
        }

    @derived
    def cuts(self) -> dict[int, Cut]:
        """How each label's axes are cut."""
        offers: dict[int, list[tuple[Cut, int]]] = {}
        for each, own in zip(self.inputs, self.labels, strict=True):
            for label, cut in zip(own, each.grid, strict=True):
                offers.setdefault(label, []).append((cut, each.weight))
        lengths = self.lengths
        cuts = {
            label: found[0][0] if len({cut for cut, _ in found}) == 1 else common_cut(lengths[label], found)
            for label, found in offers.items()
        }
        return self.bounded(cuts)

    def bounded(self, cuts: dict[int, Cut]) -> dict[int, Cut]:
        """Cuts that are fine enough for the result's blocks not to be far larger than those of the operands."""
        lengths, itemsize = self.lengths, self.dtype.itemsize
        largest = max([block_bytes(each) for each in self.inputs], default=0)
        limit = max(int(config.value("array.chunk-size")), 2 * largest)
        while True:
            long = {label: axis_largest(lengths[label], cuts[label]) for label in self.output}
            if prod(long.values()) * itemsize <= limit or max(long.values(), default=0) <= 1:
                return cuts
            label = max(long, key=long.__getitem__)
            cuts = cuts | {label: finer(lengths[label], cuts[label], -(-long[label] // 2))}

    @derived
    def prototype(self) -> Any:
        found = [each.prototype for each in self.inputs]
        if all(each is None or isinstance(each, np.ndarray) for each in found) or all(
            each is not None for each in found
        ):
            return super().prototype
        # what a library's arrays give together with NumPy's, the library says
        made = reduce(matmul, [np.empty((0, 0)) if each is None else meta_like(each, 2) for each in found])
        return None if type(made) is np.ndarray else made

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([self.lengths[label] for label in self.output])

    @derived
    def grid(self) -> Grid:
        return tuple([self.cuts[label] for label in self.output])

    @property
    def summed(self) -> Labels:
        """Labels that are summed over."""
        return tuple([label for label in self.lengths if label not in self.output])

    def lower(self) -> Expr:
        cuts, lengths = self.cuts, self.lengths
        sources = [
            laid_out(each, tuple([cuts[label] for label in own]))
            for each, own in zip(self.inputs, self.labels, strict=True)
        ]
        counts = {label: axis_count(lengths[label], cuts[label]) for label in lengths}
        read = sum(map(block_bytes, sources))
        several = prod([counts[label] for label in self.summed]) > 1
        views = self.nblocks >= ENOUGH_CHAINS and all(
            isinstance(each, FromArray) and each.in_memory for each in sources
        )
        if several and len(sources) == 2 and (views or self.outline.nbytes * 2 > read):
            return self.accumulating(sources, counts, read, views)
        grid = (*self.output, *self.summed) if several else self.output
        outline = self.outline
        if several:
            outline = array_outline(
                self,
                (*self.grid, *[1] * len(self.summed)),
                (*self.shape, *[counts[label] for label in self.summed]),
                f"{self.label}-part",
            )
        single = {label for label in self.summed if not several}
        picks = [tuple([None if label in single else grid.index(label) for label in own]) for own in self.labels]
        function = kernels.multiplied if len(sources) == 2 else kernels.contracted
        columns = [Same(each) for each in (*self.labels, self.output, self.dtype)]
        part = blockwise(outline, function, list(zip(sources, picks, strict=True)), columns, cost=Cost.HEAVY)
        if not several:
            return part
        axes = tuple(range(len(self.output), len(grid)))
        return TreeReduce(self.outline, part, axes, kernels.summed, kernels.total, (self.dtype,), self.split_every)

    def accumulating(self, sources: Sequence[ArrayExpr], counts: dict[int, int], read: int, views: bool) -> Expr:
        """A chain of sums for each block; a few chains where there are so few blocks that workers would be idle."""
        nblocks, nsteps = self.nblocks, prod([counts[label] for label in self.summed])
        chains = min(nsteps, max(1, ENOUGH_CHAINS // nblocks))
        most = self.split_every if isinstance(self.split_every, int) else STEP_PAIRS
        pairs = max(1, min(STEP_PAIRS, most, STEP_BYTES // max(1, read), nblocks * nsteps // ENOUGH_TASKS))
        if views:
            pairs = min(nsteps, most)  # nothing is read for it: blocks that are there are multiplied in one go
        recipe = Accumulating(
            self.labels, self.output, tuple(counts.items()), self.dtype, pairs, chains, self.outline.nbytes, self.label
        )
        return Drawn(self.outline, tuple(sources), recipe)


@record
class Accumulating(Recipe):
    """Chains of sums of products."""

    labels: tuple[Labels, ...]
    output: Labels
    counts: tuple[tuple[int, int], ...]
    dtype: np.dtype[Any]
    pairs: int
    chains: int
    nbytes: int
    label: str

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        left, right = sources
        counts = dict(self.counts)
        summed = [label for label in counts if label not in self.output]
        steps = list(product(*[range(counts[label]) for label in summed]))
        made: list[Key] = []
        for place in product(*[range(counts[label]) for label in self.output]):
            at = dict(zip(self.output, place, strict=True))
            lanes: list[Key] = []
            for lane in range(self.chains):
                done: list[Key] = []
                own = steps[lane * len(steps) // self.chains : (lane + 1) * len(steps) // self.chains]
                for start in range(0, len(own), self.pairs):
                    places = [at | dict(zip(summed, step, strict=True)) for step in own[start : start + self.pairs]]
                    a = [left[tuple([where[label] for label in self.labels[0]])] for where in places]
                    b = [right[tuple([where[label] for label in self.labels[1]])] for where in places]
                    constants = (len(places), *self.labels, self.output, self.dtype)
                    done = [
                        sheet.call(
                            kernels.accumulated,
                            [*done, *a, *b],
                            constants,
                            nbytes=self.nbytes,
                            workspace=self.nbytes,
                            label=self.label,
                        )
                    ]
                lanes += done
            made.append(
                lanes[0]
                if len(lanes) == 1
                else sheet.call(kernels.summed, lanes, nbytes=self.nbytes, label=f"{self.label}-sum")
            )
        return made


def at_once(expr: ArrayExpr) -> ArrayExpr:
    """A product of two matrices in memory as one block; any other array as it is."""
    if not isinstance(expr, Contraction) or expr.nblocks == 1 or expr.dtype.char not in "fdFD":
        return expr
    in_memory = len(expr.inputs) == 2 and all(
        isinstance(each, FromArray)
        and each.in_memory
        and each.prototype is None
        and each.ndim == 2
        and each.dtype == expr.dtype
        for each in expr.inputs
    )
    is_product = len(expr.lengths) == 3 and expr.ndim == 2
    if not in_memory or not is_product or expr.size > 2 * max(each.size for each in expr.inputs):
        return expr
    if 2 * prod(expr.lengths.values()) > AT_ONCE:
        return expr
    whole = [laid_out(each, tuple([regular(length, length) for length in each.shape])) for each in expr.inputs]
    return expr.with_operands(inputs=tuple(whole))


def block_bytes(expr: ArrayExpr) -> int:
    """Bytes of an array's largest block."""
    return prod(map(axis_largest, expr.shape, expr.grid)) * expr.dtype.itemsize


def contract(
    operands: Sequence[Any],
    labels: Sequence[Sequence[int]],
    output: Sequence[int],
    dtype: Any = None,
    name: str = "",
    split_every: FanIn = FAN_IN,
) -> Any:
    """Contract one or two arrays whose axes have labels; lengths of 1 are broadcast."""
    arrays = aligned([asarray(each) for each in operands], labels)
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*[each.dtype for each in arrays])
    if kind.kind in "SUTVM":
        raise TypeError(f"cannot compute {name or 'the product'} of arrays of {kind}: they are no numbers")
    lengths: dict[int, int] = {}
    for each, own in zip(arrays, labels, strict=True):
        for label, length in zip(own, each.expr.shape, strict=True):
            known = lengths.get(label, 1)
            if known not in (1, length) and length != 1:
                raise ValueError(
                    f"cannot compute {name or 'the product'}: axes that are run through together have the lengths "
                    f"{known} and {length}, for operands of the shapes {', '.join(str(one.shape) for one in arrays)}"
                )
            lengths[label] = known if length == 1 else length
    kept = []
    for number, (each, own) in enumerate(zip(arrays, labels, strict=True)):
        drop = tuple([axis for axis, label in enumerate(own) if each.expr.shape[axis] == 1 != lengths[label]])
        arrays[number] = squeeze(each, drop) if drop else each
        kept.append(tuple([label for axis, label in enumerate(own) if axis not in drop]))
    exprs = tuple([each.expr for each in arrays])
    return new(Contraction(exprs, tuple(kept), tuple(output), kind, name or "contract", split_every))


def aligned(arrays: list[Any], labels: Sequence[Sequence[int]]) -> list[Any]:
    """The arrays, with sizes counted where it is not known that axes with one label are equally long."""
    found: dict[int, set[Any]] = {}
    for each, own in zip(arrays, labels, strict=True):
        for label, length in zip(own, each.expr.shape, strict=True):
            found.setdefault(label, set()).add(length)
    doubtful = {label for label, lengths in found.items() if len(lengths) > 1 and any(map(is_unknown, lengths))}
    made = []
    for each, own in zip(arrays, labels, strict=True):
        axes = tuple([axis for axis, label in enumerate(own) if label in doubtful])
        expr = sized(each.expr, axes)
        made.append(each if expr is each.expr else new(expr))
    return made
