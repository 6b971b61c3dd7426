"""Names that programs import from ``dask.dataframe.utils``, at the same place."""

from weft.dataframe.comparing import assert_divisions, assert_eq
from weft.dataframe.meta import UNKNOWN_CATEGORIES, make_meta, meta_nonempty
from weft.dataframe.ops.categorical import has_known_categories
from weft.ducks import is_dataframe_like, is_index_like, is_series_like

__all__ = [
    "UNKNOWN_CATEGORIES",
    "assert_divisions",
    "assert_eq",
    "has_known_categories",
    "is_dataframe_like",
    "is_index_like",
    "is_series_like",
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
