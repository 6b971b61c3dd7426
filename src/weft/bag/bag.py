"""The class of bags: a list of method groups, each beside its operators in ``ops`` and ``io``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.bag.base import Holder
from weft.bag.expr import BagExpr
from weft.bag.io.avro import AvroMethods
from weft.bag.io.conversion import ConversionMethods
from weft.bag.io.from_blocks import FromBlocks
from weft.bag.io.json import JsonMethods
from weft.bag.io.parquet import ParquetMethods
from weft.bag.io.written import TextFileMethods
from weft.bag.ops.accumulate import AccumulateMethods
from weft.bag.ops.elementwise import ElementMethods
from weft.bag.ops.groupby import GroupbyMethods
from weft.bag.ops.iterating import IterationMethods
from weft.bag.ops.joining import JoiningMethods
from weft.bag.ops.reductions import ReductionMethods
from weft.bag.ops.repartition import RepartitionMethods
from weft.bag.ops.sampling import SamplingMethods
from weft.bag.ops.sets import SetMethods
from weft.bag.ops.sorting import SortingMethods
from weft.bag.ops.taking import TakeMethods
from weft.bag.ops.windows import WindowMethods
from weft.graph.mapping import graph_from_mapping
from weft.physical.base import block_keys
from weft.physical.opaque import Foreign

__all__ = ["Bag"]


class Bag(
    ElementMethods,
    ReductionMethods,
    GroupbyMethods,
    SortingMethods,
    JoiningMethods,
    SetMethods,
    AccumulateMethods,
    WindowMethods,
    TakeMethods,
    IterationMethods,
    RepartitionMethods,
    SamplingMethods,
    ConversionMethods,
    TextFileMethods,
    JsonMethods,
    ParquetMethods,
    AvroMethods,
):
    """Python objects in partitions; nothing is computed before `compute`, which by default uses processes.

    Functions of `weft.bag` make bags. The constructor takes a graph and says where the partitions are.

    Parameters
    ----------
    dsk : mapping
        Keys to tasks; partitions are iterables at ``(name, 0)``, ``(name, 1)``, ...
    name : str
    npartitions : int

    Examples
    --------
    >>> import weft.bag as db
    >>> b = db.from_sequence(["one", "two", "three"], npartitions=2)
    >>> b
    <Bag from_sequence: 2 partitions>
    >>> b.map(len).max().compute(scheduler="sync")
    5
    >>> db.Bag({("x", 0): [1, 2], ("x", 1): (list, [3])}, "x", 2).sum().compute(scheduler="sync")
    6
    """

    __slots__ = ()

    def __init__(self, dsk: Any, name: str | None = None, npartitions: int | None = None) -> None:
        if name is None and npartitions is None and isinstance(dsk, BagExpr):
            self.expr = dsk
            return
        if not isinstance(dsk, Mapping) or not isinstance(name, str) or not isinstance(npartitions, int):
            raise TypeError(
                "Bag(dsk, name, npartitions) needs a graph, the name of the partitions in it, and their number. "
                "Use from_sequence, read_text or another function of weft.bag to make one of data."
            )
        keys = tuple(block_keys(name, (npartitions,)))
        if missing := [key for key in keys if key not in dsk]:
            raise KeyError(f"the graph has no key {missing[0]!r}, where a partition of the bag should be")
        self.expr = FromBlocks(name, npartitions, Foreign(graph_from_mapping(dsk), keys))

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a Bag is not known before it is computed. Ask bag.any(), bag.all() or bag.count(), and compute it."
        )

    def __repr__(self) -> str:
        return f"<Bag {self.expr.label}: {self.npartitions} partition{'s' * (self.npartitions != 1)}>"


Holder.made[False] = Bag
