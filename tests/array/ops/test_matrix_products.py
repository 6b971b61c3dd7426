"""Products of matrices and vectors in the last axes, or in those that are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, exact_arrays

import weft.array as da

quick = settings(deadline=None, max_examples=30)


@quick
@given(st.data())
def test_matmul_multiplies_stacks_of_matrices_and_vectors(data):
    n, k, m = (data.draw(st.integers(0, 5)) for _ in range(3))
    batch = data.draw(st.sampled_from([((), ()), ((2,), ()), ((), (3,)), ((2, 1), (3,)), ((1,), (2, 3))]))
    left = data.draw(st.sampled_from([(*batch[0], n, k), (k,)]))
    right = data.draw(st.sampled_from([(*batch[1], k, m), (k,)]))
    (a, x), (b, y) = data.draw(exact_arrays(left)), data.draw(exact_arrays(right))
    assert_same(x @ y, a @ b)
    assert_same(a @ y, a @ b)
    assert_same(x @ b, a @ b)
    assert_same(np.matmul(x, y), a @ b)


@quick
@given(st.data())
def test_products_of_vectors_in_stacks_agree_with_numpy(data):
    k, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    (a, x), (b, y) = data.draw(exact_arrays((3, k))), data.draw(exact_arrays((2, 1, k)))
    c, z = data.draw(exact_arrays((2, 1, k, m)))
    assert_same(da.vecdot(x, y), np.vecdot(a, b))
    assert_same(da.vecdot(x.T, y[0].T, axis=0), np.vecdot(a.T, b[0].T, axis=0))
    assert_same(np.vecdot(x, y), np.vecdot(a, b))
    assert_same(da.vecmat(x, z), np.vecmat(a, c))
    assert_same(da.matvec(da.matrix_transpose(z), x), np.matvec(np.matrix_transpose(c), a))


#: Name, shapes, and where axes are.
TOLD = [
    ("vecdot", [(2, 3, 4), (2, 3, 4)], {"axis": 1}),
    ("vecdot", [(2, 3, 4), (2, 3, 4)], {"axis": 1, "keepdims": True}),
    ("vecdot", [(2, 3, 4), (3, 4)], {"axis": -1, "keepdims": True}),
    ("vecdot", [(2, 3, 4), (2, 3, 4)], {"keepdims": True}),
    ("vecdot", [(2, 3), (3, 2)], {"axes": [0, 1]}),
    ("vecdot", [(2, 3), (3, 2)], {"axes": [(0,), (-1,), ()]}),
    ("vecdot", [(2, 3, 4), (2, 3, 4)], {"axes": [0, 0], "keepdims": True}),
    ("vecdot", [(2, 3, 4), (2, 3, 4)], {"axes": [0, 0, 1], "keepdims": True}),
    ("matmul", [(3, 4, 2), (4, 5, 2)], {"axes": [(0, 1), (0, 1), (0, 1)]}),
    ("matmul", [(3, 4, 2), (5, 2, 4)], {"axes": [(0, 1), (2, 0), (-1, 0)]}),
    ("matmul", [(3, 2, 4), (4,)], {"axes": [(-2, -1), 0, 0]}),
    ("matmul", [(4,), (4, 3, 2)], {"axes": [0, (0, 1), (0,)]}),
    ("matvec", [(3, 4, 2), (4, 2)], {"axes": [(0, 1), 0, 0]}),
    ("vecmat", [(4, 2), (3, 4, 2)], {"axes": [(0,), (1, 0), -1]}),
]
REFUSED = [
    ("vecdot", [(2, 3), (2, 3)], {"axis": 0, "axes": [0, 0]}),
    ("vecdot", [(2, 3), (2, 3)], {"axis": 2}),
    ("vecdot", [(2, 3), (2, 3)], {"axes": (0, 0)}),
    ("vecdot", [(2, 3), (2, 3)], {"axes": [0]}),
    ("matmul", [(2, 3), (3, 2)], {"axes": [(0, 1), (0, 1)]}),
    ("matmul", [(2, 3), (3, 2)], {"axes": [(0, 0), (0, 1), (0, 1)]}),
    ("matmul", [(2, 3), (3, 2)], {"axes": [(0, 2), (0, 1), (0, 1)]}),
    ("matvec", [(2, 3), (3,)], {"axes": [(0, 1), 0]}),
]


@pytest.mark.parametrize("kind", ["int64", "complex128"])
@pytest.mark.parametrize(("name", "shapes", "told"), TOLD)
def test_axes_may_be_told(name, shapes, told, kind):
    wholes = [
        np.arange(np.prod(shape)).reshape(shape).astype(kind) * (1 + (kind == "complex128") * 1j) for shape in shapes
    ]
    chunked = [da.from_array(each, chunks=2) for each in wholes]
    assert_same(getattr(da, name)(*chunked, **told), getattr(np, name)(*wholes, **told))
    assert_same(getattr(np, name)(*chunked, **told), getattr(np, name)(*wholes, **told))


@pytest.mark.parametrize(("name", "shapes", "told"), REFUSED)
def test_axes_are_refused_as_numpy_refuses_them(name, shapes, told):
    wholes = [np.ones(shape) for shape in shapes]
    with pytest.raises((TypeError, ValueError)) as theirs:
        getattr(np, name)(*wholes, **told)
    with pytest.raises(theirs.type):
        getattr(da, name)(*[da.from_array(each, chunks=2) for each in wholes], **told)


@pytest.mark.parametrize("name", ["matmul", "matvec", "vecmat", "vecdot"])
def test_products_are_made_in_a_dtype_and_stand_in_out(name):
    shapes = {"matmul": [(3, 3), (3, 3)], "matvec": [(3, 3), (3,)], "vecmat": [(3,), (3, 3)], "vecdot": [(3,), (3,)]}
    wholes = [np.full(shape, 100, np.int8) for shape in shapes[name]]
    chunked = [da.from_array(each, chunks=2) for each in wholes]
    expected = getattr(np, name)(*wholes, dtype="i4")
    assert_same(getattr(da, name)(*chunked, dtype="i4"), expected)
    out = da.zeros(np.shape(expected), dtype="i4", chunks=2)
    assert getattr(da, name)(*chunked, out=out, dtype="i4") is out
    assert_same(out, expected)
    with pytest.raises(TypeError, match="cast"):
        getattr(da, name)(*chunked, dtype="?")


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("matmul", [(2, 3), (2, 3)]),
        ("matmul", [(), (2,)]),
        ("matmul", [(2, 2, 3), (3, 3, 2)]),
        ("matvec", [(2,), (2,)]),
        ("vecmat", [(2,), (3, 2)]),
        ("vecdot", [(2,), (3,)]),
        ("vecdot", [(), (3,)]),
    ],
)
def test_shapes_that_do_not_fit_are_refused_at_the_call(name, shapes):
    with pytest.raises(ValueError, match=name):
        getattr(da, name)(*[da.ones(shape) for shape in shapes])


@pytest.mark.parametrize("name", ["matmul", "matvec", "vecmat", "vecdot"])
def test_products_say_of_themselves_what_numpys_ufuncs_say(name):
    theirs, ours = getattr(np, name), getattr(da, name)
    for what in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature", "__name__"):
        assert getattr(ours, what) == getattr(theirs, what)


@pytest.mark.parametrize("name", ["matmul", "matvec", "vecmat", "vecdot"])
def test_how_products_lie_in_memory_changes_nothing(name):
    shapes = {"matmul": [(3, 4), (4, 3)], "matvec": [(3, 4), (4,)], "vecmat": [(4,), (4, 3)], "vecdot": [(4,), (4,)]}
    wholes = [np.arange(np.prod(shape), dtype=float).reshape(shape) for shape in shapes[name]]
    ours = [da.from_array(each, chunks=2) for each in wholes]
    assert_same(getattr(da, name)(*ours, order="F", subok=False), getattr(np, name)(*wholes))
    assert_same(getattr(np, name)(*ours, order="C"), getattr(np, name)(*wholes))
    with pytest.raises(ValueError, match="order"):
        getattr(da, name)(*ours, order="X")


def test_a_product_in_place_keeps_the_shape():
    x = da.ones((3, 2), chunks=2)
    with pytest.raises(ValueError, match="does not fit"):
        x @= da.ones((2, 1), chunks=1)
    x @= da.ones((2, 2), chunks=1)
    np.testing.assert_array_equal(x.compute(), np.full((3, 2), 2.0))
