"""Arrays and dataframes known by what they can do, whoever made them."""

from __future__ import annotations

from typing import Any

__all__ = ["is_arraylike", "is_dataframe_like", "is_index_like", "is_series_like"]


def is_arraylike(x: Any) -> bool:
    """Whether something looks like a NumPy array: it has a shape and a dtype, and functions of NumPy take it.

    >>> is_arraylike([1, 2])
    False
    """
    return (
        not isinstance(x, type)
        and isinstance(getattr(x, "shape", None), tuple)
        and hasattr(x, "dtype")
        and (hasattr(type(x), "__array_function__") or hasattr(type(x), "__array_namespace__"))
        and not is_series_like(x)
    )


def is_dataframe_like(df: Any) -> bool:
    """Whether something looks like a pandas DataFrame.

    >>> is_dataframe_like({"a": [1]})
    False
    """
    kind = type(df)
    return (
        not isinstance(df, type)
        and all(hasattr(kind, name) for name in ("groupby", "head", "merge", "mean"))
        and all(hasattr(df, name) for name in ("dtypes", "columns"))
        and not any(hasattr(kind, name) for name in ("name", "dtype"))
    )


def is_series_like(s: Any) -> bool:
    """Whether something looks like a pandas Series.

    >>> is_series_like([1])
    False
    """
    kind = type(s)
    return (
        not isinstance(s, type)
        and hasattr(kind, "groupby")
        and all(hasattr(s, name) for name in ("name", "dtype"))
        and "index" not in kind.__name__.lower()
    )


def is_index_like(s: Any) -> bool:
    """Whether something looks like a pandas Index.

    >>> is_index_like(range(3))
    False
    """
    kind = type(s)
    return (
        not isinstance(s, type)
        and all(hasattr(s, name) for name in ("name", "dtype"))
        and "index" in kind.__name__.lower()
    )
