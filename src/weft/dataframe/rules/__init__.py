"""All rules of dataframes, phase by phase, in the order in which they are asked."""

from __future__ import annotations

from weft.dataframe.rules.filter_into_source import filter_into_source
from weft.dataframe.rules.merge_projections import merge_projections
from weft.dataframe.rules.prune_source import drop_unseen_assign, prune_columns, prune_index
from weft.dataframe.rules.travel_light import leave_columns, leave_index
from weft.expr import add_rules

__all__ = ["SIMPLIFY", "install"]

SIMPLIFY = (
    merge_projections,
    drop_unseen_assign,
    filter_into_source,  # before columns are pruned: a predicate's columns need not be made
    leave_columns,
    leave_index,
    prune_index,
    prune_columns,
)


def install() -> None:
    """Add the rules to the pipeline."""
    add_rules(simplify=SIMPLIFY)
