from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas import moving, runs
from weft.dataframe.kernels.pandas.runs import in_target_order


@pytest.fixture(autouse=True, params=["numpy", "machine code"])
def way(request, monkeypatch):
    """Both ways to sort by target."""
    if request.param == "machine code":
        pytest.importorskip("numba")
        assert moving.machine_code(wait=True) is not None
    else:
        monkeypatch.setattr(runs, "machine_code", lambda rows: None)


@given(st.lists(st.integers(0, 8), max_size=40), st.sampled_from(["uint8", "uint16", "uint32"]))
def test_rows_of_a_target_keep_their_order(targets, dtype):
    order, upto = in_target_order(np.array(targets, dtype=dtype), 10)
    order = np.arange(len(targets)) if order is None else order
    assert upto[0] == 0
    assert len(upto) == 11
    for target in range(10):
        expected = [row for row, each in enumerate(targets) if each == target]
        assert order[upto[target] : upto[target + 1]].tolist() == expected
