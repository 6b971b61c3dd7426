"""How NumPy's functions, and libraries that follow the array API standard, find what is meant for chunked arrays.

`numpy.f(x)` of a chunked array is `weft.array.f(x)`: looked up by module and name in the namespaces that the packages
hand in when they are imported. What Weft does not have raises, and says so: silently computing the whole array is what
users of other libraries have been surprised by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from weft.array.base import ArrayBase

__all__ = ["API_VERSIONS", "array_function", "array_namespace", "generalised", "install"]

#: Revisions of the array API standard that the namespace follows; the last is the newest.
API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
#: Modules of NumPy, and where Weft has their functions; ``array_api`` is the standard's namespace.
NAMESPACES: dict[str, str] = {}
#: Functions of NumPy whose purpose needs the elements: they get the computed arrays.
COMPUTED = frozenset(
    ["array2string", "array_repr", "array_str", "copyto", "save", "savetxt", "savez", "savez_compressed"]
)
#: Modules of NumPy whose functions treat each text by itself: there is one way for all of them.
TEXTS = frozenset(["numpy.strings", "numpy.char"])
#: Answered without computing: chunked arrays share no memory that a caller could write to.
NEVER = frozenset(["may_share_memory", "shares_memory"])


def install(namespaces: Mapping[str, str]) -> None:
    """Say where the functions of modules of NumPy are: in which modules, which are imported when they are needed."""
    for name, module in namespaces.items():
        if name in NAMESPACES:
            raise ValueError(f"the namespace for {name} has been installed already")
        NAMESPACES[name] = module


def function_named(name: str, module: str = "numpy") -> Callable[..., Any] | None:
    """What Weft has for a function of NumPy; None if it has nothing."""
    for each in (module, "numpy") if module.startswith("numpy.lib") else (module,):
        if each not in NAMESPACES:
            continue
        namespace = import_module(NAMESPACES[each])
        if name in namespace.__all__:
            return getattr(namespace, name)  # type: ignore[no-any-return]
    return None


def array_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What a function of NumPy gives for chunked arrays.

    Raises
    ------
    TypeError
        Weft does not have it.
    """
    module, name = function.__module__, function.__name__
    if module in TEXTS:
        return import_module(NAMESPACES[module]).of_each_text(function, *args, **kwargs)
    found = function_named(name, module)
    computes = module == "numpy" and name in COMPUTED
    if found is not None and not (computes and args and not isinstance(args[0], ArrayBase)):
        return found(*args, **kwargs)
    if module == "numpy" and name in NEVER:
        return False
    if computes:
        return function(*map(computed, args), **{key: computed(value) for key, value in kwargs.items()})
    raise TypeError(
        f"{module}.{name} is not available for chunked arrays. Compute them first, if they fit in memory, e.g. "
        f"{module}.{name}(x.compute()), or apply it to each chunk with x.map_blocks({module}.{name}, ...)."
    )


def computed(value: Any) -> Any:
    """A chunked array computed; anything else as it is."""
    return value.compute() if isinstance(value, ArrayBase) else value


def generalised(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """What a ufunc gives that works on axes: Weft's function of its name, or the ufunc applied along those axes.

    Blocks have these axes whole: arrays that are cut along them are cut anew.
    """
    if method != "__call__":
        return NotImplemented
    found = function_named(ufunc.__name__) if getattr(np, ufunc.__name__, None) is ufunc else None
    if found is not None:
        return found(*inputs, **keywords)
    apply_gufunc = function_named("apply_gufunc")
    if apply_gufunc is None:
        return NotImplemented
    return apply_gufunc(ufunc, ufunc.signature, *inputs, allow_rechunk=True, **keywords)


def array_namespace(api_version: str | None = None) -> ModuleType:
    """The namespace of the array API standard.

    Raises
    ------
    ValueError
        It does not follow the revision asked for.
    """
    if api_version is not None and api_version not in API_VERSIONS:
        raise ValueError(
            f"weft.array does not follow revision {api_version!r} of the array API standard; "
            f"it follows {', '.join(API_VERSIONS)}"
        )
    return import_module(NAMESPACES["array_api"])
