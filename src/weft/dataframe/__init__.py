"""Tables in partitions, with pandas' names: ``import weft.dataframe as dd``."""

from weft.dataframe import extensions, utils
from weft.dataframe import rules as _rules
from weft.dataframe.base import get_collection_type
from weft.dataframe.comparing import assert_eq
from weft.dataframe.frame import DataFrame
from weft.dataframe.index import Index
from weft.dataframe.io.formats import (
    create_metadata_file,
    from_array,
    from_dask_array,
    from_delayed,
    from_dict,
    from_graph,
    from_map,
    from_pandas,
    from_records,
    read_csv,
    read_feather,
    read_fwf,
    read_hdf,
    read_ipc,
    read_json,
    read_orc,
    read_parquet,
    read_sql,
    read_sql_query,
    read_sql_table,
    read_table,
    to_bag,
    to_csv,
    to_dask_array,
    to_feather,
    to_hdf,
    to_json,
    to_orc,
    to_parquet,
    to_records,
    to_sql,
)
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
    "Aggregation",
    "DataFrame",
    "GroupBy",
    "Index",
    "Scalar",
    "Series",
    "assert_eq",
    "compute",
    "concat",
    "create_metadata_file",
    "crosstab",
    "cut",
    "extensions",
    "factorize",
    "from_array",
    "from_dask_array",
    "from_delayed",
    "from_dict",
    "from_dummies",
    "from_graph",
    "from_map",
    "from_pandas",
    "from_records",
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
    "read_csv",
    "read_feather",
    "read_fwf",
    "read_hdf",
    "read_ipc",
    "read_json",
    "read_orc",
    "read_parquet",
    "read_sql",
    "read_sql_query",
    "read_sql_table",
    "read_table",
    "repartition",
    "to_bag",
    "to_csv",
    "to_dask_array",
    "to_datetime",
    "to_feather",
    "to_hdf",
    "to_json",
    "to_numeric",
    "to_orc",
    "to_parquet",
    "to_records",
    "to_sql",
    "to_timedelta",
    "unique",
    "utils",
    "wide_to_long",
]
