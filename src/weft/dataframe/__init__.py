"""Tables in partitions, with pandas' names: ``import weft.dataframe as dd``."""

from weft.errors import MissingDependencyError as _MissingDependencyError

try:
    import pandas as _library  # noqa: F401
    import pyarrow as _arrow  # noqa: F401
except ImportError as _error:
    raise _MissingDependencyError(
        'dataframes need pandas and pyarrow. Install them with: pip install "weft[dataframe]"'
    ) from _error

from weft.dataframe import core, extensions, utils
from weft.dataframe import rules as _rules
from weft.dataframe.base import get_collection_type
from weft.dataframe.comparing import assert_eq
from weft.dataframe.frame import DataFrame
from weft.dataframe.index import Index
from weft.dataframe.io.formats import *  # noqa: F403
from weft.dataframe.io.formats import __all__ as _formats
from weft.dataframe.kernels import pandas as _pandas
from weft.dataframe.meta import make_meta, meta_nonempty
from weft.dataframe.ops.binning import cut, qcut
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.conversion import isna, isnull, notna, notnull, to_datetime, to_numeric, to_timedelta
from weft.dataframe.ops.duplicated import factorize
from weft.dataframe.ops.groupby import Aggregation, GroupBy
from weft.dataframe.ops.map_partitions import map_partitions
from weft.dataframe.ops.merge import merge
from weft.dataframe.ops.merge_asof import merge_asof, merge_ordered
from weft.dataframe.ops.overlap import map_overlap
from weft.dataframe.ops.pivot import crosstab, pivot, pivot_table
from weft.dataframe.ops.repartition import repartition
from weft.dataframe.ops.reshaping import from_dummies, get_dummies, melt
from weft.dataframe.ops.unique import unique
from weft.dataframe.ops.unstack import lreshape, wide_to_long
from weft.dataframe.series import Scalar, Series
from weft.execution import compute

_rules.install()

#: The engines whose kernels are registered.
_ENGINES = (_pandas,)

__all__ = [
    *_formats,
    "Aggregation",
    "DataFrame",
    "GroupBy",
    "Index",
    "Scalar",
    "Series",
    "assert_eq",
    "compute",
    "concat",
    "core",
    "crosstab",
    "cut",
    "extensions",
    "factorize",
    "from_dummies",
    "get_collection_type",
    "get_dummies",
    "isna",
    "isnull",
    "lreshape",
    "make_meta",
    "map_overlap",
    "map_partitions",
    "melt",
    "merge",
    "merge_asof",
    "merge_ordered",
    "meta_nonempty",
    "notna",
    "notnull",
    "pivot",
    "pivot_table",
    "qcut",
    "repartition",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
    "unique",
    "utils",
    "wide_to_long",
]
