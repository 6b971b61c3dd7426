from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd
from weft.dataframe.ops.alignment import align_rows


def test_frames_with_the_same_rows_stay():
    parts = dd.from_pandas(pd.DataFrame({"a": range(10), "b": 1}), npartitions=3)
    frames = [parts["a"].expr, parts["b"].expr]
    assert align_rows(frames) == frames


def test_known_divisions_are_cut_at_the_edges_of_all():
    left = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=3).expr
    right = dd.from_pandas(pd.DataFrame({"a": range(7)}, index=range(4, 11)), npartitions=2).expr
    one, two = align_rows([left, right])
    assert one.divisions == two.divisions == (0, 3, 4, 6, 7, 9, 10)
    assert one.npartitions == two.npartitions == 6


def test_rows_that_cannot_be_matched_are_refused():
    left = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=3)
    right = dd.from_pandas(pd.DataFrame({"a": range(10)}, index=list("abcdefghij")), npartitions=2)
    with pytest.raises(ValueError, match="cannot be compared"):
        align_rows([left.expr, right.expr])


CATEGORIES = [
    (pd.CategoricalIndex(["a", "b"], ["a", "b"]), pd.CategoricalIndex(["b", "a"], ["b", "a"])),
    (pd.CategoricalIndex(["a", "b", "c", "a"], ["c", "a", "b"]), pd.CategoricalIndex(["b", "a", "c"], ["b", "a", "c"])),
    (pd.CategoricalIndex(["c", "a", "b"], ["c", "a", "b"]), pd.CategoricalIndex(["b", "d"], ["d", "b"])),
    (pd.CategoricalIndex([9, 0], [9, 0, 1]), pd.CategoricalIndex([0, 1], [9, 0, 1])),
]


@pytest.mark.parametrize("labels", CATEGORIES)
@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize(
    "program",
    [
        lambda a, b, lib: a + b,
        lambda a, b, lib: lib.concat([a, b], axis=1),
        lambda a, b, lib: a.to_frame("x").join(b.to_frame("y")),
        lambda a, b, lib: a.to_frame("x").join(b.to_frame("y"), how="outer"),
    ],
)
def test_labels_of_categories_in_other_orders_are_matched_by_value(labels, sort, program):
    whole = [pd.Series(range(len(each)), each, dtype="float64") for each in labels]
    ours = [dd.from_pandas(each, npartitions=2, sort=sort) for each in whole]
    found, expected = program(*ours, dd).compute(), program(*whole, pd)
    found.index, expected.index = found.index.astype(object), expected.index.astype(object)
    same = pd.testing.assert_frame_equal if expected.ndim == 2 else pd.testing.assert_series_equal
    same(found.sort_index(kind="stable"), expected.sort_index(kind="stable"))


def test_rows_in_an_order_of_categories_have_no_divisions():
    whole = pd.DataFrame({"n": range(4)}, pd.CategoricalIndex(["lo", "mid", "hi", "hi"], ["lo", "mid", "hi"]))
    ours = dd.from_pandas(whole, npartitions=3)
    assert not ours.known_divisions
    assert not ours.reset_index().set_index("index").known_divisions
    pd.testing.assert_frame_equal(ours.loc["mid":].compute(), whole.loc["mid":])
