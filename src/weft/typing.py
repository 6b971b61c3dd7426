"""Shared aliases and protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

__all__ = [
    "Annotations",
    "Function",
    "Graph",
    "HLGWeftCollection",
    "Key",
    "NoDefault",
    "PostComputeCallable",
    "PostPersistCallable",
    "SchedulerGetCallable",
    "WeftCollection",
    "no_default",
]

#: Names one block and the task that makes it: a name, or a name with the block's place ``(name, i, j, ...)``.
Key: TypeAlias = "str | bytes | int | float | tuple[Key, ...]"

#: What users attach to tasks: priority, retries, resources, workers, timeout, or any key of their own.
Annotations: TypeAlias = Mapping[str, Any]

Function: TypeAlias = Callable[..., Any]

#: What ``__weft_graph__`` gives: keys to tasks.
Graph: TypeAlias = Mapping[Key, Any]


class NoDefault(Enum):
    """The type of ``no_default``."""

    no_default = "no default"

    def __repr__(self) -> str:
        return "<no_default>"


#: Says that an argument was not given, where None is a value.
no_default: Literal[NoDefault.no_default] = NoDefault.no_default


class SchedulerGetCallable(Protocol):
    """A get function: runs a graph and gives the results of some keys."""

    def __call__(self, dsk: Graph, keys: Sequence[Any] | Key, **kwargs: Any) -> Any:
        """Nested results, in the shape of ``keys``."""


class PostComputeCallable(Protocol):
    """What ``__weft_postcompute__`` gives first: puts blocks together."""

    def __call__(self, parts: Sequence[Any], *args: Any) -> Any:
        """The result of the collection."""


class PostPersistCallable(Protocol):
    """What ``__weft_postpersist__`` gives first: makes the collection again over another graph."""

    def __call__(self, dsk: Graph, *args: Any, rename: Mapping[str, str] | None = None) -> Any:
        """The collection; ``rename`` has new names for old ones."""


@runtime_checkable
class WeftCollection(Protocol):
    """What makes an object a collection. See ``docs/extending/collection.md``.

    Classes need not derive from this: whoever has the methods is one.
    """

    def __weft_graph__(self) -> Graph:
        """Keys to tasks."""

    def __weft_keys__(self) -> list[Any]:
        """The keys of the blocks, as a nested list."""

    def __weft_postcompute__(self) -> tuple[PostComputeCallable, tuple[Any, ...]]:
        """What puts blocks together, and its further arguments."""

    def __weft_postpersist__(self) -> tuple[PostPersistCallable, tuple[Any, ...]]:
        """What makes the collection again over another graph, and its further arguments."""

    def __weft_tokenize__(self) -> Any:
        """What identifies the collection."""

    def compute(self, **kwargs: Any) -> Any:
        """The result."""

    def persist(self, **kwargs: Any) -> Any:
        """The same collection with its blocks computed."""

    def visualize(self, **kwargs: Any) -> Any:
        """A drawing of its graph."""


@runtime_checkable
class HLGWeftCollection(WeftCollection, Protocol):
    """A collection whose graph is in layers."""

    def __weft_layers__(self) -> Sequence[str]:
        """Names of the layers that hold its keys."""
