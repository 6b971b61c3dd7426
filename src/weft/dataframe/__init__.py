"""Tables in partitions, with pandas' names: ``import weft.dataframe as dd``."""

from weft.dataframe import rules as _rules
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
    to_feather,
    to_hdf,
    to_json,
    to_orc,
    to_parquet,
    to_sql,
)
from weft.dataframe.kernels import pandas as _pandas
from weft.dataframe.meta import make_meta, meta_nonempty
from weft.dataframe.ops.binning import cut, qcut
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.conversion import isna, to_datetime, to_numeric, to_timedelta
from weft.dataframe.ops.groupby import Aggregation, GroupBy
from weft.dataframe.ops.map_partitions import map_partitions
from weft.dataframe.ops.merge import merge
from weft.dataframe.ops.merge_asof import merge_asof
from weft.dataframe.ops.pivot import crosstab, pivot, pivot_table
from weft.dataframe.ops.reshaping import from_dummies, get_dummies, melt
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
    "concat",
    "create_metadata_file",
    "crosstab",
    "cut",
    "from_array",
    "from_dask_array",
    "from_delayed",
    "from_dict",
    "from_dummies",
    "from_graph",
    "from_map",
    "from_pandas",
    "from_records",
    "get_dummies",
    "isna",
    "make_meta",
    "map_partitions",
    "melt",
    "merge",
    "merge_asof",
    "meta_nonempty",
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
    "to_bag",
    "to_csv",
    "to_datetime",
    "to_feather",
    "to_hdf",
    "to_json",
    "to_numeric",
    "to_orc",
    "to_parquet",
    "to_sql",
    "to_timedelta",
]
