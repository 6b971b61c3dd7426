"""Delimited text and text in columns of fixed width: read in blocks, written as a file for each partition.

Columns and types come from a sample of the first file (`sample`). Files are cut into blocks (`blocks`) that begin and end
with records; each is parsed with the header before it (`parsing`), by Arrow's parser where its result is pandas', else by
pandas' own. A column that turns out to be of another type than in the sample is an error that names file, column and
values, and says which ``dtype=`` to pass (`surprises`).
"""

from weft.dataframe.io.csv.reading import ReadCSV, read_csv, read_fwf, read_table
from weft.dataframe.io.csv.writing import CsvMethods, to_csv

__all__ = ["CsvMethods", "ReadCSV", "read_csv", "read_fwf", "read_table", "to_csv"]
