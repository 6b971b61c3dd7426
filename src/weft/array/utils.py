"""Names that programs import from ``dask.array.utils``, at the same place."""

from typing import Any

from weft.array.comparing import assert_eq, meta_from_array

__all__ = ["array_expr_enabled", "assert_eq", "meta_from_array", "normalize_to_array"]


def array_expr_enabled() -> bool:
    """Whether arrays are expressions that are optimised as a whole: they always are.

    >>> array_expr_enabled()
    True
    """
    return True


def normalize_to_array(x: Any) -> Any:
    """A block as an array of NumPy's, if it lies on a device (CuPy's); else as it is.

    >>> normalize_to_array([1, 2])
    [1, 2]
    """
    return x.get() if type(x).__module__.split(".")[0] == "cupy" else x
