"""Functions and classes as bytes: by name where they can be imported, else by what they do.

A function of a module is its name and its code, so that a token changes when the function is edited. Lambdas, functions
inside functions and those of ``__main__`` are their code with defaults, the values they close over and the globals
they use; file names and line numbers do not count. A class that can be imported is its name; any other is its
bases and what stands in its body.
"""

from __future__ import annotations

import dis
import functools
import operator
import types
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from weft.tokenize.encode import ENCODERS, Encoder, digest, import_name, normalize_token

__all__ = ["encode_class", "encode_function"]

#: For each function met: its code, that code's digest, and the names of the globals that it uses.
_CODE: WeakKeyDictionary[Any, tuple[types.CodeType, bytes, tuple[str, ...]]] = WeakKeyDictionary()
#: The names of classes that can be imported; None for others.
_CLASSES: WeakKeyDictionary[type, bytes | None] = WeakKeyDictionary()

#: What stands in every class body, or is kept there by the machinery of classes.
_MACHINERY = frozenset(
    {
        *("__dict__", "__weakref__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__"),
        *("__doc__", "__slots__", "__match_args__", "__orig_bases__", "__parameters__", "__classdictcell__"),
        *(
            "__annotations__",
            "__annotate__",
            "__annotate_func__",
            "__annotations_cache__",
            "__conditional_annotations__",
        ),
        *("__dataclass_fields__", "__dataclass_params__", "__abstractmethods__", "_abc_impl"),
    }
)
#: Flag of classes made at run time; those without it are part of the interpreter or of a compiled module.
_HEAP_TYPE = 1 << 9

#: Flags of code that say what it is (a generator, with ``**kwargs``), without those of ``from __future__`` imports.
_KIND_FLAGS = 0x3FF


def encode_function(encoder: Encoder, function: types.FunctionType) -> None:
    """A Python function: name or content, its code, its defaults."""
    digested, names = _facts_of(function)
    name = import_name(function)
    if not encoder.enter(function):
        return
    encoder.parts.append(b"p" + digested)
    encoder.put_all((name, function.__defaults__, function.__kwdefaults__))
    if name is None:
        encoder.put_all((function.__name__, dict(_closure(function)), _attributes(function)))
        namespace = function.__globals__
        encoder.put({name: namespace[name] for name in names if name in namespace})
    elif hasattr(function, "__wrapped__"):
        encoder.put(function.__wrapped__)  # a decorator's own code is the same for all that it wraps
    encoder.leave(function)


def encode_class(encoder: Encoder, cls: type) -> None:
    """A class: its name if it can be imported, else bases and body."""
    try:
        name = _CLASSES[cls]
    except KeyError:
        text = import_name(cls)
        if text is None and not cls.__flags__ & _HEAP_TYPE:
            text = f"{cls.__module__}:{cls.__qualname__}"  # such as that of builtin functions, which has no place
        name = _CLASSES[cls] = None if text is None else b"c%d:%b" % (len(text.encode()), text.encode())
    if name is not None:
        encoder.parts.append(name)
    elif encoder.enter(cls):
        encoder.parts.append(b"C")
        encoder.put_all((type(cls), cls.__qualname__, cls.__bases__, dict(_body(cls))))
        encoder.leave(cls)


def _encode_code(encoder: Encoder, code: types.CodeType) -> None:
    encoder.parts.append(b"k")
    encoder.put_all(
        (
            code.co_code,
            code.co_consts,
            code.co_names,
            code.co_varnames,
            code.co_freevars,
            code.co_cellvars,
            code.co_exceptiontable,
            code.co_flags & _KIND_FLAGS,
            code.co_argcount,
            code.co_posonlyargcount,
            code.co_kwonlyargcount,
        )
    )


def _facts_of(function: types.FunctionType) -> tuple[bytes, tuple[str, ...]]:
    code = function.__code__
    known = _CODE.get(function)
    if known is None or known[0] is not code:
        encoder = Encoder(strict=True)
        encoder.put(code)
        known = _CODE[function] = (code, digest(encoder.parts), tuple(sorted(set(_global_names(code)))))
    return known[1], known[2]


def _global_names(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code) if code.co_names else ():
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _closure(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            pass  # a name that has no value yet


def _attributes(function: types.FunctionType) -> dict[str, Any]:
    return {name: value for name, value in vars(function).items() if name != "__wrapped__"}


def _body(cls: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(cls).items():
        descriptor = isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType))
        if name not in _MACHINERY and not descriptor:
            yield name, value
    if "__slots__" in vars(cls):
        yield "__slots__", vars(cls)["__slots__"]


@normalize_token.register(types.MethodType)
def _normalize_method(method: types.MethodType) -> Any:
    return method.__func__, method.__self__


@normalize_token.register(types.BuiltinFunctionType, types.MethodWrapperType)
def _normalize_builtin(function: Any) -> Any:
    owner = function.__self__
    return import_name(function) or (owner, function.__name__)


@normalize_token.register(types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
@normalize_token.register(types.GetSetDescriptorType, types.MemberDescriptorType)
def _normalize_descriptor(descriptor: Any) -> Any:
    return descriptor.__objclass__, descriptor.__name__


@normalize_token.register(types.ModuleType)
def _normalize_module(module: types.ModuleType) -> Any:
    return module.__name__


@normalize_token.register(property)
def _normalize_property(value: property) -> Any:
    return value.fget, value.fset, value.fdel


@normalize_token.register(staticmethod, classmethod)
def _normalize_static(value: Any) -> Any:
    return value.__func__


@normalize_token.register(functools.cached_property)
def _normalize_cached_property(value: Any) -> Any:
    return value.func


@normalize_token.register(functools.partial)
def _normalize_partial(value: functools.partial[Any]) -> Any:
    return value.func, value.args, value.keywords, vars(value) or None


@normalize_token.register(functools.partialmethod)
def _normalize_partial_method(value: Any) -> Any:
    return value.func, value.args, value.keywords


@normalize_token.register(type(functools.lru_cache(lambda: None)))
def _normalize_cached(value: Any) -> Any:
    return value.__wrapped__


@normalize_token.register(operator.itemgetter, operator.attrgetter, operator.methodcaller)
def _normalize_getter(value: Any) -> Any:
    return value.__reduce__()[1:]


@normalize_token.register(types.GenericAlias, types.UnionType)
def _normalize_alias(value: Any) -> Any:
    return getattr(value, "__origin__", None), value.__args__


ENCODERS.register(types.FunctionType)(encode_function)
ENCODERS.register(types.CodeType)(_encode_code)
ENCODERS.register(type)(encode_class)
