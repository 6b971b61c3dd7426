from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(min_dims=1, max_dims=2, min_side=1, dtypes=st.sampled_from(["f8", "i8", "f4"])),
    st.sampled_from([4, 7, 2 * np.pi, 0.5]),
    st.sampled_from([None, 3.0, 100]),
)
def test_phases_go_on_as_in_numpy(pair, period, discont):
    whole, ours = pair
    for axis in (0, -1):
        expected = np.unwrap(whole, discont, axis, period=period)
        assert_same(da.unwrap(ours, discont, axis, period=period), expected, exact=False)
    assert_same(np.unwrap(ours), np.unwrap(whole), exact=False)


def test_what_has_no_such_axis_is_refused():
    with pytest.raises(np.exceptions.AxisError):
        da.unwrap(da.ones(3), axis=1)
