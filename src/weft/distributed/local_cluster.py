"""The cluster of this machine's cores."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from weft.distributed.cluster import ENGINES, Cluster
from weft.distributed.options import refuse_network_options
from weft.errors import BackendError
from weft.system import CPU_COUNT, memory_limit
from weft.units import parse_fraction_or_bytes

__all__ = ["LocalCluster"]

logger = logging.getLogger("weft.distributed")


class LocalCluster(Cluster):
    """Workers on this machine: processes, or threads of this one.

    Parameters
    ----------
    name : str, optional
    n_workers : int, optional
    threads_per_worker : int, optional
    processes : bool, optional
        Worker processes (the default), or threads of this process.
    asynchronous : bool
        Methods that would wait give something to be awaited.
    memory_limit : int, float, str or None
        Memory of each worker: bytes, a share of the machine's, text such as ``"4 GiB"``, or None for no limit. All workers
        of a machine share what they have together; what does not fit goes to disk. By default the configuration's budget.
    resources : mapping, optional
        What each worker offers to tasks with ``resources=``.
    local_directory : str, optional
        Where blocks go that do not fit in memory.
    env : mapping, optional
        Environment variables of worker processes.
    plugins : sequence, optional
        Plugins to register at once.
    silence_logs : int or False
        The level from which on the logger ``weft.distributed`` speaks.
    engine : {"processes", "threads", "inline"}, optional
        The same as ``processes=``; ``"inline"`` runs each task where it is submitted, for debugging.
    **options
        Names that make sense for servers on a network only raise, and say what to do instead.

    Examples
    --------
    >>> from weft.distributed import Client, LocalCluster
    >>> with LocalCluster(n_workers=1, threads_per_worker=2, processes=False) as cluster, Client(cluster) as client:
    ...     client.submit(abs, -1).result()
    1
    """

    def __init__(
        self,
        name: str | None = None,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        processes: bool | None = None,
        loop: None = None,
        start: None = None,
        host: str | None = None,
        ip: str | None = None,
        scheduler_port: int = 0,
        silence_logs: int | str | bool = logging.WARNING,
        dashboard_address: Any = ":8787",
        worker_dashboard_address: None = None,
        services: None = None,
        worker_services: None = None,
        service_kwargs: None = None,
        asynchronous: bool = False,
        security: Any = None,
        protocol: str | None = None,
        blocked_handlers: None = None,
        interface: None = None,
        worker_class: None = None,
        scheduler_kwargs: None = None,
        scheduler_sync_interval: float = 1,
        memory_limit: Any = "auto",
        resources: Mapping[str, float] | None = None,
        local_directory: str | None = None,
        env: Mapping[str, str] | None = None,
        plugins: Iterable[Any] = (),
        nthreads: int | None = None,
        engine: str | None = None,
        **options: Any,
    ) -> None:
        if protocol in ("inproc", "inproc://") and processes is None:
            processes, protocol = False, None
        refuse_network_options(
            type(self), loop=loop, start=start, host=None if host in ("127.0.0.1", "localhost") else host, ip=ip,
            scheduler_port=scheduler_port or None, worker_dashboard_address=worker_dashboard_address, services=services or None,
            worker_services=worker_services or None, service_kwargs=service_kwargs or None, protocol=protocol,
            blocked_handlers=blocked_handlers, interface=interface, worker_class=worker_class,
            scheduler_kwargs=scheduler_kwargs or None, security=security or None,
            dashboard_address=None if dashboard_address in (None, False, "", ":0", 0, ":8787") else dashboard_address,
            **options,
        )  # fmt: skip
        if engine is None:
            engine = "threads" if processes is False else "processes"
        elif engine not in ENGINES:
            raise BackendError(f"engine={engine!r}: there are {', '.join(map(repr, ENGINES))}")
        elif processes is not None and processes != (engine == "processes"):
            raise BackendError(f"processes={processes} and engine={engine!r} contradict each other: give one of them")
        if nthreads is not None:
            if threads_per_worker not in (None, nthreads):
                raise BackendError("nthreads= and threads_per_worker= mean the same: give one of them")
            threads_per_worker = nthreads
        for option, value, least in (("n_workers", n_workers, 0), ("threads_per_worker", threads_per_worker, 0)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                raise BackendError(f"{option} must be a whole number, {least} or more, not {value!r}")
        if engine == "inline":
            n_workers, threads_per_worker = 1, 1
        count, threads = threads_of_workers(n_workers, threads_per_worker, engine == "processes")
        if silence_logs is not False:
            logger.setLevel(silence_logs if not isinstance(silence_logs, bool) else logging.WARNING)
        per_worker = memory_of(memory_limit, max(count, 1))
        super().__init__(
            engine=engine, nthreads=[threads] * count, name=name, asynchronous=asynchronous,
            budget=per_worker * max(count, 1) if per_worker else None, memory_per_worker=per_worker,
            spill_directory=local_directory, resources=resources, threads_per_worker=threads, env=env, plugins=plugins,
        )  # fmt: skip


def memory_of(limit: Any, n_workers: int) -> int:
    """Bytes of each worker; 0 if it is left to the configuration."""
    if limit == "auto":
        return 0
    if limit is None or limit == 0:
        return (1 << 62) // n_workers
    try:
        return parse_fraction_or_bytes(limit, memory_limit())
    except ValueError as error:
        raise BackendError(f"memory_limit={limit!r}: {error}") from None


def threads_of_workers(n_workers: int | None, threads_per_worker: int | None, processes: bool) -> tuple[int, int]:
    """How many workers with how many threads, where users leave that open."""
    if threads_per_worker == 0:
        threads_per_worker = None
    if n_workers is None and threads_per_worker is None:
        if not processes:
            return 1, CPU_COUNT
        count = (
            CPU_COUNT
            if CPU_COUNT <= 4
            else max(each for each in range(1, int(CPU_COUNT**0.5) + 2) if CPU_COUNT % each == 0)
        )
        count = CPU_COUNT if CPU_COUNT <= 4 else max(4, CPU_COUNT // count) if CPU_COUNT // count >= 4 else count
        return count, max(1, CPU_COUNT // count)
    if n_workers is None:
        assert threads_per_worker is not None
        return (max(1, CPU_COUNT // threads_per_worker) if processes else 1), threads_per_worker
    if threads_per_worker is None:
        return n_workers, max(1, CPU_COUNT // n_workers) if n_workers else 1
    return n_workers, threads_per_worker
