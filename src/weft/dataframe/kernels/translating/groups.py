"""What is asked of groups, as engines see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.dataframe.kernels.pandas.groupby_plan import Request
from weft.dataframe.kernels.translating import Untranslatable
from weft.expr import Need

__all__ = ["check_groups", "degrees_lost", "looked_at", "head_of_groups", "is_forward", "requests_of"]

#: Options of aggregates that say what happens anyway.
DEFAULTS: dict[str, tuple[Any, ...] | None] = {
    "min_count": (None, 0, -1),
    "numeric_only": (False, True),
    "skipna": (True,),
    "dropna": (True,),
    "sort": None,
}


def check_groups(node: Any, groups: Any) -> None:
    """Raise Untranslatable for groups that are not made of columns of a frame."""
    if node.blocks or any(each.kind != "column" for each in groups.by):
        raise Untranslatable("groups by anything but columns stay in pandas")
    if node.source.meta.ndim != 2:
        raise Untranslatable("groups of a series stay in pandas")


def looked_at(node: Any, requests: Sequence[Request], asked: Any) -> Sequence[Request]:
    """The aggregates that somebody looks at: engines leave out all others, with whoever watches for NaN in them."""
    if Need.VALUES in asked:
        return requests
    titles = node.columns[len(node.columns) - len(requests) :]
    return [each for each, title in zip(requests, titles, strict=True) if ("column", title) in asked]


def requests_of(node: Any) -> Sequence[Request]:
    """What is asked of groups: aggregates; or, of whole ones, medians, and named aggregates with some among them."""
    asked = node.asked
    if type(node).__name__ == "GroupbyAggregate":
        requests: Sequence[Request] = asked.requests
        return requests
    arguments, words = asked.calls[0] if len(asked.calls) == 1 else ((), ())
    if asked.method == "median":
        if not dict(words).get("skipna", True):
            raise Untranslatable("median(skipna=False) stays in pandas")
        keys = [each.value for each in asked.groups.by]
        chosen = (asked.chosen,) if asked.is_single else asked.chosen
        labels = [each for each in node.source.columns if each not in keys] if chosen is None else chosen
        return [Request(label, label, "median") for label in labels]
    if asked.method == "agg" and not arguments and words and all(is_named(each) for _, each in words):
        return [Request(label, each[0], each[1]) for label, each in words]
    raise Untranslatable(f"{asked.method} of whole groups stays in pandas")


def degrees_lost(request: Request) -> int:
    """The ``ddof`` of an aggregate. Raises Untranslatable for options that another engine does not know."""
    if not isinstance(request.how, str):
        raise Untranslatable("aggregates of the user's own stay in pandas")
    options = dict(request.options)
    ddof: int = options.pop("ddof", 1)
    for word, value in options.items():
        allowed = DEFAULTS.get(word, ())
        if allowed is not None and value not in allowed:
            raise Untranslatable(f"{request.how}({word}={value!r}) stays in pandas")
    return ddof


def is_named(asked: Any) -> bool:
    """Whether an aggregate is asked for as a column and a name."""
    return isinstance(asked, tuple) and len(asked) == 2 and isinstance(asked[1], str)


def is_forward(node: Any) -> bool:
    """Whether `cumcount` counts from the first row."""
    ((_, words),) = node.asked.calls
    return bool(dict(words).get("ascending", True))


def head_of_groups(node: Any) -> Any:
    """The groups, and how many of its first rows a filter keeps of each; None if it is anything else."""
    sort, predicate = node.source, node.predicate
    if type(sort).__name__ != "Sort" or sort.order.by is None or len(sort.order.by) != 1:
        return None
    if sort.order.key is not None or sort.order.na_first:
        return None
    if is_operation(predicate, "and_") and is_of(predicate.inputs[1], "in_group", sort):
        predicate = predicate.inputs[0]
    if not is_operation(predicate, "lt") or not is_of(predicate.inputs[0], "cumcount", sort):
        return None
    counted, count = predicate.inputs
    groups = counted.asked.groups
    if not isinstance(count, int) or count < 1 or not is_forward(counted):
        return None
    return groups, count


def is_operation(node: Any, name: str) -> bool:
    """Whether a node is an operation on rows of two operands."""
    return type(node).__name__ == "Elementwise" and node.operation == name and not node.keywords


def is_of(node: Any, method: str, source: Any) -> bool:
    """Whether a node is a method of the groups of some rows by their columns."""
    return (
        type(node).__name__ == "GroupbyRows"
        and node.asked.method == method
        and node.source == source
        and not node.blocks
        and all(each.kind == "column" for each in node.asked.groups.by)
    )
