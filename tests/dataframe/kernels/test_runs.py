from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas.runs import in_target_order, run_of, runs_by_target

pytestmark = pytest.mark.usefixtures("way")


@given(st.lists(st.integers(0, 8), max_size=40), st.sampled_from(["uint8", "uint16", "uint32"]))
def test_rows_of_a_target_keep_their_order(targets, dtype):
    order, upto = in_target_order(np.array(targets, dtype=dtype), 10)
    order = np.arange(len(targets)) if order is None else order
    assert upto[0] == 0
    assert len(upto) == 11
    for target in range(10):
        expected = [row for row, each in enumerate(targets) if each == target]
        assert order[upto[target] : upto[target + 1]].tolist() == expected


@given(st.lists(st.integers(0, 8), max_size=40), st.booleans())
def test_runs_have_the_rows_of_their_targets(targets, keep_index):
    whole = pd.DataFrame(
        {
            "i": np.arange(len(targets)),
            "f": np.arange(len(targets)) / 2,
            "m": pd.to_datetime(np.arange(len(targets))),
            "s": np.arange(len(targets), dtype="int16"),
            "o": np.array([object() for _ in targets], dtype=object),
            "t": [str(row) for row in range(len(targets))],
        },
        index=[f"label {row}" for row in range(len(targets))],
    )
    numbers = np.array(targets, dtype="uint8")
    bounds = (0, 1, 4, 9)
    runs = runs_by_target(run_of(whole, keep_index), numbers, bounds)
    assert len(runs) == 3
    for run, low, high in zip(runs, bounds[:-1], bounds[1:], strict=True):
        rows = [row for target in range(low, high) for row, each in enumerate(targets) if each == target]
        assert run.length == len(rows)
        assert (run.index is None) != keep_index
        for array, label in zip(run.columns, whole.columns, strict=True):
            assert pd.Series(array).tolist() == whole[label].iloc[rows].tolist()
            assert getattr(array, "base", None) is None  # a run owns its memory
