"""Rows in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from weft.dataframe.kernels.polars.relation import Relation, Untranslatable, is_float, materialised
from weft.dataframe.kernels.polars.translator import Translator, translation


@translation("Sort")
def sort(node: Any, translate: Translator) -> Relation:
    """Rows by some columns, ties as they stood."""
    order = node.order
    source = translate(node.source)
    if order.by is None or order.key is not None:
        raise Untranslatable("sorting by index or by a function stays in pandas")
    if order.na_first and len(order.by) > 1 and any(is_float(source.column(label).dtype) for label in order.by):
        raise Untranslatable("missing values first, among several keys, stand with the least values in pandas")
    return sorted_by(source, order.by, [not each for each in order.ascending], not order.na_first)


def sorted_by(source: Relation, by: Any, descending: list[bool], nulls_last: bool) -> Relation:
    """Rows in the order of some columns."""
    columns = dict(source.columns)
    for label in by:
        columns[label] = source.column(label).settled().nulled()
    fresh = materialised(replace(source, columns=tuple(columns.items())))
    names = [fresh.column(label).expr for label in by]
    base = fresh.base.sort(names, descending=descending, nulls_last=nulls_last, maintain_order=True)
    return replace(fresh, base=base)


@translation("Largest")
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
    return replace(made, base=made.base.head(max(0, node.n)))


__all__ = ["largest", "sort", "sorted_by"]
