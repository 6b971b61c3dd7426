"""Values to buffers and back: what travels between processes, or to disk.

A value becomes a *header* (a pickle stream, protocol 5) and the *buffers* that the stream leaves out: the memory of
NumPy arrays, pandas columns and Arrow tables, not copied but pointed at. Written to a file and mapped, the buffers
become the memory of the loaded value, again without a copy, and read-only, because the map is.

**Which pickler.** Python's own is tried first, cloudpickle where that does not do. cloudpickle calls back into Python
for each object that is not of a built-in type, so values made of many small objects take it twice as long (1,000
``np.float64``: 1.2 ms and 2.3 ms; a small array: 8 and 12 µs; a tuple of numbers: 1.5 and 2 µs). But Python's own is
wrong in one case without noticing: what was defined in ``__main__`` is written as a reference to ``__main__``, which is
another module in another process. The stream then contains that name, so it is searched for it (3 GB/s, and the stream
is small) and the value pickled again, by value. A string that happens to read ``__main__`` costs the second pass and
nothing else. Callers that know to send functions say ``callables=True`` and save the first try.

**What is left out of the stream.** Arrays whose memory is in one piece do that by themselves. A few do not, though they
could; :func:`_reducers` gives rules for these: arrays with gaps (slices) are made contiguous, arrays that repeat one
element (broadcast) stay that small, dates go as the integers they are, and Arrow slices, which would drag the whole
table along, are cut out first. Arrays of Python objects travel in the stream: such a value is a copy on loading.

**Errors** name what cannot travel, see :mod:`weft.store.explain`.
"""

from __future__ import annotations

import copyreg
import functools
import io
import pickle
import sys
from collections import ChainMap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from weft.errors import SerializationError
from weft.store.explain import explain_unpicklable
from weft.store.memory import freeze

__all__ = ["Serialized", "dumps", "loads"]

PROTOCOL = 5
#: How often a value is built where imports of other threads are in the way.
IMPORT_TRIES = 10

#: A slice of an Arrow table is cut out when its buffers hold more than this many times its own bytes ...
SLICE_WASTE = 1.25
#: ... and this many bytes besides.
SLICE_SLACK = 4096


class Serialized(NamedTuple):
    """A value written down: a pickle stream, and the memory it refers to."""

    header: bytes
    buffers: list[memoryview]

    @property
    def nbytes(self) -> int:
        return len(self.header) + sum(buffer.nbytes for buffer in self.buffers)


def dumps(value: Any, *, callables: bool = False, name: str = "the value") -> Serialized:
    """Write a value down; large memory is pointed at, not copied.

    Parameters
    ----------
    value : object
        What should travel. It must not change before the buffers have been written.
    callables : bool
        The value is known to hold functions or classes: send them by value where they cannot be imported, right away.
    name : str
        How an error refers to the value.

    Raises
    ------
    SerializationError
        If the value, or something in it, cannot be pickled; says what.

    Examples
    --------
    >>> header, buffers = dumps({"a": 1})
    >>> loads(header, buffers)
    {'a': 1}
    """
    if not callables and not _by_value_modules():
        try:
            written = _dump(value, _plain_pickler)
        except Exception:
            pass  # lambdas, local classes, or truly unpicklable: cloudpickle knows, and its error is reported
        else:
            if b"__main__" not in written.header:
                return written
    try:
        return _dump(value, _cloud_pickler())
    except MemoryError:
        raise
    except Exception as error:
        raise SerializationError(explain_unpicklable(value, name)) from error


def loads(header: bytes | memoryview, buffers: Sequence[Any], *, frozen: bool = True) -> Any:
    """Build the value again, upon the given buffers; arrays are read-only if their buffers are, or if ``frozen``.

    Raises
    ------
    SerializationError
        If this process cannot build the value: a module is missing, or a class refuses its own state.
    """
    try:
        value = _unpickled(header, buffers)
        return freeze(value) if frozen else value
    except MemoryError:
        raise
    except Exception as error:
        raise SerializationError(
            f"cannot rebuild a value that another process has written: {type(error).__name__}: {error}. "
            "Modules and versions must be the same in all processes, and a class that takes arguments "
            "must say in __reduce__ how it is built."
        ) from error


def _unpickled(header: bytes | memoryview, buffers: Sequence[Any]) -> Any:
    """The value, also where another thread imports a package just now.

    A thread that is asked for ``a.b`` holds the lock of ``a.b`` while it waits for ``a``; if the thread that imports ``a`` then
    comes to ``a.b``, Python ends one of the imports with an error of its own. The other one gets through, and so does a next try.
    """
    for _ in range(IMPORT_TRIES - 1):
        try:
            return pickle.loads(header, buffers=buffers)
        except RuntimeError as error:
            if type(error).__name__ != "_DeadlockError":
                raise
    return pickle.loads(header, buffers=buffers)


def _dump(value: Any, pickler: Callable[..., Any]) -> Serialized:
    stream = io.BytesIO()
    buffers: list[memoryview] = []
    pickler(stream, PROTOCOL, buffer_callback=lambda buffer: buffers.append(buffer.raw())).dump(value)
    return Serialized(stream.getvalue(), buffers)


def _plain_pickler(*args: Any, **options: Any) -> pickle.Pickler:
    pickler = pickle.Pickler(*args, **options)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_reducers()}
    return pickler


@functools.cache
def _cloud_pickler() -> Callable[..., Any]:
    import cloudpickle

    class CloudPickler(cloudpickle.Pickler):  # type: ignore[misc]
        # A class attribute: the C base reads it once, in __init__, and an instance's own would come too late.
        @property
        def dispatch_table(self) -> ChainMap[type, Any]:
            return ChainMap(_reducers(), *cloudpickle.Pickler.dispatch_table.maps)

    return CloudPickler


def _by_value_modules() -> bool:
    """Whether the user has registered modules that travel by value; only cloudpickle knows these."""
    cloudpickle = sys.modules.get("cloudpickle")
    return cloudpickle is not None and bool(cloudpickle.list_registry_pickle_by_value())


def _reducers() -> dict[type, Callable[[Any], Any]]:
    """Rules by type, for the libraries that are loaded: a value of any other's cannot be here."""
    rules: dict[type, Callable[[Any], Any]] = {}
    array = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array is not None:
        rules[array] = _reduce_array
    arrow = sys.modules.get("pyarrow")
    for kind in ("Table", "RecordBatch", "ChunkedArray"):
        if (arrow_type := getattr(arrow, kind, None)) is not None:
            rules[arrow_type] = _reduce_arrow
    return rules


def _reduce_array(array: Any) -> Any:
    if array.dtype.hasobject:
        return array.__reduce_ex__(PROTOCOL)
    if array.size and 0 in array.strides:
        once = tuple(slice(0, 1) if stride == 0 else slice(None) for stride in array.strides)
        if array[once].size < array.size:
            return _broadcast, (array[once], array.shape)
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = array.copy(order="K")
    if array.dtype.kind in "mM":
        return _view, (array.view("i8"), array.dtype)
    return array.__reduce_ex__(PROTOCOL)


def _broadcast(array: Any, shape: tuple[int, ...]) -> Any:
    import numpy

    return numpy.broadcast_to(array, shape)


def _view(array: Any, dtype: Any) -> Any:
    return array.view(dtype)


def _reduce_arrow(table: Any) -> Any:
    if table.get_total_buffer_size() > SLICE_WASTE * table.nbytes + SLICE_SLACK:
        table = _cut_out(table)
    return table.__reduce_ex__(PROTOCOL)


def _cut_out(table: Any) -> Any:
    """Copy a slice out of the buffers it shares: Arrow's own file format writes only what the slice shows."""
    import pyarrow

    if isinstance(table, pyarrow.ChunkedArray):
        return _cut_out(pyarrow.table({"slice": table}))["slice"]
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    reader = pyarrow.ipc.open_stream(sink.getvalue())
    return reader.read_all() if isinstance(table, pyarrow.Table) else reader.read_next_batch()
