"""Names that programs import from ``dask.array.utils``, at the same place."""

from weft.array.comparing import assert_eq, meta_from_array

__all__ = ["array_expr_enabled", "assert_eq", "meta_from_array"]


def array_expr_enabled() -> bool:
    """Whether arrays are expressions that are optimised as a whole: they always are.

    >>> array_expr_enabled()
    True
    """
    return True
