"""Rows with equal keys brought to one partition."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.divisions import checked_count
from weft.dataframe.expr import FrameExpr, HashedBy, column_needs
from weft.dataframe.kernels.pandas.shuffle import ByHash, ByStripe, Targets
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered
from weft.dataframe.ops.projection import missing_column, project
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.exchange import Dense, Exchange, Regrouped, plan_rounds
from weft.records import record
from weft.typing import Function

__all__ = ["Moving", "Shuffle", "check_method", "exchanged"]


class ShuffleSplit:
    """Operation of a kernel: runs of a partition."""


class ShuffleSplitAgain:
    """Operation of a kernel: runs of a block in the middle."""


class ShuffleMiddle:
    """Operation of a kernel: runs together, as a run."""


class ShuffleMerge:
    """Operation of a kernel: runs together."""


@node
class Moving(FrameExpr):
    """Base of nodes that move rows from partition to partition. They leave the index behind where nobody looks at it."""

    source: FrameExpr
    #: Whether the index comes along.
    keep_index: bool

    @property
    def may_leave_index(self) -> bool:
        """Whether rows can be moved without their index."""
        return True

    @derived
    def meta(self) -> Any:
        meta = self.source.meta
        return meta if self.keep_index else remembered(partial(without_index, meta), "without_index", (), meta)

    @derived
    def partition_nbytes(self) -> int:
        return -(-self.source.partition_nbytes * self.source.npartitions // self.npartitions)


def without_index(meta: Any) -> Any:
    """A meta whose rows are numbered."""
    if isinstance(meta, pd.Index):
        return meta
    made = meta.copy(deep=False)
    made.index = pd.RangeIndex(len(meta))
    return made


@node
class Shuffle(Moving):
    """Rows by the hash of some columns, or of the index (``on`` is None).

    Keys in ``split`` go to several partitions: see `weft.dataframe.kernels.pandas.shuffle.ByHash`. ``striped`` rows go by one
    column of whole numbers, as `ByStripe` there says.
    """

    on: tuple[Hashable, ...] | None
    npartitions: int
    split: tuple[tuple[int, int], ...] = ()
    copies: bool = False
    striped: bool = False

    @property
    def may_leave_index(self) -> bool:
        return self.on is not None

    @derived
    def hashed_by(self) -> HashedBy | None:
        return None if self.split or self.striped else HashedBy(self.on, self.npartitions)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if self.on is None:
            return asked | {Need.INDEX}
        needs = asked if self.keep_index else asked - {Need.INDEX}
        return needs if Need.VALUES in asked else needs | column_needs(self.on)

    def lower(self) -> Expr:
        targets: Targets = ByHash(self.on, self.npartitions, self.split, self.copies)
        if self.striped:
            assert self.on is not None
            targets = ByStripe(self.on[0], self.npartitions)
        merge = partial(KERNELS["pandas"][ShuffleMerge], self.meta)
        return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index)


def exchanged(
    outline: Outline,
    source: BlockExpr,
    targets: Targets,
    merge: Function,
    count: int,
    keep_index: bool = True,
    beside: Expr | None = None,
) -> Expr:
    """Physical nodes that bring rows where they belong, in one round or two.

    Parameters
    ----------
    outline : Outline
        Of the result.
    source : BlockExpr
        Of partitions.
    targets : Targets
        Which of the ``count`` partitions each row goes to.
    merge : callable
        ``merge(told, *runs)`` makes a partition.
    count : int
    keep_index : bool
    beside : Expr, optional
        A single block that ``targets`` is given.
    """
    kernels = KERNELS["pandas"]
    rounds = plan_rounds(source.numblocks[0], count)
    if len(rounds) == 1:
        split = partial(kernels[ShuffleSplit], targets, keep_index, False)
        return Exchange(outline, source, split, merge, Counted(rounds[0]), beside)
    first, second = rounds
    middle = Outline(outline.origin, outline.label, (len(first.receives()),), outline.nbytes)
    split = partial(kernels[ShuffleSplit], targets, keep_index, True)
    made = Exchange(middle, source, split, kernels[ShuffleMiddle], Counted(first), beside)
    return Exchange(outline, made, kernels[ShuffleSplitAgain], merge, Counted(second))


@record
class Counted:
    """Routes whose splits are told the number of their source as well."""

    routes: Dense | Regrouped

    def __weft_tokenize__(self) -> Any:
        return self.routes

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(targets, (number, told)) for number, (targets, told) in enumerate(self.routes.sends())]

    def receives(self) -> list[Any]:
        return self.routes.receives()


#: What Dask calls its ways to shuffle; here there is one, which spills by itself.
METHODS = (None, "tasks", "disk", "p2p")


#: The label of a column that stands for a key beside the columns.
KEY = "__shuffle_key__"


def check_method(method: Any) -> None:
    """Raise ValueError for a way to shuffle that nobody knows; all that are known are the same one."""
    if method not in METHODS:
        raise ValueError(
            f"shuffle_method is one of {METHODS} (all of them are the same exchange here); it is {method!r}"
        )


def labels_among(frame: Any, on: Any) -> tuple[Hashable, ...]:
    """Labels of columns, checked."""
    labels = tuple(on) if isinstance(on, (list, pd.Index)) else (on,)
    known = frame.expr.columns
    for label in labels:
        if isinstance(label, FrameBase):
            raise TypeError("rows are brought together by column labels: assign(...) the key as a column first")
        if label not in known:
            raise KeyError(missing_column(label, known))
    if not labels:
        raise ValueError("give at least one column to bring rows together by")
    return labels


class ShuffleMethods(FrameBase):
    """Rows brought together by key."""

    __slots__ = ()

    def shuffle(
        self,
        on: Any = None,
        ignore_index: bool = False,
        npartitions: int | None = None,
        shuffle_method: str | None = None,
        on_index: bool = False,
        force: bool = False,
    ) -> Any:
        """Rows rearranged so that all with equal keys are in one partition, in their order.

        Parameters
        ----------
        on : label, list of labels, series, or frame
            Columns; of a frame with the same rows, all its columns; of a series with the same rows, its values.
        ignore_index : bool
            Whether rows get new numbers in each partition.
        npartitions : int, optional
            As many as there are by default.
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            For programs written for Dask: there is one way here, which writes to disk what does not fit.
        on_index : bool
            Bring together rows with equal index values.
        force : bool
            For programs written for Dask: a shuffle that is asked for is always made.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1, 2], "v": range(4)}), npartitions=2)
        >>> df.shuffle("k").map_partitions(lambda part: part.k.nunique()).compute().max()
        1
        """
        check_method(shuffle_method)
        if (on is None) != bool(on_index):
            raise TypeError("shuffle() takes columns (on=...) or on_index=True" + (", not both" if on_index else ""))
        count = self.npartitions if npartitions is None else checked_count(npartitions)
        if on_index:
            return new(Shuffle(self.expr, True, None, count))
        if isinstance(on, FrameBase) and isinstance(on.expr.meta, pd.DataFrame):
            on = list(on.expr.columns)
        elif isinstance(on, FrameBase):
            whole = self.assign(**{KEY: on})  # type: ignore[attr-defined]
            return project(whole.shuffle(KEY, ignore_index, npartitions), list(self.expr.columns))
        return new(Shuffle(self.expr, not ignore_index, labels_among(self, on), count))
