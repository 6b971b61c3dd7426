"""Metas that have been made before: the same operation on the same metas gives the same.

To run pandas on frames without rows takes a hundred microseconds for each operation, far more than all else that is done
for one in describing and planning a program; and most programs are built more than once, by the same text or by rules that
put a node together anew. `remembered` knows metas by what they are made of: the operation and its plain operands, as text,
and the metas of the children, as the objects that they are. `source_meta` gives sources of one structure one object, which
refers to no data; only what is made of such objects is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.expr.naming import encode, encode_other, written_by

__all__ = ["dtypes_of", "labels_index", "remembered", "source_meta", "types_of"]

#: Metas that are remembered.
MOST = 4096


class Known(NamedTuple):
    """A meta, and those that it was made of: as long as they are here no other objects have their ids."""

    metas: tuple[Any, ...]
    made: Any


#: By operation, operands, and the ids of the children's metas; the oldest first.
KNOWN: dict[Hashable, Known] = {}
#: Metas of which it is known that they refer to no data, by id.
FREE: dict[int, Any] = {}


def remembered(make: Callable[[], Any], operation: str, operands: Any, *metas: Any) -> Any:
    """The meta of an operation: as it was made before, or made now.

    Parameters
    ----------
    make : callable
        Makes it.
    operation : str
    operands : value
        All that the meta depends on besides the metas of the children.
    *metas
        Of the children.
    """
    keys: list[Hashable] = []
    for each in metas:
        if id(each) in FREE:
            keys.append(id(each))
        elif isinstance(each, (pd.DataFrame, pd.Series, pd.Index)):
            return make()
        else:
            keys.append(encode(each))
    key = (operation, encode(operands), *keys)
    known = KNOWN.get(key)
    if known is not None:
        return known.made
    made = same_of(make())
    KNOWN[key] = Known(metas, made)
    FREE[id(made)] = made
    if len(KNOWN) > MOST:
        forget_some()
    return made


def same_of(meta: Any) -> Any:
    """The object that stands for all metas of one structure: what is made of one of them is known for the others, too."""
    if not isinstance(meta, (pd.DataFrame, pd.Series)) or len(meta) or (key := structure_of(meta)) is None:
        return meta
    return KNOWN.setdefault(key, Known((), meta)).made


def forget_some() -> None:
    """Forget the oldest quarter."""
    for key in list(KNOWN)[: MOST // 4]:
        KNOWN.pop(key, None)
    there = {id(each.made): each.made for each in list(KNOWN.values())}
    for own in list(FREE):
        if own not in there:
            FREE.pop(own, None)


def source_meta(make: Callable[[], Any], source: str, operands: Any) -> Any:
    """The meta of a source: one that refers to no data, the same object for all of one structure.

    Parameters
    ----------
    make : callable
        Makes the meta, which may refer to data.
    source : str
        The kind of the source.
    operands : value
        All that the meta depends on.
    """
    own = (source, encode(operands))
    known = KNOWN.get(own)
    if known is not None:
        return known.made
    meta = make()
    made = without_data(meta)
    if made is not meta:
        KNOWN[own] = Known((), made)
    return made


def types_of(meta: pd.DataFrame) -> dict[Hashable, Any]:
    """The types of a frame's columns by label; of columns of one label that of the last."""
    found: dict[Hashable, Any] = remembered(
        lambda: dict(zip(meta.columns.tolist(), meta.dtypes.array, strict=True)), "types", (), meta
    )
    return found


def labels_index(labels: Iterable[Hashable]) -> pd.Index:
    """An index of labels; of texts the same object each time, since to make one takes as long as a program's step."""
    every = tuple(labels)
    return text_index(every) if every and all(type(each) is str for each in every) else pd.Index(list(every))


@lru_cache(maxsize=1024)
def text_index(labels: tuple[str, ...]) -> pd.Index:
    """An index of texts."""
    return pd.Index(list(labels))


def dtypes_of(meta: Any) -> list[Any]:
    """The types of a frame's columns, in their order; of a series or a value its own, or None."""
    if not isinstance(meta, pd.DataFrame):
        return [getattr(meta, "dtype", None)]
    found: list[Any] = remembered(lambda: list(meta.dtypes.array), "dtypes", (), meta)
    return list(found)


def without_data(meta: Any) -> Any:
    """An equal meta that refers to no data, one for each structure; the meta itself where there is more to it."""
    key = structure_of(meta)
    if key is None:
        return meta
    known = KNOWN.get(key)
    if known is not None and id(known.made) in FREE:
        return known.made
    made = empty_like(meta)
    KNOWN[key] = Known((), made)
    FREE[id(made)] = made
    return made


def structure_of(meta: Any) -> Hashable:
    """What tells zero-length series and frames apart; None where that is not all that there is to them."""
    index = meta.index
    if meta.attrs or type(meta) not in (pd.DataFrame, pd.Series) or isinstance(index, pd.MultiIndex):
        return None
    if isinstance(meta, pd.Series):
        dtypes: list[Any] = [meta.dtype]
        labels: tuple[Any, ...] = (meta.name, type(meta.name))
    else:
        columns = meta.columns
        if isinstance(columns, pd.MultiIndex):
            return None
        dtypes = list(meta.dtypes.array)
        labels = (tuple(columns.tolist()), tuple(map(type, columns)), type(columns), columns.dtype, columns.name)
    kinds: list[Any] = [*dtypes, index.dtype]
    if any(isinstance(each, pd.CategoricalDtype) for each in kinds) or getattr(index, "freq", None) is not None:
        return None
    span = (index.start, index.step) if isinstance(index, pd.RangeIndex) else ()
    return (type(meta), labels, tuple(kinds), type(index), index.name, type(index.name), span)


def empty_like(meta: Any) -> Any:
    """A zero-length series or frame that shares no memory with the data that it was cut from."""
    old = meta.index
    index = old if isinstance(old, pd.RangeIndex) else pd.Index(no_values(old.dtype), dtype=old.dtype, name=old.name)
    if isinstance(meta, pd.Series):
        return pd.Series(no_values(meta.dtype), index=index, name=meta.name)
    made = pd.DataFrame(dict(enumerate(map(no_values, meta.dtypes.array))), index=index)
    made.columns = meta.columns
    return made


def timestamp_text(value: pd.Timestamp) -> str:
    """A moment in names."""
    if value.tzinfo is not None:
        return encode_other("Timestamp", value)
    return f"Timestamp<{value.isoformat()} {value.unit} {value.fold}>"


def text_type_text(dtype: pd.StringDtype) -> str:
    """pandas' type of text in names."""
    return f"StringDtype<{dtype.storage} {dtype.na_value!r}>"


written_by(pd.Timestamp, timestamp_text)
written_by(pd.StringDtype, text_type_text)


def no_values(dtype: Any) -> Any:
    """No values of a type."""
    return np.empty(0, dtype) if isinstance(dtype, np.dtype) else pd.array([], dtype=dtype)
