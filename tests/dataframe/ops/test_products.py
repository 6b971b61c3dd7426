from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from tests.dataframe.columns import agree, numbered_frames


@settings(max_examples=20, deadline=None)
@given(numbered_frames(("int64", "float64"), min_size=1))
def test_products_agree_with_pandas(pair):
    whole, parts = pair
    vector = pd.Series(range(1, len(whole.columns) + 1), index=whole.columns)
    agree(lambda: parts.dot(vector), lambda: whole.dot(vector))
    agree(lambda: parts @ vector.to_frame("n"), lambda: whole @ vector.to_frame("n"))
    agree(lambda: parts.c0.dot(parts.c0), lambda: whole.c0.dot(whole.c0))
    agree(lambda: parts.c0 @ parts, lambda: whole.c0 @ whole)
