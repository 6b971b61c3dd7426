"""Labels of groups read: which axes they lie along, which groups there are, and each label as the number of its group.

Labels in memory, and chunked ones that are small, are looked at here; of large chunked ones only the different labels are
computed, and codes stay lazy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, UnknownCut, is_unknown
from weft.array.expr import ArrayExpr, array_outline
from weft.array.kernels import group_labels as kernels
from weft.array.kernels.bound import Bound
from weft.array.ops.elementwise import elementwise
from weft.array.ops.reducing import axes_of
from weft.array.ops.sizes import known
from weft.array.ops.transposing import transpose
from weft.expr import Expr, derived, node
from weft.physical.blockwise import blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.records import replaced

__all__ = ["factorized", "labels_of"]


@node
class Labels(ArrayExpr):
    """The different labels of an array, sorted."""

    source: ArrayExpr

    @derived
    def cut(self) -> UnknownCut:
        return UnknownCut(f"labels-of-{self.source.name}", 1)

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.cut.length,)  # type: ignore[return-value]

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        source = self.source
        outline = replaced(array_outline(source, label="labels"), origin=self.name, signature={})
        parts = blockwise(outline, kernels.unique_labels, [(source, identity_pick(source.ndim))])
        axes = tuple(range(source.ndim))
        return TreeReduce(self.outline, parts, axes, kernels.unique_together, kernels.same_labels)


def labels_of(x: Any, by: tuple[Any, ...], axis: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The reduced axes in order, and the labels along them, checked."""
    labels: list[Any] = [each if isinstance(each, (ArrayBase, np.ndarray)) else np.asarray(each) for each in by]
    ndim = labels[0].ndim
    if axis is None:
        asked: tuple[int, ...] = tuple(range(x.ndim - ndim, x.ndim))
    else:
        asked = tuple(
            [
                each % x.ndim if -x.ndim <= each < x.ndim else each
                for each in (axis if isinstance(axis, tuple) else (axis,))
            ]
        )
        axes_of(asked, x.ndim)
    if not 0 < ndim <= x.ndim or len(asked) != ndim:
        raise ValueError(
            f"cannot group axes {asked} of an array with {x.ndim} axes by labels with {ndim}: "
            "labels have an axis for each that is reduced"
        )
    order = sorted(range(ndim), key=asked.__getitem__)
    axes = tuple([asked[place] for place in order])
    lengths = tuple([x.shape[each] for each in axes])
    turned = []
    for each in labels:
        if each.ndim == ndim and order != list(range(ndim)):
            each = transpose(each, order) if isinstance(each, ArrayBase) else each.transpose(order)
        if isinstance(each, ArrayBase) and any(is_unknown(length) for length in each.shape):
            each = known(each)
        if each.shape != lengths:
            raise ValueError(
                f"cannot group axes {axes}, which are {lengths} long, by labels of shape {each.shape}: "
                "give a label for each place"
            )
        turned.append(each)
    return axes, turned


def factorized(labels: Any, expected: Any, is_bin: bool, sort: bool) -> tuple[Any, np.ndarray[Any, Any]]:
    """Codes for labels (lazily, for lazy labels of which the groups are given), and the groups."""
    if expected is None:
        if is_bin:
            raise ValueError("cannot group by intervals without their edges: give expected_groups")
        if isinstance(labels, ArrayBase):
            if labels.nbytes > SMALL_LABELS:
                groups = np.asarray(new(Labels(labels.expr)).compute())
                return lazily(kernels.encoded, labels, groups=groups), groups
            labels = np.asarray(labels.compute())
        flat = labels.reshape(-1)
        there = ~kernels.no_label(flat)
        codes = np.full(flat.shape, -1, np.intp)
        if sort:
            groups, codes[there] = numbered(flat[there])
        else:
            groups, first, inverse = np.unique(flat[there], return_index=True, return_inverse=True)
            order = np.argsort(first)
            rank = np.empty(len(order), np.intp)
            rank[order] = np.arange(len(order))
            groups, codes[there] = groups[order], rank[inverse]
        return codes.reshape(labels.shape), groups
    groups = np.asarray(expected)
    if groups.ndim != 1:
        raise ValueError(f"cannot group by expected groups of shape {groups.shape}: they have one axis")
    if is_bin:
        if len(groups) < 2 or not (groups[1:] > groups[:-1]).all():
            raise ValueError("cannot group by intervals: the edges must rise, and be at least two")
        codes = lazily(kernels.binned, labels, edges=groups)
        return codes, np.stack([groups[:-1], groups[1:]], axis=1)
    order = np.argsort(groups, kind="stable")
    if (groups[order][1:] == groups[order][:-1]).any():
        raise ValueError("cannot group by expected groups of which some are equal")
    codes = lazily(kernels.encoded, labels, groups=groups[order])
    if sort or (order == np.arange(len(order))).all():
        return codes, groups[order]
    return lazily(reordered, codes, order=np.append(order, -1)), groups


def numbered(labels: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Sorted different labels, and the place of each label among them; by a table where they are integers close together."""
    if labels.dtype.kind in "iu" and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if high - low <= 4 * labels.size + 1024:
            there = np.zeros(high - low + 1, bool)
            shifted = (
                (labels - labels.dtype.type(low)).astype(np.intp, copy=False) if high - low < 2**31 else labels - low
            )
            there[shifted] = True
            found = np.flatnonzero(there)
            places = np.empty(len(there), np.intp)
            places[found] = np.arange(len(found))
            return (found + low).astype(labels.dtype), places[shifted]
    return np.unique(labels, return_inverse=True)


#: Bytes of labels that are simply computed.
SMALL_LABELS = 1 << 27


def reordered(codes: Any, order: Any) -> Any:
    """Places among sorted groups as places among the groups as they were given."""
    return order[codes]


def lazily(function: Callable[..., Any], labels: Any, **keywords: Any) -> Any:
    """A function of labels, computed at once if they are there."""
    if isinstance(labels, ArrayBase):
        return elementwise(Bound(function, **keywords), labels)
    return function(labels, **keywords)
