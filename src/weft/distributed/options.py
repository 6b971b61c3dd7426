"""Options that make sense for servers on a network only: what to do instead."""

from __future__ import annotations

import inspect
from typing import Any

from weft.errors import BackendError
from weft.hints import did_you_mean

__all__ = ["refuse_client_options", "refuse_network_options"]

REASONS = {
    "loop": "clusters need no event loop of yours",
    "start": "a cluster is ready when it is made",
    "host": "nothing listens on a network here",
    "ip": "nothing listens on a network here",
    "interface": "nothing listens on a network here",
    "scheduler_port": "nothing listens on a network here",
    "port": "nothing listens on a network here",
    "protocol": "workers are processes behind pipes, or threads (processes=False)",
    "security": "nothing goes over a network, so there is nothing to encrypt",
    "dashboard_address": "there is no dashboard server; see weft.diagnostics, or pass dashboard_address=None",
    "worker_dashboard_address": "there is no dashboard server; see weft.diagnostics",
    "services": "workers have no services",
    "worker_services": "workers have no services",
    "service_kwargs": "workers have no services",
    "blocked_handlers": "there are no message handlers to block",
    "worker_class": "workers are made by the cluster: say processes=True or False",
    "scheduler_kwargs": "the scheduler has no options of its own; see weft.config",
    "death_timeout": "workers end with this process, by the system's own means",
    "lifetime": "workers are not restarted by the clock; use client.restart_workers()",
    "preload": "register a plugin instead: LocalCluster(plugins=[...])",
    "preload_nanny": "register a plugin instead: LocalCluster(plugins=[...])",
    "executor": "workers have one pool of threads each",
    "data": "results lie in Weft's own store",
    "memory_target_fraction": "there is one budget: memory_limit=",
    "memory_spill_fraction": "there is one budget: memory_limit=",
    "memory_pause_fraction": "there is one budget: memory_limit=",
    "memory_terminate_fraction": "there is one budget: memory_limit=",
}


def refuse_network_options(owner: type, **options: Any) -> None:
    """Raise for an option that was given and makes no sense on one machine."""
    for name, value in options.items():
        if value is None:
            continue
        if name in REASONS:
            raise BackendError(f"{name}={value!r} makes no sense here: {REASONS[name]}.")
        known = inspect.signature(owner).parameters
        raise TypeError(f"{owner.__name__}() takes no option {name!r}.{did_you_mean(name, known)}")


def refuse_client_options(**options: Any) -> None:
    """Raise for an option of ``Client()`` that was given and has no sense here."""
    reasons = {
        "loop": "clients need no event loop of yours",
        "scheduler_file": "there are no scheduler processes to connect to: give a cluster, or use Ray (Client(engine='ray'))",
        "heartbeat_interval": "workers are watched by the system, not by heartbeats",
        "serializers": "values travel by pickle 5 and shared memory: register with copyreg what cannot be pickled",
        "deserializers": "values travel by pickle 5 and shared memory: register with copyreg what cannot be pickled",
        "extensions": "clients take no extensions",
    }
    for name, value in options.items():
        if value is not None:
            raise BackendError(f"{name}={value!r}: {reasons[name]}")
