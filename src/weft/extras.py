"""Packages that only some of Weft needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from weft.errors import MissingDependencyError

__all__ = ["import_required"]


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
