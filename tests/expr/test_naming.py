"""Names of values of other libraries' types."""

from __future__ import annotations

import numpy as np

from weft.expr.naming import token_of


def test_numbers_of_numpy_are_named_by_type_and_value():
    given = [1, 1.0, np.int64(1), np.int32(1), np.float64(1), np.float32(1), np.float64("nan"), np.bool(True), True]
    assert len({token_of(each) for each in given}) == len(given)
    with np.printoptions(legacy="1.25"):
        assert token_of(np.float64(1)) != token_of(1.0)
        assert len({token_of((each,)) for each in given}) == len(given)
