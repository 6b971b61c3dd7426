from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, agree, cut_frames, cut_series, numbered_frames

NOT_OBJECT = tuple(kind for kind in KINDS if kind != "object")


@settings(max_examples=60, deadline=None)
@given(
    cut_series(NOT_OBJECT),
    st.sampled_from(["average", "min", "max", "first", "dense"]),
    st.sampled_from(["keep", "top", "bottom"]),
    st.booleans(),
    st.booleans(),
)
def test_ranks_agree_with_pandas(pair, method, na_option, ascending, pct):
    whole, parts = pair
    words = {"method": method, "na_option": na_option, "ascending": ascending, "pct": pct}
    agree(lambda: parts.rank(**words), lambda: whole.rank(**words))


@settings(max_examples=30, deadline=None)
@given(cut_frames(("float64", "float32")), st.none() | st.integers(1, 2), st.sampled_from([None, "both", "backward"]))
def test_gaps_are_filled_between_values_as_pandas_does(pair, limit, direction):
    whole, parts = pair
    words = {"limit": limit, "limit_direction": direction}
    agree(lambda: parts.interpolate(**words), lambda: whole.interpolate(**words))


@settings(max_examples=40, deadline=None)
@given(
    numbered_frames(("float64", "float32", "int64")),
    st.sampled_from(["linear", "index"]),
    st.none() | st.integers(1, 3),
    st.sampled_from(["forward", "both", "backward"]),
    st.sampled_from([None, "inside", "outside"]),
)
def test_gaps_over_partitions_are_filled_as_pandas_does(pair, method, limit, direction, area):
    whole, parts = pair
    words = {"method": method, "limit": limit, "limit_direction": direction, "limit_area": area}
    agree(lambda: parts.interpolate(**words), lambda: whole.interpolate(**words))
