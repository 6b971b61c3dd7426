"""Writing CSV: a file for each partition, or one for all."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.io.arguments import check_arguments
from weft.dataframe.io.csv.rendering import csv_text
from weft.dataframe.io.text_files import write_files
from weft.dataframe.io.writing import check_frame

__all__ = ["CsvMethods", "to_csv"]


class RenderCsv(NamedTuple):
    """A partition as CSV."""

    with_index: bool
    encoding: str
    first_header_only: bool
    options: Mapping[str, Any]

    def render(self, part: Any, number: int, stream: Any) -> None:
        """Write a partition to a stream."""
        options = dict(self.options)
        if number and self.first_header_only:
            options["header"] = False
        if self.encoding.lower().replace("_", "-") in ("utf-8", "utf8") and options.get("errors", "strict") == "strict":
            written = csv_text(
                part, self.with_index, {name: each for name, each in options.items() if name != "errors"}
            )
            if written is not None:
                stream.write(written)
                return
        text = io.TextIOWrapper(stream, encoding=self.encoding, errors=options.pop("errors", "strict"), newline="")
        part.to_csv(text, index=self.with_index, **options)
        text.flush()
        text.detach()


def to_csv(
    df: Any,
    filename: Any,
    single_file: bool = False,
    encoding: str = "utf-8",
    mode: str = "wt",
    name_function: Callable[[int], str] | None = None,
    compression: str | Mapping[str, Any] | None = None,
    compute: bool = True,
    scheduler: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    header_first_partition_only: bool | None = None,
    compute_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame as CSV; files appear together, when all are complete.

    Parameters
    ----------
    df : DataFrame or Series
    filename : str, path, or list of them
        A directory, a path with ``*`` in the place of the partition's number, a path for each partition; or, with
        ``single_file=True``, the file.
    single_file : bool
    encoding : str
    mode : {"w", "wt", "a", "at", "x", "xt"}
        Replace files that are there, append to them, or raise FileExistsError.
    name_function : callable, optional
        Gives what stands in the place of ``*``, by the number of the partition. Names must be in order.
    compression : str or mapping, optional
        Such as ``"gzip"``, or ``{"method": "gzip", "compresslevel": 1}``; ``"infer"``: by the names.
    compute : bool
        Write now, and give the paths; otherwise give a list with a delayed value that writes.
    scheduler : optional
        Passed to :func:`weft.compute`.
    storage_options : mapping, optional
        Passed to fsspec.
    header_first_partition_only : bool, optional
        By default so for a single file.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    **kwargs
        Of :meth:`pandas.DataFrame.to_csv`: ``index``, ``sep``, ``na_rep``, ``columns``, ...

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> from weft.scratch import tmpfile
    >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    >>> with tmpfile("csv") as path:
    ...     paths = frame.to_csv(path, single_file=True, index=False)
    ...     with open(path) as file:
    ...         file.read().split()
    ['a', '1', '2']
    """
    check_frame(df, "to_csv()", series=True)
    check_arguments("to_csv", kwargs, pd.DataFrame.to_csv, ("self", "path_or_buf"))
    if mode.rstrip("t") not in ("w", "a", "x"):
        raise ValueError(f"mode is 'w', 'a' or 'x'; it is {mode!r}")
    "".encode(encoding)
    first_only = single_file if header_first_partition_only is None else header_first_partition_only
    if single_file and not first_only:
        raise ValueError("a single file has one header: header_first_partition_only=False is for several files")
    options = dict(kwargs)
    render = RenderCsv(bool(options.pop("index", True)), encoding, bool(first_only), options)
    passed = dict(compute_kwargs or {})
    if scheduler is not None:
        if passed.get("scheduler", scheduler) != scheduler:
            raise ValueError("scheduler and compute_kwargs name different schedulers")
        passed["scheduler"] = scheduler
    return write_files(
        df,
        filename,
        "to_csv",
        render,
        name_function=name_function,
        compression=compression,
        storage_options=storage_options,
        appends=mode.startswith("a"),
        fresh=mode.startswith("x"),
        single=single_file,
        compute=compute,
        compute_kwargs=passed,
    )


class CsvMethods(FrameBase):
    """Frames and columns as CSV."""

    __slots__ = ()

    to_csv = to_csv
