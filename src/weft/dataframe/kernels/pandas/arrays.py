"""Partitions as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["array_dtype"]

PANDAS = KERNELS["pandas"]


def array_dtype(meta: Any) -> np.dtype[Any]:
    """The dtype of the array that any rows of a frame make: numbers that may be missing are floats."""
    if isinstance(meta, pd.DataFrame):
        kinds = [array_dtype(meta.iloc[:, place]) for place in range(meta.shape[1])]
        if not kinds:
            return np.dtype(np.float64)
        if len(set(kinds)) > 1 and any(kind.kind not in "iufc" for kind in kinds):
            return np.dtype(object)
        return np.result_type(*kinds)
    kind = meta.dtype
    if isinstance(kind, np.dtype):
        return kind
    if isinstance(kind, pd.CategoricalDtype):
        return array_dtype(pd.Series([], dtype=kind.categories.dtype))
    if getattr(kind, "kind", "O") in "iuf":
        return np.dtype(kind.numpy_dtype if kind.kind == "f" else np.float64)
    return np.dtype(object)


@PANDAS.add("ArrayBlocks")
def array_block(partition: Any, dtype: np.dtype[Any], records: bool | None) -> np.ndarray:
    """The values of a partition; or its rows as records, with their labels or without."""
    if records is not None:
        return np.asarray(partition.to_records(index=records)).astype(dtype, copy=False)
    if dtype.kind == "f":
        return np.asarray(partition.to_numpy(dtype=dtype, na_value=np.nan))
    return np.asarray(partition.to_numpy(dtype=dtype))
