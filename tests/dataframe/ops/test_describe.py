from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, agree, cut_frames, cut_series

FINE = tuple(kind for kind in KINDS if kind not in ("object", "boolean", "double[pyarrow]", "int64[pyarrow]"))


@settings(max_examples=60, deadline=None)
@given(cut_series(FINE, min_size=1), st.sampled_from([None, [0.1, 0.5], [0.9]]))
def test_summaries_agree_with_pandas(pair, percentiles):
    whole, parts = pair
    agree(lambda: parts.describe(percentiles=percentiles), lambda: whole.describe(percentiles=percentiles), rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(cut_frames(("int64", "float64", "str", "bool", "datetime64[us]"), min_size=2), st.sampled_from([None, "all"]))
def test_summaries_of_frames_agree_with_pandas(pair, include):
    whole, parts = pair
    if not whole.count().all():
        return
    agree(lambda: parts.describe(include=include), lambda: whole.describe(include=include))


SPECS = [
    "sum",
    ["sum", "max"],
    {"c0": "sum"},
    {"c0": ["min", "max"], "c1": ["sum"]},
    np.sum,
    lambda column: column.max() - column.min(),
    ["mean", lambda column: column.sum()],
]


@settings(max_examples=50, deadline=None)
@given(cut_frames(("int64", "float64"), min_columns=2, max_columns=2, min_size=1), st.sampled_from(range(len(SPECS))))
def test_aggregates_agree_with_pandas(pair, place):
    whole, parts = pair
    spec = SPECS[place]
    agree(lambda: parts.agg(spec), lambda: whole.agg(spec))
    if not isinstance(spec, dict):
        agree(lambda: parts.c0.agg(spec), lambda: whole.c0.agg(spec))


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64"), min_size=1))
def test_transforms_agree_with_pandas(pair):
    whole, parts = pair
    agree(lambda: parts.transform("cumsum"), lambda: whole.transform("cumsum"))
    agree(lambda: parts.transform(lambda column: column - column.max()), lambda: whole.transform(lambda c: c - c.max()))
    agree(lambda: parts.c0.transform(["abs", "cumsum"]), lambda: whole.c0.transform(["abs", "cumsum"]))
