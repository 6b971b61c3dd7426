"""Which cluster a client is to use."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

from weft.distributed.cluster import ENGINES
from weft.distributed.current import CLUSTERS
from weft.distributed.local_cluster import LocalCluster
from weft.errors import BackendError

__all__ = ["cluster_for"]


def cluster_for(
    address: Any, *, engine: str | None, security: Any, timeout: Any, asynchronous: bool, **kwargs: Any
) -> tuple[Any, bool]:
    """The cluster that a client is to use, and whether it was made for it."""
    if engine == "ray" or (isinstance(address, str) and address.startswith("ray://")):
        from weft.distributed.ray_cluster import RayCluster

        if isinstance(address, RayCluster):
            raise BackendError("engine='ray' is for a cluster that the client makes: Client(cluster) is enough")
        return RayCluster(address, security=security, **kwargs), True
    if engine is not None and engine not in ENGINES:
        raise BackendError(f"engine={engine!r}: there are {', '.join(map(repr, ENGINES))}, and 'ray'")
    if address is None:
        return LocalCluster(engine=engine, security=security, asynchronous=False, **kwargs), True
    if isinstance(address, Executor):
        if engine is not None or security:
            raise BackendError("engine= and security= make no sense here: the executor is what runs the tasks")
        from weft.distributed.executor_cluster import ExecutorCluster

        return ExecutorCluster(address, **kwargs), True
    if kwargs or engine is not None or security:
        given = next(iter(kwargs), "engine" if engine is not None else "security")
        raise BackendError(
            f"{given}= is for a cluster that the client makes: give it to the cluster, not to Client(address)"
        )
    if hasattr(address, "add_client"):
        if address.status != "running":
            raise BackendError("the cluster is closed: make a new one")
        return address, False
    if hasattr(address, "scheduler_address") and not isinstance(address, str):
        address = address.scheduler_address
    if isinstance(address, str):
        found = CLUSTERS.get(address)
        if found is not None:
            return found, False
        raise OSError(
            f"no cluster of this process has the address {address!r}. Clusters of other processes or machines are Ray's: "
            "Client(engine='ray', address=...)."
        )
    raise TypeError(f"Client() takes a cluster or an address, not {address!r}")
