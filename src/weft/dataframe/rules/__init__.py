"""All rules of dataframes, phase by phase, in the order in which they are asked."""

from __future__ import annotations

from weft.dataframe.rules.divide import divide, division_remarks
from weft.dataframe.rules.engine import choose_engine, engine_remarks
from weft.dataframe.rules.few_rows import in_pandas
from weft.dataframe.rules.filter_into_source import filter_into_source
from weft.dataframe.rules.forget_order import forget_numbers, forget_order
from weft.dataframe.rules.from_statistics import from_statistics
from weft.dataframe.rules.merge_projections import merge_projections
from weft.dataframe.rules.one_piece import in_one_piece, piece_remarks
from weft.dataframe.rules.part_of_split import part_of_split
from weft.dataframe.rules.prune_source import drop_unseen_assign, prune_columns, prune_index
from weft.dataframe.rules.read_together import read_together
from weft.dataframe.rules.skew import join_remarks, split_heavy_keys
from weft.dataframe.rules.spread import choose_way, leave_spread, look_up_groups, way_remarks
from weft.dataframe.rules.travel_light import (
    leave_all_but_keys,
    leave_columns,
    leave_index,
    leave_keys,
    leave_labels,
    leave_numbers,
)
from weft.dataframe.rules.wanted_groups import ask_wanted_groups, wanted_remarks
from weft.expr import add_rules
from weft.physical.outlook import add_remarks

__all__ = ["CHOOSE", "DIVIDE", "SIMPLIFY", "install"]

SIMPLIFY = (
    merge_projections,
    part_of_split,
    drop_unseen_assign,
    filter_into_source,  # before columns are pruned: a predicate's columns need not be made
    forget_order,
    forget_numbers,
    leave_columns,
    leave_keys,
    leave_index,
    leave_labels,
    leave_numbers,
    prune_index,
    prune_columns,
    ask_wanted_groups,  # last: what is read is known by then, and so how many rows there are
)

CHOOSE = (
    from_statistics,
    in_pandas,  # before an engine is asked
    choose_engine,
    in_one_piece,  # what no engine has taken
    leave_all_but_keys,  # after engines are chosen: one finds the first rows of groups that are sorted by their form
    read_together,
    leave_spread,  # before the ways are chosen: it asks for several partitions
    look_up_groups,
    choose_way,
    split_heavy_keys,
)


DIVIDE = (divide,)


def install() -> None:
    """Add the rules to the pipeline."""
    add_rules(simplify=SIMPLIFY, choose=CHOOSE, divide=DIVIDE)
    add_remarks(engine_remarks)
    add_remarks(division_remarks)
    add_remarks(way_remarks)
    add_remarks(piece_remarks)
    add_remarks(join_remarks)
    add_remarks(wanted_remarks)
