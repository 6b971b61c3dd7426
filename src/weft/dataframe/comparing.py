"""Whether frames are equal, in tests: values, and that what a frame says of itself is true of its partitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.meta import is_pandas

__all__ = ["assert_divisions", "assert_eq"]


def assert_divisions(ddf: Any, scheduler: Any = "sync") -> None:
    """Fail unless the rows of each partition are between its divisions.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.utils.assert_divisions(dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2))
    """
    if not isinstance(ddf, FrameBase) or not is_pandas(ddf.expr.meta) or not ddf.known_divisions:
        return
    edges = ddf.divisions
    for number, part in enumerate(ddf.partitions):  # type: ignore[attr-defined]
        rows = part.compute(scheduler=scheduler)
        labels = rows if isinstance(rows, pd.Index) else rows.index
        labels = labels.get_level_values(0) if labels.nlevels > 1 else labels
        if not len(labels):
            continue
        low, high, is_last = edges[number], edges[number + 1], number == len(edges) - 2
        if labels.min() < low or labels.max() > high or (labels.max() == high and not is_last):
            raise AssertionError(
                f"partition {number} is between {low!r} and {high!r}, but has labels from {labels.min()!r} to {labels.max()!r}"
            )


def assert_eq(
    a: Any,
    b: Any,
    check_names: bool = True,
    check_dtype: bool = True,
    check_divisions: bool = True,
    check_index: bool = True,
    sort_results: bool = True,
    scheduler: Any = "sync",
    **kwargs: Any,
) -> None:
    """Fail unless two frames are equal, and those in partitions are what they say of themselves.

    Parameters
    ----------
    a, b : DataFrame, Series, Index, Scalar, or pandas' own
    check_names, check_dtype, check_index : bool
        Whether names, types and labels of rows are compared.
    check_divisions : bool
        Whether rows of partitions must be between their divisions.
    sort_results : bool
        Whether rows are compared in the order of their labels (and values), whatever their own is.
    scheduler : str
        Where frames are computed.
    **kwargs
        Those of `pandas.testing.assert_frame_equal` and its like.

    Raises
    ------
    AssertionError
        They differ; the message says in what.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> whole = pd.DataFrame({"a": [1, 2, 3]})
    >>> dd.assert_eq(dd.from_pandas(whole, npartitions=2).a + 1, whole.a + 1)
    """
    if check_divisions:
        for each in (a, b):
            assert_divisions(each, scheduler)
    left, right = (result_of(each, check_dtype, scheduler) for each in (a, b))
    if isinstance(left, (pd.DataFrame, pd.Series)) and type(left) is type(right):
        if not check_index:
            left, right = left.reset_index(drop=True), right.reset_index(drop=True)
        if sort_results:
            left, right = in_order(left), in_order(right)
        words = {"check_names": check_names, "check_dtype": check_dtype, "check_freq": False, **kwargs}
        same = pd.testing.assert_frame_equal if isinstance(left, pd.DataFrame) else pd.testing.assert_series_equal
        same(left, right, **words)
    elif isinstance(left, pd.Index) and isinstance(right, pd.Index):
        if sort_results:
            left, right = left.sort_values(), right.sort_values()
        pd.testing.assert_index_equal(
            left, right, exact="equiv" if check_dtype else False, check_names=check_names, **kwargs
        )
    elif is_pandas(left) or is_pandas(right):
        raise AssertionError(f"one is a {type(left).__name__}, the other a {type(right).__name__}")
    elif isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        np.testing.assert_array_equal(left, right)
    elif pd.isna(left) and pd.isna(right):
        return
    elif not (left == right or np.allclose(left, right)):
        raise AssertionError(f"{left!r} is not {right!r}")


def result_of(value: Any, check_dtype: bool, scheduler: Any) -> Any:
    """A frame computed, after looking whether it is of the kind and types that it says."""
    if not hasattr(value, "compute"):
        return value
    found = value.compute(scheduler=scheduler)
    meta: Any = value.expr.meta if isinstance(value, FrameBase) else None
    if is_pandas(meta):
        if type(found) is not type(meta) and not (isinstance(found, pd.Index) and isinstance(meta, pd.Index)):
            raise AssertionError(f"the frame says it is a {type(meta).__name__}, and is a {type(found).__name__}")
        if isinstance(meta, pd.DataFrame) and list(meta.columns) != list(found.columns):
            raise AssertionError(f"the frame says its columns are {list(meta.columns)}; they are {list(found.columns)}")
        if check_dtype and len(found) and kinds_of(meta) != kinds_of(found):
            raise AssertionError(f"the frame says its types are {types_of(meta)}; they are {types_of(found)}")
    return found


def types_of(value: Any) -> list[Any]:
    """The types of columns."""
    return list(value.dtypes) if isinstance(value, pd.DataFrame) else [value.dtype]


def kinds_of(value: Any) -> list[str]:
    """Types as texts; categories, units, and whether numbers may be missing do not matter."""
    return [kind_of(dtype) for dtype in types_of(value)]


def kind_of(dtype: Any) -> str:
    """The family of a type."""
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    kind = getattr(dtype, "kind", "O")
    return "number" if kind in "iufb" else kind


def in_order(found: Any) -> Any:
    """Rows in the order of labels and, where these are equal, of values."""
    try:
        if isinstance(found, pd.DataFrame) and found.columns.is_unique and len(found.columns):
            found = found.sort_values(list(found.columns), kind="stable")
        elif isinstance(found, pd.Series):
            found = found.sort_values(kind="stable")
    except TypeError:  # values without an order stay as they are
        pass
    try:
        return found.sort_index(kind="stable")
    except TypeError:
        return found
