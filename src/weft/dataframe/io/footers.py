"""The footers of Parquet files: each is opened once, many side by side, and remembered as long as the file stays as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from weft.dataframe.io.predicates import Bounds
from weft.errors import ReadError
from weft.io.files import FoundFile, is_local

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = [
    "Footer",
    "check_unchanged",
    "footer_of",
    "group_bounds",
    "leaf_numbers",
    "opened_parquet",
    "read_footers",
    "repeating_texts",
]

#: Footers that are read side by side.
SIDE_BY_SIDE = 32
#: The same on file systems of this machine.
SIDE_BY_SIDE_LOCAL = 4
#: Bytes of footers, as they stand in their files, that are remembered.
REMEMBERED = 1 << 28

#: Bytes of a compressed dictionary up to which it holds all values of a row group: writers give up at about 1 MB of texts.
SMALL_DICTIONARY = 1 << 16


class Footer(NamedTuple):
    """What a file says of itself."""

    metadata: pq.FileMetaData
    schema: pa.Schema


class Memory:
    """The footers seen last, by file and state."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Footer] = OrderedDict()

    def get(self, key: Hashable) -> Footer | None:
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def put(self, key: Hashable, footer: Footer) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = footer
                self.used += footer.metadata.serialized_size
                while self.used > self.limit and len(self._known) > 1:
                    _, gone = self._known.popitem(last=False)
                    self.used -= gone.metadata.serialized_size


MEMORY = Memory(REMEMBERED)


@contextmanager
def opened_parquet(filesystem: Any, path: str, **options: Any) -> Iterator[pq.ParquetFile]:
    """A Parquet file to read from.

    Raises
    ------
    ValueError
        It is no Parquet file.
    ReadError
        It is damaged.
    """
    import pyarrow.parquet as pq

    local = is_local(filesystem)
    source: Any = None
    try:
        if local:
            source = path
        else:
            source = filesystem.open(path, "rb", **({} if hasattr(filesystem, "fs") else {"cache_type": "none"}))
        with pq.ParquetFile(source, pre_buffer=not local, **options) as file:
            yield file
    except pa.ArrowInvalid as error:
        raise ValueError(f"cannot read {path} as Parquet: {error}") from error
    except OSError as error:
        if isinstance(error, (FileNotFoundError, PermissionError, ReadError)):
            raise
        raise ReadError(
            f"cannot read {path} as Parquet: {error}. It is damaged or cut off; write it again from its source."
        ) from error
    finally:
        if not local and source is not None:
            source.close()


def check_unchanged(filesystem: Any, path: str, stamp: tuple[Any, ...]) -> None:
    """Raise ReadError for a file of this machine that has been written anew since it was looked at."""
    if stamp and is_local(filesystem) and FoundFile.of(path, filesystem.info(path)).stamp != stamp:
        raise ReadError(
            f"{path} has changed since read_parquet() looked at it: what was planned is not what it holds now. "
            "Call read_parquet() again."
        )


def footer_of(filesystem: Any, path: str, stamp: tuple[Any, ...], **options: Any) -> Footer:
    """The footer of a file in a known state."""
    key = (path, stamp)
    known = MEMORY.get(key) if stamp and not options else None
    if known is None:
        with opened_parquet(filesystem, path, **options) as file:
            known = Footer(file.metadata, file.schema_arrow)
        if stamp and not options:
            MEMORY.put(key, known)
    return known


def read_footers(
    filesystem: Any, files: Sequence[FoundFile], together: int | None = None, **options: Any
) -> list[Footer]:
    """The footers of many files.

    Parameters
    ----------
    filesystem : fsspec file system
    files : sequence of FoundFile
    together : int, optional
        How many one thread reads one after another before it takes others; 0: all in this thread. By default one.
    """

    def read(several: Sequence[FoundFile]) -> list[Footer]:
        return [footer_of(filesystem, each.path, each.stamp, **options) for each in several]

    if len(files) == 1 or together == 0:
        return read(files)
    from concurrent.futures import ThreadPoolExecutor

    bundles = [files[start : start + (together or 1)] for start in range(0, len(files), together or 1)]
    threads = min(SIDE_BY_SIDE_LOCAL if is_local(filesystem) else SIDE_BY_SIDE, max(1, len(bundles)))
    with ThreadPoolExecutor(threads, thread_name_prefix="weft-footers") as pool:
        return [each for several in pool.map(read, bundles) for each in several]


def leaf_numbers(metadata: pq.FileMetaData) -> dict[str, int]:
    """The number of each column that has values of its own, by its path in the schema."""
    schema = metadata.schema
    return {schema.column(number).path: number for number in range(metadata.num_columns)}


def repeating_texts(footer: Footer, groups: Sequence[int], names: Sequence[str]) -> list[str]:
    """Columns of texts that have a small dictionary in each of some row groups.

    They are read several times as fast as codes, which are looked up afterwards, as text by text. A large dictionary may
    have been given up in the middle of a row group: codes would have to be found again for the rest.
    """
    metadata = footer.metadata
    texts = [name for name in names if is_text(footer.schema, name)]
    numbers = leaf_numbers(metadata) if texts else {}
    return [
        name
        for name in texts
        if name in numbers
        and all(has_small_dictionary(metadata.row_group(group).column(numbers[name])) for group in groups)
    ]


def is_text(schema: pa.Schema, name: str) -> bool:
    """Whether a column is there, once, and holds texts."""
    place = schema.get_field_index(name)
    if place < 0:
        return False
    kind = schema.types[place]
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def has_small_dictionary(chunk: pq.ColumnChunkMetaData) -> bool:
    """Whether the values of a column of a row group are numbers of a small dictionary, as far as its place tells."""
    if not chunk.has_dictionary_page:
        return False
    return int(chunk.data_page_offset) - int(chunk.dictionary_page_offset) <= SMALL_DICTIONARY


def group_bounds(group: pq.RowGroupMetaData, number: int | None) -> Bounds | None:
    """What the statistics of a row group say of a column (None: the file has no such column)."""
    if number is None:
        return Bounds(None, None, group.num_rows)
    chunk = group.column(number)
    if not chunk.is_stats_set:
        return None
    statistics = chunk.statistics
    missing = statistics.null_count if statistics.has_null_count else None
    if not statistics.has_min_max:
        return Bounds(None, None, missing)
    exact = statistics.physical_type not in ("BYTE_ARRAY", "INT96", "FIXED_LEN_BYTE_ARRAY")
    return Bounds(statistics.min, statistics.max, missing, exact)
