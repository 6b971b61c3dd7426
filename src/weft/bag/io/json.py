"""JSON: values of its documents, in lines or whole files, and bags as such lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed, streamed
from weft.bag.io.text import parts_of_files, read_text
from weft.bag.io.written import check_bag, written_lines
from weft.bag.kernels.elements import Map, bad_record
from weft.bag.kernels.pipeline import Place, Stage
from weft.bag.kernels.text import ParseJson
from weft.bag.ops.elementwise import OnError, check_on_error
from weft.expr import Cost
from weft.io.bytes import opened
from weft.io.json import json_library, loads

__all__ = ["read_json", "to_json"]


def read_json(
    urlpath: Any,
    lines: bool = True,
    blocksize: int | str | None = None,
    compression: str | None = "infer",
    encoding: str = "utf-8",
    errors: str = "strict",
    storage_options: Mapping[str, Any] | None = None,
    files_per_partition: int | None = None,
    on_error: OnError = "raise",
) -> Any:
    """A bag of the values of JSON files.

    They are decoded by ``orjson`` where it is installed (``explain()`` tells), with the results of Python's ``json``. Where
    only some items are plucked, nothing else of a value is kept.

    Parameters
    ----------
    urlpath : str, path, or list of them
    lines : bool
        A value in each line; blank lines are skipped. Otherwise a file is one document, and the records are the items of its
        list, or the document itself if it is none.
    blocksize, compression, encoding, errors, storage_options, files_per_partition
        As for `read_text`; ``blocksize`` is for lines only.
    on_error : {"raise", "skip", "collect"}
        What to do about lines that are no JSON: stop, leave them out, or put a `BadRecord` in their place.

    Examples
    --------
    >>> import weft.bag as db
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("json") as path:
    ...     with open(path, "w") as file:
    ...         _ = file.write('{"a": 1}\\n{"a": 2}\\n')
    ...     db.read_json(path).pluck("a").sum().compute(scheduler="sync")
    3
    """
    check_on_error(on_error)
    if not lines:
        if blocksize is not None:
            raise ValueError("blocksize= is for JSON in lines: a document cannot be read from its middle")
        every = parts_of_files(
            urlpath,
            blocksize=None,
            compression=compression,
            storage_options=storage_options,
            files_per_partition=files_per_partition,
        )
        stage = ReadDocuments(encoding, errors, on_error)
        return new_bag(Streamed(stage, (), (every,), len(every.items), False, Cost.HEAVY))
    text = read_text(
        urlpath,
        blocksize,
        compression,
        encoding,
        errors,
        storage_options=storage_options,
        files_per_partition=files_per_partition,
        on_error=on_error,
    )
    return new_bag(streamed(ParseJson(json_library(), on_error, skips_blank=True), text.expr))


@dataclass(frozen=True, repr=False)
class ReadDocuments(Stage):
    """Files that are a JSON document each."""

    label: ClassVar[str] = "read_json"
    streams: ClassVar[bool] = False

    encoding: str
    errors: str
    on_error: str

    @property
    def collects(self) -> bool:  # type: ignore[override]
        return self.on_error == "collect"

    def run(self, *values: Any) -> Iterator[Any]:
        for part in values[0]:
            path = part.file.path
            try:
                with opened(part.file) as stream:
                    document = loads(stream.read().decode(self.encoding, self.errors))
            except (ValueError, EOFError, OSError) as error:
                if self.on_error == "raise":
                    error.add_note(f"in the file {path}")
                    raise
                if self.on_error == "collect":
                    yield bad_record(None, error, Place(None, None, path, 0))
                continue
            yield from document if isinstance(document, list) else (document,)


def to_json(
    b: Any,
    path: Any,
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "infer",
    default: Callable[[Any], Any] | None = None,
    compute: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a bag to files of JSON, a line for each record, one file for each partition.

    Parameters
    ----------
    b : Bag
    path : str, path, or list of them
        A directory, where files are then called ``0.jsonl``, ...; a path with ``*`` in the place of the partition's number; or
        a path for each partition.
    name_function, compression, compute, storage_options, **kwargs
        As for `to_textfiles`.
    default : callable, optional
        Gives what is written for objects that JSON does not know, as for `json.dumps`.

    Examples
    --------
    >>> import weft.bag as db
    >>> from weft.scratch import tmpdir
    >>> with tmpdir() as folder:
    ...     paths = db.from_sequence([{"a": 1}, {"a": 2}]).to_json(folder, scheduler="sync")
    ...     db.read_json(paths).pluck("a").compute(scheduler="sync")
    [1, 2]
    """
    check_bag("to_json", b)
    encode = json.dumps if default is None else partial(json.dumps, default=default)
    lines = new_bag(streamed(Map(encode), b.expr))
    return written_lines(
        lines, path, name_function, "jsonl", compression, "ascii", True, compute, storage_options, kwargs
    )


class JsonMethods(BagBase):
    """Bags as JSON."""

    __slots__ = ()

    to_json = to_json
