"""Assignment through other ways to index."""

import numpy as np
import pytest

import weft.array as da


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        (([0, 2], [1, 3], slice(None)), (2, 5)),
        ((slice(None), [1, 3, 0], [4, 0, 0]), (3, 3)),
        (([2, 0], slice(1, 3), [0, 1]), (2, 2)),
        ((np.array([[0], [2]]),), (2, 1, 4, 5)),
    ],
)
def test_elements_are_assigned_pointwise_with_their_axes_first(key, shape):
    whole = np.arange(60.0).reshape(3, 4, 5)
    x = da.from_array(whole, chunks=2)
    assert x.vindex[key].shape == shape
    value = -np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    x.vindex[key] = value
    np.testing.assert_array_equal(x.vindex[key].compute(), value)
    assert int((x.compute() != whole).sum()) == value.size


def test_elements_are_assigned_axis_by_axis():
    whole = np.arange(60.0).reshape(3, 4, 5)
    x = da.from_array(whole, chunks=2)
    expected = whole.copy()
    expected[np.ix_([0, 2], [1, 2, 3], [4, 0])] = np.arange(12.0).reshape(2, 3, 2)
    x.oindex[[0, 2], 1:, np.array([4, 0])] = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(x.compute(), expected)
    x.oindex[1, [True, False, False, True], [0, 1]] = -1
    expected[1, [[0], [3]], [[0, 1]]] = -1
    np.testing.assert_array_equal(x.compute(), expected)
