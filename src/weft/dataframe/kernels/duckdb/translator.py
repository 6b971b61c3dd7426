"""Translation of a tree of nodes into one statement of SQL, or the reason why there is none.

Each class of nodes has a function in the table ``TRANSLATIONS``. Rows get names as they are made (`Translator.rows`); the
statement says of each what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.duckdb.relation import Column, Rank, Relation, unseen
from weft.dataframe.kernels.table import KernelTable
from weft.dataframe.kernels.translating import BaseTranslator, Untranslatable
from weft.expr import Need, Needs
from weft.records import replaced

__all__ = ["OWN", "TRANSLATIONS", "Translator", "by", "numbered", "translation"]

#: What each class of nodes is to DuckDB.
TRANSLATIONS = KernelTable("duckdb")
INT64 = np.dtype("int64")
#: What names begin with that no file has; and the names of rows.
OWN = "weft_"
NAME = re.compile(rf"\b{OWN}rows_\d+\b")


class Translator(BaseTranslator[Relation]):
    """One translation of a tree.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in the root.
    trusts : bool
        Whether aggregates may be made as if there were no NaN, as long as they are watched.
    """

    table = TRANSLATIONS

    def __init__(self, root: FrameExpr, asked: Needs, trusts: bool) -> None:
        super().__init__(root, asked)
        self.trusts = trusts
        #: What each name of rows stands for; and which of them are read again by who reads them twice.
        self.queries: dict[str, str] = {}
        self.cheap: set[str] = set()
        #: Tables in memory, by name.
        self.tables: dict[str, Any] = {}

    def in_order(self, node: Any, asked: Needs) -> Relation:
        known: Relation = self._known[node.name]
        return known if Need.ORDER in asked or known.order is None else replaced(known, order=None)

    def fresh(self, prefix: str) -> str:
        return OWN + super().fresh(prefix)

    def numbered(self, relation: Relation) -> Relation:
        return numbered(relation, self)

    def unseen(self, dtype: Any) -> Column:
        return unseen(dtype)

    def rows(self, query: str, is_cheap: bool = False) -> str:
        """A name for the rows that a query gives."""
        name = self.fresh("rows_")
        self.queries[name] = query
        if is_cheap:
            self.cheap.add(name)
        return name

    def looks_at_order(self, node: Any) -> bool:
        """Whether somebody looks at the order of a node's rows, or at numbers that follow it."""
        return self.wants(node, Need.ORDER) or self.wants(node, Need.INDEX)

    def materialised(self, relation: Relation) -> Relation:
        """Rows that have the relation's columns and nothing else, so that further operations may stand on them."""
        every = [each.settled() for each in relation.every()]
        mark = self.fresh("m")
        names = [f"{mark}_{place}" for place in range(len(every))]
        made = [f"{each.sql} AS {name}" for each, name in zip(every, names, strict=True)]
        ranks = [f"{mark}_order{place}" for place in range(len(relation.order or ()))]
        made += [f"{each.sql} AS {name}" for each, name in zip(relation.order or (), ranks, strict=True)]
        query = f"SELECT {', '.join(made) or '0 AS nothing'} FROM {relation.base}"
        base = self.rows(query, is_cheap=relation.base in self.cheap)
        fresh = [replaced(each, sql=name) for each, name in zip(every, names, strict=True)]
        count = len(relation.columns)
        labels = [label for label, _ in relation.columns]
        return replaced(
            relation,
            base=base,
            columns=tuple(zip(labels, fresh[:count], strict=True)),
            index=None if relation.index is None else tuple(fresh[count:]),
            order=None
            if relation.order is None
            else tuple([each._replace(sql=name) for each, name in zip(relation.order, ranks, strict=True)]),
        )

    def filtered(self, relation: Relation, condition: str) -> Relation:
        """The rows for which a condition holds."""
        base = self.rows(f"SELECT * FROM {relation.base} WHERE {condition}", is_cheap=relation.base in self.cheap)
        return replaced(relation, base=base)

    def statement(self, relation: Relation) -> tuple[str, Relation]:
        """The whole in SQL, and the relation whose columns are those of its answer."""
        last = self.materialised(relation)
        every = [each.sql for each in last.every()]
        end = f" ORDER BY {by(last.order)}" if last.order else ""
        final = f"SELECT {', '.join(dict.fromkeys(every)) or '0 AS nothing'} FROM {last.base}{end}"
        used: dict[str, int] = {}
        waiting = [final]
        while waiting:
            for name in NAME.findall(waiting.pop()):
                if name not in used:
                    waiting.append(self.queries[name])
                used[name] = used.get(name, 0) + 1
        named = []
        for name, query in self.queries.items():
            if used.get(name):
                again = "MATERIALIZED" if used[name] > 1 and name not in self.cheap else "NOT MATERIALIZED"
                named.append(f"{name} AS {again} ({query})")
        return f"{'WITH ' * bool(named)}{', '.join(named)} {final}", last


def by(order: Iterable[Rank]) -> str:
    """What rows are ordered by, as ORDER BY has it."""
    return ", ".join([each.clause for each in order])


def translation(*classes: str) -> Callable[[Any], Any]:
    """Decorator: the function translates nodes of these classes."""
    return TRANSLATIONS.add(*classes)


def numbered(relation: Relation, translate: Translator) -> Relation:
    """Rows with their numbers as the index."""
    if relation.order is None:
        raise Untranslatable("the numbers of rows of which nobody knows the order are pandas' own")
    fresh = translate.materialised(relation)
    name = translate.fresh("number")
    over = f"ORDER BY {by(fresh.order or ())}" if fresh.order else ""
    base = translate.rows(f"SELECT *, row_number() OVER ({over}) - 1 AS {name} FROM {fresh.base}")
    return replaced(fresh, base=base, index=(Column(name, INT64),), order=(Rank(name),))
