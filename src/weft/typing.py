"""Shared aliases and protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["Annotations", "Function", "Key"]

#: Names one block and the task that makes it: a name, or a name with the block's place ``(name, i, j, ...)``.
Key: TypeAlias = "str | bytes | int | float | tuple[Key, ...]"

#: What users attach to tasks: priority, retries, resources, workers, timeout, or any key of their own.
Annotations: TypeAlias = Mapping[str, Any]

Function: TypeAlias = Callable[..., Any]
