"""Bags as delayed values, and as dataframes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import streamed
from weft.bag.item import OneBlock
from weft.bag.kernels.pipeline import Stage
from weft.collection.convert import CONVERSIONS
from weft.execution import graph_of
from weft.extras import import_required
from weft.physical.opaque import Foreign

__all__: list[str] = []


@dataclass(frozen=True, repr=False)
class ToFrame(Stage):
    """Records as a pandas frame of given types."""

    label: ClassVar[str] = "to_dataframe"

    columns: tuple[Any, ...]
    dtypes: tuple[Any, ...]

    def run(self, *values: Any) -> Any:
        pandas = import_required("pandas", 'dataframes need pandas. Install it with: pip install "weft[dataframe]"')
        records = list(values[0])
        frame = (
            pandas.DataFrame(records, columns=list(self.columns))
            if records
            else pandas.DataFrame(columns=list(self.columns))
        )
        return frame.astype(dict(zip(self.columns, self.dtypes, strict=True)))


def frame_meta(pandas: Any, head: Sequence[Any], columns: Any, meta: Any) -> Any:
    """An empty frame with columns and types: as given, or those of the first record."""
    if isinstance(meta, pandas.DataFrame):
        return meta.iloc[:0]
    if meta is not None:
        types = dict(meta) if isinstance(meta, Mapping) else dict(list(meta))
        return pandas.DataFrame({label: pandas.Series(dtype=dtype) for label, dtype in types.items()})
    if not head:
        raise ValueError(
            "cannot tell the columns of a dataframe from a bag whose first partition has no records. Give meta=, e.g. "
            "{'name': 'str', 'age': 'int64'}."
        )
    first = head[0]
    if not isinstance(first, (dict, tuple, list)):
        first = (first,)
    return pandas.DataFrame([first], columns=None if columns is None else list(columns)).iloc[:0]


class ConversionMethods(BagBase):
    """Bags as other collections."""

    __slots__ = ()

    def to_delayed(self, optimize_graph: bool = True) -> list[Any]:
        """A delayed value for each partition.

        Parameters
        ----------
        optimize_graph : bool
            Whether the bag is optimised before it is computed.

        Examples
        --------
        >>> import weft.bag as db
        >>> [list(part.compute()) for part in db.range(4, 2).to_delayed()]
        [[0, 1], [2, 3]]
        """
        bag = self if optimize_graph else self.with_blocks(graph_of([self], optimize_graph=False))
        delayed = CONVERSIONS["delayed"]
        return [delayed(OneBlock(bag, key)) for key in bag.__weft_keys__()]

    def to_dataframe(self, meta: Any = None, columns: Any = None, optimize_graph: bool = True) -> Any:
        """A dataframe whose rows are the records: dicts, tuples, or single values.

        Parameters
        ----------
        meta : pandas.DataFrame, dict or list of tuples, optional
            Columns and their types. By default those that pandas finds in the first record, which is computed for it.
        columns : list, optional
            Labels, where the records are tuples; or which items of dicts to take.
        optimize_graph : bool

        Examples
        --------
        >>> import weft.bag as db
        >>> b = db.from_sequence([{"name": "Ann", "age": 5}, {"name": "Bo", "age": 6}], npartitions=2)
        >>> b.to_dataframe().compute(scheduler="sync").age.tolist()
        [5, 6]
        """
        pandas = import_required("pandas", 'dataframes need pandas. Install it with: pip install "weft[dataframe]"')
        if meta is not None and columns is not None:
            raise ValueError("to_dataframe() takes meta, which has the columns, or columns; not both")
        head = () if meta is not None else self.take(1, warn=False)  # type: ignore[attr-defined]
        empty = frame_meta(pandas, head, columns, meta)
        frames = new_bag(streamed(ToFrame(tuple(empty.columns), tuple(empty.dtypes)), self.expr))
        graph = graph_of([frames], optimize_graph=optimize_graph)
        facts = CONVERSIONS["frame-facts"](frames.name, empty, None, frames.name)
        blocks = Foreign(graph, tuple(frames.expr.keys()))
        return CONVERSIONS["frame"](CONVERSIONS["frame-blocks"](facts, frames.npartitions, blocks))
