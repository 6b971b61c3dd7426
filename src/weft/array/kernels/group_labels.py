"""Labels of a block as the numbers of their groups, and the labels that there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.groupings import Block, is_nan


def encoded(labels: Block, groups: Block) -> Block:
    """For each label its place among the groups (which are sorted), or -1."""
    labels = np.asarray(labels)
    if not groups.size:
        return np.full(labels.shape, -1)
    places = np.minimum(np.searchsorted(groups, labels), groups.size - 1)
    return np.where(groups[places] == labels, places, -1)


def binned(labels: Block, edges: Block) -> Block:
    """For each label the interval ``(edges[i], edges[i + 1]]`` that it is in, or -1."""
    places = np.searchsorted(edges, labels, side="left") - 1
    outside = (places < 0) | (places >= edges.size - 1) | is_nan(np.asarray(labels))
    return np.where(outside, -1, places)


def joined_codes(*codes: Block, sizes: tuple[int, ...]) -> Block:
    """One code for several."""
    made = np.zeros(np.shape(codes[0]), np.intp)
    gone = np.zeros(made.shape, bool)
    for each, size in zip(codes, sizes, strict=True):
        made = made * size + each
        gone |= each < 0
    return np.where(gone, -1, made)


def unique_labels(block: Block) -> Block:
    """The labels of a block that are there, sorted."""
    labels = np.asarray(block).reshape(-1)
    return np.unique(labels[~no_label(labels)])


def unique_together(*parts: Block) -> Block:
    """Sorted labels together."""
    return np.unique(np.concatenate(parts))


def no_label(labels: Block) -> Block:
    """Where there is no label: NaN, no time, None."""
    gone = is_nan(labels)
    if labels.dtype.kind != "O":
        return gone
    equal: Any = np.equal
    return gone | equal(labels, None, dtype=bool)


def same_labels(partial: Block) -> Block:
    """The labels as they are."""
    return partial
