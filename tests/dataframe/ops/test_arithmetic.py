from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, in_partitions

FLEX = st.sampled_from(["add", "rsub", "mul", "truediv", "eq"])


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(("int64", "float64"), min_columns=3, max_columns=3, min_size=2),
    st.sampled_from(["add", "sub", "mul", "truediv", "gt", "eq"]),
    st.booleans(),
)
def test_rows_and_columns_of_two_dimensions_stand_for_all_others(pair, name, of_columns):
    whole, parts = pair
    values = np.arange(len(whole) * 1.0)[:, None] if of_columns else np.array([[1.0, 2.0, 4.0]])
    agree(lambda: getattr(parts, name)(values), lambda: getattr(whole, name)(values))
    agree(lambda: parts - values, lambda: whole - values)
    agree(lambda: values * parts, lambda: values * whole)
    agree(lambda: parts < values, lambda: whole < values)
    agree(lambda: np.subtract(values, parts), lambda: np.subtract(values, whole))


def test_what_pandas_refuses_is_refused():
    whole = pd.DataFrame({"a": [1, 2, 3], "b": [True, False, True]})
    parts = in_partitions(whole, [1])
    agree(lambda: parts.b & [True, False, True], lambda: whole.b & [True, False, True])
    agree(lambda: [True, False, True] | parts.b, lambda: [True, False, True] | whole.b)
    agree(lambda: parts.a.eq(parts.a, axis=1), lambda: whole.a.eq(whole.a, axis=1))
    agree(lambda: parts.a.add(parts), lambda: whole.a.add(whole))
    agree(lambda: parts.b & np.array([True, False, True]), lambda: whole.b & np.array([True, False, True]))


def test_arrays_of_other_shapes_are_refused():
    parts = in_partitions(pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3]}), [1])
    for values in (np.ones((1, 3)), np.ones((2, 2)), np.ones((2, 1)), np.ones((1, 1))):
        with pytest.raises(ValueError, match=r"does not match|Unable to coerce"):
            (parts + values).compute()


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(("int64", "float64"), min_columns=2, max_columns=2, keys=("int64", "str")), FLEX, st.sampled_from([0, 1])
)
def test_labels_matched_in_a_level_agree_with_pandas(pair, name, level):
    whole, parts = pair
    whole, parts = whole.set_index(["k0", "k1"]), parts.set_index(["k0", "k1"], sort=False)
    labels = pd.Index([-1, 0, 2, 3], name="k0") if level == 0 else pd.Index(["b", "a", "zz"], name="k1")
    one = pd.Series(np.arange(len(labels)) + 1.5, labels)
    frame = pd.DataFrame({"c0": one, "c2": one})
    agree(lambda: getattr(parts.c0, name)(one, level=level), lambda: getattr(whole.c0, name)(one, level=level))
    agree(
        lambda: getattr(parts, name)(in_partitions(one, [1]), axis=0, level=level),
        lambda: getattr(whole, name)(one, axis=0, level=level),
    )
    agree(lambda: getattr(parts, name)(frame, level=level), lambda: getattr(whole, name)(frame, level=level))
    if name == "add":
        for number in (0, 1):
            agree(
                lambda n=number: parts.c0.align(one, level=level)[n],
                lambda n=number: whole.c0.align(one, level=level)[n],
            )
