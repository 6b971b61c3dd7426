"""Numbers of rows, and least and greatest values, that a source knows exactly are not computed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from weft.dataframe.io.source import FileSource, row_source
from weft.dataframe.io.told import Told
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.reductions import Length, Reduce
from weft.expr import Expr, rule

__all__ = ["from_statistics"]


@rule
def from_statistics(node: Length | Reduce) -> Expr | None:
    """``len(read_parquet(...))`` is a sum of the row counts in the footers; ``.a.min()`` the least of the columns' statistics."""
    if isinstance(node, Length):
        source = row_source(node.source)
        counts = None if source is None else source.row_counts
        return None if counts is None else Told(node.columns_counted * sum(counts), "len", node.meta)
    match node:
        case Reduce(Projection(FileSource() as read, label), "min" | "max" as kind, True) if type(label) is not tuple:
            value = extreme(read, label, kind)
            return None if value is None else Told(np.asarray(node.meta).dtype.type(value), kind, node.meta)
    return None


def extreme(source: FileSource, label: Hashable, kind: str) -> Any:
    """The least or greatest value of a column of numbers, if the statistics of all its parts are exact."""
    dtype = source.meta[label].dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf":
        return None
    found = []
    for each in source.column_bounds(label) or (None,):
        if each is None or not each.exact or each.missing is None:
            return None
        if each.least is not None:  # else all values are missing
            found += [each.least, each.greatest]
        elif dtype.kind == "f":
            return None  # or they are NaN
    if not found or any(isinstance(each, bool) or not isinstance(each, (int, float)) or each != each for each in found):
        return None
    return min(found) if kind == "min" else max(found)
