"""Einstein's summation: any product of arrays whose axes are named by letters.

Several operands are contracted two at a time, in the order that NumPy's planner finds; only sums of products are ever made,
whatever ``optimize`` says, so that no intermediate has more axes than it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import is_unknown
from weft.array.io.from_array import asarray
from weft.array.ops.matrix_products import differ
from weft.array.ops.reducing import fan_in, into
from weft.array.ops.sizes import known
from weft.array.ops.tensor_contraction import contract

__all__ = ["einsum", "einsum_path"]

#: Length of an axis that has not been counted, for planning only.
GUESSED = 10_000
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum(
    *operands: Any,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
    optimize: Any = False,
    out: Any = None,
    split_every: int | None = None,
) -> Any:
    """Einstein's summation over operands.

    Parameters
    ----------
    *operands
        Subscripts such as ``"ij,jk->ik"``, then arrays; or arrays, each followed by a list of numbers for its axes, and
        perhaps a list for those of the result. ``...`` stands for further axes, which are broadcast.
    dtype : dtype, optional
        In which it is computed.
    order : {'K', 'A', 'C', 'F'}
        How the blocks of the result lie in memory.
    casting : str
        Which casts to ``dtype`` are allowed, as `numpy.can_cast` has them.
    optimize : bool, str or path
        The order of contractions: ``"greedy"``, ``"optimal"``, or a list that `einsum_path` gives. Two operands at a time
        are contracted in any case.
    out : Array, optional
        Stands for the result from now on.
    split_every : int, optional
        How many blocks one task adds, where sums run over many.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.ones((2, 3), chunks=1), da.ones((3, 4), chunks=2)
    >>> da.einsum("ij,jk->ki", x, y).shape
    (4, 2)
    """
    order = order.upper()
    if order not in ("K", "A", "C", "F"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    width = fan_in(split_every, 0)
    subscripts, arrays = parse(operands)
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*[each.dtype for each in arrays])
    for each in arrays:
        if not np.can_cast(each.dtype, kind, casting):  # type: ignore[arg-type]
            raise TypeError(f"einsum: cannot cast an operand from {each.dtype} to {kind} with casting={casting!r}")
    inputs, output = read(subscripts, [each.ndim for each in arrays])
    check_lengths(arrays, inputs)
    for step in plan(inputs, output, arrays, optimize):
        taken = [(arrays[place], inputs[place]) for place in step]
        rest = [place for place in range(len(arrays)) if place not in step]
        arrays, inputs = [arrays[place] for place in rest], [inputs[place] for place in rest]
        made, labels = taken[0]
        for number, (other, own) in enumerate(taken[1:], 2):
            later = {label for each in inputs for label in each} | set(output)
            later |= {label for _, each in taken[number:] for label in each}
            kept = [label for label in dict.fromkeys((*labels, *own)) if label in later]
            made, labels = contract((made, other), (labels, own), kept, kind, "einsum", width), kept
        arrays.append(made)
        inputs.append(labels)
    if list(inputs[0]) != output:
        arrays = [contract(arrays, inputs, output, kind, "einsum", width)]
    made = new(arrays[0].expr) if order in ("K", "A") else arrays[0].astype(kind, order=order)
    return into(out, made, "unsafe" if casting == "unsafe" else "same_kind")


def einsum_path(*operands: Any, optimize: Any = "greedy") -> Any:
    """The order of contractions that `numpy.einsum_path` plans for arrays of these shapes.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((3, 3))
    >>> da.einsum_path("ij,jk,kl->il", x, x, x)[0]
    ['einsum_path', (0, 1), (0, 1)]
    """
    subscripts, arrays = parse(operands)
    return np.einsum_path(subscripts, *[stand_in(known(each)) for each in arrays], optimize=optimize)


def stand_in(x: Any) -> Any:
    """An array of the same shape that takes no memory; where a length is not known, with some."""
    shape = [GUESSED if is_unknown(length) else length for length in x.shape]
    return np.broadcast_to(np.empty((), x.dtype), shape)


def parse(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Subscripts as text, and the arrays."""
    if not operands:
        raise ValueError("must specify the einstein sum subscripts string and at least one operand")
    if isinstance(operands[0], str):
        if len(operands) < 2:
            raise ValueError("must provide at least an operand and a subscripts list to einsum")
        return operands[0].replace(" ", ""), [asarray(each) for each in operands[1:]]
    pairs = list(operands)
    last = sublist(pairs.pop()) if len(pairs) % 2 else None
    arrays = [asarray(each) for each in pairs[::2]]
    lists = [sublist(each) for each in pairs[1::2]]
    numbers = sorted({each for own in lists for each in own if each is not Ellipsis})
    if len(numbers) > len(LETTERS):
        raise ValueError(f"einsum: {len(numbers)} different subscripts are more than the {len(LETTERS)} that there are")
    if wrong := [number for number in numbers if not 0 <= number < len(LETTERS)]:
        raise ValueError(f"einsum: subscripts are numbers from 0 to {len(LETTERS) - 1}, not {wrong[0]}")
    letter = {number: LETTERS[place] for place, number in enumerate(numbers)}

    def text(own: Any) -> str:
        unknown = [each for each in own if each is not Ellipsis and each not in letter]
        if unknown:
            raise ValueError(f"einsum: the output has the subscripts {unknown}, which no operand has")
        return "".join(["..." if each is Ellipsis else letter[each] for each in own])

    subscripts = ",".join(map(text, lists))
    return (subscripts if last is None else f"{subscripts}->{text(last)}"), arrays


def sublist(labels: Any) -> list[Any]:
    """Labels of axes as integers, with ``...`` where it stands."""
    found = np.asarray(labels).tolist() if isinstance(labels, ArrayBase) else labels
    return [each if each is Ellipsis else index(each) for each in found]


def read(subscripts: str, ndims: list[int]) -> tuple[list[list[int]], list[int]]:
    """Labels of the operands' axes and of the result's; those that ``...`` stands for are negative."""
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum: the subscripts {subscripts!r} are for {len(terms)} operands, and {len(ndims)} are given"
        )
    for term in (*terms, right):
        letters = term.replace("...", "", 1)
        if wrong := [each for each in letters if each not in LETTERS]:
            raise ValueError(
                f"einsum: invalid subscript {wrong[0]!r} in {subscripts!r}: letters are taken, and one '...'"
            )
    further = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    for number, (term, ndim, more) in enumerate(zip(terms, ndims, further, strict=True)):
        if more < 0 or (more and "..." not in term):
            raise ValueError(f"einsum: operand {number} has {ndim} axes, which do not fit the subscripts {term!r}")
    longest = max([more for term, more in zip(terms, further, strict=True) if "..." in term], default=0)

    def labels(term: str, more: int) -> list[int]:
        head, dots, tail = term.partition("...")
        middle = list(range(-more, 0)) if dots else []
        return [*map(ord, head), *middle, *map(ord, tail)]

    inputs = [labels(term, more) for term, more in zip(terms, further, strict=True)]
    if arrow:
        output = labels(right, longest)
        if len(set(output)) < len(output):
            raise ValueError(f"einsum: a subscript stands twice in the output {right!r}")
        if missing := set(output) - {label for own in inputs for label in own}:
            raise ValueError(
                f"einsum: the output {right!r} has subscripts that no operand has: {sorted(map(chr, map(abs, missing)))}"
            )
        if longest and "..." not in right:
            raise ValueError(
                "output has fewer ellipsis dimensions than the operands, and they are not summed: write '...' there too"
            )
    else:
        every = [label for own in inputs for label in own]
        output = [*range(-longest, 0), *sorted({each for each in every if each > 0 and every.count(each) == 1})]
    return inputs, output


def check_lengths(arrays: list[Any], inputs: list[list[int]]) -> None:
    """Raise ValueError where axes with one letter have different lengths."""
    found: dict[int, int] = {}
    for number, (each, own) in enumerate(zip(arrays, inputs, strict=True)):
        mine: dict[int, int] = {}
        for label, length in zip(own, each.expr.shape, strict=True):
            if differ(mine.setdefault(label, length), length):
                raise ValueError(
                    f"dimensions in operand {number} for collapsing index {chr(abs(label))!r} don't match "
                    f"({mine[label]} != {length})"
                )
            if length != 1 and differ(found.setdefault(label, length), length):
                raise ValueError(
                    f"operands could not be broadcast together: the subscript {chr(abs(label))!r} has the lengths "
                    f"{found[label]} and {length}"
                )


def plan(inputs: list[list[int]], output: list[int], arrays: list[Any], optimize: Any) -> list[tuple[int, ...]]:
    """Which operands are contracted in each step, by their places among those that are left."""
    if len(arrays) == 1:
        return []
    if isinstance(optimize, (list, tuple)) and optimize and optimize[0] == "einsum_path":
        return [tuple(sorted(step)) for step in optimize[1:]]
    if len(arrays) == 2:
        return [(0, 1)]
    letters = dict(zip(sorted({label for own in inputs for label in own}), LETTERS, strict=False))
    terms = ["".join([letters[label] for label in own]) for own in inputs]
    text = f"{','.join(terms)}->{''.join([letters[label] for label in output])}"
    how = "greedy" if optimize in (False, True) else optimize
    path, _ = np.einsum_path(text, *map(stand_in, arrays), optimize=how)
    return [tuple(sorted(step)) for step in path[1:]]
