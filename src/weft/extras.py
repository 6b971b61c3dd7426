"""Packages that only some of Weft needs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from weft.errors import MissingDependencyError

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["import_required", "when_imported"]


def import_required(mod_name: str, error_msg: str) -> Any:
    """Import a module, or say what to install.

    Raises
    ------
    MissingDependencyError
        It is not there; the message is ``error_msg``.

    Examples
    --------
    >>> import_required("json", "needs json").dumps(1)
    '1'
    """
    try:
        return import_module(mod_name)
    except ImportError as error:
        raise MissingDependencyError(error_msg) from error


def when_imported(name: str, call: Callable[[], Any]) -> None:
    """Call a function once a module is imported, now if it was: for libraries that are too slow to import on suspicion.

    Examples
    --------
    >>> when_imported("json", lambda: print("there it is"))
    there it is
    """
    if name in sys.modules:
        call()
    else:
        sys.meta_path.insert(0, Watching(name, call))


class Watching:
    """Waits for the import of one module. Whoever only asks whether there is one (`importlib.util.find_spec`) ends nothing."""

    def __init__(self, name: str, call: Callable[[], Any]) -> None:
        self.name = name
        self.call = call
        self.is_looking = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name or self.is_looking:
            return None
        from importlib.util import find_spec

        self.is_looking = True
        try:
            spec = find_spec(fullname)
        finally:
            self.is_looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = Afterwards(spec.loader, self.on_import)  # type: ignore[assignment]
        return spec

    def on_import(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            self.call()


class Afterwards:
    """Loads a module by another loader, then calls a function."""

    def __init__(self, loader: Any, call: Callable[[], Any]) -> None:
        self.loader = loader
        self.call = call

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        self.call()
