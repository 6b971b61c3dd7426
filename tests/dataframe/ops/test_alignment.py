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
