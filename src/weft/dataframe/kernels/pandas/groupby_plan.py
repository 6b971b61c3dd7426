"""What is asked of groups: columns of the result, and the parts that each of them is made of."""

from __future__ import annotations

from typing import Any, NamedTuple

from weft.dataframe.kernels.pandas.grouping import GroupPlan

__all__ = ["PARTS_OF", "AggregatePlan", "Request", "parts_of", "wanted_parts"]


class Request(NamedTuple):
    """One column of the result.

    Parameters
    ----------
    label : label of the result's column
    column : label of the source's column; None for what needs none
    how : name of the aggregate, or an `Aggregation`
    options : tuple of pairs
    """

    label: Any
    column: Any
    how: Any
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, word: str, default: Any) -> Any:
        """One of the options."""
        return dict(self.options).get(word, default)


class AggregatePlan(NamedTuple):
    """Groups, and what is asked of them.

    Parameters
    ----------
    groups : GroupPlan
    requests : tuple of Request
    labels : Index
        Of the result's columns; of a series its name.
    single : bool
        Whether the result is a series.
    """

    groups: GroupPlan
    requests: tuple[Request, ...]
    labels: Any
    single: bool

    def __weft_tokenize__(self) -> Any:
        return (self.groups, self.requests, self.single)


#: The parts of each aggregate.
PARTS_OF: dict[str, tuple[str, ...]] = {
    "size": ("size",),
    "count": ("count",),
    "sum": ("sum", "count"),
    "prod": ("prod", "count"),
    "min": ("min", "count"),
    "max": ("max", "count"),
    "mean": ("mean",),
    "var": ("moments2",),
    "std": ("moments2",),
    "sem": ("moments2",),
    "skew": ("moments4",),
    "kurt": ("moments4",),
    "first": ("first",),
    "last": ("last",),
    "any": ("truth",),
    "all": ("truth",),
    "idxmin": ("idxmin",),
    "idxmax": ("idxmax",),
    "nunique": ("pairs",),
}


def parts_of(request: Request) -> tuple[Any, ...]:
    """The parts that one column of the result is made of: a total needs counts only where few values make none."""
    if not isinstance(request.how, str):
        return (request.how,)
    if request.how in ("sum", "prod") and (request.option("min_count", 0) or 0) <= 0:
        return PARTS_OF[request.how][:1]
    return PARTS_OF[request.how]


def wanted_parts(plan: AggregatePlan) -> list[tuple[Any, Any]]:
    """Columns and parts, each once."""
    found: dict[Any, None] = {}
    for each in plan.requests:
        for part in parts_of(each):
            found[(None if part == "size" else each.column, part)] = None
    return list(found)
