"""Avro: records of its files, and bags as such files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.io.text import parts_of_files
from weft.bag.io.written import check_bag, finished
from weft.bag.kernels.pipeline import Stage
from weft.expr import Cost
from weft.io.avro import fastavro, records_of
from weft.io.writing import paths_for, written_whole
from weft.physical.blockwise import Listed

__all__ = ["read_avro", "to_avro"]

CODECS = ("null", "deflate", "bzip2", "xz", "lz4", "snappy", "zstandard")


class ReadAvro(Stage):
    """Records of ranges of Avro files."""

    label: ClassVar[str] = "read_avro"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Iterator[Any]:
        return chain.from_iterable(map(records_of, values[0]))


def read_avro(
    urlpath: Any,
    blocksize: int | str | None = 100_000_000,
    storage_options: Mapping[str, Any] | None = None,
    compression: str | None = None,
) -> Any:
    """A bag of the records of Avro files: dicts.

    Parameters
    ----------
    urlpath : str, path, or list of them
    blocksize : int, str or None
        Bytes in a partition; None: a partition is a file.
    storage_options : dict, optional
        Options of the file system.
    compression : str, optional
        How the files as such are compressed (Avro's own codecs need no word); they are then read whole.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    MissingDependencyError
        ``fastavro`` is not installed.
    """
    fastavro()
    parts = parts_of_files(
        urlpath,
        blocksize=blocksize if compression is None else None,
        compression=compression,
        storage_options=storage_options,
        files_per_partition=None,
    )
    return new_bag(Streamed(ReadAvro(), (), (parts,), len(parts.items), False, Cost.HEAVY))


@dataclass(frozen=True, repr=False)
class WriteAvro(Stage):
    """Records into a file; gives its path."""

    label: ClassVar[str] = "to_avro"

    schema: Any
    codec: str
    sync_interval: int
    metadata: Any
    storage_options: Any

    def run(self, *values: Any) -> list[str]:
        stream, path = values
        library = fastavro()
        with written_whole(path, None, self.storage_options) as file:
            library.writer(file, library.parse_schema(dict(self.schema)), stream, codec=self.codec,
                           sync_interval=self.sync_interval, metadata=self.metadata)  # fmt: skip
        return [path]


def to_avro(
    b: Any,
    filename: Any,
    schema: Mapping[str, Any],
    name_function: Callable[[int], str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    codec: str = "null",
    sync_interval: int = 16000,
    metadata: Mapping[str, str] | None = None,
    compute: bool = True,
    **kwargs: Any,
) -> Any:
    """Write a bag of dicts to Avro files, one for each partition; a file appears when it is complete.

    Parameters
    ----------
    b : Bag
    filename : str, path, or list of them
        A directory, a path with ``*`` in the place of the partition's number, or a path for each partition.
    schema : dict
        The records' schema.
    name_function : callable, optional
        Gives what stands in the place of ``*``.
    storage_options : dict, optional
        Options of the file system.
    codec : str
        How blocks of records are compressed: ``"null"``, ``"deflate"``, ``"bzip2"``, ``"xz"``, or ``"lz4"``, ``"snappy"`` and
        ``"zstandard"`` if the libraries are there.
    sync_interval : int
        Bytes of records between two marks.
    metadata : dict, optional
        What else the header says.
    compute : bool
        Write now, and give the paths; otherwise give delayed values that write.
    **kwargs
        Of :func:`weft.compute`, such as ``scheduler``.
    """
    fastavro()
    if not isinstance(schema, Mapping) or not {"type", "name", "fields"} <= set(schema):
        raise ValueError(f"schema is that of a record, with name, type and fields; it is {schema!r}")
    if codec not in CODECS:
        raise ValueError(f"codec is one of {', '.join(CODECS)}, not {codec!r}")
    check_bag("to_avro", b)
    paths = paths_for(filename, b.npartitions, name_function)
    stage = WriteAvro(
        dict(schema), codec, sync_interval, metadata and dict(metadata), storage_options and dict(storage_options)
    )
    return finished(new_bag(Streamed(stage, (b.expr,), (Listed(tuple(paths)),))), compute, kwargs)


class AvroMethods(BagBase):
    """Bags as Avro files."""

    __slots__ = ()

    to_avro = to_avro
