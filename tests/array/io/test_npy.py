from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=25, deadline=None)
@given(pair=chunked_arrays(min_dims=1), data=st.data())
def test_arrays_come_back_as_they_were_written(tmp_path_factory, pair, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    path = tmp_path_factory.mktemp("npy") / "stack"
    da.to_npy_stack(path, chunked, axis=axis)
    found = da.from_npy_stack(path, mmap_mode=data.draw(st.sampled_from(["r", None])) if whole.size else None)
    assert found.chunks[axis] == chunked.chunks[axis]
    assert_same(found, whole)
    assert [each.name for each in path.parent.iterdir()] == ["stack"]


def test_the_format_is_that_of_dask(tmp_path):
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask.array")
    da.to_npy_stack(tmp_path / "x", da.arange(10, chunks=4))
    assert dask.array.from_npy_stack(str(tmp_path / "x")).compute().tolist() == list(range(10))
    dask.array.to_npy_stack(str(tmp_path / "y"), dask.array.ones((4, 6), chunks=3), axis=1)
    assert_same(da.from_npy_stack(tmp_path / "y"), np.ones((4, 6)))


def test_a_stack_is_replaced_and_anything_else_is_not(tmp_path):
    da.to_npy_stack(tmp_path / "x", da.ones(5, chunks=2))
    da.to_npy_stack(tmp_path / "x", da.zeros(4, chunks=3))
    assert sorted(each.name for each in (tmp_path / "x").iterdir()) == ["0.npy", "1.npy", "info"]
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "thesis.txt").touch()
    with pytest.raises(FileExistsError, match="another directory"):
        da.to_npy_stack(tmp_path / "y", da.ones(5))


def test_an_info_file_runs_nothing(tmp_path):
    (tmp_path / "info").write_bytes(pickle.dumps({"chunks": print}))
    with pytest.raises(pickle.UnpicklingError, match="print"):
        da.from_npy_stack(tmp_path)
