"""Versions of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weft.compat.pandas import arrays_of


class WithoutBlocks:
    """A frame whose block manager, which is not public, has gone."""

    def __init__(self, frame):
        self._frame = frame
        self.ndim = frame.ndim

    def items(self):
        return self._frame.items()

    @property
    def array(self):
        return self._frame.array


@pytest.mark.parametrize(
    "frame", [pd.DataFrame({"a": np.ones(3), "b": np.ones(3), "c": ["x", "y", "z"]}), pd.Series([1, 2])]
)
def test_the_arrays_of_a_frame_hold_all_its_values(frame):
    assert sum(np.size(array) for array in arrays_of(frame)) == frame.size
    assert sum(np.size(array) for array in arrays_of(WithoutBlocks(frame))) == frame.size
