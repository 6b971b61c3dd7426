from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of, exact_arrays

import weft
import weft.array as da
from weft.array.kernels.tensor import multiplied
from weft.array.ops import tensor_contraction
from weft.execution import plan_of

quick = settings(deadline=None, max_examples=30)


@quick
@given(st.data())
def test_tensordot_sums_over_pairs_of_axes(data):
    k, m = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    a, x = data.draw(exact_arrays((2, k, m)))
    b, y = data.draw(exact_arrays((m, k, 3)))
    assert_same(da.tensordot(x, y, axes=([1, 2], [1, 0])), np.tensordot(a, b, axes=([1, 2], [1, 0])))
    assert_same(da.tensordot(x, y, axes=1), np.tensordot(a, b, axes=1))
    assert_same(da.tensordot(x, y, axes=(-2, 1)), np.tensordot(a, b, axes=(-2, 1)))
    assert_same(da.tensordot(x, y, axes=0), np.tensordot(a, b, axes=0))


@quick
@given(st.data())
def test_dot_inner_and_vdot_agree_with_numpy(data):
    k = data.draw(st.integers(1, 5))
    shapes = [(), (k,), (2, k), (2, 3, k)]
    a, x = data.draw(exact_arrays(data.draw(st.sampled_from(shapes))))
    b, y = data.draw(exact_arrays(data.draw(st.sampled_from([(), (k,), (k, 2), (3, k, 2)]))))
    assert_same(da.dot(x, y), np.dot(a, b))
    assert_same(x.dot(y), a.dot(b))
    c, z = data.draw(exact_arrays(data.draw(st.sampled_from(shapes))))
    assert_same(da.inner(x, z), np.inner(a, c))
    d, w = data.draw(exact_arrays(a.shape))
    assert_same(da.vdot(x, w), np.vdot(a, d))


@quick
@given(st.data())
def test_outer_and_trace_agree_with_numpy(data):
    a, x = data.draw(chunked_arrays(min_dims=2, min_side=1))
    offset = data.draw(st.integers(-8, 8))
    assert_same(da.trace(x, offset), np.trace(a, offset))
    assert_same(x.trace(offset, -1, 0), a.trace(offset, -1, 0))
    b, y = data.draw(exact_arrays((data.draw(st.integers(0, 5)),)))
    assert_same(da.outer(y, y), np.outer(b, b))
    assert_same(x.mT, np.matrix_transpose(a))


def test_blocks_are_summed_in_place_and_in_trees():
    a = np.arange(40 * 60, dtype=float).reshape(40, 60) % 17
    x = da.from_array(a, chunks=(7, 4))
    assert_same(x @ x.T, a @ a.T)  # blocks larger than those they are made of: accumulated
    assert_same(x.T @ x, a.T @ a)
    tall = da.from_array(a.reshape(800, 3), chunks=(9, 3))
    assert_same(tall.T @ tall, a.reshape(800, 3).T @ a.reshape(800, 3))  # smaller ones: in a tree


def test_the_result_is_cut_where_blocks_would_be_too_large():
    column, row = da.ones((10**6, 2), chunks=(10**6, 2)), da.ones((2, 10**6), chunks=(2, 10**6))
    assert max(column.chunksize) == 10**6
    product = column @ row
    assert product.shape == (10**6, 10**6)
    assert 8 * np.prod(product.chunksize) <= 2**27
    assert_same(product[:2, -3:], np.full((2, 3), 2.0))


def test_no_more_than_one_partial_sum_is_held_for_each_block():
    x = da.ones((512, 512), chunks=64)
    plan = plan_of([x @ x])[0]
    assert plan.ntasks <= 64 + 64 * 8  # no task for every sum of two
    x = da.from_array(np.ones((512, 512)), chunks=128)
    assert plan_of([x @ x])[0].ntasks == 4 * 4  # pieces of arrays in memory: one product for each block


def test_the_heavier_operand_keeps_its_chunks():
    heavy, light = da.ones((10**5, 64), chunks=(10**4, 64)), da.ones((64, 2), chunks=(1, 1))
    assert (heavy @ light).chunks[0] == heavy.chunks[0]


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        ("dot", [(2, 3), (2, 3)]),
        ("inner", [(2, 3), (2,)]),
        ("vdot", [(2,), (3,)]),
        ("tensordot", [(2, 3), (3, 2)]),
        ("trace", [(3,)]),
        ("matrix_transpose", [(3,)]),
    ],
)
def test_shapes_that_do_not_fit_are_refused_at_the_call(function, shapes):
    with pytest.raises(ValueError, match=r"."):
        getattr(da, function)(*[da.ones(shape) for shape in shapes])


@quick
@given(st.data())
def test_any_blocks_and_backend_give_the_same_product(data):
    a = data.draw(st.integers(1, 12).flatmap(lambda n: exact_arrays((n, 12))))[0]
    x, y = (da.from_array(a, chunks=data.draw(chunks_of(a.shape))) for _ in range(2))
    made = (x @ y.T).compute(scheduler=data.draw(st.sampled_from(["threads", "sync"])))
    np.testing.assert_array_equal(made, a @ a.T)


def test_blocks_travel_to_processes():
    x = da.ones((6, 6), chunks=2)
    np.testing.assert_array_equal((x @ x).compute(scheduler="processes", num_workers=1), np.full((6, 6), 6.0))


def test_masked_blocks_are_multiplied():
    masked = np.ma.masked_array(np.arange(12.0).reshape(3, 4), np.arange(12).reshape(3, 4) % 5 == 0)
    blocks = [masked[:, :2], masked[:, 2:]]
    expected = np.ma.dot(blocks[0], blocks[0].T)
    made = multiplied(blocks[0], blocks[0].T, (0, 1), (1, 2), (0, 2), masked.dtype)
    np.testing.assert_array_equal(np.ma.getmaskarray(made), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(made.filled(-1), expected.filled(-1))


@pytest.mark.parametrize("function", ["dot", "matmul", "inner"])
def test_sums_of_products_that_are_masked_in_some_blocks_are_those_of_the_others(function):
    a = np.ma.masked_array(np.arange(24.0).reshape(4, 6), np.arange(24).reshape(4, 6) % 5 < 2)
    a[1, :3] = np.ma.masked
    a[2] = np.ma.masked
    b = a[:, ::-1].copy() if function == "inner" else a[:, ::-1].T.copy()
    expected = np.ma.dot(a, b.T if function == "inner" else b)
    for chunks in (1, 2, 4, 6):
        made = getattr(da, function)(da.from_array(a, chunks=chunks), da.from_array(b, chunks=chunks)).compute()
        np.testing.assert_array_equal(np.ma.getmaskarray(made), np.ma.getmaskarray(expected))
        np.testing.assert_array_equal(made.filled(-1), expected.filled(-1))


def test_sparse_blocks_are_multiplied():
    sparse = pytest.importorskip("sparse")
    whole = np.diag(np.arange(6.0)) + np.eye(6, k=2)
    x = da.from_array(whole, chunks=(2, 3)).map_blocks(sparse.COO.from_numpy)
    for made, expected in [
        (x @ x.T, whole @ whole.T),
        (x.T @ x, whole.T @ whole),
        (da.tensordot(x, x, axes=2), np.tensordot(whole, whole, axes=2)),
    ]:
        result = made.compute()
        assert isinstance(result, sparse.COO)
        np.testing.assert_array_equal(result.todense(), expected)
    np.testing.assert_array_equal((x @ np.ones(6)).compute(), whole @ np.ones(6))


def test_chunk_sizes_follow_the_configuration():
    with weft.config.set({"array.chunk-size": "1 kiB"}):
        x = da.ones((100, 1), chunks=(10, 1))
        assert 8 * np.prod((x @ x.T).chunksize) <= 1024


@pytest.mark.parametrize("function", [da.matmul, da.dot, lambda a, b: da.einsum("ij,jk->ik", a, b)])
def test_texts_are_not_multiplied(function):
    texts = da.from_array(np.array([["a"]]), chunks=1)
    with pytest.raises(TypeError, match="no numbers"):
        function(texts, texts)


def test_a_product_of_matrices_in_memory_that_is_computed_alone_is_one_call():
    draws = np.random.default_rng(0)
    a, b = draws.random((30, 20)), draws.random((20, 25))
    x, y = da.from_array(a, chunks=7), da.from_array(b, chunks=6)
    np.testing.assert_array_equal((x @ y).compute(scheduler="threads"), a @ b)
    np.testing.assert_allclose((x @ y)[1:].compute(), (a @ b)[1:])
    np.testing.assert_allclose((x @ y).compute(scheduler="sync"), a @ b)
    assert (x @ y).persist().numblocks == (5, 5)
    assert (x @ y).__weft_at_once__().numblocks == (1, 1)
    assert "matmul 1" in str((x @ y).explain(scheduler="threads"))
    others = [x @ y.astype("f4"), (x + 1) @ y, x @ y[:, 0], da.einsum("ij,ij->i", x, x), x[:, :1] @ y[:1], x + 1]
    for other in others:
        assert other.__weft_at_once__() is other


def test_a_large_product_is_left_to_blocks(monkeypatch):
    monkeypatch.setattr(tensor_contraction, "AT_ONCE", 2 * 20**3 - 1)
    x = da.from_array(np.ones((20, 20)), chunks=7)
    assert (x @ x).__weft_at_once__().numblocks == (3, 3)
    smaller = da.from_array(np.ones((19, 20)), chunks=7)
    assert (smaller @ x).__weft_at_once__().numblocks == (1, 1)


def test_outer_products_of_spans_and_counts():
    spans, counts = np.array([1, 2], "m8[s]"), np.array([True, False, True])
    found = da.outer(da.from_array(spans, chunks=1), da.from_array(counts, chunks=2))
    assert found.dtype == np.outer(spans, counts).dtype
    np.testing.assert_array_equal(found.compute(), np.outer(spans, counts))
