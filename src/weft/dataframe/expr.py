"""Frame expressions: tables and columns cut by rows, and the single values that come of them.

Every node says its ``meta`` (a zero-length pandas object, or a value that shows the type of a scalar) and its number of
partitions. ``rows`` names the rows: nodes with equal ``rows`` have the same rows in the same partitions, so they can
be computed with one another without looking at the index. Where a step gives rows other labels, ``row_labels`` tells: frames
that a user puts side by side are matched by labels unless they `have_same_rows`.

What is looked at flows from readers to sources: a node `asks` of each child for index, order, and columns (a column is
``("column", label)``), depending on what is asked of itself. Sources make nothing that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from math import nan
from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.kernels.pandas.rows import joined
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered
from weft.expr import Cost, Expr, Fact, Need, Needs, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import Pick
from weft.records import record

__all__ = [
    "ROWS",
    "VALUES",
    "FrameExpr",
    "FrameOutline",
    "HashedBy",
    "Partitionwise",
    "asked_columns",
    "assemble_partitions",
    "column_needs",
    "have_same_rows",
    "labels_kept",
    "place_pick",
    "row_needs",
    "schema_of",
    "total_nbytes",
]

ROWS: Needs = frozenset({Need.INDEX, Need.ORDER})
VALUES: Needs = frozenset({Need.VALUES})


class HashedBy(NamedTuple):
    """Columns (None: the index) by whose hash rows lie in so many partitions."""

    on: tuple[Hashable, ...] | None
    count: int  # type: ignore[assignment]


@record
class FrameOutline(Outline):
    """Outline of the partitions of a frame."""

    meta: Any = None


class FrameExpr(BlockExpr):
    """Base of the nodes that stand for frames, columns and scalars."""

    @derived
    def meta(self) -> Any:
        """Zero-length pandas object that shows the type of the partitions."""
        raise NotImplementedError(f"{type(self).__name__} does not say its meta")

    @derived
    def npartitions(self) -> int:
        """Number of partitions."""
        raise NotImplementedError(f"{type(self).__name__} does not say its partitions")

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        """Index values at the edges of the partitions, or None where they are not known."""
        return None

    @derived
    def rows(self) -> Hashable:
        """What tells these rows from others."""
        return self.name

    @derived
    def row_labels(self) -> Hashable:
        """What tells the labels of these rows from others of the same rows: only those who match rows by labels ask."""
        return self.rows

    @derived
    def hashed_by(self) -> HashedBy | None:
        """By whose hash rows lie in their partitions; None if they do not."""
        return None

    @property
    def numblocks(self) -> tuple[int, ...]:
        return (self.npartitions,)

    @derived
    def columns(self) -> tuple[Hashable, ...]:
        """Labels of the columns; the name of a single one."""
        return labels_of(self.meta)

    @property
    def signature(self) -> Mapping[str, Any]:
        columns, index = remembered(partial(schema_of, self.meta), "schema", (), self.meta)
        return {"columns": columns, "index": index, "npartitions": self.npartitions}

    @derived
    def outline(self) -> Outline:
        return FrameOutline(self.name, self.label, self.numblocks, self.partition_nbytes, self.signature, self.meta)

    @derived
    def partition_nbytes(self) -> int:
        """Projected size of the largest partition; 0 where nothing is known."""
        return 0

    @property
    def assemble(self) -> Callable[[list[Any]], Any]:
        return assemble_partitions

    def lower_numbered(self) -> Expr | None:
        """What gives these rows numbered over all partitions, where the node knows lengths before it makes partitions."""
        return None


@node
class Partitionwise(FrameExpr):
    """Base of nodes that compute each partition from the partitions at its place.

    What is computed is a kernel of the engine (see `weft.dataframe.kernels.table`), called with the partitions and the
    node's `arguments`; run on the metas of the children it gives the meta.
    """

    facts = frozenset({Fact.SAME_ROWS})

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        """The children, in the order in which the kernel takes them."""
        return self.children  # type: ignore[return-value]

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Plain values that the kernel takes after the partitions."""
        return ()

    @derived
    def meta(self) -> Any:
        metas, arguments = [each.meta for each in self.frames], self.arguments
        kernel = KERNELS["pandas"][type(self)]
        return remembered(lambda: kernel(*metas, *arguments), type(self).__name__, arguments, *metas)

    @derived
    def npartitions(self) -> int:
        return self.frames[0].npartitions

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.frames[0].divisions

    @derived
    def rows(self) -> Hashable:
        return self.frames[0].rows if Fact.SAME_ROWS in self.facts else self.name

    @derived
    def row_labels(self) -> Hashable:
        return labels_kept(self)

    @derived
    def partition_nbytes(self) -> int:
        return self.frames[0].partition_nbytes

    @property
    def stands_alone(self) -> bool:
        """Whether a partition can be made without a look at other places."""
        return True

    @property
    def cost(self) -> Cost:
        """What one partition takes."""
        return Cost.LIGHT

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        sources = [(each, place_pick(each, self.npartitions)) for each in self.frames]
        return blockwise(self.outline, kernel, sources, [Same(each) for each in self.arguments], cost=self.cost)


def total_nbytes(frame: FrameExpr) -> int:
    """Projected size of a frame; 0 where nothing is known."""
    return frame.partition_nbytes * frame.npartitions


def labels_kept(made: Partitionwise) -> Hashable:
    """The labels of what was made: those of the first child with the same rows, rather of a frame than of an index."""
    same = [each for each in made.frames if each.rows == made.rows]
    labelled = [each for each in same if not isinstance(each.meta, pd.Index)] or same
    return labelled[0].row_labels if labelled else made.rows


def have_same_rows(one: FrameExpr, other: FrameExpr) -> bool:
    """Whether two frames have the same rows under the same labels; an index beside a frame stands for values of its rows."""
    is_beside = isinstance(one.meta, pd.Index) or isinstance(other.meta, pd.Index)
    return bool(one.rows == other.rows and (is_beside or one.row_labels == other.row_labels))


def place_pick(frame: FrameExpr, npartitions: int) -> Pick:
    """Which partition of a frame is read for each of so many: the one at its place, or the only one for all."""
    return (0,) if frame.npartitions == npartitions else (None,)


def row_needs(asked: Needs) -> Needs:
    """The part of what is asked that is about rows: index and order."""
    return asked & ROWS


def column_needs(labels: Iterable[Hashable]) -> Needs:
    """A need for some columns."""
    return frozenset([("column", label) for label in labels])


def asked_columns(asked: Needs, columns: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """Which of some columns are asked for, in their order."""
    if Need.VALUES in asked:
        return tuple(columns)
    return tuple([label for label in columns if ("column", label) in asked])


def labels_of(meta: Any) -> tuple[Hashable, ...]:
    """Labels of a pandas object's columns."""
    if isinstance(meta, pd.DataFrame):
        found: tuple[Hashable, ...] = remembered(lambda: tuple(meta.columns.tolist()), "labels", (), meta)
        return found
    return (meta.name,) if isinstance(meta, (pd.Series, pd.Index)) else ()


def schema_of(meta: Any) -> tuple[Any, Any]:
    """Kind, labels and dtypes of columns, and names and dtype of the index: what a rewrite must keep of a meta."""
    if isinstance(meta, pd.DataFrame):
        labels = [
            nan if isinstance(each, float) and each != each else each for each in meta.columns
        ]  # one equal to itself
        columns = ("frame", *zip(labels, meta.dtypes.array, strict=True))
        return columns, (meta.index.names, meta.index.dtype)
    if isinstance(meta, pd.Series):
        return ("Series", meta.name, meta.dtype), (meta.index.names, meta.index.dtype)
    if isinstance(meta, pd.Index):
        return (type(meta).__name__, meta.name, meta.dtype), None
    return ("scalar", type(meta).__name__), None


def assemble_partitions(blocks: Sequence[Any]) -> Any:
    """The pandas object that partitions make; a scalar is its only block."""
    return blocks[0] if len(blocks) == 1 else joined(blocks)
