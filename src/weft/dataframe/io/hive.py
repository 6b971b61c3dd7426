"""Directories that are named ``key=value``: columns whose values stand in the paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa

from weft.io.files import FoundFile

__all__ = ["MISSING", "HiveKey", "hive_keys"]

#: What stands for a missing value.
MISSING = "__HIVE_DEFAULT_PARTITION__"


class HiveKey(NamedTuple):
    """A column of categories, by the names of directories.

    ``values`` are all that occur, in order; integers if all of them are.
    """

    name: str
    values: tuple[Any, ...]
    value_type: pa.DataType

    @property
    def label(self) -> str:
        """The column's label."""
        return self.name

    @property
    def type(self) -> pa.DataType:
        """Arrow's type of the column."""
        return pa.dictionary(pa.int32(), self.value_type)

    def value(self, code: int) -> Any:
        """The value of a code; None for a missing one."""
        return None if code < 0 else self.values[code]

    def column(self, code: int, length: int) -> pa.ChunkedArray:
        """The column for rows that all have one value."""
        codes = pa.nulls(length, pa.int32()) if code < 0 else pa.repeat(pa.scalar(code, pa.int32()), length)
        made = pa.DictionaryArray.from_arrays(codes, pa.array(self.values, self.value_type))
        return pa.chunked_array([made], type=self.type)


def hive_keys(
    files: Sequence[FoundFile], root: str | None, partitioning: Any
) -> tuple[tuple[HiveKey, ...], list[tuple[int, ...]]]:
    """The keys of all files' directories, and each file's codes.

    Raises
    ------
    ValueError
        The files have different keys.
    """
    if partitioning not in ("hive", {"flavor": "hive"}):
        raise ValueError(f"partitioning is 'hive' or None, not {partitioning!r}")
    found = [pairs_of(file.path if root is None else file.path[len(root) :]) for file in files]
    names = tuple([name for name, _ in found[0]])
    for file, pairs in zip(files, found, strict=True):
        own = tuple([name for name, _ in pairs])
        if own != names:
            raise ValueError(
                f"the directories of {files[0].path} name the keys {list(names)}, those of {file.path} {list(own)}. "
                "Read them apart, or pass partitioning=None if they are no keys."
            )
    keys, columns = [], []
    for place, name in enumerate(names):
        texts = [pairs[place][1] for pairs in found]
        key, codes = key_of(name, texts)
        keys.append(key)
        columns.append(codes)
    return tuple(keys), list(zip(*columns, strict=True)) if columns else [()] * len(files)


def pairs_of(path: str) -> list[tuple[str, str]]:
    """The keys and values in the directories of a path.

    >>> pairs_of("data/year=2020/city=S%C3%A3o/part.0.parquet")
    [('year', '2020'), ('city', 'São')]
    """
    pairs = []
    for each in path.split("/")[:-1]:
        name, mark, value = each.partition("=")
        if mark and name:
            pairs.append((unquote(name), unquote(value)))
    return pairs


def key_of(name: str, texts: Sequence[str]) -> tuple[HiveKey, list[int]]:
    """A key with all its values, and the code of each text."""
    distinct = {text for text in texts if text != MISSING}
    values: list[Any]
    try:
        numbers = {text: int(text) for text in distinct}
        if any(str(number) != text for text, number in numbers.items()):
            raise ValueError
        small = all(-(2**31) <= number < 2**31 for number in numbers.values())
        kind = pa.int32() if small else pa.int64()
        values = sorted(numbers.values())
        if not distinct:
            kind = pa.string()
    except ValueError:
        kind, numbers = pa.string(), {}
        values = sorted(distinct)
    places = {value: place for place, value in enumerate(values)}
    codes = [-1 if text == MISSING else places[numbers.get(text, text)] for text in texts]
    return HiveKey(name, tuple(values), kind), codes
