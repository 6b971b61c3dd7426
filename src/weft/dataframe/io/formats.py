"""All formats together: what frames and columns can be read from and written as, and what they can become.

This is the one list of them: `weft.dataframe` offers every name in ``__all__``.
"""

from __future__ import annotations

from weft.dataframe.io.arrays import to_dask_array, to_records
from weft.dataframe.io.arrow_files import ArrowFileMethods, read_feather, read_ipc, read_orc, to_feather, to_orc
from weft.dataframe.io.csv import CsvMethods, read_csv, read_fwf, read_table, to_csv
from weft.dataframe.io.delayed import from_delayed
from weft.dataframe.io.excel import ExcelMethods, read_excel, to_excel
from weft.dataframe.io.from_map import from_map
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.io.hdf import HdfMethods, read_hdf, to_hdf
from weft.dataframe.io.json import JsonMethods, read_json, to_json
from weft.dataframe.io.memory import MemoryMethods, from_array, from_dask_array, from_dict, from_graph, from_records
from weft.dataframe.io.parquet import ParquetMethods, create_metadata_file, read_parquet, to_parquet
from weft.dataframe.io.rows import RowMethods, to_bag
from weft.dataframe.io.sql import read_sql, read_sql_query, read_sql_table
from weft.dataframe.io.sql_writing import SqlMethods, to_sql

__all__ = [
    "create_metadata_file",
    "from_array",
    "from_dask_array",
    "from_delayed",
    "from_dict",
    "from_graph",
    "from_map",
    "from_pandas",
    "from_records",
    "read_csv",
    "read_excel",
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
    "to_dask_array",
    "to_excel",
    "to_feather",
    "to_hdf",
    "to_json",
    "to_orc",
    "to_parquet",
    "to_records",
    "to_sql",
]


class SeriesFormatMethods(CsvMethods, ExcelMethods, JsonMethods, HdfMethods, SqlMethods, RowMethods):
    """Columns as files and other collections."""

    __slots__ = ()


class FrameFormatMethods(ParquetMethods, ArrowFileMethods, MemoryMethods, SeriesFormatMethods):
    """Frames as files and other collections."""

    __slots__ = ()
