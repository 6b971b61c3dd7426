"""joblib's batches on their way to other processes: the memory of large arrays is left out, and scattered once.

joblib need not be there. Arrays that are ``numpy.memmap``, or views of one, travel as places in their files.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import cloudpickle

from weft.system import loaded

__all__ = [
    "BatchPickler",
    "Initializer",
    "Own",
    "Shared",
    "label",
    "place_in_file",
    "reopened",
    "run_here",
    "run_there",
]


class Own:
    """A result that is the caller's own, and so is not made read-only."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def run_here(batch: Callable[[], Any], threads: int | None, initializer: Initializer | None = None) -> Own:
    """The task of a batch in this process."""
    if initializer is not None:
        initializer.run_once(id(initializer))
    return Own(_called(batch, threads))


def run_there(
    written: bytes, threads: int | None, own: bool, nplaced: int, initializer: bytes | None, *values: Any
) -> Any:
    """The task of a batch in another process; of the values the first were scattered by the user.

    Where an initializer has a name, what it is stands last.
    """
    if initializer is not None:
        *values, last = values  # type: ignore[assignment]
        Initializer.read_and_run(initializer, last)
    blocks: Any = values[nplaced:]
    reader = BatchUnpickler(io.BytesIO(written), values, map(bytearray, blocks) if own else blocks)
    return _called(reader.load(), threads)


class Initializer:
    """What a worker is to run before its first batch.

    Parameters
    ----------
    function : callable
    arguments : sequence
    """

    #: Names of those that have run in a thread.
    _seen = threading.local()

    def __init__(self, function: Callable[..., object], arguments: Sequence[Any] = ()) -> None:
        if not callable(function):
            raise TypeError(f"initializer= takes a function, not {function!r}")
        self.function = function
        self.arguments = tuple(arguments)
        self._sent: tuple[Any, bytes, Any] | None = None

    def sent(self, client: Any) -> tuple[bytes, Any]:
        """Its name, by which workers know it again, and the future of what is written of it, which is scattered once."""
        if self._sent is None or self._sent[0] is not client:
            written = cloudpickle.dumps((self.function, self.arguments))
            self._sent = client, hashlib.sha256(written).digest(), client.scatter(written, hash=False)
        return self._sent[1:]

    def run_once(self, name: object) -> None:
        """Run it, unless this thread has run the one of the name."""
        seen: set[object] = self._seen.__dict__.setdefault("names", set())
        if name not in seen:
            self.function(*self.arguments)
            seen.add(name)

    @classmethod
    def read_and_run(cls, name: bytes, written: bytes) -> None:
        """Run what another process has sent, unless this thread has run it."""
        if name not in cls._seen.__dict__.get("names", ()):
            cls(*pickle.loads(written)).run_once(name)


def label(batch: Any) -> str:
    """What the task of a batch is called."""
    names = {getattr(call[0], "__name__", type(call[0]).__name__) for call in batch.items}
    return f"{'mixed_' * (len(names) > 1)}batch_of_{getattr(batch.items[0][0], '__name__', 'call')}"


def _called(batch: Callable[[], Any], threads: int | None) -> Any:
    if threads is None:
        return batch()
    import threadpoolctl

    with threadpoolctl.threadpool_limits(threads):
        return batch()


class Shared:
    """The memory of large arrays in the batches of one call: each piece is scattered once.

    Parameters
    ----------
    client : Client
    nbytes : int or None
        What counts as large; None: nothing.
    copied : bool
        Tasks are to get copies that they may change.
    scatter : list
        Values that are scattered, too, wherever they stand.
    """

    def __init__(self, client: Any, nbytes: int | None, copied: bool, scatter: list[Any]) -> None:
        self.client = client
        self.nbytes = nbytes
        self.copied = copied
        self._known: dict[tuple[int, int], tuple[Any, Any]] = {}  # address and size to the memory and its future
        self._scatter = {id(value): value for value in scatter}
        self._placed: dict[int, Any] = {}  # id of a scattered value to its future
        self._packed: dict[int, tuple[Any, Any]] = {}  # id of an array with gaps to that and a copy without

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
        self._placed.clear()
        self._packed.clear()

    def dumps(self, batch: Any) -> tuple[bytes, list[Any], list[Any]]:
        """A batch, pickled; the futures of the memory that was left out, and of the scattered values in it."""
        blocks: list[Any] = []
        placed: dict[int, Any] = {}

        def keep(buffer: pickle.PickleBuffer) -> bool:
            """Whether memory is to be part of the stream."""
            raw = buffer.raw()
            if self.nbytes is None or raw.nbytes < self.nbytes or "numpy" not in sys.modules:
                return True
            blocks.append(self._future_of(raw))
            return False

        file = io.BytesIO()
        if self._scatter:
            PlacingPickler(file, self, keep, placed).dump(batch)
        else:
            BatchPickler(file, self, keep).dump(batch)
        return file.getvalue(), blocks, list(placed.values())

    def scattered(self, value: Any) -> Any:
        """The future of a value that is to be scattered; None of all others."""
        if id(value) not in self._scatter:
            return None
        future = self._placed.get(id(value))
        if future is None:
            future = self._placed[id(value)] = self.client.scatter([value], hash=False)[0]
        return future

    def _future_of(self, raw: memoryview) -> Any:
        import numpy as np

        array = np.frombuffer(raw, np.uint8)
        place = array.ctypes.data, raw.nbytes
        known = self._known.get(place)
        if known is None:  # as long as it is known the memory is not used for anything else
            known = self._known[place] = raw, self.client.scatter(array, hash=False)
        return known[1]

    def without_gaps(self, array: Any) -> Any:
        """A copy of an array, whose memory can be left out of the stream."""
        known = self._packed.get(id(array))
        if known is None:
            known = self._packed[id(array)] = array, array.copy(order="C")
        return known[1]


class BatchPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes batches down; arrays in files as the files' names."""

    def __init__(self, file: Any, shared: Shared, keep: Callable[[pickle.PickleBuffer], bool]) -> None:
        super().__init__(file, protocol=5, buffer_callback=keep)
        self.shared = shared
        self.numpy: Any = loaded("numpy")

    def reducer_override(self, obj: Any) -> Any:
        if self.numpy is not None and isinstance(obj, self.numpy.ndarray):
            backing = memmap_behind(obj)
            if backing is not None:
                return reopened, place_in_file(obj, backing)
            limit, flags = self.shared.nbytes, obj.flags
            if (
                limit is not None
                and obj.nbytes >= limit
                and type(obj) is self.numpy.ndarray
                and not (flags.c_contiguous or flags.f_contiguous or obj.dtype.hasobject)
            ):
                return self.shared.without_gaps(obj).__reduce_ex__(5)
            return NotImplemented
        return super().reducer_override(obj)


class PlacingPickler(BatchPickler):
    """Leaves values out that the user has scattered."""

    def __init__(
        self, file: Any, shared: Shared, keep: Callable[[pickle.PickleBuffer], bool], placed: dict[int, Any]
    ) -> None:
        super().__init__(file, shared, keep)
        self.placed = placed

    def persistent_id(self, obj: Any) -> int | None:
        future = self.shared.scattered(obj)
        if future is None:
            return None
        self.placed.setdefault(id(obj), future)
        return list(self.placed).index(id(obj))


class BatchUnpickler(pickle.Unpickler):
    """Puts scattered values where they belong."""

    def __init__(self, file: Any, values: tuple[Any, ...], buffers: Any) -> None:
        super().__init__(file, buffers=buffers)
        self.values = values

    def persistent_load(self, place: int) -> Any:
        return self.values[place]


def memmap_behind(array: Any) -> Any:
    """The ``numpy.memmap`` that an array is, or is a view of; None if its memory is not that of a file."""
    base = array
    while (below := getattr(base, "base", None)) is not None:
        if isinstance(below, mmap.mmap):
            return base if getattr(base, "filename", None) is not None else None
        base = below
    return None


def place_in_file(array: Any, backing: Any) -> tuple[Any, ...]:
    """Where an array lies in the file of a ``numpy.memmap``: what :func:`reopened` takes."""
    import numpy as np

    low, high = np.lib.array_utils.byte_bounds(array)
    offset = backing.offset + low - np.lib.array_utils.byte_bounds(backing)[0]
    mode = "r+" if backing.mode == "w+" else backing.mode
    first = array.ctypes.data - low
    return str(backing.filename), mode, offset, high - low, first, array.dtype, array.shape, array.strides


def reopened(
    filename: str,
    mode: str,
    offset: int,
    nbytes: int,
    first: int,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
) -> Any:
    """An array in a file."""
    import numpy as np

    if not nbytes:
        return np.empty(shape, dtype)
    memory: Any = np.memmap(filename, np.uint8, mode, offset, (nbytes,))  # type: ignore[call-overload]
    return np.ndarray(shape, dtype, memory, first, strides)
