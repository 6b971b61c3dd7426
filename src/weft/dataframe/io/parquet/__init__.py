"""Parquet: nothing but footers is read before a frame is computed, and then only what is asked for.

A partition is one file's row groups, or a bundle of them of about ``blocksize`` bytes (`parts`). Footers say how many rows
there are, what types, and whether a column of integers has missing values (then pandas makes floats of it), so that the meta
is right without a look at the data (`dataset`). Directories that are named ``key=value`` are columns of categories. The
columns of the files need not be the same: see `weft.dataframe.io.arrow.joint_schema`.
"""

from weft.dataframe.io.parquet.dataset import ParquetDataset, ReadParquet, read_parquet_part
from weft.dataframe.io.parquet.reading import read_parquet
from weft.dataframe.io.parquet.summaries import create_metadata_file
from weft.dataframe.io.parquet.writing import ParquetMethods, to_parquet
from weft.dataframe.io.predicates import Predicate

__all__ = [
    "ParquetDataset",
    "ParquetMethods",
    "Predicate",
    "ReadParquet",
    "create_metadata_file",
    "read_parquet",
    "read_parquet_part",
    "to_parquet",
]
