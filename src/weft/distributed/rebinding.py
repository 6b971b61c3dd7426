"""Futures of one client made those of another, wherever they stand."""

from __future__ import annotations

from typing import Any

from weft.backends.tickets import HeldTicket
from weft.distributed.future import Future
from weft.execution.containers import taken_apart
from weft.execution.graphs import keys_of

__all__ = ["rebound"]


def rebound(value: Any, client: Any) -> Any:
    """A value with futures of one client in the places of another's; a persisted collection likewise."""
    if isinstance(value, Future):
        return Future(value.key, client)
    kind = type(value)
    if hasattr(kind, "__weft_postpersist__") and not isinstance(value, type):
        graph = value.__weft_graph__()
        data = getattr(graph, "data", None) or {}
        keys = keys_of(value)
        if not all(isinstance(data.get(key), HeldTicket) for key in keys):
            return value
        rebuild, extra = value.__weft_postpersist__()
        return rebuild({key: Future(data[key].key, client).__weft_held__() for key in keys}, *extra)
    if kind in (list, tuple, set, frozenset, dict):
        parts = taken_apart(value)
        if parts is not None:
            return parts.make(*[rebound(item, client) for item in parts.items])
    return value
