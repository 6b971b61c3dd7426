"""Why a value cannot travel to another process: the path to the culprit, in words.

Pickle's own message ("cannot pickle '_thread.lock' object") tells the type of the culprit but not where it sits, and
the user never sees the place: it is a variable that a function happened to close over, an attribute of an attribute. So
the value is taken apart as the pickler would, each part is pickled by itself, and the first that fails is taken apart
in turn, until one fails of which all parts are well. That one is named, with the way that led to it.

This runs after pickling has failed, so it may be slow; it is bounded in depth and in the items it tries.
"""

from __future__ import annotations

import io
import itertools
import types
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

__all__ = ["explain_unpicklable"]

DEPTH = 20
ITEMS = 1_000  # of one container


def explain_unpicklable(value: Any, name: str = "the value") -> str:
    """Say in one sentence what keeps ``value`` from being pickled, and what can be done.

    Parameters
    ----------
    value : object
        What could not be pickled.
    name : str
        How the sentence calls it, unless it has a name itself (functions, classes).

    Examples
    --------
    >>> import threading
    >>> lock = threading.Lock()
    >>> def clean(x):
    ...     with lock:
    ...         return x
    >>> print(explain_unpicklable(lambda: clean))  # doctest: +ELLIPSIS
    function `<lambda>` cannot travel to another process: its global `clean` is a function, its global `lock` is a ...
    """
    steps: list[str] = []
    culprit, seen = value, {id(value)}
    while len(steps) < DEPTH:
        found = next(
            ((what, part) for what, part in _parts(culprit) if id(part) not in seen and _failure(part) is not None),
            None,
        )
        if found is None:
            break
        what, culprit = found
        seen.add(id(culprit))
        steps.append(f"its {what} is {_type_name(culprit)}")
    reason = _failure(culprit)
    way = ", ".join(steps) or f"it is {_type_name(culprit)}"
    because = f" ({type(reason).__name__}: {reason})" if reason is not None else ""
    return f"{_title(value, name)} cannot travel to another process: {way}{because}. {_advice(culprit, reason)}"


def _failure(value: Any) -> Exception | None:
    """What pickling this value raises, or None; its large memory is left out, so this is cheap for arrays."""
    import cloudpickle

    try:
        cloudpickle.Pickler(io.BytesIO(), 5, buffer_callback=lambda _: None).dump(value)
    except Exception as error:
        return error
    return None


def _title(value: Any, name: str) -> str:
    if isinstance(value, types.FunctionType):
        return f"function `{value.__name__}`"
    if isinstance(value, type):
        return f"class `{value.__name__}`"
    return name


def _type_name(value: Any) -> str:
    if isinstance(value, types.FunctionType):
        return "a function"
    if isinstance(value, type):
        return f"the class `{value.__name__}`"
    kind = type(value)
    name = (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _advice(culprit: Any, reason: Exception | None) -> str:
    if isinstance(reason, RecursionError) or (reason is not None and "recursion" in str(reason)):
        return "It is nested too deeply; flatten it."
    if isinstance(culprit, types.GeneratorType):
        return "Turn it into a list first."
    return "Make it inside the function that needs it, or pass what it is made from."


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What the pickler would visit next, with a description of each."""
    return itertools.islice(_all_parts(value), ITEMS)


def _all_parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, types.FunctionType):
        yield from _function_parts(value)
    elif isinstance(value, types.MethodType):
        yield "object", value.__self__
        yield "function", value.__func__
    elif isinstance(value, partial):
        yield "function", value.func
        for position, item in enumerate(value.args):
            yield f"argument {position}", item
        for key, item in value.keywords.items():
            yield f"argument `{key}`", item
    elif isinstance(value, type):
        for key, item in vars(value).items():
            if not key.startswith("__") or isinstance(item, types.FunctionType):
                yield f"attribute `{key}`", item
    elif isinstance(value, (list, tuple, set, frozenset)):
        for position, item in enumerate(value):
            yield f"item {position}", item
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"item {key!r}", item
            yield "key", key
    else:
        yield from _object_parts(value)


def _function_parts(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"closure variable `{name}`", cell.cell_contents
        except ValueError:
            continue  # a variable that has not been set yet
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield f"global `{name}`", function.__globals__[name]
    for position, item in enumerate(function.__defaults__ or ()):
        yield f"default {position}", item
    for name, item in (function.__kwdefaults__ or {}).items():
        yield f"default of `{name}`", item
    for name, item in vars(function).items():
        yield f"attribute `{name}`", item


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _object_parts(value: Any) -> Iterator[tuple[str, Any]]:
    module, kind = type(value).__module__.partition(".")[0], type(value).__name__
    if module == "pandas" and kind == "DataFrame":
        for position, column in enumerate(value.columns):
            yield f"column {column!r}", value.iloc[:, position]
    elif module == "pandas" and kind == "Series":
        for label, item in value.items():
            yield f"item {label!r}", item
    elif module == "numpy" and kind == "ndarray" and value.dtype.hasobject:
        for position, item in enumerate(value.flat):
            yield f"item {position}", item
    else:
        yield from _state_parts(value)


def _state_parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What the object itself says it is made of; one that refuses to say is the culprit."""
    try:
        reduced = value.__reduce_ex__(4)
        if isinstance(reduced, str):  # it travels by its name: there is nothing inside
            return
        _, arguments, *rest = reduced
    except Exception:
        return
    states = rest[0] if rest and isinstance(rest[0], tuple) else rest[:1]
    for state in states:
        if isinstance(state, Mapping):
            for key, item in state.items():
                yield f"attribute `{key}`", item
        else:
            yield "state", state
    for item in arguments:
        yield "argument", item
    for item in rest[1] or () if len(rest) > 1 else ():
        yield "item", item
    for key, item in rest[2] or () if len(rest) > 2 else ():
        yield f"item {key!r}", item
