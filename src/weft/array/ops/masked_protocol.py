"""What `numpy.ma` asks of an array.

Its functions take whatever `numpy.asarray` takes, and look for the mask by private names, among them in objects of other
classes; where they find none they go on with what lies under it. With these they give NumPy's masked arrays, computed.
Lazy ones are given by `weft.array.ma`, and by the functions of `weft.array`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.ops.masked import filled, getdata, masked_array

__all__: list[str] = []


class MaskedMethods(ArrayBase):
    """Elements with and without their mask."""

    __slots__ = ()

    def filled(self, fill_value: Any = None) -> Any:
        """The array without a mask; see `weft.array.ma.filled`.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ma.masked_equal(da.arange(3, chunks=2), 1).filled(9).compute()
        array([0, 9, 2])
        """
        return filled(self, fill_value)

    @property
    def _data(self) -> Any:
        """The elements, those under the mask included, computed."""
        return np.ma.getdata(self.compute())

    @property
    def _mask(self) -> Any:
        """Which elements are masked, computed."""
        return np.ma.getmask(self.compute()) if self.expr.is_masked else np.ma.nomask

    @_mask.setter
    def _mask(self, mask: Any) -> None:
        self.expr = masked_array(getdata(self), mask).expr

    def __setmask__(self, mask: Any, copy: bool = False) -> None:
        """Set the mask, as `numpy.ma` does with what a function of NumPy gave."""
        self._mask = mask

    @property
    def _baseclass(self) -> type:
        """Of which class the computed array is without its mask."""
        return np.ndarray
