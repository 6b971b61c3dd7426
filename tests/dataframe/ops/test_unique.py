from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, cut_series, in_partitions

KEEP = st.sampled_from(["first", "last", False])


@settings(max_examples=50, deadline=None)
@given(cut_series())
def test_different_values_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.unique(), lambda: pd.Series(whole.unique(), name=whole.name, dtype=whole.dtype))


@settings(max_examples=50, deadline=None)
@given(cut_series(), KEEP, st.booleans())
def test_different_values_with_their_labels_agree_with_pandas(pair, keep, renumber):
    whole, parts = pair
    agree(
        lambda: parts.drop_duplicates(keep=keep, ignore_index=renumber),
        lambda: whole.drop_duplicates(keep=keep, ignore_index=renumber),
    )


@settings(max_examples=50, deadline=None)
@given(cut_frames(keys=("int64", "str", "float64")), KEEP, st.sampled_from([None, "k0", ["k1"], ["k2", "k0"]]))
def test_different_rows_agree_with_pandas(pair, keep, subset):
    whole, parts = pair
    agree(
        lambda: parts.drop_duplicates(subset, keep=keep, split_every=2),
        lambda: whole.drop_duplicates(subset, keep=keep),
    )


@settings(max_examples=30, deadline=None)
@given(cut_frames(keys=("int64", "str")))
def test_different_labels_of_several_levels_agree_with_pandas(pair):
    whole, parts = pair
    whole, parts = whole.set_index(["k0", "k1"]), parts.set_index(["k0", "k1"], sort=False)
    agree(lambda: parts.index.unique(), lambda: whole.index.unique())
    agree(lambda: parts.index.unique(level="k1"), lambda: whole.index.unique(level="k1"))
    agree(lambda: parts.index.unique(level=0), lambda: whole.index.unique(level=0))


def test_bad_arguments_are_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"word": ["a", "b"]}), [1])
    with pytest.raises(KeyError, match="Did you mean 'word'"):
        parts.drop_duplicates("wrd")
    with pytest.raises(ValueError, match="keep must be"):
        parts.drop_duplicates(keep="none")
