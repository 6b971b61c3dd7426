"""Bags of dicts as Parquet files, by Arrow: what is missing or nested stays what it is, and no dataframe is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.io.written import check_bag, finished
from weft.bag.kernels.pipeline import Stage
from weft.extras import import_required
from weft.io.writing import paths_for, written_whole
from weft.physical.blockwise import Listed

__all__ = ["to_parquet"]

#: Records in a row group, and those at the start of the bag by which types are told.
ROWS, FIRST = 1 << 15, 1000


def arrow(module: str) -> Any:
    """A module of pyarrow."""
    return import_required(module, 'Parquet files need pyarrow. Install it with: pip install "weft[bag]"')


@dataclass(frozen=True, repr=False)
class WriteParquet(Stage):
    """Records into a file, a row group at a time; gives its path."""

    label: ClassVar[str] = "to_parquet"

    schema: Any
    compression: str | None
    storage_options: Any

    def run(self, *values: Any) -> list[str]:
        stream, path = values
        parquet = arrow("pyarrow.parquet")
        with (
            written_whole(path, None, self.storage_options) as file,
            parquet.ParquetWriter(file, self.schema, compression=self.compression or "none") as writer,
        ):
            records = iter(stream)
            while rows := list(islice(records, ROWS)):
                writer.write_table(table_of(rows, self.schema))
        return [path]


def table_of(records: list[Any], schema: Any) -> Any:
    """Records as a table of given or, without a schema, of their own types."""
    pyarrow = arrow("pyarrow")
    for record in records:
        if not isinstance(record, Mapping):
            raise TypeError(f"to_parquet() writes dicts, not {type(record).__name__}. Make dicts first, by map.")
    try:
        return pyarrow.Table.from_pylist(records, schema=schema)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise type(error)(
            f"cannot write records as Parquet: {error}. Types are those of the first {FIRST} records unless you pass "
            "schema=, such as {'a': 'int64'}."
        ) from error


def schema_of(bag: Any, given: Any, options: Mapping[str, Any]) -> Any:
    """Arrow's types of the columns: as given, or those of the first records, which are computed for it."""
    pyarrow = arrow("pyarrow")
    if isinstance(given, pyarrow.Schema):
        return given
    if given is not None:
        types = dict(given)
        return pyarrow.schema(
            [(name, pyarrow.type_for_alias(kind) if isinstance(kind, str) else kind) for name, kind in types.items()]
        )
    head = list(islice(bag.iterate(**options), FIRST))
    if not head:
        raise ValueError("cannot tell the columns of a bag without records. Give schema=, e.g. {'name': 'string'}.")
    columns = dict.fromkeys(name for record in head if isinstance(record, Mapping) for name in record)
    return table_of(
        [{name: record.get(name) for name in columns} if isinstance(record, Mapping) else record for record in head],
        None,
    ).schema


def to_parquet(
    b: Any,
    path: Any,
    schema: Any = None,
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "snappy",
    compute: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a bag of dicts to Parquet files, one for each partition; a file appears when it is complete.

    Parameters
    ----------
    b : Bag
    path : str, path, or list of them
        A directory, where files are then called ``0.parquet``, ...; a path with ``*`` in the place of the partition's number;
        or a path for each partition.
    schema : pyarrow.Schema or dict, optional
        Columns and Arrow's types (or their names). By default those of the first 1000 records, which are computed for it; a
        record may lack some items, and others than these are not written.
    name_function : callable, optional
        Gives what stands in the place of ``*``.
    compression : str, optional
        Such as ``"zstd"``; None: not at all.
    compute : bool
        Write now, and give the paths; otherwise give delayed values that write.
    storage_options : dict, optional
        Options of the file system.
    **kwargs
        Of :func:`weft.compute`, such as ``scheduler``.

    Examples
    --------
    >>> import pyarrow.parquet
    >>> import weft.bag as db
    >>> from weft.scratch import tmpdir
    >>> b = db.from_sequence([{"a": 1, "tags": ["x"]}, {"a": None, "tags": []}], npartitions=1)
    >>> with tmpdir() as folder:
    ...     _ = b.to_parquet(folder, scheduler="sync")
    ...     pyarrow.parquet.read_table(folder).to_pylist()
    [{'a': 1, 'tags': ['x']}, {'a': None, 'tags': []}]
    """
    check_bag("to_parquet", b)
    paths = paths_for(path, b.npartitions, name_function, "parquet")
    stage = WriteParquet(
        schema_of(b, schema, kwargs if compute else {}), compression, storage_options and dict(storage_options)
    )
    return finished(new_bag(Streamed(stage, (b.expr,), (Listed(tuple(paths)),))), compute, kwargs)


class ParquetMethods(BagBase):
    """Bags as Parquet files."""

    __slots__ = ()

    to_parquet = to_parquet
