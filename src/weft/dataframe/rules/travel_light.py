"""What moves from partition to partition leaves behind what nobody looks at: columns, the index, numbers of rows."""

from __future__ import annotations

from weft.dataframe.expr import asked_columns
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.ops.groupby_whole import GroupbyRows
from weft.dataframe.ops.label_nodes import ResetIndex, ToFrame
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.shuffle import Moving
from weft.expr import Context, Expr, Need, rule
from weft.records import replaced

__all__ = ["leave_all_but_keys", "leave_columns", "leave_index", "leave_keys", "leave_labels", "leave_numbers"]

#: Methods of groups that look at nothing but the keys of rows.
OF_KEYS = frozenset({"cumcount", "ngroup", "in_group"})


@rule
def leave_all_but_keys(node: GroupbyRows, context: Context) -> Expr | None:
    """To number rows in their groups their keys are enough, whatever else is read of the frame."""
    source, asked = node.source, node.asked
    if asked.method not in OF_KEYS or asked.chosen is not None or source.meta.ndim != 2:
        return None
    labels = tuple(dict.fromkeys([each.value for each in asked.groups.by if each.kind == "column"]))
    if not labels or len(labels) >= len(source.columns) or not source.meta.columns.is_unique:
        return None
    return node.with_operands(source=Projection(source, labels))


@rule(changes=["columns"])
def leave_columns(node: Moving, context: Context) -> Expr | None:
    """Columns that are not asked for go no further than to the node that moves rows."""
    source = node.source
    if source.meta.ndim != 2 or isinstance(source, Projection):
        return None
    needs = node.asks(source, context.needs(node))
    if Need.VALUES in needs:
        return None
    wanted = asked_columns(needs, source.columns)
    if len(wanted) == len(source.columns):
        return None
    return node.with_operands(source=Projection(source, wanted))


@rule(changes=["columns"])
def leave_keys(node: Merge, context: Context) -> Expr | None:
    """Columns at which only the join itself looks end with it; its own keys do, most of the time."""
    needs = context.needs(node)
    if Need.VALUES in needs or node.plan.suffixes is not None:
        return None
    wanted = asked_columns(needs, node.columns)
    if not wanted or len(wanted) == len(node.columns):
        return None
    return node.with_operands(plan=replaced(node.plan, only=wanted))


@rule(changes=["index"])
def leave_index(node: Moving, context: Context) -> Expr | None:
    """The index does not move where nobody looks at it."""
    if not node.keep_index or not node.may_leave_index or Need.INDEX in context.needs(node):
        return None
    return node.with_operands(keep_index=False)


@rule(changes=["columns"])
def leave_labels(node: ResetIndex, context: Context) -> Expr | None:
    """Labels that become columns at which nobody looks are dropped."""
    needs = context.needs(node)
    if node.drop or Need.VALUES in needs or asked_columns(needs, node.added):
        return None
    source = node.source if node.source.meta.ndim == 2 else ToFrame(node.source, Pairs([("name", node.columns[-1])]))
    return ResetIndex(source, True, Pairs(()), node.numbered)


@rule
def leave_numbers(node: ResetIndex, context: Context) -> Expr | None:
    """Rows whose numbers nobody looks at are numbered anew in each partition: none waits for the lengths of those before it."""
    if not node.numbered or node.npartitions == 1 or Need.INDEX in context.needs(node):
        return None
    return node.with_operands(numbered=False)
