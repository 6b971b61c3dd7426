"""Names that programs import from ``dask.dataframe.utils``, at the same place."""

from weft.dataframe.comparing import assert_divisions, assert_eq
from weft.dataframe.meta import UNKNOWN_CATEGORIES, make_meta, meta_nonempty

__all__ = [
    "UNKNOWN_CATEGORIES",
    "assert_divisions",
    "assert_eq",
    "make_meta",
    "meta_nonempty",
    "pyarrow_strings_enabled",
]


def pyarrow_strings_enabled() -> bool:
    """Whether texts are Arrow's: they are pandas' own type of text, which is.

    >>> pyarrow_strings_enabled()
    True
    """
    return True
