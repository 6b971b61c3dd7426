"""Results put together by several threads."""

from __future__ import annotations

import numpy as np
import pytest

import weft.array as da
from weft.array import expr


@pytest.fixture
def blocks(monkeypatch):
    monkeypatch.setattr(expr, "LARGE", 64)
    monkeypatch.setattr(expr, "cpu_count", lambda: 3)
    return [np.full((2, 5), number) for number in range(6)]


def test_large_results_are_filled_by_threads_and_let_go_of_their_blocks(blocks):
    wanted = expr.joined_blocks(list(blocks), (3, 2))
    made = expr.assemble_result(blocks, (3, 2))
    np.testing.assert_array_equal(made, wanted)
    assert blocks == [None] * 6


def test_a_block_of_the_wrong_shape_is_reported(blocks):
    blocks[3] = np.zeros((3, 5))
    with pytest.raises(ValueError, match="broadcast"):
        expr.assemble_result(blocks, (3, 2))


def test_blocks_of_other_types_are_joined_as_they_join_themselves():
    blocks = [np.ma.ones(3), np.ma.zeros(3)]
    made = expr.assemble_result(blocks, (2,))
    assert isinstance(made, np.ma.MaskedArray)
    assert made.tolist() == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_results_may_be_written_to_and_belong_to_nobody_else(scheduler):
    mine = np.arange(6.0)
    x = da.from_array(mine, chunks=6)
    kept = (x + 1).persist(scheduler=scheduler)
    for lazy in (x, x[::-1], x.reshape(2, 3), da.sort(x), kept, da.linalg.eigh(da.eye(3))[0]):
        before = lazy.compute(scheduler=scheduler)
        expected = before.copy()
        before[...] = -1
        np.testing.assert_array_equal(lazy.compute(scheduler=scheduler), expected)
    np.testing.assert_array_equal(mine, np.arange(6.0))


def test_what_repeats_its_elements_stays_a_view():
    wide = da.broadcast_to(da.ones(1, chunks=1), (10**6, 10**6), chunks=-1)
    made = wide.compute()
    assert made.strides == (0, 0)
    assert not made.flags.writeable


@pytest.mark.parametrize("chunks", [(2, 3), (5, 3), (5, 7)])
def test_the_layout_of_blocks_is_that_of_the_whole(chunks):
    whole = np.arange(35.0).reshape(5, 7)
    frame = da.from_array(whole, chunks=chunks)
    assert frame.astype("float32", order="F").compute().flags.f_contiguous
    assert da.einsum("ij->ij", frame, order="F").compute().flags.f_contiguous
    assert frame.compute().flags.c_contiguous


def test_results_without_elements_may_be_written_to():
    for made in da.linalg.eigh(da.from_array(np.empty((0, 0)), chunks=1)):
        assert made.compute().flags.writeable


class Named(np.ndarray):
    """A subclass as users write them."""


def test_results_are_of_the_class_of_their_blocks():
    whole = np.arange(12.0).reshape(3, 4).view(Named)
    x = da.from_array(whole, chunks=2, asarray=False)
    for made, expected in ((x + 1, whole + 1), (da.sort(x, axis=0), np.sort(whole, axis=0)), (x.T, whole.T)):
        assert type(made.compute()) is type(expected) is Named
        np.testing.assert_array_equal(made.compute(), expected)
    made = da.nanmin(x, axis=0, where=np.array([True, False, True, True]), initial=5)
    np.testing.assert_array_equal(made.compute(), [0, 5, 2, 3])


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_matrix"])
def test_matrices_of_scipy_are_joined_and_multiplied(form):
    sparse = pytest.importorskip("scipy.sparse")
    whole = np.arange(24.0).reshape(6, 4) * (np.arange(24).reshape(6, 4) % 3 == 0)
    x = da.from_array(whole, chunks=(2, 3)).map_blocks(getattr(sparse, form))
    made = x.compute()
    assert sparse.issparse(made)
    assert made.format == form[:3]
    np.testing.assert_array_equal(made.toarray(), whole)
    np.testing.assert_array_equal(da.concatenate([x, x]).compute().toarray(), np.concatenate([whole, whole]))
    by_rows = da.from_array(whole, chunks=(2, 4)).map_blocks(getattr(sparse, form))
    for other in (np.ones((4, 2)), da.ones((4, 2), chunks=2)):
        np.testing.assert_array_equal((x @ other).compute(), whole @ np.ones((4, 2)))
        np.testing.assert_array_equal(by_rows.dot(other).compute(), whole @ np.ones((4, 2)))


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix", "csr_array", "csc_array"])
@pytest.mark.parametrize("key", [[5, 1, 2], [3, 17, 1, 25], (slice(None), [4, 0, 9])])
def test_rows_and_columns_of_matrices_of_scipy_are_chosen_by_lists(kind, key):
    sparse = pytest.importorskip("scipy.sparse")
    whole = np.arange(600).reshape(30, 20) % 7
    x = da.from_array(getattr(sparse, kind)(whole), chunks=(10, 5))
    np.testing.assert_array_equal(x[key].compute().toarray(), whole[key])
    np.testing.assert_array_equal(x[key][:, [1, 0]].compute().toarray(), whole[key][:, [1, 0]])


@pytest.mark.parametrize("kind", ["csr_array", "csc_array"])
@pytest.mark.parametrize("key", [3, (slice(None), 3)])
def test_a_row_and_a_column_of_sparse_arrays_have_one_axis(kind, key):
    sparse = pytest.importorskip("scipy.sparse")
    whole = np.arange(600).reshape(30, 20) % 7
    x = da.from_array(getattr(sparse, kind)(whole), chunks=(10, 5))
    np.testing.assert_array_equal(x[key].compute().toarray(), whole[key])
