"""Values as bytes, such that equal values give equal bytes in every process, and different values never do.

HOT: names of expressions and pure calls are made here (benchmark: ``scheduler``; bar 5 µs for a function name and two
numbers).

An `Encoder` collects pieces of bytes. Each piece starts with a letter for the kind of value and tells its own length,
so that no two sequences of values run together to the same bytes. Three ways lead from a value to bytes:

- an *encode function* writes the pieces itself: for numbers, texts and containers;
- a *normaliser* gives a simpler value that says the same, which is encoded along with the class: for libraries' types,
  those that users register, and objects with a method ``__weft_tokenize__``;
- all other objects get an *identity*: a random number that they keep as long as they live. Two such objects never
  get the same bytes, even if they look alike.
"""

from __future__ import annotations

import math
import os
import struct
import sys
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from functools import cached_property
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeAlias

from weft.errors import TokenizationError
from weft.registry import TypeRegistry

__all__ = ["Encoder", "digest", "normalize_token"]

Encode: TypeAlias = "Callable[[Encoder, Any], None]"
Normalize: TypeAlias = Callable[[Any], Any]

#: Buffers up to this size are encoded as they are, larger ones by their digest.
INLINE_BYTES = 64


class Encoder:
    """Collects the pieces of bytes that stand for some values."""

    __slots__ = ("_around", "parts", "strict")

    def __init__(self, strict: bool) -> None:
        self.parts: list[bytes] = []
        #: Whether a value without a deterministic encoding is an error.
        self.strict = strict
        # The objects being encoded, outermost first, by id: to meet one again is a cycle.
        self._around: dict[int, int] = {}

    def put(self, value: object) -> None:
        """Append the pieces of one value."""
        (FOUND.get(type(value)) or ENCODERS.find(type(value)))(self, value)

    def put_all(self, values: Iterable[object]) -> None:
        """Append the pieces of some values one after another."""
        for value in values:
            (FOUND.get(type(value)) or ENCODERS.find(type(value)))(self, value)

    def separately(self, *values: object) -> bytes:
        """The bytes of some values, not appended."""
        outer, self.parts = self.parts, []
        try:
            self.put_all(values)
            return b"".join(self.parts)
        finally:
            self.parts = outer

    def enter(self, value: object) -> bool:
        """Note that the inside of a value follows; False if it is inside itself, then its place is appended instead."""
        depth = len(self._around)
        place = self._around.setdefault(id(value), depth)
        if place != depth:
            self.parts.append(b"^%d;" % (depth - place))
        return place == depth

    def leave(self, value: object) -> None:
        """Note that the inside of a value ends."""
        del self._around[id(value)]

    def put_normal(self, value: object, form: object) -> None:
        """Append a value's class and the normal form that says what is in it."""
        if form is value:
            self.put_identity(value)
        elif self.enter(value):
            self.parts.append(b"x")
            self.put(type(value))
            self.put(form)
            self.leave(value)

    def put_identity(self, value: object) -> None:
        """Append a value's identity."""
        if self.strict:
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            raise TokenizationError(
                f"cannot make a deterministic token of a value of type {kind}: nothing says what identifies it. "
                f"Give the class a method __weft_tokenize__ that returns the values that do, or register a function: "
                f"normalize_token.register({type(value).__qualname__})(lambda value: ...)."
            )
        self.parts.append(b"I" + _identity_of(value))


class NormalizeToken:
    """The normal form of a value, one level deep; registers how to make that of further types."""

    def __call__(self, value: Any) -> Any:
        """What stands for ``value`` in a token; ``value`` itself where nothing simpler is known."""
        normalize = getattr(ENCODERS.find(type(value)), "normalize", None)
        return value if normalize is None else normalize(value)

    def register(self, *classes: type) -> Callable[[Normalize], Normalize]:
        """A decorator for a function that gives the normal form of instances of some classes and their subclasses.

        What it returns may be any value that can be tokenized itself: a tuple of plain values, most of the time. The
        class need not be in it.

        Examples
        --------
        >>> from weft.tokenize import tokenize
        >>> class Station:
        ...     def __init__(self, code):
        ...         self.code = code
        >>> @normalize_token.register(Station)
        ... def normalize_station(station):
        ...     return station.code
        >>> tokenize(Station("JFK")) == tokenize(Station("JFK"))
        True
        """

        def keep(normalize: Normalize) -> Normalize:
            ENCODERS.register(*classes)(encode_normal(normalize))
            return normalize

        return keep

    def register_lazy(self, toplevel: str, func: Callable[[], object] | None = None) -> Callable[..., Any]:
        """Have ``func()`` called, to register more, when a first value of that top-level module is met."""
        return ENCODERS.register_lazy(toplevel, func)


normalize_token = NormalizeToken()


def digest(buffers: Iterable[Any]) -> bytes:
    """What stands for the bytes of large buffers in a token.

    SHA-256 rather than BLAKE2b, which names the tokens: processors have instructions for it (1.8 GB/s against 0.9).
    """
    import hashlib  # here, for a quick import

    hasher = hashlib.sha256(usedforsecurity=False)
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.digest()


def encode_normal(normalize: Normalize) -> Encode:
    """An encode function out of a normaliser."""

    def encode(encoder: Encoder, value: Any) -> None:
        encoder.put_normal(value, normalize(value))

    encode.normalize = normalize  # type: ignore[attr-defined]
    return encode


def _encode_constant(piece: bytes) -> Encode:
    def encode(encoder: Encoder, value: object) -> None:
        encoder.parts.append(piece)

    return encode


def _encode_bool(encoder: Encoder, value: bool) -> None:
    encoder.parts.append(b"T" if value else b"F")


def _encode_int(encoder: Encoder, value: int) -> None:
    encoder.parts.append(b"i%x;" % value)  # hexadecimal: the interpreter limits the digits of decimal numbers


def _encode_float(encoder: Encoder, value: float) -> None:
    encoder.parts.append(b"?" if math.isnan(value) else b"f" + struct.pack("<d", value))


def _encode_complex(encoder: Encoder, value: complex) -> None:
    encoder.parts.append(b"j")
    _encode_float(encoder, value.real)
    _encode_float(encoder, value.imag)


def _encode_str(encoder: Encoder, value: str) -> None:
    text = str.encode(value, "utf-8", "surrogatepass")
    encoder.parts.append(b"s%d:%b" % (len(text), text))


def _encode_bytes(encoder: Encoder, value: bytes) -> None:
    _encode_buffer(encoder, b"b", value)


def _encode_bytearray(encoder: Encoder, value: bytearray) -> None:
    _encode_buffer(encoder, b"B", value)


def _encode_memoryview(encoder: Encoder, value: memoryview) -> None:
    encoder.parts.append(b"M")
    encoder.put_all((value.format, value.shape))
    _encode_buffer(encoder, b"m", value if value.contiguous and value.c_contiguous else value.tobytes())


def _encode_buffer(encoder: Encoder, letter: bytes, value: Any) -> None:
    nbytes = memoryview(value).nbytes
    encoder.parts.append(letter + b"%d:" % nbytes)
    encoder.parts.append(bytes(value) if nbytes <= INLINE_BYTES else digest([value]))


def _encode_tuple(encoder: Encoder, value: tuple[Any, ...]) -> None:
    _encode_sequence(encoder, b"t%d:" % tuple.__len__(value), value, tuple.__iter__(value))


def _encode_list(encoder: Encoder, value: list[Any]) -> None:
    _encode_sequence(encoder, b"l%d:" % list.__len__(value), value, list.__iter__(value))


def _encode_deque(encoder: Encoder, value: deque[Any]) -> None:
    _encode_sequence(encoder, b"q%d:" % len(value), value, [value.maxlen, *value])


def _encode_sequence(encoder: Encoder, head: bytes, value: object, items: Iterable[object]) -> None:
    if encoder.enter(value):
        encoder.parts.append(head)
        encoder.put_all(items)
        encoder.leave(value)


def _encode_set(encoder: Encoder, value: set[Any] | frozenset[Any]) -> None:
    if encoder.enter(value):
        letter = b"S" if isinstance(value, set) else b"Z"
        pieces = sorted(encoder.separately(item) for item in value)
        encoder.parts.append(letter + b"%d:" % len(pieces))
        encoder.parts += pieces
        encoder.leave(value)


def _encode_dict(encoder: Encoder, value: dict[Any, Any]) -> None:
    if encoder.enter(value):
        pieces = sorted(encoder.separately(*pair) for pair in dict.items(value))
        encoder.parts.append(b"d%d:" % len(pieces))
        encoder.parts += pieces
        encoder.leave(value)


def _encode_ordered_dict(encoder: Encoder, value: OrderedDict[Any, Any]) -> None:
    items = [side for pair in value.items() for side in pair]
    _encode_sequence(encoder, b"o%d:" % len(value), value, items)


def _encode_slice(encoder: Encoder, value: slice) -> None:
    encoder.parts.append(b"/")
    encoder.put_all((value.start, value.stop, value.step))


def _encode_range(encoder: Encoder, value: range) -> None:
    encoder.parts.append(b"R")
    encoder.put_all((value.start, value.stop, value.step))


def _encode_enum(encoder: Encoder, value: Enum) -> None:
    encoder.parts.append(b"e")
    encoder.put_all((type(value), value._name_, value._value_))


def _encode_by_method(encoder: Encoder, value: Any) -> None:
    encoder.put_normal(value, value.__weft_tokenize__())


_encode_by_method.normalize = lambda value: value.__weft_tokenize__()  # type: ignore[attr-defined]


def _normalize_dataclass(value: Any) -> Any:
    """The fields by name, and what else was put on the instance except for what it can make again."""
    from dataclasses import fields  # here, for a quick import

    cls = type(value)
    state = {field.name: getattr(value, field.name) for field in fields(value) if hasattr(value, field.name)}
    for name, item in getattr(value, "__dict__", {}).items():
        if name not in state and not isinstance(getattr(cls, name, None), cached_property):
            state[name] = item
    return state


_encode_dataclass = encode_normal(_normalize_dataclass)


def _encode_subclass(base: Encode) -> Encode:
    """An encode function for subclasses of a builtin type: the class, the content, and attributes beside it."""

    def encode(encoder: Encoder, value: Any) -> None:
        encoder.parts.append(b"u")
        encoder.put(type(value))
        base(encoder, value)
        encoder.put(getattr(value, "__dict__", None) or None)

    return encode


def _encode_other(encoder: Encoder, value: Any) -> None:
    """Objects that can be imported by name are known by it; all others by their identity."""
    name = import_name(value)
    if name is None:
        encoder.put_identity(value)
    else:
        encoder.parts.append(b"n")
        encoder.put(name)


def import_name(value: Any) -> str | None:
    """``"module:name"`` from where the very same object can be imported in any process, if there is such."""
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not (isinstance(module, str) and isinstance(name, str)) or module in ("__main__", "__mp_main__"):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else None


def _choose_encode(cls: type, inherited: Encode | None) -> Encode:
    if callable(getattr(cls, "__weft_tokenize__", None)):
        return _encode_by_method
    if issubclass(cls, Enum):
        return _encode_enum
    if inherited is not None and inherited in _CONTENT_ONLY:
        # State in slots of its own would be overlooked.
        slots = any(base.__dict__.get("__slots__") for base in cls.__mro__)
        return _encode_other if slots else _encode_subclass(inherited)
    if inherited is not None:
        return inherited
    # Of a subclass that is no dataclass itself, the fields are not known to be all.
    return _encode_dataclass if "__dataclass_fields__" in cls.__dict__ else _encode_other


def _identity_of(value: object) -> bytes:
    """Random bytes that this object alone has, and keeps as long as it can be known to live."""
    known = _IDENTITIES.get(id(value))
    if known is not None and known[0]() is value:
        return known[1]
    identity = os.urandom(16)
    number = id(value)

    def forget(dead: weakref.ref[object]) -> None:
        entry = _IDENTITIES.get(number)
        if entry is not None and entry[0] is dead:
            del _IDENTITIES[number]

    try:
        reference = weakref.ref(value, forget)
    except TypeError:
        return identity  # its end would not be noticed, and its id used again: a new identity each time
    # Of two threads that come here at once, both take what is there first.
    entry = _IDENTITIES.setdefault(number, (reference, identity))
    if entry[0]() is not value:
        entry = _IDENTITIES[number] = (reference, identity)
    return entry[1]


ENCODERS: TypeRegistry[Encode] = TypeRegistry(_choose_encode)
FOUND = ENCODERS.found
#: Objects that are known by identity and still live: by id, with a reference that notices their end.
_IDENTITIES: dict[int, tuple[weakref.ref[Any], bytes]] = {}

_BUILTIN: dict[type, Encode] = {
    int: _encode_int,
    float: _encode_float,
    complex: _encode_complex,
    str: _encode_str,
    bytes: _encode_bytes,
    bytearray: _encode_bytearray,
    tuple: _encode_tuple,
    list: _encode_list,
    deque: _encode_deque,
    set: _encode_set,
    frozenset: _encode_set,
    dict: _encode_dict,
    OrderedDict: _encode_ordered_dict,
}
#: These say nothing of the class nor of attributes that a subclass may add.
_CONTENT_ONLY = frozenset(_BUILTIN.values())

for _cls, _encode in _BUILTIN.items():
    ENCODERS.register(_cls)(_encode)
ENCODERS.register(bool)(_encode_bool)
ENCODERS.register(type(None))(_encode_constant(b"N"))
ENCODERS.register(type(...))(_encode_constant(b"."))
ENCODERS.register(type(NotImplemented))(_encode_constant(b"!"))
ENCODERS.register(memoryview)(_encode_memoryview)
ENCODERS.register(slice)(_encode_slice)
ENCODERS.register(range)(_encode_range)


@normalize_token.register(defaultdict)
def _normalize_defaultdict(value: defaultdict[Any, Any]) -> Any:
    return value.default_factory, dict(value)


@normalize_token.register(MappingProxyType)
def _normalize_proxy(value: MappingProxyType[Any, Any]) -> Any:
    return dict(value)


@normalize_token.register(SimpleNamespace)
def _normalize_namespace(value: SimpleNamespace) -> Any:
    return vars(value)
