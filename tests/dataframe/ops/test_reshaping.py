from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd


def in_parts(frame, count=3, sort=False):
    return dd.from_pandas(frame, npartitions=count, sort=sort)


def test_lists_become_rows():
    whole = pd.DataFrame({"a": [[1, 2], [], [3], None], "b": range(4), "c": [[1, 2], [], [4], None]})
    assert_same(in_parts(whole).explode("a"), whole.explode("a"))
    assert_same(in_parts(whole).explode(["a", "c"]), whole.explode(["a", "c"]))
    assert_same(in_parts(whole).explode("a", ignore_index=True), whole.explode("a", ignore_index=True))
    assert_same(in_parts(whole)["a"].explode(), whole["a"].explode())


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"id_vars": "k"},
        {"id_vars": ["k", "w"], "value_vars": ["a", "b"]},
        {"id_vars": "k", "value_vars": "b", "var_name": "what", "value_name": "how much"},
        {"id_vars": ["k"], "ignore_index": False},
    ],
)
def test_columns_become_rows_in_pandas_order(words):
    whole = pd.DataFrame({"k": list("xyzxy"), "w": list("qrstu"), "a": range(5), "b": np.arange(5) / 2})
    assert_same(in_parts(whole).melt(**words), whole.melt(**words))
    assert_same(dd.melt(in_parts(whole), **words), whole.melt(**words))


def test_categories_become_columns():
    whole = pd.DataFrame({"a": pd.Categorical(list("xyxz")), "b": range(4)})
    assert_same(dd.get_dummies(in_parts(whole)), pd.get_dummies(whole))
    assert_same(
        dd.get_dummies(in_parts(whole), prefix="p", dummy_na=True, dtype=int),
        pd.get_dummies(whole, prefix="p", dummy_na=True, dtype=int),
    )
    assert_same(dd.get_dummies(in_parts(whole)["a"]), pd.get_dummies(whole["a"]))
    texts = whole.astype({"a": str})
    assert_same(dd.get_dummies(in_parts(texts)), pd.get_dummies(texts))


@pytest.mark.parametrize("words", [{}, {"dummy_na": True}, {"drop_first": True}])
def test_values_become_columns(words):
    whole = pd.DataFrame({"t": ["b", None, "a", "b", "c", "a"], "o": [2, 1, 2, 3, 1, 1], "v": range(6)})
    for frame in (in_parts(whole), in_parts(whole).map_partitions(lambda rows: rows)):
        assert_same(dd.get_dummies(frame, **words), pd.get_dummies(whole, **words))
        assert_same(dd.get_dummies(frame.t, **words), pd.get_dummies(whole.t, **words))
        assert_same(dd.get_dummies(frame.o, **words), pd.get_dummies(whole.o, **words))
        assert_same(dd.get_dummies(frame, columns=["o"]), pd.get_dummies(whole, columns=["o"]))


@pytest.mark.parametrize(
    "kind", ["str", "string", object, "int64", "Int64", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.int64())]
)
@pytest.mark.parametrize("words", [{}, {"dummy_na": True}, {"drop_first": True}, {"dtype": "Int64"}])
def test_dummies_are_of_the_type_that_pandas_chooses(kind, words):
    categories = pd.Index([1, 2, 3] if "int" in str(kind).lower() else list("abc"), dtype=kind)
    codes = pd.Categorical.from_codes([0, 1, -1, 0, 2, 1], categories=categories)
    whole = pd.DataFrame({"k": codes, "v": range(6)})
    assert_same(dd.get_dummies(in_parts(whole), **words), pd.get_dummies(whole, **words))
    assert_same(dd.get_dummies(in_parts(whole).k, **words), pd.get_dummies(whole.k, **words))


def test_columns_become_a_level():
    whole = pd.DataFrame({"a": range(5), "b": np.arange(5) / 2})
    assert_same(in_parts(whole).stack(), whole.stack())


@pytest.mark.parametrize("sort", [True, False])
def test_missing_values_from_another_frame(sort):
    one = pd.DataFrame({"a": [1.0, None, 3.0, None], "b": range(4)})
    two = pd.DataFrame({"a": [9.0, 8.0, 7.0], "c": 1.0}, index=[1, 3, 5])
    assert_same(in_parts(one, 2, sort).combine_first(in_parts(two, 2, sort)), one.combine_first(two))
    assert_same(
        in_parts(one, 2, sort)["a"].combine_first(in_parts(two, 2, sort)["a"]), one["a"].combine_first(two["a"])
    )
    assert_same(
        in_parts(one, 2, sort)["a"].combine(in_parts(two, 2, sort)["a"], np.fmax),
        one["a"].combine(two["a"], np.fmax),
    )


@pytest.mark.parametrize("join", ["outer", "inner", "left", "right"])
def test_frames_get_the_same_labels(join):
    one = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": 1.0})
    two = pd.DataFrame({"a": [9.0, 8.0, 7.0], "c": 1.0}, index=[1, 3, 5])
    ours = in_parts(one, 2, True).align(in_parts(two, 2, True), join=join)
    for made, expected in zip(ours, one.align(two, join=join), strict=True):
        assert_same(made, expected)


def test_values_of_another_frame_are_taken_over():
    one = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": 1.0})
    two = pd.DataFrame({"a": [9.0, None, 7.0]}, index=[0, 1, 3])
    ours = in_parts(one, 2, True)
    ours.update(in_parts(two, 2, True))
    one.update(two)
    assert_same(ours, one)


@pytest.mark.parametrize("direction", ["backward", "forward", "nearest"])
def test_the_nearest_rows(direction):
    rng = np.random.default_rng(0)
    left = pd.DataFrame({"t": np.sort(rng.integers(0, 100, 30)), "g": rng.integers(0, 3, 30), "a": range(30)})
    right = pd.DataFrame({"t": np.sort(rng.integers(0, 100, 20)), "g": rng.integers(0, 3, 20), "b": range(20)})
    for words in ({"on": "t", "by": "g"}, {"on": "t", "tolerance": 3, "allow_exact_matches": False}):
        expected = pd.merge_asof(left, right, direction=direction, **words)
        assert_same(dd.merge_asof(in_parts(left), in_parts(right, 2), direction=direction, **words), expected)
    one, two = left.drop_duplicates("t").set_index("t"), right.set_index("t")[["b"]]
    expected = pd.merge_asof(one, two, left_index=True, right_index=True, direction=direction)
    ours = dd.merge_asof(in_parts(one), in_parts(two, 2), left_index=True, right_index=True, direction=direction)
    assert_same(ours, expected)
    with pytest.raises(KeyError, match="no column"):
        dd.merge_asof(in_parts(left), in_parts(right), on="q")


@pytest.mark.parametrize("pair", [["i", "b"], ["b", "f"], ["i", "f"], ["b", "I"], ["i", "t"], ["s", "c"]])
def test_melted_values_have_the_type_that_they_have_together(pair):
    whole = pd.DataFrame({"i": [0, 1, 2], "f": [0.5, None, 1.5], "b": [True, False, True]})
    whole["I"] = pd.array([1, 2, None], "Int64")
    whole["t"], whole["s"], whole["c"] = (
        pd.Timestamp("2024"),
        pd.Series(list("abc"), dtype="str"),
        pd.Categorical(list("xyz")),
    )
    for order in (pair, pair[::-1]):
        made = dd.from_pandas(whole, npartitions=2).melt(value_vars=order)
        expected = whole.melt(value_vars=order)
        assert made.dtypes["value"] == expected.dtypes["value"]
        pd.testing.assert_frame_equal(made.compute(), expected)
