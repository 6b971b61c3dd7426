"""HDF5 as PyTables writes it for pandas: tables in rows, read in chunks; one thread at a time, for the library is not safe."""

from __future__ import annotations

import fnmatch
import glob
import os
import shutil
import threading
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any, ClassVar, NamedTuple

import pandas as pd

from weft.callables import also_called
from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase
from weft.dataframe.io.source import Dataset, FileSource, Reading, source_frame
from weft.dataframe.io.writing import check_frame
from weft.expr import node
from weft.expr.naming import nonce
from weft.extras import import_required
from weft.io.files import UNFINISHED
from weft.text import natural_sort_key

__all__ = ["HdfMethods", "ReadHDF", "read_hdf", "to_hdf"]

#: PyTables' own state is shared by all threads of a process.
LOCK = threading.RLock()


def guard(lock: Any) -> AbstractContextManager[Any]:
    """What is held while the library is at work: the process' own lock (True, None), none (False), or the user's as well."""
    if lock is False:
        return nullcontext()
    held = ExitStack()
    held.enter_context(LOCK)
    if lock is not True and lock is not None:
        held.enter_context(lock)
    return held


def check_lock(lock: Any) -> None:
    """Raise TypeError for what is no lock."""
    if lock is not None and not isinstance(lock, bool) and not hasattr(lock, "__enter__"):
        raise TypeError(f"lock is a bool, or a lock that a with statement holds; it is {lock!r}")


def check_tables() -> None:
    """Raise for a missing library."""
    import_required("tables", 'HDF5 tables need PyTables. Install it with: pip install "weft[hdf5]"')


class HdfPart(NamedTuple):
    """Rows of a table in a file; ``stop`` None: to its end."""

    path: str
    key: str
    start: int
    stop: int | None
    whole: bool


class HdfReader(NamedTuple):
    """How rows are read."""

    mode: str
    lock: Any

    def read(self, part: HdfPart, how: Reading) -> Any:
        """Some rows."""
        is_frame = isinstance(how.meta, pd.DataFrame)
        with guard(self.lock):
            if part.whole:
                made = pd.read_hdf(part.path, part.key, mode=self.mode)
            else:
                made = pd.read_hdf(
                    part.path, part.key, mode=self.mode, start=part.start, stop=part.stop,
                    columns=list(how.columns) if is_frame else None,
                )  # fmt: skip
        return made[list(how.columns)] if is_frame else made


class HdfDataset(Dataset):
    """Rows of tables."""

    label: ClassVar[str] = "read_hdf"

    def __init__(
        self, reader: HdfReader, parts: tuple[HdfPart, ...], meta: Any, ends: Any, counts: Any, token: Any
    ) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.ends = ends
        self.counts = counts
        self.token = token

    @property
    def columns(self) -> tuple[Hashable, ...]:
        return tuple(self.whole.columns) if isinstance(self.whole, pd.DataFrame) else (self.whole.name,)

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> Any:
        if columns is None or not isinstance(self.whole, pd.DataFrame):
            return self.whole
        return self.whole[list(columns)]

    def row_counts(self) -> tuple[int, ...] | None:
        return self.counts  # type: ignore[no-any-return]

    def divisions(self) -> tuple[Any, ...] | None:
        return self.ends  # type: ignore[no-any-return]


@node
class ReadHDF(FileSource):
    """Some columns of HDF5 tables."""


def read_hdf(
    pattern: Any,
    key: str,
    start: int = 0,
    stop: int | None = None,
    columns: Any = None,
    chunksize: int = 1_000_000,
    sorted_index: bool = False,
    lock: Any = True,
    mode: str = "r",
) -> Any:
    """Frame of tables in HDF5 files.

    Parameters
    ----------
    pattern : str, path, or list of them
        Files of this machine, or patterns.
    key : str
        The table; ``*`` stands for any.
    start, stop : int
        Only these rows of each table.
    columns : label or list of labels, optional
    chunksize : int
        Rows of a partition.
    sorted_index : bool
        Whether each table is in the order of its index, and they follow one another: then divisions are known.
    lock : bool or lock
        Read one at a time in each process, for PyTables is not safe; or hold a lock of your own as well. False: hold none.
    mode : {"r", "r+", "a"}
        How files are opened.

    Raises
    ------
    TypeError
        A table in the fixed format is to be read in part.
    """
    check_tables()
    check_lock(lock)
    given = [pattern] if isinstance(pattern, (str, os.PathLike)) else list(pattern)
    paths = [path for each in given for path in sorted(glob.glob(os.fspath(each)), key=natural_sort_key)]
    if not paths:
        raise OSError(f"cannot read {pattern!r}: no file has such a name")
    if chunksize < 1:
        raise ValueError(f"chunksize is how many rows make a partition, at least 1; it is {chunksize}")
    if mode not in ("r", "r+", "a"):
        raise ValueError(f"mode is 'r', 'r+' or 'a', not {mode!r}")
    if stop is not None and start >= stop:
        raise ValueError(f"start must be before stop; they are {start} and {stop}")
    parts: list[HdfPart] = []
    counts: list[int | None] = []
    ends: list[Any] = []
    meta = None
    with LOCK:
        for path in paths:
            with pd.HDFStore(path, mode=mode) as store:
                keys = sorted([each for each in store if fnmatch.fnmatch(each, "/" + key.lstrip("/"))])
                if not keys:
                    raise KeyError(f"there is no table {key!r} in {path}. There are {store.keys()}.")
                for each in keys:
                    storer = store.get_storer(each)
                    if storer.format_type != "table" and (start or stop is not None or columns is not None):
                        raise TypeError(
                            f"{each!r} in {path} is in the fixed format, of which no part can be read. Write it with format='table'."
                        )
                    if meta is None:
                        whole = storer.format_type != "table"
                        meta = (store.get(each) if whole else store.select(each, stop=1)).iloc[:0]
                    if storer.format_type != "table":
                        parts.append(HdfPart(path, each, 0, None, True))
                        counts.append(None)
                        continue
                    rows = storer.nrows
                    if start > rows and start:
                        raise ValueError(f"start={start} is behind the {rows} rows of {each!r} in {path}")
                    last = rows if stop is None else min(stop, rows)
                    for first in range(start, max(last, start + 1), chunksize):
                        parts.append(HdfPart(path, each, first, min(first + chunksize, last), False))
                        counts.append(max(0, min(first + chunksize, last) - first))
                        if sorted_index and last > first:
                            ends.append(store.select(each, start=first, stop=first + 1).index[0])
                            final = store.select(each, start=last - 1, stop=last).index[0]
        if sorted_index and len(ends) == len(parts):
            ends.append(final)
    known = tuple(ends) if sorted_index and len(ends) == len(parts) + 1 else None
    state = tuple([(path, os.stat(path).st_mtime_ns, os.stat(path).st_size) for path in paths])
    token = ("read_hdf", state, key, start, stop, chunksize, mode)
    exact = None if None in counts else tuple(counts)
    dataset = HdfDataset(HdfReader(mode, lock), tuple(parts), meta, known, exact, token)
    return source_frame(ReadHDF, dataset, columns)


class HdfTarget(NamedTuple):
    """A file that tables are written to, beside its place."""

    place: str
    temporary: str
    keeps: bool
    lock: Any = None

    def write(self, part: Any, key: str, options: Mapping[str, Any], before: Any) -> None:
        """Rows behind those that are there."""
        with guard(self.lock):
            if before is None:
                os.makedirs(os.path.dirname(os.path.abspath(self.place)), exist_ok=True)
                if self.keeps and os.path.exists(self.place):
                    shutil.copyfile(self.place, self.temporary)
            part.to_hdf(self.temporary, key=key, mode="a", format="table", **options)

    def finish(self) -> str:
        """The file to its place."""
        os.replace(self.temporary, self.place)
        return self.place


def write_rows(target: HdfTarget, part: Any, key: str, options: Mapping[str, Any], before: Any) -> bool:
    """One partition; ``before`` is None for the first of its file."""
    target.write(part, key, options, before)
    return True


def finish_files(targets: list[HdfTarget], done: Any) -> list[str]:
    """All files to their places."""
    return [target.finish() for target in targets]


@also_called(path_or_buf="path")
def to_hdf(
    df: Any,
    path: Any,
    key: str,
    mode: str = "a",
    append: bool = False,
    scheduler: Any = None,
    name_function: Callable[[int], str] | None = None,
    compute: bool = True,
    lock: Any = None,
    dask_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame to HDF5 tables; a file appears, or changes, when all is written.

    Parameters
    ----------
    df : DataFrame or Series
    path : str or path
        A file of this machine; with ``*`` a file for each partition.
    key : str
        The table; with ``*`` a table for each partition.
    mode : {"a", "w", "r+"}
        Keep what else is in the file, or not; ``"r+"``: the file must be there.
    append : bool
        Add to a table that is there.
    scheduler : optional
        Passed to :func:`weft.compute`.
    name_function : callable, optional
        Gives what stands in the place of ``*``.
    compute : bool
        Write now, and give the paths; otherwise give a delayed value that writes.
    lock : bool or lock, optional
        Write one at a time in each process, for PyTables is not safe; or hold a lock of your own as well. False: hold none.
    dask_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    **kwargs
        Of :meth:`pandas.DataFrame.to_hdf`: ``complevel``, ``min_itemsize``, ``data_columns``, ...
    """
    check_tables()
    check_frame(df, "to_hdf()", series=True)
    check_lock(lock)
    place = os.fspath(path)
    if mode not in ("a", "w", "r+"):
        raise ValueError(f"mode is 'a', 'w' or 'r+', not {mode!r}")
    if place.count("*") + key.count("*") > 1:
        raise ValueError("there is one * at most, in the path or in the key")
    if kwargs.pop("format", "table") not in ("t", "table"):
        raise ValueError("tables are written in the format 'table', the only one that can be read in parts")
    count = df.npartitions
    width = len(str(max(0, count - 1)))
    names = [name_function(number) if name_function else str(number).zfill(width) for number in range(count)]
    if names != sorted(names) or len(set(names)) < count:
        raise ValueError("name_function must give different names, in order")
    if mode == "r+" and not os.path.exists(place):
        raise FileNotFoundError(f"mode='r+' needs a file that is there; there is no {place!r}")
    suffix = f".{nonce()[:8]}{UNFINISHED}"
    places = [place.replace("*", name) for name in names] if "*" in place else [place]
    targets = [HdfTarget(each, each + suffix, mode != "w", lock) for each in places]
    keys = [key.replace("*", name) for name in names]
    delayed = CONVERSIONS["delayed"]
    write = delayed(write_rows)
    done: list[Any] = []
    before = None
    for number, part in enumerate(df.to_delayed()):
        separate = len(targets) > 1
        first = separate or before is None
        options = {**kwargs, "append": append or ("*" not in key and not first)}
        step = write(targets[number if separate else 0], part, keys[number], options, None if first else before)
        before = None if separate else step
        done.append(step)
    job = delayed(finish_files)(targets, done)
    if not compute:
        return job
    options = {**dict(dask_kwargs or {}), **({} if scheduler is None else {"scheduler": scheduler})}
    try:
        return job.compute(**options)
    finally:
        for target in targets:
            if os.path.exists(target.temporary):
                os.remove(target.temporary)


class HdfMethods(FrameBase):
    """Frames and columns as HDF5 tables."""

    __slots__ = ()

    to_hdf = to_hdf
