"""Rows in order."""

from __future__ import annotations

from typing import Any

from weft.dataframe.kernels.polars.relation import Relation, materialised
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.translating import Untranslatable, is_float
from weft.expr import Need
from weft.records import replaced


@translation("Sort", any_order=True)
def sort(node: Any, translate: Translator) -> Relation:
    """Rows by some columns, ties as they stood."""
    order = node.order
    source = translate(node.source)
    if order.by is None or order.key is not None:
        raise Untranslatable("sorting by index or by a function stays in pandas")
    if order.na_first and len(order.by) > 1 and any(is_float(source.column(label).dtype) for label in order.by):
        raise Untranslatable("missing values first, among several keys, stand with the least values in pandas")
    if not translate.wants(node, Need.ORDER):
        return replaced(source, order=None)
    has_ties = Need.ORDER in node.asks(node.source, translate.needs[node.name])
    return sorted_by(source, order.by, [not each for each in order.ascending], not order.na_first, has_ties)


def sorted_by(source: Relation, by: Any, descending: list[bool], nulls_last: bool, has_ties: bool = True) -> Relation:
    """Rows in the order of some columns; ties, if there may be any, in their order before."""
    columns = dict(source.columns)
    for label in by:
        columns[label] = source.column(label).settled().nulled()
    fresh = materialised(replaced(source, columns=tuple(columns.items()), order=source.order if has_ties else None))
    names = [fresh.column(label).expr for label in by]
    missing = [nulls_last] * len(names)
    for each in fresh.order or ():  # what tells ties apart
        names.append(each.expr)
        descending = [*descending, False]
        missing.append(True)
    is_stable = has_ties and fresh.order is None
    base = fresh.base.sort(names, descending=descending, nulls_last=missing, maintain_order=is_stable)
    return replaced(fresh, base=base, order=None)


@translation("Largest", any_order=True)
def largest(node: Any, translate: Translator) -> Relation:
    """Rows with the greatest or least values of some columns of numbers."""
    if node.by is None or node.keep != "first" or node.method not in ("nlargest", "nsmallest"):
        raise Untranslatable(f"{node.method} of such a kind stays in pandas")
    source = translate(node.source)
    if any(source.column(label).dtype.kind not in "iuf" for label in node.by):
        raise Untranslatable("the largest of anything but numbers are found by pandas")
    if any(source.column(label).null or source.column(label).nan for label in node.by[1:]):
        raise Untranslatable("missing values among later keys are ordered by pandas")
    made = sorted_by(source, node.by, [node.method == "nlargest"] * len(node.by), True)
    return replaced(made, base=made.base.head(max(0, node.n)))


__all__ = ["largest", "sort", "sorted_by"]
