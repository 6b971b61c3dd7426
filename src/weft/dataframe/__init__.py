"""Tables in partitions, with pandas' names: ``import weft.dataframe as dd``."""

from weft.dataframe import rules as _rules
from weft.dataframe.frame import DataFrame
from weft.dataframe.io.csv import read_csv, read_fwf, read_table
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.io.parquet import read_parquet
from weft.dataframe.io.parquet_writing import create_metadata_file, to_parquet
from weft.dataframe.kernels import pandas as _pandas
from weft.dataframe.ops.groupby import GroupBy
from weft.dataframe.series import Scalar, Series

_rules.install()

#: The engines whose kernels are registered.
_ENGINES = (_pandas,)

__all__ = ["DataFrame", "GroupBy", "Scalar", "Series", "from_pandas", "read_parquet"]
