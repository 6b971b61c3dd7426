"""Translation of a tree of nodes into one lazy query, or the reason why there is none.

Each class of nodes has a function in the table ``TRANSLATIONS``. The relations of a node's children come to it in order, unless
its class takes care of the order itself (``any_order``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.polars.relation import Column, Relation, in_order, materialised, unseen
from weft.dataframe.kernels.table import KernelTable
from weft.dataframe.kernels.translating import BaseTranslator
from weft.expr import Needs
from weft.records import replaced

__all__ = ["TRANSLATIONS", "Translator", "numbered", "translation"]

#: What each class of nodes is to Polars.
TRANSLATIONS = KernelTable("polars")
#: Classes whose translation takes rows in any order, as their relation says.
ANY_ORDER: set[str] = set()


class Translator(BaseTranslator[Relation]):
    """One translation of a tree.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in the root.
    trusts : bool
        Whether sums may be made as if there were no NaN, as long as they are watched (`weft.dataframe.kernels.polars.nan`).
    given : sequence
        Blocks, and parts of files, for the leaves of a tree that stands for one partition; see `weft.dataframe.pieces`.
    """

    table = TRANSLATIONS
    any_order = ANY_ORDER

    def __init__(self, root: FrameExpr, asked: Needs, trusts: bool = False, given: Sequence[Any] = ()) -> None:
        super().__init__(root, asked)
        self.trusts = trusts
        self.given = given

    def put_in_order(self, relation: Relation) -> Relation:
        return in_order(relation)

    def numbered(self, relation: Relation) -> Relation:
        return numbered(relation, self)

    def unseen(self, dtype: Any) -> Column:
        return unseen(dtype)


def translation(*classes: str, any_order: bool = False) -> Callable[[Any], Any]:
    """Decorator: the function translates nodes of these classes, and may take care of the order of rows itself."""
    if any_order:
        ANY_ORDER.update(classes)
    return TRANSLATIONS.add(*classes)


def numbered(relation: Relation, translate: Translator) -> Relation:
    """Rows with their numbers as the index."""
    fresh = materialised(in_order(relation))
    name = translate.fresh("row")
    base = fresh.base.with_row_index(name)
    label = Column(pl.col(name).cast(pl.Int64), np.dtype("int64"))
    return replaced(fresh, base=base, index=(label,))
