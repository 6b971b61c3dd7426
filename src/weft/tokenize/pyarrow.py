"""Normal forms of Arrow's values: the schema, and the bytes that would travel, hashed without being kept."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weft.tokenize.encode import normalize_token


class _Sink:
    """A file that only hashes what is written to it."""

    closed = False

    def __init__(self) -> None:
        self.hasher = hashlib.sha256(usedforsecurity=False)

    def write(self, data: Any) -> int:
        self.hasher.update(data)
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...


@normalize_token.register(pa.Table, pa.RecordBatch)
def _normalize_table(table: Any) -> Any:
    return table.schema, table.num_rows, list(table.columns)


@normalize_token.register(pa.Array, pa.ChunkedArray)
def _normalize_array(array: Any) -> Any:
    whole = pa.table({"": _compact(array)})
    sink = _Sink()
    with pa.PythonFile(sink, mode="w") as file, pa.ipc.new_stream(file, whole.schema) as writer:
        writer.write(whole)
    return sink.hasher.digest()


def _compact(array: Any) -> Any:
    """The same values in one piece, with nothing beside them: slices travel with some bytes of their neighbours."""
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    if not chunks:
        return pa.array([], type=array.type)
    if len(chunks) == 1 and not chunks[0].offset and array.nbytes == array.get_total_buffer_size():
        return array
    try:
        return pa.concat_arrays([chunks[0].slice(0, 0), *chunks])
    except pa.ArrowInvalid:
        return array  # more text than one array can hold: then how it is cut counts


@normalize_token.register(pa.Schema)
def _normalize_schema(schema: pa.Schema) -> Any:
    return memoryview(schema.serialize())


@normalize_token.register(pa.Field)
def _normalize_field(field: pa.Field) -> Any:
    return pa.schema([field])


@normalize_token.register(pa.DataType)
def _normalize_type(dtype: pa.DataType) -> Any:
    return pa.schema([("", dtype)])


@normalize_token.register(pa.Scalar)
def _normalize_scalar(scalar: pa.Scalar) -> Any:
    return pa.array([scalar], type=scalar.type)


@normalize_token.register(pa.Buffer)
def _normalize_buffer(buffer: pa.Buffer) -> Any:
    return memoryview(buffer)


@normalize_token.register(pc.Expression)
def _normalize_expression(expression: Any) -> Any:
    return [memoryview(part) if isinstance(part, pa.Buffer) else part for part in expression.__reduce__()[1]]
