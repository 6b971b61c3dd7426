"""Arrow tables as pandas frames whose types are known from the schema: what Parquet, ORC and Feather have in common."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.meta import with_unknown_categories

__all__ = ["Layout", "Numbering", "is_unnamed", "joint_schema", "numbering_of", "types_mapper"]

#: Frames with more columns than this get their columns in common blocks: pandas warns of frames in many pieces.
SPLIT = 64


class Numbering(NamedTuple):
    """An index that is a range over all rows."""

    start: int = 0
    step: int = 1
    name: str | None = None

    def labels(self, first: int, count: int) -> pd.RangeIndex:
        """The labels of some rows, counted from the first of all."""
        start = self.start + first * self.step
        return pd.RangeIndex(start, start + count * self.step, self.step, name=self.name)


def numbering_of(schema: pa.Schema) -> Numbering | None:
    """The range that a file's writer says is its index, or a level of it."""
    described = (schema.pandas_metadata or {}).get("index_columns", [])
    match [each for each in described if isinstance(each, dict)]:
        case [{"kind": "range", "start": start, "step": step, "name": name}]:
            return Numbering(start, step, name)
    return None


def types_mapper(dtype_backend: str | None) -> Any:
    """The pandas types that Arrow's become, as a function; None for pandas' own."""
    if dtype_backend is None:
        return None
    if dtype_backend == "pyarrow":
        return pd.ArrowDtype
    if dtype_backend == "numpy_nullable":
        return NULLABLE.get
    raise ValueError(f"dtype_backend is 'numpy_nullable' or 'pyarrow', not {dtype_backend!r}")


NULLABLE: dict[Any, Any] = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.float32(): pd.Float32Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.string(): pd.StringDtype(),
    pa.large_string(): pd.StringDtype(),
}


class Layout:
    """How a table of a schema becomes a frame: labels, index, types.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of all columns; its pandas metadata counts, but for the index.
    index : list of labels, False or None
        Columns that become the index; False: none; None: those that the metadata names.
    dtype_backend : str, optional
    categories : sequence of labels
        Columns that are read as categories.
    nullable : set of field names
        Columns of integers or booleans in which values may be missing.
    options : mapping
        Further arguments of ``pyarrow.Table.to_pandas``.
    """

    def __init__(
        self,
        schema: pa.Schema,
        index: Any = None,
        dtype_backend: str | None = None,
        categories: Mapping[str, Any] | None = None,
        nullable: Iterable[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        described = (schema.pandas_metadata or {}).get("index_columns", [])
        self.categories = dict(categories or {})
        fields = []
        for field in schema:
            if field.name in self.categories and not pa.types.is_dictionary(field.type):
                field = field.with_type(pa.dictionary(pa.int32(), field.type))
            fields.append(field)
        self.schema = without_index(pa.schema(fields, metadata=schema.metadata))
        self.dtype_backend = dtype_backend
        self.options = dict(options or {})
        self.ignores_metadata = False
        if dtype_backend is not None and "types_mapper" in self.options:
            raise ValueError("give dtype_backend, or types_mapper among the options for Arrow; not both")
        whole = self.converted(self.schema.empty_table())
        # Where the metadata says nothing of types that the schema does not say, it need not be looked at each time.
        bare = self.schema.remove_metadata().empty_table()
        self.ignores_metadata = list(self.converted(bare).dtypes) == list(whole.dtypes)
        if any(map(is_unnamed, self.schema.names)):  # which are None among the labels
            labels = zip(whole.columns, self.schema.names, strict=True)
            whole.columns = pd.Index([name if is_unnamed(name) else label for label, name in labels])
        #: Field names by label: labels need not be texts.
        self.fields: dict[Hashable, str] = dict(zip(whole.columns, self.schema.names, strict=True))
        self.numbering = Numbering() if index is False else numbering_of(schema) or Numbering()
        if index is None:
            index = [
                label
                for label, name in self.fields.items()
                if name in [each for each in described if type(each) is str]
            ]
            index.sort(key=lambda label: described.index(self.fields[label]))
        self.index: tuple[Hashable, ...] = tuple(index or ())
        maybe = set(nullable)
        for label, name in self.fields.items():
            dtype = whole[label].dtype
            if name in maybe and dtype_backend is None and isinstance(dtype, np.dtype):
                if dtype.kind in "iu":
                    whole[label] = whole[label].astype("float64")
                elif dtype.kind == "b":
                    whole[label] = whole[label].astype(object)
        for name, values in self.categories.items():
            label = next(label for label, field in self.fields.items() if field == name)
            if values is not None:
                kind = self.schema.field(name).type.value_type
                dtype = kind.to_pandas_dtype() if pa.types.is_integer(kind) else "str"
                whole[label] = whole[label].astype(pd.CategoricalDtype(pd.Index(values, dtype=dtype)))
        self.whole = with_unknown_categories(whole)

    def __reduce__(self) -> Any:
        return restored, (self.__dict__,)

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """All labels but those of the index, and of an index without a name that is not asked for."""
        return tuple([label for label in self.fields if label not in self.index and not is_unnamed(label)])

    def meta(self, columns: Sequence[Hashable], index: bool) -> pd.DataFrame:
        """Zero-length frame of some columns."""
        chosen = self.whole[[*columns, *(self.index if index else ())]]
        if index:
            return self.indexed(chosen, self.numbering.labels(0, 0))
        return chosen.set_axis(pd.RangeIndex(0), axis=0)

    def names(self, columns: Iterable[Hashable]) -> list[str]:
        """Field names of some labels."""
        return [self.fields[label] for label in columns]

    def cast(self, table: pa.Table, names: Sequence[str]) -> pa.Table:
        """Some columns of a table in the layout's types."""
        arrays = [as_type(table.column(name), self.schema.field(name).type, name) for name in names]
        return pa.Table.from_arrays(arrays, names=list(names)) if arrays else table.select([])

    def converted(self, table: pa.Table, threads: bool = False) -> pd.DataFrame:
        """A table as a frame without an index of its own, on the calling thread unless others may be taken, too."""
        options: dict[str, Any] = {"types_mapper": types_mapper(self.dtype_backend), **self.options}
        split = table.num_columns <= SPLIT
        options = {"use_threads": threads, "split_blocks": split, "self_destruct": True, **options}
        if self.ignores_metadata:
            options.setdefault("ignore_metadata", True)
        return table.to_pandas(**options)

    def frame(
        self,
        tables: list[pa.Table],
        columns: Sequence[Hashable],
        index: bool,
        first_row: int | None,
        labels: pd.Index,
        threads: bool = False,
    ) -> pd.DataFrame:
        """A frame of tables that have some columns, and those of the index if it is wanted; they are used up.

        ``labels`` are the columns as pandas has them; ``threads``: Arrow may work on several.
        """
        chosen = [*columns, *(self.index if index else ())]
        names = self.names(chosen)
        schema = pa.schema([self.schema.field(name) for name in names], metadata=self.schema.metadata)
        length = sum([table.num_rows for table in tables])
        if not names:
            frame = pd.DataFrame(index=pd.RangeIndex(length), columns=self.whole.columns[:0])
        else:
            table = pa.concat_tables(tables) if tables else schema.empty_table()
            tables.clear()
            arrays = [as_type(table.column(name), schema.field(name).type, name) for name in names]
            del table
            made = pa.Table.from_arrays(arrays, schema=schema)
            del arrays
            frame = self.converted(made, threads)
            frame.columns = self.whole[chosen].columns if index and self.index else labels
        if index and not self.index and first_row is not None:
            frame.index = self.numbering.labels(first_row, length)
        return self.indexed(frame, None) if index else frame

    def indexed(self, frame: pd.DataFrame, labels: pd.RangeIndex | None) -> pd.DataFrame:
        """A frame with the columns of the index as its index."""
        if self.index:
            frame = frame.set_index(list(self.index))
            names = [None if is_unnamed(label) else label for label in self.index]
            frame.index = frame.index.set_names(names if len(names) > 1 else names[0])
        elif labels is not None:
            frame = frame.set_axis(labels, axis=0)
        return frame


def restored(state: dict[str, Any]) -> Layout:
    """A layout of its parts."""
    made = Layout.__new__(Layout)
    made.__dict__.update(state)
    return made


def is_unnamed(label: Hashable) -> bool:
    """Whether a column stands for an index without a name."""
    return isinstance(label, str) and label.startswith("__index_level_") and label.endswith("__")


def as_type(column: pa.ChunkedArray, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    """A column of a type; it may have come in a narrower one."""
    if column.type == kind:
        return column
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
        return column.cast(kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_dictionary(column.type) and not pa.types.is_dictionary(kind):
        return column.cast(column.type.value_type).cast(kind)
    try:
        return column.cast(kind)
    except pa.ArrowInvalid as error:
        raise ValueError(f"column {name!r} cannot be read as {kind}: {error}") from error


def without_index(schema: pa.Schema) -> pa.Schema:
    """A schema whose metadata names no index, so that all columns become columns."""
    metadata = dict(schema.metadata or {})
    described = schema.pandas_metadata
    if described is None:
        return schema
    described["index_columns"] = []
    metadata[b"pandas"] = json.dumps(described).encode()
    return schema.with_metadata(metadata)


def joint_schema(schemas: Sequence[tuple[str, pa.Schema]], *, union: bool = False) -> pa.Schema:
    """One schema for several files: columns that some lack are filled, types are widened.

    Parameters
    ----------
    schemas : sequence of (path, schema)
    union : bool
        Allow a file that both lacks columns of others and has some of its own. Otherwise that is an error, since a renamed
        column looks just like it.

    Raises
    ------
    ValueError
        The types of a column are of different kinds, or a column may have been renamed.
    """
    first_path, first = schemas[0]
    fields: dict[str, pa.Field] = {field.name: field for field in first}
    whence = dict.fromkeys(fields, first_path)
    seen: list[pa.Schema] = [first]
    for path, schema in schemas[1:]:
        if any(schema.equals(each) for each in seen[-3:]):
            continue
        seen.append(schema)
        more = [name for name in schema.names if name not in fields]
        less = [name for name in fields if name not in set(schema.names)]
        if more and less and not union:
            raise ValueError(
                f"the columns of {path} are not those of {first_path}: it has {more}, and not {less}. If a column was renamed, "
                "read the files apart and rename it; if both are meant to be there, with missing values, pass schema='union'."
            )
        for field in schema:
            known = fields.get(field.name)
            if known is None:
                fields[field.name], whence[field.name] = field, path
            elif known.type != field.type:
                fields[field.name] = known.with_type(wider(known, field, whence[field.name], path))
    return pa.schema(list(fields.values()), metadata=first.metadata)


def wider(known: pa.Field, other: pa.Field, first: str, path: str) -> pa.DataType:
    """A type that holds the values of two."""
    mine, its = plain(known.type), plain(other.type)
    if mine == its:
        return mine
    try:
        both = pa.unify_schemas(
            [pa.schema([pa.field("x", mine)]), pa.schema([pa.field("x", its)])], promote_options="permissive"
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise ValueError(
            f"column {known.name!r} is {known.type} in {first}, and {other.type} in {path}: no type holds both. Read the files "
            "apart and cast one of them, or pass schema= with the type that is meant."
        ) from None
    return both.field("x").type


def plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, for those in dictionaries."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind
