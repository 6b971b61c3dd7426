from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas import lookup, moving
from weft.dataframe.kernels.pandas.lookup import Lookup, Packing, Prepared, in_order, joined_by_lookup
from weft.dataframe.kernels.pandas.merge import JoinPlan


@pytest.fixture(autouse=True, params=["sorted", "hashed", "compiled"])
def tables_of_distant_keys(request, monkeypatch):
    if request.param == "sorted":
        monkeypatch.setattr(lookup, "MANY", 1)
    if request.param == "compiled":
        pytest.importorskip("numba")
        assert moving.machine_code(wait=True) is not None
    else:
        monkeypatch.setattr(lookup, "machine_code", lambda rows: None)
    monkeypatch.setattr(lookup, "FREE_SLOTS", 16)


FAR = [-(2**63), 2**63 - 1, 0, 1, 7, 10**12]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.integers(-3, 3), st.sampled_from(FAR)), max_size=8),
    st.lists(st.one_of(st.integers(-3, 3), st.sampled_from(FAR)), max_size=8),
    st.sampled_from(["inner", "left", "right"]),
    st.booleans(),
    st.sampled_from(["int64", "int8", "float64", "datetime64[us]", "uint8", "bool"]),
)
def test_rows_are_those_of_pandas(mine, theirs, how, ordered, dtype):
    def keys(values):
        plain = pd.Series([each for each in values if dtype[0] != "d" or abs(each) < 10**13], dtype="int64")
        return plain.astype("float64").where(plain != 3) if dtype == "float64" else plain.astype(dtype)

    left = pd.DataFrame({"k": keys(mine), "a": 1})
    right = pd.DataFrame({"k": keys(theirs), "b": 2, "t": "x"})
    left["a"], right["b"] = range(len(left)), range(len(right))
    names = (("k", "k"), ("a", "a")), (("b", "b"), ("t", "t"))
    plan = JoinPlan(how, ("k",), ("k",), *names, ordered=ordered)
    made = joined_by_lookup(Prepared(left, ("k",)), pickle.loads(pickle.dumps(Prepared(right, ("k",)))), plan)
    expected = left.merge(right, on="k", how=how)
    if not ordered and how == "inner":
        made = made.sort_values(["a", "b"], ignore_index=True)
        expected = expected.sort_values(["a", "b"], ignore_index=True)
    pd.testing.assert_frame_equal(made, expected, check_dtype=len(expected) > 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([0, 1, 10**9])), max_size=12),
    st.lists(st.tuples(st.integers(-2, 4), st.sampled_from([0, 2, 10**9])), max_size=12),
    st.sampled_from(["inner", "left", "right"]),
    st.booleans(),
)
def test_keys_of_two_columns_are_one_number(mine, theirs, how, is_prepared):
    left = pd.DataFrame(mine, columns=["k", "n"]).astype("int64").assign(a=range(len(mine)))
    right = pd.DataFrame(theirs, columns=["m", "n"]).astype("int64").assign(b=range(len(theirs)))
    on = ("k", "n"), ("m", "n")
    plan = JoinPlan(how, *on, (("k", "k"), ("n", "n"), ("a", "a")), (("m", "m"), ("b", "b")), ordered=False)
    sides = Prepared(left, on[0]), Prepared(right, on[1])
    if is_prepared:
        sides[0].lookup()
    made = joined_by_lookup(*sides, plan)
    expected = left.merge(right, left_on=list(on[0]), right_on=list(on[1]), how=how)
    by = ["a", "b"]
    pd.testing.assert_frame_equal(
        made.sort_values(by, ignore_index=True),
        expected.sort_values(by, ignore_index=True),
        check_dtype=len(expected) > 0,
    )


@pytest.mark.parametrize("width", [5, 70_000, 2**60])
def test_equal_codes_stay_in_order(width):
    codes = np.random.default_rng(0).integers(0, width, 1000)
    codes[500:] = codes[:500]
    np.testing.assert_array_equal(in_order(codes, width), np.argsort(codes, kind="stable"))


@pytest.mark.parametrize("keys", [[5, 3, 9], [5, 3, 5], [10**15, 3, -(10**15)]])
def test_where_the_rows_are(keys):
    columns = [np.array(keys)]
    rows, found = Lookup(columns, Packing(columns)).match([np.array([3, 4])], keeps_all=True)
    assert found.tolist() == [1, -1]
    assert rows is None or rows.tolist() == [0, 1]


def test_texts_and_keys_too_far_apart_are_left_to_pandas():
    frame = pd.DataFrame({"k": ["a"], "n": [1]})
    names = (("k", "k"), ("n", "n"))
    text, both = Prepared(frame, ("k",)), Prepared(frame, ("k", "n"))
    assert joined_by_lookup(text, text, JoinPlan("inner", ("k",), ("k",), names, ())) is None
    assert joined_by_lookup(both, both, JoinPlan("inner", ("k", "n"), ("k", "n"), names, ())) is None
    far = Prepared(pd.DataFrame({"k": [0, 2**62], "n": [-(2**62), 2**62]}), ("k", "n"))
    assert joined_by_lookup(far, far, JoinPlan("inner", ("k", "n"), ("k", "n"), names, ())) is None


@pytest.mark.parametrize(
    ("mine", "theirs"), [(np.repeat([1, 2], 50), np.repeat([2, 3], 30)), ([1, 9], [1, 1, 1]), ([1, 9], [1, 1])]
)
def test_pairs_that_are_as_many_as_there_is_room_for_or_more_are_found(mine, theirs):
    left = Prepared(pd.DataFrame({"k": mine, "a": range(len(mine))}), ("k",))
    right = Prepared(pd.DataFrame({"k": theirs, "b": range(len(theirs))}), ("k",))
    names = (("k", "k"), ("a", "a")), (("b", "b"),)
    for how in ("inner", "left", "right"):
        made = joined_by_lookup(left, right, JoinPlan(how, ("k",), ("k",), *names))
        expected = left.frame.merge(right.frame, on="k", how=how)
        pd.testing.assert_frame_equal(made, expected, check_dtype=False)
