from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, cut_series

import weft.dataframe as dd


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(keys=("int64", "str")),
    st.sampled_from([None, "k0", ["k0", "k1"]]),
    st.sampled_from(["first", "last", False]),
)
def test_rows_that_are_there_more_than_once_agree_with_pandas(pair, subset, keep):
    whole, parts = pair
    agree(lambda: parts.duplicated(subset, keep), lambda: whole.duplicated(subset, keep))


@settings(max_examples=40, deadline=None)
@given(cut_series(), st.booleans(), st.booleans())
def test_values_are_numbered_as_pandas_numbers_them(pair, sort, sentinel):
    whole, parts = pair
    wanted, different = whole.factorize(sort=sort, use_na_sentinel=sentinel)
    codes, uniques = parts.factorize(sort, sentinel)
    found = codes.compute(scheduler="sync")
    np.testing.assert_array_equal(found.to_numpy(), wanted)
    assert found.index.equals(whole.index)
    assert len(uniques.compute(scheduler="sync")) == len(different)


def test_what_makes_no_sense_is_refused():
    parts = dd.from_pandas(pd.DataFrame({"a": [1]}), npartitions=1)
    with pytest.raises(KeyError, match="no column 'b'"):
        parts.duplicated("b")
    with pytest.raises(ValueError, match="keep"):
        parts.a.duplicated(keep="all")
    with pytest.raises(TypeError, match=r"pandas\.factorize"):
        dd.factorize([1, 2])
