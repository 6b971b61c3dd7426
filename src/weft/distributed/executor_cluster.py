"""A ``concurrent.futures.Executor`` as a cluster: ``Client(executor)``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

from weft.backends.executor import workers_of
from weft.backends.live_executor import LiveExecutor
from weft.backends.live_lent import LiveLent
from weft.distributed.cluster import Cluster
from weft.distributed.local_cluster import memory_of
from weft.errors import BackendError
from weft.system import CPU_COUNT

__all__ = ["ExecutorCluster"]


class ExecutorCluster(Cluster):
    """What ``Client(executor)`` makes.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        It stays the caller's, and must live as long as the cluster.
    n_workers : int, optional
        How many calls it runs side by side, if it does not tell.
    directory : path, optional
        Where large blocks lie if its workers are on several machines: a directory that all of them see. By default shared
        memory of this machine.
    memory_limit : int, float, str or None
        Memory of each worker, as of :class:`LocalCluster`.
    resources : mapping, optional
        What each worker offers to tasks with ``resources=``.
    name : str, optional

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from weft.distributed import Client
    >>> with ThreadPoolExecutor(2) as executor, Client(executor) as client:
    ...     client.submit(pow, 2, 3).result()
    8
    """

    def __init__(
        self,
        executor: Executor,
        *,
        n_workers: int | None = None,
        directory: str | os.PathLike[str] | None = None,
        memory_limit: Any = "auto",
        resources: Mapping[str, float] | None = None,
        name: str | None = None,
    ) -> None:
        if n_workers is not None and (isinstance(n_workers, bool) or not isinstance(n_workers, int) or n_workers < 1):
            raise BackendError(f"n_workers must be a whole number, 1 or more, not {n_workers!r}")
        if not isinstance(executor, Executor):
            raise TypeError(f"an executor is of concurrent.futures.Executor, not {executor!r}")
        count = n_workers or workers_of(executor) or CPU_COUNT
        make_run: Any
        if isinstance(executor, ThreadPoolExecutor):
            own, make_run = True, partial(LiveLent, executor)
        else:
            own, make_run = False, partial(LiveExecutor, executor, directory)
        if own and directory is not None:
            raise BackendError(
                "directory= makes no sense here: the threads of this executor share this process's memory"
            )
        per_worker = memory_of(memory_limit, 1 if own else count)
        super().__init__(
            engine="executor",
            make_run=make_run,
            nthreads=[count] if own else [1] * count,
            name=name,
            budget=per_worker * (1 if own else count) if per_worker else None,
            memory_per_worker=per_worker,
            resources=resources,
            threads_per_worker=count if own else 1,
        )
        self.offers_actors = own

    def _scale(self, n: int) -> None:
        if n != len(self.workers):
            raise BackendError(
                "an executor has the size that it was made with: make a larger one, or use LocalCluster()"
            )
