"""Joins by indexes of several levels, of which the other side has only some, give what pandas gives."""

from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd

LEFT = pd.DataFrame(
    {"v": range(5), "both": range(5)},
    index=pd.MultiIndex.from_tuples([(1, "b"), (1, "a"), (2, "z"), (2, "b"), (2, "a")], names=["i", "j"]),
)
SINGLE = pd.DataFrame({"w": range(4), "both": range(4)}, index=pd.Index(["c", "a", "b", "d"], name="j"))
LEVELS = pd.DataFrame(
    {"w": range(4), "both": range(4)},
    index=pd.MultiIndex.from_tuples([("c", 7), ("a", 8), ("a", 6), ("b", 5)], names=["j", "q"]),
)
HOWS = ["inner", "left", "right", "outer"]


def ours(frame):
    return dd.from_pandas(frame, npartitions=2, sort=False)


def check(program, left, right, **options):
    expected = program(left, right)
    pd.testing.assert_frame_equal(program(ours(left), ours(right)).compute(), expected, **options)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("right", [SINGLE, LEVELS], ids=["a single level", "levels of both"])
def test_frames_are_joined_by_the_levels_that_both_have(right, how):
    check(lambda a, b: a.join(b, how=how, suffixes=("_x", "_y")), LEFT, right, check_index_type=False)
    check(lambda a, b: b.join(a, how=how, suffixes=("_x", "_y")), LEFT, right, check_index_type=False)
    check(lambda a, b: a.merge(b, left_index=True, right_index=True, how=how), LEFT, right, check_index_type=False)


@pytest.mark.parametrize("how", HOWS)
def test_a_level_and_an_index(how):
    check(lambda a, b: a.merge(b, left_on="j", right_index=True, how=how), LEFT, SINGLE)
    check(lambda a, b: b.merge(a, left_index=True, right_on="j", how=how), LEFT, SINGLE)
    check(lambda a, b: a.drop(columns="both").join(b, on="j", how=how), LEFT, SINGLE)


def test_indexes_without_a_level_of_both_are_refused():
    with pytest.raises(ValueError, match="no overlapping index names"):
        ours(LEFT).join(ours(SINGLE.rename_axis("x")), lsuffix="_")


@pytest.mark.parametrize("how", HOWS)
def test_labels_have_the_name_that_pandas_gives_them(how):
    left, right = SINGLE[["w"]].rename_axis(None), SINGLE[["both"]]
    check(lambda a, b: a.merge(b, left_index=True, right_index=True, how=how), left, right)
    check(lambda a, b: b.merge(a, left_index=True, right_index=True, how=how), left, right)
    if how == "inner":
        check(lambda a, b: a.merge(b, left_index=True, right_index=True, how=how), left[:0], right)
