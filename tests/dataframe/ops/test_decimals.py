"""Arrow's decimal numbers."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree

import weft
import weft.dataframe as dd

NUMBERS = st.lists(
    st.tuples(st.none() | st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents) / 100), st.integers(0, 2)),
    min_size=1,
)


def frames(rows, parts):
    values, keys = zip(*rows, strict=True)
    whole = pd.DataFrame({"d": pd.Series(values, dtype=pd.ArrowDtype(pa.decimal128(12, 2))), "k": keys})
    return whole, dd.from_pandas(whole, npartitions=parts)


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.integers(1, 4))
def test_means_are_decimal_numbers_rounded_as_pandas_does(engine, rows, parts):
    whole, cut = frames(rows, parts)
    with weft.config.set({"dataframe.engine": engine}):
        agree(lambda: cut.groupby("k").d.mean(), lambda: whole.groupby("k").d.mean())
        agree(
            lambda: cut.groupby("k").agg({"d": ["mean", "sum"]}), lambda: whole.groupby("k").agg({"d": ["mean", "sum"]})
        )
        if whole.d.count():
            assert cut.d.mean().compute() == whole.d.mean()


@settings(max_examples=40, deadline=None)
@given(
    NUMBERS, st.integers(1, 4), st.sampled_from([0.3, [0.25, 0.5]]), st.sampled_from(["linear", "midpoint", "lower"])
)
def test_quantiles_are_those_of_pandas(rows, parts, q, interpolation):
    whole, cut = frames(rows, parts)
    if whole.d.count():
        agree(lambda: cut.d.quantile(q, interpolation), lambda: whole.d.quantile(q, interpolation), rtol=1e-9)
        agree(lambda: cut.d.median(), lambda: whole.d.median(), rtol=1e-9)
