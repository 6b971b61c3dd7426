"""How values are written down on their way to other processes, and how types of your own say so.

Values travel by pickle (protocol 5), with the memory of arrays beside the stream. What is registered here is told to
pickle through ``copyreg``, so it holds wherever values travel.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from typing import Any

from weft.errors import BackendError
from weft.store.serialize import dumps as _dumps
from weft.store.serialize import loads as _loads

__all__ = [
    "Serialize",
    "dask_deserialize",
    "dask_serialize",
    "deserialize",
    "dumps",
    "loads",
    "register_generic",
    "register_serialization",
    "register_serialization_family",
    "serialize",
    "to_serialize",
    "weft_deserialize",
    "weft_serialize",
]

_writers: dict[type, Callable[[Any], tuple[Any, list[Any]]]] = {}
_readers: dict[type, Callable[[Any, list[Any]], Any]] = {}


def _again(kind: type, header: Any, frames: list[Any]) -> Any:
    return _readers[kind](header, frames)


def _reduced(value: Any) -> Any:
    kind = type(value)
    header, frames = _writers[kind](value)
    return _again, (kind, header, [bytes(frame) for frame in frames])


class Register:
    """A table of functions by type: ``register(cls)`` is a decorator."""

    def __init__(self, table: dict[type, Any], writes: bool) -> None:
        self._table = table
        self._writes = writes

    def register(self, kind: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator: the function is for values of this class."""
        if not isinstance(kind, type):
            raise TypeError(f"register() takes a class, not {kind!r}")

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            self._table[kind] = function
            if self._writes:
                copyreg.pickle(kind, _reduced)
            return function

        return decorate


#: ``weft_serialize.register(cls)(f)``: ``f(value)`` gives a header and a list of bytes.
weft_serialize = Register(_writers, True)
#: ``weft_deserialize.register(cls)(f)``: ``f(header, frames)`` gives the value.
weft_deserialize = Register(_readers, False)

#: The names by which programs written for Dask know them.
dask_serialize, dask_deserialize = weft_serialize, weft_deserialize


def register_serialization(kind: type, serialize: Callable[..., Any], deserialize: Callable[..., Any]) -> None:
    """Register both functions of a class."""
    weft_serialize.register(kind)(serialize)
    weft_deserialize.register(kind)(deserialize)


def register_generic(
    kind: type, serializer_name: str = "pickle", serialize_func: None = None, deserialize_func: None = None
) -> None:
    """Have values of a class travel as their ``__dict__``."""
    copyreg.pickle(kind, _as_dict)


def _as_dict(value: Any) -> Any:
    return _from_dict, (type(value), value.__dict__)


def _from_dict(kind: Any, state: dict[str, Any]) -> Any:
    made = kind.__new__(kind)
    made.__dict__.update(state)
    return made


def register_serialization_family(name: str, dumps: Any, loads: Any) -> None:
    """Not offered: values travel by pickle; register classes instead."""
    raise BackendError(
        "families of serialisers are not offered: values travel by pickle 5. Register classes: weft_serialize.register"
    )


def serialize(
    x: Any, serializers: Any = None, on_error: str = "raise", context: Any = None, iterate_collection: Any = None
) -> tuple[dict[str, Any], list[Any]]:
    """A value as a header and a list of frames.

    Parameters
    ----------
    x : object
    serializers : sequence of str, optional
        Must have "pickle" or "dask": there is nothing else.
    on_error : {"raise", "message"}
        A value that cannot be written down raises.
    context, iterate_collection
        Not needed: there is one way to write.

    Examples
    --------
    >>> header, frames = serialize([1, 2])
    >>> deserialize(header, frames)
    [1, 2]
    """
    _check_families(serializers)
    if on_error not in ("raise", "message"):
        raise ValueError(f"on_error= takes 'raise' or 'message', not {on_error!r}")
    stream, buffers = _dumps(x)
    return {"serializer": "pickle", "type-serialized": type(x).__name__}, [stream, *buffers]


def deserialize(header: dict[str, Any], frames: list[Any], deserializers: Any = None) -> Any:
    """The value of a header and its frames."""
    _check_families(deserializers)
    if header.get("serializer") != "pickle":
        raise ValueError(f"cannot read what {header.get('serializer')!r} has written")
    return _loads(frames[0], frames[1:])


def dumps(
    msg: Any, serializers: Any = None, on_error: str = "raise", context: Any = None, frame_split_size: Any = None
) -> list[Any]:
    """A value as a list of frames; ``frame_split_size`` has no effect, since nothing limits a frame."""
    return serialize(msg, serializers, on_error)[1]


def loads(frames: list[Any], deserialize: bool = True, deserializers: Any = None) -> Any:
    """The value of a list of frames; marks of :func:`to_serialize` are taken off, unless ``deserialize`` is False."""
    _check_families(deserializers)
    value = _loads(frames[0], frames[1:])
    return unmarked(value) if deserialize else value


def _check_families(names: Any) -> None:
    if names is not None and not {"pickle", "dask"} & set(names):
        raise BackendError(f"serializers={list(names)!r}: values travel by pickle 5, and nothing else")


def unmarked(value: Any) -> Any:
    """A value without marks, also in containers."""
    if isinstance(value, Serialize):
        return value.data
    if type(value) in (list, tuple, set):
        return type(value)(map(unmarked, value))
    if type(value) is dict:
        return {key: unmarked(each) for key, each in value.items()}
    return value


class Serialize:
    """Marks a value; nothing needs to be marked here."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Serialize) and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Serialize: {self.data!r}>"


to_serialize = Serialize
