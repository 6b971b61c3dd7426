"""The same rows under other labels: beside one another they are matched by these, as in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import in_partitions, same

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {"a": [1, 2, 3, 4], "b": [10, 20, 30, 40], "k": [1, 1, 2, 2]}, index=pd.Index([3, 1, 0, 2], name="label")
)
RENUMBERED = {
    "numbered": lambda d: d.reset_index(drop=True).rename_axis("label"),
    "moved on": lambda d: d.rename(index=lambda each: each - 1),
    "given": lambda d: d.set_axis(pd.Index([2, 0, 3, 1], name="label"), axis=0),
    "another's": lambda d: d.set_axis(d.rename(index=lambda each: each + 1).index, axis=0),
}
CALLS = {
    "sums": lambda d, other: d.a + other.b,
    "a column": lambda d, other: d.assign(c=other.b),
    "rows chosen": lambda d, other: d[d.a > 0].assign(c=other.b),
    "a condition": lambda d, other: d.a.where(other.b > 15),
    "side by side": lambda d, other: (pd if isinstance(d, pd.DataFrame) else dd).concat(
        [d.a, other.b.rename("c")], axis=1
    ),
    "values of another": lambda d, other: d.a.combine_first(other.b),
    "both aligned": lambda d, other: d.a.align(other.b)[1],
    "frames": lambda d, other: d[["a", "b"]] * other[["b", "a"]],
    "comparisons": lambda d, other: d.a.eq(other.b / 10),
    "groups": lambda d, other: other.groupby(d.k).a.sum(),
    "correlation": lambda d, other: d.a.corr(other.b),
    "labels as before": lambda d, other: other.set_axis(d.index, axis=0).a + d.b,
    "in place": lambda d, other: other.assign(c=other.a + other.b)[other.a > 1],
}


@pytest.mark.parametrize("edges", [[], [2], [0, 1, 3]])
@pytest.mark.parametrize("labels", RENUMBERED)
@pytest.mark.parametrize("call", CALLS)
def test_rows_are_matched_by_their_labels(call, labels, edges):
    def program(d):
        return CALLS[call](d, RENUMBERED[labels](d))

    found, expected = program(in_partitions(WHOLE, edges)).compute(), program(WHOLE)
    if isinstance(expected, (pd.DataFrame, pd.Series)):
        found, expected = found.sort_index(), expected.sort_index()
    same(found, expected, check_dtype=False, check_index_type=False)  # gaps make floats of integers


@pytest.mark.parametrize("edges", [[], [2]])
@pytest.mark.parametrize("labels", ["numbered", "moved on"])
def test_values_of_pandas_beside_rows_of_other_labels(labels, edges):
    ours, whole = RENUMBERED[labels](in_partitions(WHOLE, edges)), RENUMBERED[labels](WHOLE)
    same((ours.a + WHOLE.b).compute().sort_index(), (whole.a + WHOLE.b).sort_index(), check_dtype=False)
    same(ours.assign(c=WHOLE.b).compute(), whole.assign(c=WHOLE.b), check_dtype=False)


@pytest.mark.parametrize("edges", [[], [2]])
def test_rows_are_put_and_found_by_the_labels_that_they_have(edges):
    ours, whole = [each.reset_index(drop=True) for each in (in_partitions(WHOLE, edges), WHOLE)]
    same(ours.loc[1:2].compute(), whole.loc[1:2])
    moved = [each.rename(index=lambda label: label + 10) for each in (ours, whole)]
    for each in moved:
        each.loc[[11, 12], "a"] = 5
        each.loc[1] = [0, 0, 0]
    same(moved[0].compute(), moved[1], check_dtype=False)
    for each in (ours, whole):
        each.loc[1:2, "a"] = pd.Series([7, 8], index=[1, 2])
    same(ours.compute(), whole, check_dtype=False)


def test_an_index_is_chosen_from_by_place():
    levels = pd.MultiIndex.from_arrays([[2, 1, 2, 3], list("abab")], names=["p", "q"])
    whole = pd.DataFrame({"v": np.arange(4)}, index=levels)
    ours = in_partitions(whole, [2])
    for program in (
        lambda index: index.get_level_values("p")[index.get_level_values("q") == "a"],
        lambda index: (index.get_level_values("p") + 1)[index.get_level_values("p") > 1],
    ):
        same(program(ours.index).compute(), program(whole.index))


def test_rows_that_are_kept_have_the_labels_that_they_had():
    ours = in_partitions(WHOLE, [2])
    kept, before = ours.reset_index(drop=True).persist(), ours.persist()
    same((kept.a + before.b).compute().sort_index(), (WHOLE.reset_index(drop=True).a + WHOLE.b).sort_index())
    same((kept.a + kept.b).compute(), WHOLE.reset_index(drop=True).sum(axis=1) - WHOLE.k.to_numpy())
