"""Excel workbooks: a partition for each file in, one sheet out."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import pandas as pd

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase
from weft.dataframe.io.csv.surprises import complaints_of, surprise
from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.dataframe.io.writing import check_frame
from weft.expr import node
from weft.extras import import_required
from weft.io.files import FoundFile, filesystem_for, find_files
from weft.io.writing import in_place

__all__ = ["ExcelMethods", "ReadExcel", "read_excel", "to_excel"]

#: Rows of the first file by which types are found, and rows that a sheet has at most.
SAMPLE, MOST = 1000, 1_048_576


def check_openpyxl(engine: str | None) -> None:
    """Raise for a missing library."""
    if engine in (None, "openpyxl"):
        import_required("openpyxl", 'Excel workbooks need openpyxl. Install it with: pip install "weft[excel]"')


class ExcelReader(NamedTuple):
    """How sheets are read."""

    filesystem: Any
    sheet: Any
    options: Mapping[str, Any]

    def sheet_of(self, path: str, **more: Any) -> Any:
        """The sheet of one file, or a dict of several."""
        with self.filesystem.open(path, "rb") as stream:
            try:
                return pd.read_excel(stream, sheet_name=self.sheet, **{**self.options, **more})
            except ValueError as error:
                raise type(error)(f"cannot read {path}: {error}") from error

    def read(self, part: FoundFile, how: Reading) -> pd.DataFrame:
        """One file as a frame."""
        frame = self.sheet_of(part.path)
        if missing := [label for label in how.columns if label not in frame.columns]:
            raise ValueError(
                f"the columns of {part.path} are {list(frame.columns)}, and not {missing}, which the first file has. "
                "Read the files apart, and rename or choose columns before you put them together."
            )
        frame = frame[list(how.columns)].copy(deep=False)
        if complaints := complaints_of(frame, how.meta, ()):
            raise ValueError(surprise(part.path, complaints))
        return frame


class ExcelDataset(Dataset):
    """A sheet of some workbooks."""

    label: ClassVar[str] = "read_excel"

    def __init__(self, reader: ExcelReader, parts: tuple[FoundFile, ...], meta: pd.DataFrame, token: Any) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.token = token

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        chosen = self.whole if columns is None else self.whole[list(columns)]
        return chosen if index else chosen.set_axis(pd.RangeIndex(0), axis=0)


@node
class ReadExcel(FileSource):
    """Some columns of a sheet."""


def read_excel(
    io: Any,
    sheet_name: str | int | list[Any] | None = 0,
    *,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Frame of a sheet of Excel workbooks, a partition for each file.

    Parameters
    ----------
    io : str, path, or list of them
        Files, directories and patterns, local or anywhere fsspec reaches.
    sheet_name : str, int, list of them or None
        The sheet, by name or number; of several (None: of all) a dict of frames is given.
    storage_options : mapping, optional
        Passed to fsspec.
    **kwargs
        Of :func:`pandas.read_excel`. ``nrows`` and ``skipfooter`` count in each file.

    Raises
    ------
    ValueError
        There is no such sheet; or, when it is computed, a file has other columns or other types than the first.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("xlsx") as path:
    ...     pd.DataFrame({"a": [1, 2]}).to_excel(path, index=False)
    ...     dd.read_excel(path).a.sum().compute(scheduler="sync")
    np.int64(3)
    """
    check_openpyxl(kwargs.get("engine"))
    known = inspect.signature(pd.read_excel).parameters
    for name in kwargs:
        if name not in known:
            raise TypeError(f"read_excel() knows no argument {name!r}, and neither does pandas")
    fs, files, _ = find_files(
        io, kind="Excel", storage_options=storage_options, extensions=(".xlsx", ".xlsm", ".xls", ".ods")
    )
    if sheet_name is None or isinstance(sheet_name, list):
        first = ExcelReader(fs, sheet_name, kwargs).sheet_of(files[0].path, nrows=0)
        return {each: sheet_frame(fs, files, each, kwargs) for each in first}
    return sheet_frame(fs, files, sheet_name, kwargs)


def sheet_frame(fs: Any, files: Sequence[FoundFile], sheet: Any, options: Mapping[str, Any]) -> Any:
    """Frame of one sheet of each file."""
    reader = ExcelReader(fs, sheet, options)
    nrows = options.get("nrows")
    meta = reader.sheet_of(files[0].path, nrows=SAMPLE if nrows is None else min(nrows, SAMPLE)).iloc[:0]
    token = ("read_excel", tuple(files), sheet, repr(sorted(options.items(), key=str)), repr(meta.dtypes.to_dict()))
    return source_frame(ReadExcel, ExcelDataset(reader, tuple(files), meta, token))


def to_excel(
    df: Any,
    excel_writer: Any,
    sheet_name: str = "Sheet1",
    *,
    compute: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    compute_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame to a workbook of one sheet; all of it is in memory then, and the file appears when it is complete.

    Parameters
    ----------
    df : DataFrame or Series
        Of at most 1,048,576 rows with the header, which is what a sheet has.
    excel_writer : str or path
        The file.
    sheet_name : str
    compute : bool
        Write now; otherwise give a delayed value that writes.
    storage_options : mapping, optional
        Passed to fsspec.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    **kwargs
        Of :meth:`pandas.DataFrame.to_excel`: ``index``, ``columns``, ``na_rep``, ...
    """
    check_openpyxl(kwargs.get("engine"))
    check_frame(df, "to_excel()", series=True)
    known = inspect.signature(pd.DataFrame.to_excel).parameters
    for name in kwargs:
        if name not in known:
            raise TypeError(f"to_excel() knows no argument {name!r}, and neither does pandas")
    fs = filesystem_for(excel_writer, storage_options)
    place = fs._strip_protocol(str(excel_writer))
    write = CONVERSIONS["delayed"](write_sheet)
    job = write(df.to_delayed(), fs, place, sheet_name, kwargs)
    return job.compute(**dict(compute_kwargs or {})) if compute else job


def write_sheet(parts: list[Any], fs: Any, place: str, sheet: str, options: Mapping[str, Any]) -> str:
    """All rows in one sheet; gives the path."""
    whole = pd.concat(parts)
    if len(whole) >= MOST:
        raise ValueError(
            f"a sheet has at most {MOST:,} rows, with its header; the frame has {len(whole):,}. Write it with to_csv() or to_parquet()."
        )
    with in_place(fs, place) as stream:
        whole.to_excel(stream, sheet_name=sheet, **options)
    return place


class ExcelMethods(FrameBase):
    """Frames and columns as Excel workbooks."""

    __slots__ = ()

    to_excel = to_excel
