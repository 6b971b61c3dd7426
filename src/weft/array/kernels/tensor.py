"""Products of blocks: contractions of one or two, Kronecker products, convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["accumulated", "contracted", "convolved", "multiplied", "summed", "total"]

Block = Any
Labels = tuple[int, ...]


def contracted(block: Block, labels: Labels, output: Labels, dtype: np.dtype[Any]) -> Block:
    """A block with its diagonal taken where a label stands twice, summed over labels that are not in ``output``."""
    block = block.astype(dtype, copy=False)
    if len(set(labels)) < len(labels):
        kept = tuple(dict.fromkeys(labels))
        block, labels = np.einsum(block, [kept.index(label) for label in labels], list(range(len(kept)))), kept
    lost = tuple([axis for axis, label in enumerate(labels) if label not in output])
    if lost:
        block = block.sum(axis=lost, dtype=dtype)
        labels = tuple([label for label in labels if label in output])
    return np.transpose(block, [labels.index(label) for label in output])


def multiplied(a: Block, b: Block, left: Labels, right: Labels, output: Labels, dtype: np.dtype[Any]) -> Block:
    """The contraction of two blocks as one (batched) matrix product, which is what BLAS is fast at."""
    a, left = prepared(a, left, (*right, *output), dtype)
    b, right = prepared(b, right, (*left, *output), dtype)
    both = [label for label in left if label in right and label not in output]
    if not both:
        return spread_out(a, left, output) * spread_out(b, right, output)
    batch = [label for label in left if label in right and label in output]
    rows = [label for label in left if label not in right]
    columns = [label for label in right if label not in left]
    size = dict(zip((*left, *right), (*a.shape, *b.shape), strict=True))
    shape = [size[label] for label in (*batch, *rows, *columns)]
    many, nrows, inner, ncolumns = [
        int(np.prod([size[label] for label in labels], dtype=int)) for labels in (batch, rows, both, columns)
    ]
    a = ordered(a, [left.index(label) for label in (*batch, *rows, *both)])
    b = ordered(b, [right.index(label) for label in (*batch, *both, *columns)])
    if batch:
        product = np.matmul(a.reshape((many, nrows, inner)), b.reshape((many, inner, ncolumns)))
    else:
        product = matrix_product(shaped(a, (nrows, inner)), shaped(b, (inner, ncolumns)))
    made = [*batch, *rows, *columns]
    return ordered(shaped(product, tuple(shape)), [made.index(label) for label in output])


def ordered(block: Block, axes: list[int]) -> Block:
    """A block with its axes in another order. Matrices of scipy.sparse have no axes to name, but can be turned."""
    if axes == sorted(axes):
        return block
    return np.transpose(block, axes) if isinstance(block, np.ndarray) or len(axes) != 2 else block.T


def shaped(block: Block, shape: tuple[int, ...]) -> Block:
    """A block in another shape; itself if that is its own."""
    return block if block.shape == shape else block.reshape(shape)


def matrix_product(a: Block, b: Block) -> Block:
    """Product of two matrices; masked elements count as zero, as `numpy.ma.dot` has it."""
    if isinstance(a, np.ma.MaskedArray) or isinstance(b, np.ma.MaskedArray):
        return np.ma.dot(a, b)  # type: ignore[no-untyped-call]
    return np.matmul(a, b) if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) else a @ b


def prepared(block: Block, labels: Labels, wanted: Labels, dtype: np.dtype[Any]) -> tuple[Block, Labels]:
    """A block in the dtype of the result, with each label once, and none that nobody else has."""
    kept = tuple([label for label in dict.fromkeys(labels) if label in wanted])
    if kept == labels:
        return block.astype(dtype, copy=False), labels
    return contracted(block, labels, kept, dtype), kept


def spread_out(block: Block, labels: Labels, output: Labels) -> Block:
    """A block with an axis for each label of the output, of length 1 where it has none."""
    block = np.transpose(block, sorted(range(len(labels)), key=lambda axis: output.index(labels[axis])))
    sizes = iter(block.shape)
    return block.reshape(tuple([next(sizes) if label in labels else 1 for label in output]))


def accumulated(*values: Any) -> Block:
    """Products of some pairs of blocks, together with a sum that is there already, if any.

    The constants are the number of pairs, and those of `multiplied`; before them stand the blocks: perhaps a sum, then left
    ones, then right ones.
    """
    *blocks, npairs, left, right, output, dtype = values
    count = len(blocks) - 2 * npairs
    lefts, rights = blocks[count : count + npairs], blocks[count + npairs :]
    shared = [label for label in left if label in right and label not in output]
    if len(shared) == 1 and npairs > 1:
        lefts, rights = side_by_side(lefts, left.index(shared[0]), rights, right.index(shared[0]))
    made = multiplied(lefts[0], rights[0], left, right, output, dtype)
    for a, b in zip(lefts[1:], rights[1:], strict=True):
        made = added(made, multiplied(a, b, left, right, output, dtype))
    return added(made, blocks[0]) if count else made


def side_by_side(lefts: list[Block], axis: int, rights: list[Block], other: int) -> tuple[list[Block], list[Block]]:
    """The pairs as one, if they are pieces of two arrays in memory that lie side by side: one product then has them all."""
    whole, second = one_view(lefts, axis), one_view(rights, other)
    if whole is None or second is None or whole.shape[axis] != second.shape[other]:
        return lefts, rights
    return [whole], [second]


def one_view(blocks: list[Block], axis: int) -> Block | None:
    """Views of one array that lie side by side along an axis as a single view of it; None if they are not."""
    first = blocks[0]
    if any(type(block) is not np.ndarray or block.base is None for block in blocks) or first.dtype.hasobject:
        return None
    rest = first.shape[:axis] + first.shape[axis + 1 :]
    owner, address, length = owner_of(first), first.__array_interface__["data"][0], 0
    for block in blocks:
        if block.strides != first.strides or block.dtype != first.dtype or owner_of(block) is not owner:
            return None
        if block.shape[:axis] + block.shape[axis + 1 :] != rest:
            return None
        if block.__array_interface__["data"][0] != address + length * first.strides[axis]:
            return None
        length += block.shape[axis]
    shape = (*first.shape[:axis], length, *first.shape[axis + 1 :])
    return np.lib.stride_tricks.as_strided(first, shape, first.strides, writeable=False)


def owner_of(block: Block) -> Any:
    """The object whose memory a view shows."""
    while isinstance(block, np.ndarray) and block.base is not None:
        block = block.base
    return block


def added(mine: Block, other: Block) -> Block:
    """The sum of two blocks, of which the first is nobody else's; what is masked in one of them counts as zero."""
    if isinstance(mine, np.ma.MaskedArray) or isinstance(other, np.ma.MaskedArray):
        masks = np.ma.getmaskarray(mine) & np.ma.getmaskarray(other)
        return np.ma.masked_array(np.ma.filled(mine, 0) + np.ma.filled(other, 0), mask=masks)
    if isinstance(mine, np.ndarray) and type(mine) is type(other) and mine.shape:
        return np.add(mine, other, out=mine)
    return mine + other


def summed(*blocks: Block) -> Block:
    """Sum of blocks of one shape."""
    if len(blocks) == 1:
        return blocks[0]
    made = added(blocks[0], blocks[1]) if isinstance(blocks[0], np.ma.MaskedArray) else blocks[0] + blocks[1]
    for block in blocks[2:]:
        made = added(made, block)
    return made


def total(block: Block, dtype: np.dtype[Any]) -> Block:
    """A sum as the result, in its dtype."""
    return np.asanyarray(block).astype(dtype, copy=False) if np.isscalar(block) else block.astype(dtype, copy=False)


def convolved(*values: Any) -> Block:
    """A stretch of a convolution.

    The constants are: where the stretch begins and ends in the first array, counted so that it may begin before its first
    element and end after its last; the same of the blocks that are given. The last block is the second array.
    """
    *blocks, second, wanted, given, dtype = values
    first = np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
    low, high = max(wanted[0], given[0]), min(wanted[1], given[1])
    made = np.zeros(wanted[1] - wanted[0] - len(second) + 1, dtype)
    if low < high:
        # no zeros are put around a piece: beside a NaN they would count
        whole = np.convolve(first[low - given[0] : high - given[0]], second, "full")
        start = len(second) - 1 - (low - wanted[0])
        part = whole[max(0, start) : start + len(made)]
        at = max(0, -start)
        made[at : at + len(part)] = part
    return made
