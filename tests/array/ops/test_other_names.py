"""Names that parameters have in Dask."""

from __future__ import annotations

import numpy as np

import weft.array as wa

WHOLE = np.arange(12.0).reshape(3, 4)
ARRAY = wa.from_array(WHOLE, chunks=2)


def test_functions_take_arrays_by_other_names():
    pairs = [
        (wa.concatenate(seq=[ARRAY, ARRAY]), np.concatenate([WHOLE, WHOLE])),
        (wa.stack(seq=[ARRAY, ARRAY]), np.stack([WHOLE, WHOLE])),
        (wa.allclose(arr1=ARRAY, arr2=ARRAY), np.allclose(WHOLE, WHOLE)),
        (wa.isclose(arr1=ARRAY, arr2=1.0), np.isclose(WHOLE, 1.0)),
        (wa.tensordot(lhs=ARRAY, rhs=ARRAY.T, axes=1), np.tensordot(WHOLE, WHOLE.T, axes=1)),
        (wa.roll(array=ARRAY, shift=1), np.roll(WHOLE, 1)),
        (wa.ravel(array_like=ARRAY), WHOLE.ravel()),
        (wa.cumsum(x=ARRAY, axis=0), WHOLE.cumsum(axis=0)),
        (wa.nancumprod(x=ARRAY, axis=1), np.nancumprod(WHOLE, axis=1)),
        (wa.around(x=ARRAY, decimals=1), WHOLE.round(1)),
        (wa.angle(x=ARRAY), np.angle(WHOLE)),
        (wa.fromfunction(func=np.add, shape=(2, 3), chunks=2), np.fromfunction(np.add, (2, 3))),
    ]
    for made, wanted in pairs:
        np.testing.assert_array_equal(np.asarray(made), wanted)


def test_arrays_are_stored_in_targets_by_another_name():
    target = np.zeros((3, 4))
    ARRAY.store(targets=target)
    np.testing.assert_array_equal(target, WHOLE)
