"""The third engine: whole parts of a program as one statement of DuckDB, for groups and joins of files, and what spills.

It is asked for less than Polars: `relation` says what rows and columns are, `translator` goes over the tree, the other modules
translate families of nodes; `query` runs what came out. What is not here stays with Polars or pandas.
"""

from __future__ import annotations

from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.duckdb import elementwise, groups, joins, rows, sources, texts, truth
from weft.dataframe.kernels.duckdb.query import DuckQuery
from weft.dataframe.kernels.translating import Untranslatable
from weft.expr import Needs

__all__ = ["elementwise", "groups", "joins", "rows", "sources", "texts", "translated", "truth"]


def translated(node: FrameExpr, asked: Needs) -> tuple[Any, str, frozenset[str]]:
    """A query that computes a tree, and no reason; or None, why there is none, and the nodes for which it holds."""
    query = DuckQuery(node, asked)
    try:
        query.written()
    except Untranslatable as reason:
        return None, str(reason), reason.vain
    return query, "", frozenset()
