"""Which client is meant when none is named: in tasks, in contexts, in the process."""

from __future__ import annotations

import contextvars
import os
import weakref
from typing import Any

from weft.backends.live_here import HERE
from weft.distributed.status import Status
from weft.execution.current import CURRENT, DEFAULT

__all__ = ["CLIENTS", "CLUSTERS", "IN_CONTEXT", "client_at", "current_client", "remove_default", "set_default"]

#: The client of ``with client.as_current():``.
IN_CONTEXT: contextvars.ContextVar[Any] = contextvars.ContextVar("weft-client", default=None)
#: Clients that are the default of this process, the latest last.
CLIENTS: list[weakref.ref[Any]] = []
#: Clusters of this process by address.
CLUSTERS: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


def current_client(allow_global: bool = True) -> Any:
    """The client of the task, of the context, or of the process; None if there is none."""
    client = IN_CONTEXT.get()
    if client is not None:
        return client
    run = HERE.run
    if run is not None and getattr(run, "home", None) is not None:
        return run.home.task_client()
    if not allow_global:
        return None
    while CLIENTS:
        client = CLIENTS[-1]()
        if client is not None and client.status != "closed":
            return client
        CLIENTS.pop()
    return None


def client_at(address: str | None) -> Any:
    """The client for what comes from a cluster: one of that cluster, the current one first."""
    client = current_client()
    if client is not None and (address is None or client._address() == address):
        return client
    for ref in reversed(CLIENTS):
        other = ref()
        if other is not None and other.status != "closed" and other._address() == address:
            return other
    cluster = CLUSTERS.get(address) if address is not None else None
    return cluster.task_client() if cluster is not None else client


def default_backend() -> Any:
    """What runs computations by default: the client of the task or of the process, if there is one."""
    if not CLIENTS and HERE.run is None:
        return None
    client = current_client()
    return None if client is None or client.asynchronous else client.weft_backend


DEFAULT.append(default_backend)


def set_default(client: Any) -> None:
    """Make a client the default of the process."""
    remove_default(client)
    CLIENTS.append(weakref.ref(client))


def remove_default(client: Any) -> None:
    """A client is not the default any more; the one before it is."""
    CLIENTS[:] = [ref for ref in CLIENTS if ref() is not client and ref() is not None]


def _forget_in_child() -> None:
    """In a forked child: nothing runs the tasks of the parent's clusters there."""
    for cluster in list(CLUSTERS.values()):
        cluster.status = Status.closed
        for client in list(cluster.clients):
            client.status = "closed"
    CLIENTS.clear()
    CLUSTERS.clear()
    IN_CONTEXT.set(None)
    CURRENT.set(None)
    HERE.run, HERE.worker, HERE.task, HERE.key = None, -1, -1, None


os.register_at_fork(after_in_child=_forget_in_child)
