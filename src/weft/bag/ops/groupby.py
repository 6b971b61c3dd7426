"""Records brought together by key: an exchange between all partitions, whose runs are bytes (`weft.bag.kernels.groups`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.bag.arguments import check_count, function_of_record
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import BagExpr, streamed
from weft.bag.kernels.groups import Group, Route, merge_runs, split_runs
from weft.expr import Expr, node
from weft.physical.exchange import MANY_RUNS, Exchange, Regrouped, plan_rounds
from weft.units import parse_bytes

__all__ = ["Exchanged", "exchanged"]


@node
class Exchanged(BagExpr):
    """Runs of all partitions merged at their targets."""

    child_fields = ("source",)

    source: BagExpr
    npartitions: int
    most_runs: int = MANY_RUNS

    @property
    def label(self) -> str:
        return "exchange"

    def lower(self) -> Expr:
        made: Expr = self.source
        outline = self.outline
        for routes in plan_rounds(self.source.npartitions, self.npartitions, self.most_runs):
            middle = outline
            if isinstance(routes, Regrouped) and routes.round == 1:
                middle = type(outline)(self.name, self.label, (len(routes.receives()),))
            made = Exchange(middle, made, split_runs, merge_runs, routes)
        return made


def exchanged(
    bag: BagBase, key: Callable[[Any], Any], ntargets: int, blocksize: int = 1 << 20, most_runs: int = MANY_RUNS
) -> Exchanged:
    """What has come to each of some targets, as runs."""
    return Exchanged(streamed(Route(key, ntargets, blocksize), bag.expr), ntargets, most_runs)


class GroupbyMethods(BagBase):
    """Records brought together."""

    __slots__ = ()

    def groupby(
        self,
        grouper: Any,
        method: str | None = None,
        npartitions: int | None = None,
        blocksize: int | str = 2**20,
        max_branch: int | None = None,
        shuffle: str | None = None,
    ) -> Any:
        """Records with equal keys together: a bag of ``(key, [record, ...])``.

        All records travel once, as bytes, and go to disk where the memory budget ends. Where a fold of each group is wanted,
        `foldby` is much faster, since nothing but totals travels.

        Parameters
        ----------
        grouper : callable or object
            Gives the key of a record: a number, text, date, None, or tuple or frozenset of such. What is no function is an item
            of the record.
        method : {None, "disk", "tasks"}
            All of them are the same here: an exchange by tasks, which uses the disk if it must.
        npartitions : int, optional
            As many as there are by default.
        blocksize : int or str
            Bytes of records that are grouped at a time before they are written down.
        max_branch : int, optional
            Targets that a partition sends to at most; where there are more, the exchange goes in two rounds.
        shuffle : {None, "disk", "tasks"}
            The same as ``method``.

        Examples
        --------
        >>> import weft.bag as db
        >>> sorted(db.range(5, 2).groupby(lambda x: x % 2).compute(scheduler="sync"))
        [(0, [0, 2, 4]), (1, [1, 3])]
        """
        for word, given in (("method", method), ("shuffle", shuffle)):
            if given not in (None, "disk", "tasks"):
                raise ValueError(f"{word} is None, 'disk' or 'tasks', not {given!r}")
        nbytes = parse_bytes(blocksize)
        if nbytes < 1:
            raise ValueError(f"blocksize is at least one byte; it is {blocksize!r}")
        count = self.npartitions if npartitions is None else check_count("npartitions", npartitions)
        most = MANY_RUNS
        if max_branch is not None:
            most = min(MANY_RUNS, self.npartitions * check_count("max_branch", max_branch, 2))
        key = function_of_record("groupby", grouper)
        return new_bag(streamed(Group(), exchanged(self, key, count, nbytes, most)))
