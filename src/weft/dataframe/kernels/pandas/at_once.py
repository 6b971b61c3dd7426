"""Which partitions are left to pandas' own methods, where a single one has all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.core.arrays.masked import BaseMaskedDtype

__all__ = ["is_plain"]


def is_plain(partition: Any) -> bool:
    """Whether all columns are numbers, truth values or times of NumPy's, or nullable numbers."""
    if not len(partition) or isinstance(partition, pd.Index):
        return False
    dtypes = partition.dtypes.array if isinstance(partition, pd.DataFrame) else [partition.dtype]
    return all(
        each.kind in "iufbmM" if isinstance(each, np.dtype) else isinstance(each, BaseMaskedDtype) for each in dtypes
    )
