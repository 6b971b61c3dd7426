"""Products of blocks that are pieces of one array."""

import numpy as np

from weft.array.kernels.tensor import accumulated, one_view


def test_pieces_side_by_side_are_one_view():
    whole = np.arange(60.0).reshape(6, 10)

    made = one_view([whole[1:4, :4], whole[1:4, 4:7], whole[1:4, 7:]], 1)

    np.testing.assert_array_equal(made, whole[1:4])
    assert np.shares_memory(made, whole)
    assert not made.flags.writeable


def test_pieces_of_turned_arrays_are_one_view():
    whole = np.arange(60.0).reshape(6, 10)[::-1].T

    np.testing.assert_array_equal(one_view([whole[:3], whole[3:10]], 0), whole)


def test_pieces_that_lie_otherwise_are_none():
    whole, other = np.arange(60.0).reshape(6, 10), np.arange(60.0).reshape(6, 10)

    assert one_view([whole[:, :4], whole[:, 5:]], 1) is None
    assert one_view([whole[:, 4:], whole[:, :4]], 1) is None
    assert one_view([whole[:, :4], other[:, 4:]], 1) is None
    assert one_view([whole[:3, :4], whole[3:, 4:]], 1) is None
    assert one_view([whole.copy(), other.copy()], 1) is None


def test_products_of_pieces_are_products_of_wholes():
    a, b = np.random.default_rng(0).random((2, 6, 6))
    given = np.ones((6, 6))

    made = accumulated(given, a[:, :2], a[:, 2:], b[:2], b[2:], 2, (0, 1), (1, 2), (0, 2), np.dtype("f8"))
    apart = accumulated(a[:, :2].copy(), a[:, 2:], b[:2], b[2:], 2, (0, 1), (1, 2), (0, 2), np.dtype("f8"))

    np.testing.assert_allclose(made, a @ b + 1)
    np.testing.assert_allclose(apart, a @ b)
