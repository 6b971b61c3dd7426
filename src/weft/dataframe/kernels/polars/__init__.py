"""The second engine: whole parts of a program as one query of Polars, where its answer is pandas'.

`relation` says what rows and columns are, `translator` goes over the tree, the other modules translate families of nodes;
`query` runs what came out. An operation that is not here, or that raises `Untranslatable` for its operands, stays in pandas.
"""

from __future__ import annotations

from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.polars import (
    choices,
    dates,
    elementwise,
    group_rows,
    groups,
    joins,
    numbers,
    partials,
    reductions,
    rows,
    sorting,
    sources,
    texts,
    truth,
)
from weft.dataframe.kernels.polars.query import Query
from weft.dataframe.kernels.translating import Untranslatable
from weft.expr import Needs

__all__ = [
    "choices",
    "dates",
    "elementwise",
    "group_rows",
    "groups",
    "joins",
    "numbers",
    "partials",
    "reductions",
    "rows",
    "sorting",
    "sources",
    "texts",
    "translated",
    "truth",
]


def translated(node: FrameExpr, asked: Needs) -> tuple[Any, str, frozenset[str]]:
    """A query that computes a tree, and no reason; or None, why there is none, and the nodes for which it holds."""
    query = Query(node, asked)
    try:
        query.prepared()
    except Untranslatable as reason:
        return None, str(reason), reason.vain
    return query, "", frozenset()
