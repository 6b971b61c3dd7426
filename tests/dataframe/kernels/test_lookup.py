from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas.lookup import Lookup, Prepared, joined_by_lookup
from weft.dataframe.kernels.pandas.merge import JoinPlan

FAR = [-(2**63), 2**63 - 1, 0, 1, 7, 10**12]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.integers(-3, 3), st.sampled_from(FAR)), max_size=8),
    st.lists(st.one_of(st.integers(-3, 3), st.sampled_from(FAR)), max_size=8),
    st.sampled_from(["inner", "left"]),
    st.sampled_from(["int64", "int8", "float64", "datetime64[us]", "uint8", "bool"]),
)
def test_rows_are_those_of_pandas(mine, theirs, how, dtype):
    def keys(values):
        plain = pd.Series([each for each in values if dtype[0] != "d" or abs(each) < 10**13], dtype="int64")
        return plain.astype("float64").where(plain != 3) if dtype == "float64" else plain.astype(dtype)

    left = pd.DataFrame({"k": keys(mine), "a": 1})
    right = pd.DataFrame({"k": keys(theirs), "b": 2, "t": "x"})
    left["a"], right["b"] = range(len(left)), range(len(right))
    plan = JoinPlan(how, ("k",), ("k",), (("k", "k"), ("a", "a")), (("b", "b"), ("t", "t")))
    made = joined_by_lookup(left, pickle.loads(pickle.dumps(Prepared(right, ("k",)))), plan)
    expected = left.merge(right, on="k", how=how)
    pd.testing.assert_frame_equal(made, expected, check_dtype=len(expected) > 0)


@pytest.mark.parametrize("keys", [[5, 3, 9], [5, 3, 5], [10**15, 3, -(10**15)]])
def test_where_the_rows_are(keys):
    rows, found = Lookup(np.array(keys)).match(np.array([3, 4]), keeps_all=True)
    assert found.tolist() == [1, -1]
    assert rows is None or rows.tolist() == [0, 1]


def test_text_and_several_keys_are_left_to_pandas():
    frame = pd.DataFrame({"k": ["a"], "n": [1]})
    names = (("k", "k"), ("n", "n"))
    assert joined_by_lookup(frame, Prepared(frame, ("k",)), JoinPlan("inner", ("k",), ("k",), names, ())) is None
    both = JoinPlan("inner", ("k", "n"), ("k", "n"), names, ())
    assert joined_by_lookup(frame, Prepared(frame, ("k", "n")), both) is None
