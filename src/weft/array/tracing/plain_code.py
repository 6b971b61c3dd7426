"""Which functions may be called with stand-ins: those whose result follows from their arguments alone, and that do nothing else.

The code is looked at, not run: it may read NumPy's elementwise functions, numbers, and functions that are plain themselves,
and it may not write, import, print, or draw numbers. Anything that is not known to be harmless is not plain.
"""

from __future__ import annotations

import builtins
import dis
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from weft.array.kernels.blocks import WithKeywords

__all__ = ["is_plain"]

#: Functions of NumPy besides ufuncs that stand-ins know.
FUNCTIONS = frozenset([np.clip, np.copy, np.empty_like, np.full_like, np.ones_like, np.roll, np.where, np.zeros_like])
#: Attributes that plain code may ask for, of whatever it has: none of them changes anything or differs from call to call.
ATTRIBUTES = frozenset(
    [
        *[name for name, each in vars(np).items() if isinstance(each, np.ufunc)],
        *[name for name, each in vars(np).items() if isinstance(each, type) and issubclass(each, np.generic)],
        *[function.__name__ for function in FUNCTIONS],
        *["astype", "dtype", "e", "inf", "nan", "ndim", "pi"],
    ]
)
BUILTINS = frozenset([abs, bool, enumerate, float, int, len, list, max, min, range, reversed, slice, sum, tuple, zip])
#: Types of values that never change.
CONSTANTS = (int, float, complex, str, bytes, type(None), range, slice, np.generic, np.dtype, np.ufunc)
#: Instructions that change what a function shares with others.
WRITES = ("STORE_DEREF", "DELETE_DEREF")


def is_plain(function: Any) -> bool:
    """Whether calling a function tells all that it does."""
    return harmless(function, set())


def harmless(value: Any, seen: set[int]) -> bool:
    """Whether plain code may have a value from outside."""
    if isinstance(value, CONSTANTS) or value is np:
        return True
    if isinstance(value, tuple):
        return all(harmless(each, seen) for each in value)
    if isinstance(value, type):
        return issubclass(value, np.generic) or value in BUILTINS
    if isinstance(value, WithKeywords):
        return harmless(value.func, seen) and all(harmless(each, seen) for _, each in value.keywords)
    if isinstance(value, FunctionType):
        if id(value) in seen:
            return True
        seen.add(id(value))
        return is_known(value) or plain_function(value, seen)
    return callable(value) and is_known(value)


def is_known(function: Any) -> bool:
    """Whether a function is in the lists."""
    try:
        return function in FUNCTIONS or function in BUILTINS
    except TypeError:
        return False


def plain_function(function: FunctionType, seen: set[int]) -> bool:
    """Whether a function's code does harmless things with harmless values."""
    brought = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    try:
        brought += [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError:  # a name that has no value yet
        return False
    if not all(harmless(each, seen) for each in brought):
        return False
    names = names_of(function.__code__)
    return names is not None and all(
        harmless(function.__globals__.get(each, getattr(builtins, each, ...)), seen) for each in names
    )


@lru_cache(512)
def names_of(function: CodeType) -> frozenset[str] | None:
    """What code reads from outside by name; None if it does something that plain code does not."""
    found = set()
    for code in with_inner(function):
        for line in dis.get_instructions(code):
            if line.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                found.add(line.argval)
            elif line.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                if line.argval not in ATTRIBUTES:
                    return None
            elif line.opcode in dis.hasname or (line.opname in WRITES and line.argval in function.co_freevars):
                return None
    return frozenset(found)


def with_inner(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of those that are written in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from with_inner(each)
