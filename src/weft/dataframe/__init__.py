"""Tables in partitions, with pandas' names: ``import weft.dataframe as dd``."""

from weft.dataframe import rules as _rules
from weft.dataframe.frame import DataFrame
from weft.dataframe.index import Index
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.io.parquet import read_parquet
from weft.dataframe.kernels import pandas as _pandas
from weft.dataframe.meta import make_meta, meta_nonempty
from weft.dataframe.ops.binning import cut, qcut
from weft.dataframe.ops.conversion import isna, to_datetime, to_numeric, to_timedelta
from weft.dataframe.ops.groupby import Aggregation, GroupBy
from weft.dataframe.ops.map_partitions import map_partitions
from weft.dataframe.ops.pivot import crosstab, pivot, pivot_table
from weft.dataframe.series import Scalar, Series
from weft.execution import compute

_rules.install()

#: The engines whose kernels are registered.
_ENGINES = (_pandas,)

__all__ = [
    "Aggregation",
    "DataFrame",
    "GroupBy",
    "Index",
    "Scalar",
    "Series",
    "compute",
    "crosstab",
    "cut",
    "from_pandas",
    "isna",
    "make_meta",
    "map_partitions",
    "meta_nonempty",
    "pivot",
    "pivot_table",
    "qcut",
    "read_parquet",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
]
