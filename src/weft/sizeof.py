"""How many bytes a value keeps in memory.

HOT: called once for each finished task. Plain values take one dictionary look-up (benchmark: ``scheduler``; bar
0.15 µs for a number, None or a short text).

The answer serves budgets: it is an estimate, given quickly, without an error, and without computing anything. Types
have *measures*: functions of a value that give its bytes. The measure of a class holds for its subclasses. Libraries
are not imported for it: their measures are added when a first value of theirs is met.

Values that hold others (lists, dictionaries, objects with attributes) are walked, breadth first. Each object counts
once however often it is met, so cycles end; of large containers an evenly spaced sample is looked at and stands for
the rest.

A view counts the bytes it shows, a broadcast array those that exist, and a memory-mapped array all its bytes, since
reading them takes memory.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GeneratorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, Protocol, TypeAlias, cast

from weft.registry import TypeRegistry

__all__ = ["sizeof"]

Measure: TypeAlias = Callable[[Any], int]

#: Items of one container that are looked at.
SAMPLE = 64
#: Items of all containers together after which only one of each is looked at, and after which none is.
BUDGET, LIMIT = 4_096, 20_000
#: Items at the start of a dictionary or set among which the sample is taken: they must be stepped through.
REACH = 10_000
#: What an object counts that cannot even tell its own size.
UNKNOWN_BYTES = 64


class Sizeof(Protocol):
    """The function `sizeof`, with what registers measures."""

    def __call__(self, obj: object) -> int: ...
    def register(self, *classes: type) -> Callable[[Measure], Measure]: ...
    def register_lazy(self, toplevel: str, func: Callable[[], object] | None = None) -> Callable[..., Any]: ...


def _sizeof(obj: object) -> int:
    """Bytes that ``obj`` keeps in memory, estimated; never raises.

    Notes
    -----
    ``sizeof.register(cls)(func)`` adds a measure for a class and its subclasses.
    ``sizeof.register_lazy("library", func)`` has ``func()`` called, to register measures, when the first value of a
    class from that top-level module is met. Packages may name functions in the entry-point group ``weft.sizeof``,
    which are called with `sizeof`.

    Examples
    --------
    >>> sizeof(b"x" * 1000) > 1000
    True
    >>> class Picture:
    ...     pixels = 10**6
    >>> @sizeof.register(Picture)
    ... def sizeof_picture(picture):
    ...     return 3 * picture.pixels
    >>> sizeof(Picture())
    3000000
    """
    try:
        return _FOUND[type(obj)](obj)
    except Exception:  # a type met for the first time, or a measure that failed
        return _sizeof_slowly(obj)


def _sizeof_slowly(obj: object) -> int:
    try:
        return int(_MEASURES.find(type(obj))(obj))
    except Exception:  # another library's code: an estimate is better than a failed task
        return _own_size(obj)


def _choose_measure(cls: type, inherited: Measure | None) -> Measure:
    """Without a registered measure, a class with a __sizeof__ of its own knows best; all others are walked."""
    if inherited is not None:
        return inherited
    knows_itself = cast(Any, cls).__sizeof__ is not object.__sizeof__
    return _own_size if knows_itself else _walk


def _own_size(obj: object) -> int:
    """Bytes of the object itself, without what it refers to."""
    try:
        return sys.getsizeof(obj)
    except Exception:
        return UNKNOWN_BYTES


def _walk(obj: object) -> int:
    """Bytes of an object and of all that it holds."""
    return _walk_all([obj], 1)


def _walk_all(roots: Iterable[Any], weight: float) -> int:
    """Bytes of several objects, each standing for ``weight`` such, and of all that they hold."""
    queue = deque((root, weight) for root in roots)
    seen: set[int] = set()
    total = 0.0
    looked_at = 0
    walk: Measure = _walk
    while queue:
        item, weight = queue.popleft()
        if id(item) in seen:
            continue
        seen.add(id(item))
        looked_at += 1
        try:
            measure = _FOUND.get(type(item)) or _MEASURES.find(type(item))
            if measure is not walk:
                total += weight * measure(item)
                continue
        except Exception:
            total += weight * _own_size(item)
            continue
        total += weight * _own_size(item)
        if looked_at > LIMIT:
            continue
        count = max(1, min(SAMPLE, (BUDGET - looked_at) // (len(queue) + 1)))
        inner, share = _sample(item, count, looked_at)
        queue.extend((each, weight * share) for each in inner)
    return int(total)


def _sample(obj: Any, count: int, turn: int) -> tuple[list[Any], float]:
    """About ``count`` of the values that an object holds, and how many values each stands for.

    ``turn`` shifts the sample, so that of many alike containers not always the same places are looked at.
    """
    items: Iterable[Any]
    if isinstance(obj, (list, tuple)):
        length = len(obj)
        step = -(-length // count) or 1
        taken = list(obj[turn % step :: step])
    elif isinstance(obj, (set, frozenset, deque, dict)):
        length = len(obj)
        items = dict.items(obj) if isinstance(obj, dict) else obj
        step = -(-min(length, REACH) // count) or 1
        taken = list(islice(items, turn % step, REACH if length > REACH else None, step))
        if isinstance(obj, dict):
            taken = [side for pair in taken for side in pair]
            length *= 2
    else:
        taken = list(_attributes(obj))
        length = len(taken)
    if not taken:
        return [], 1
    distinct = {id(each) for each in taken}
    # Few objects many times over: there are hardly more of them outside the sample.
    share = 1 if 2 * len(distinct) <= len(taken) else length / len(taken)
    return taken, share


def _attributes(obj: Any) -> Iterator[Any]:
    """What an object holds in its dictionary and its slots; runs none of its code."""
    if isinstance(obj, partial):
        yield from (obj.func, obj.args, obj.keywords)
    attributes = getattr(obj, "__dict__", None) if type(obj).__dictoffset__ else None
    if isinstance(attributes, dict):
        yield from attributes.values()
    for cls in type(obj).__mro__:
        for slot in cls.__dict__.values() if "__slots__" in cls.__dict__ else ():
            if isinstance(slot, MemberDescriptorType):
                try:
                    yield slot.__get__(obj)
                except AttributeError:
                    pass  # not assigned yet


def _register_numpy() -> None:
    import numpy as np

    header = sys.getsizeof(np.empty(0))

    @sizeof.register(np.generic, np.dtype)
    def sizeof_scalar(value: np.generic) -> int:
        return sys.getsizeof(value)

    @sizeof.register(np.ndarray)
    def sizeof_array(array: np.ndarray[Any, Any]) -> int:
        nbytes = array.nbytes
        if array.base is not None and nbytes:
            # Axes that are repeated (stride 0) or overlap (windows) show some bytes more than once.
            extent = array.itemsize + sum(
                (length - 1) * abs(stride) for length, stride in zip(array.shape, array.strides, strict=True)
            )
            nbytes = min(nbytes, extent)
        if array.dtype.kind == "O" and array.size:
            step = -(-array.size // SAMPLE)
            taken = array.flat[::step].tolist()
            few = 2 * len({id(each) for each in taken}) <= len(taken)
            nbytes += _walk_all(taken, 1 if few else array.size / len(taken))
        return header + int(nbytes)

    @sizeof.register(np.ma.MaskedArray)
    def sizeof_masked(array: np.ma.MaskedArray[Any, Any]) -> int:
        return sizeof_array(array.data) + (0 if array.mask is np.ma.nomask else int(array.mask.nbytes))


def _register_pandas() -> None:
    import pandas as pd

    from weft.compat.pandas import arrays_of

    @sizeof.register(pd.DataFrame, pd.Series)
    def sizeof_frame(frame: pd.DataFrame | pd.Series[Any]) -> int:
        nbytes = sum(map(sizeof, arrays_of(frame)), start=sizeof(frame.index))
        return nbytes + sizeof(frame.columns) if isinstance(frame, pd.DataFrame) else nbytes

    @sizeof.register(pd.Index)
    def sizeof_index(index: pd.Index[Any]) -> int:
        return sizeof(index.array)

    @sizeof.register(pd.RangeIndex)
    def sizeof_range(index: pd.RangeIndex) -> int:
        return sys.getsizeof(range(0)) * 2

    @sizeof.register(pd.MultiIndex)
    def sizeof_multi_index(index: pd.MultiIndex) -> int:
        return sum(map(sizeof, index.levels)) + sum(int(code.nbytes) for code in index.codes)

    @sizeof.register(pd.Categorical)
    def sizeof_categorical(values: pd.Categorical) -> int:
        return sizeof(values.codes) + sizeof(values.categories)

    @sizeof.register(pd.api.extensions.ExtensionArray)
    def sizeof_extension(values: pd.api.extensions.ExtensionArray) -> int:
        inner = getattr(values, "_ndarray", None)  # of arrays that wrap one of NumPy's, maybe of Python objects
        return sys.getsizeof(object()) + (sizeof(inner) if inner is not None else int(values.nbytes))


def _register_pyarrow() -> None:
    import pyarrow as pa

    @sizeof.register(pa.Table, pa.RecordBatch, pa.Array, pa.ChunkedArray)
    def sizeof_arrow(data: pa.Table) -> int:
        return UNKNOWN_BYTES + int(data.nbytes)

    @sizeof.register(pa.Buffer)
    def sizeof_buffer(data: pa.Buffer) -> int:
        return UNKNOWN_BYTES + int(data.size)


def _register_polars() -> None:
    import polars as pl

    @sizeof.register(pl.DataFrame, pl.Series)
    def sizeof_polars(data: pl.DataFrame) -> int:
        return UNKNOWN_BYTES + int(data.estimated_size())


def _sizeof_view(view: memoryview) -> int:
    return sys.getsizeof(view) + view.nbytes


_MEASURES: TypeRegistry[Measure] = TypeRegistry(_choose_measure, entry_points="weft.sizeof")
_FOUND = _MEASURES.found

_MEASURES.register(int, float, complex, bool, type(None), type(...), str, bytes, bytearray, range)(sys.getsizeof)
# Objects of the program rather than of its data: what they refer to is there anyway.
_MEASURES.register(type, FunctionType, BuiltinFunctionType, MethodType, ModuleType, CodeType, GeneratorType, property)(
    sys.getsizeof
)
_MEASURES.register(list, tuple, set, frozenset, dict, deque, partial)(_walk)
_MEASURES.register(memoryview)(_sizeof_view)

_sizeof.__name__ = _sizeof.__qualname__ = "sizeof"
sizeof = cast(Sizeof, _sizeof)
sizeof.register = _MEASURES.register  # type: ignore[method-assign]
sizeof.register_lazy = _MEASURES.register_lazy  # type: ignore[method-assign]
_MEASURES.plugin_argument = sizeof

sizeof.register_lazy("numpy", _register_numpy)
sizeof.register_lazy("pandas", _register_pandas)
sizeof.register_lazy("pyarrow", _register_pyarrow)
sizeof.register_lazy("polars", _register_polars)
