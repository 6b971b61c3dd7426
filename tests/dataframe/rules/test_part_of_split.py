from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weft.dataframe as dd
from weft.dataframe.ops.elementwise import Elementwise
from weft.expr import find, optimize

TEXTS = st.lists(st.none() | st.text(st.sampled_from("ab .|,\t\u00a0\x1cé"), max_size=9), max_size=9)


def operations(frame):
    (tree,) = optimize([frame.expr], phases=["simplify"])
    return {each.operation for each in find(tree, Elementwise)}


@given(
    TEXTS,
    st.sampled_from(["split", "rsplit"]),
    st.sampled_from([None, " ", ".", "|", ", ", "a"]),
    st.integers(-1, 3),
    st.integers(-4, 3),
    st.sampled_from([None, True, False]),
    st.sampled_from(["str", "string"]),
)
def test_a_part_is_that_of_pandas_lists(texts, method, separator, most, place, regex, dtype):
    words = {} if regex is None or method == "rsplit" or separator is None else {"regex": regex}
    texts = ["a", *texts, "b"]  # pandas refuses .str of a column that has nothing but missing values
    whole = pd.Series(texts, dtype=dtype, name="t", index=range(5, 5 + len(texts)))
    wanted = getattr(whole.str, method)(separator, n=most, **words).str[place]
    made = getattr(dd.from_pandas(whole, npartitions=2).str, method)(separator, n=most, **words).str[place]
    pd.testing.assert_series_equal(
        made.compute(scheduler="sync"), wanted, check_dtype=wanted.notna().any()
    )  # NaN alone has no dtype


def test_lists_of_plain_separators_are_not_made():
    column = dd.from_pandas(pd.Series(["a b", "c"]), npartitions=1)
    assert operations(column.str.split(" ").str[0]) == {"part_of_split"}
    assert operations(column.str.split().str.get(-1)) == {"part_of_split"}
    assert operations(column.str.rsplit(", ", n=1).str[1]) == {"part_of_split"}


@pytest.mark.parametrize("words", [{"pat": ", "}, {"pat": ".", "regex": True}, {"n": 1}])
def test_patterns_are_left_to_pandas(words):
    column = dd.from_pandas(pd.Series(["a b", "c"]), npartitions=1)
    assert operations(column.str.split(**words).str[0]) == {"str.split", "str.get"}
