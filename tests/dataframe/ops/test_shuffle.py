from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import partitioned

import weft.dataframe as dd
from weft.dataframe.kernels.pandas.hashing import hash_rows, targets_of
from weft.execution import plan_of


@settings(max_examples=20, deadline=None)
@given(partitioned(), st.integers(1, 5), st.sampled_from(["key", ["key", "word"]]))
def test_a_shuffle_keeps_all_rows_and_brings_equal_keys_together(pair, count, on):
    whole, parts = pair
    whole = whole.assign(row=range(len(whole)))
    parts = parts.shuffle(on, npartitions=count)
    assert parts.npartitions == count
    result = parts.compute(scheduler="sync")
    labels = [on] if isinstance(on, str) else on
    columns = ["key", "number", "float", "word", "flag"]
    assert sorted(map(repr, result[columns].to_numpy().tolist())) == sorted(
        map(repr, whole[columns].to_numpy().tolist())
    )
    homes = pd.Series(targets_of(hash_rows([result[label] for label in labels]), count))
    assert homes.is_monotonic_increasing


@pytest.mark.parametrize("sizes", [(128, 129), (129, 128), (200, 150)])
def test_large_shuffles_go_in_two_rounds_and_keep_rows_and_their_order(sizes):
    sources, targets = sizes
    whole = pd.DataFrame({"key": np.arange(1000) % 257, "row": np.arange(1000)})
    shuffled = dd.from_pandas(whole, npartitions=sources).shuffle("key", npartitions=targets)
    plan, _ = plan_of([shuffled])
    assert sum(len(outputs) for outputs in plan.outputs.values()) <= 20_000
    result = shuffled.compute(scheduler="sync")
    assert sorted(result.row) == list(range(1000))
    assert result.groupby("key").row.apply(lambda rows: rows.is_monotonic_increasing).all()
