"""Futures on a cluster: submit functions as you go, wait for what comes first, share state between tasks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weft.distributed.actors import Actor, ActorFuture, BaseActorFuture
from weft.distributed.adaptive import Adaptive
from weft.distributed.client import Client, default_client, get_client
from weft.distributed.cluster import Cluster
from weft.distributed.executor import ClientExecutor
from weft.distributed.future import Future, FutureCancelledError
from weft.distributed.local_cluster import LocalCluster
from weft.distributed.locks import Lock, MultiLock, RLock, Semaphore
from weft.distributed.plugins import (
    CondaInstall,
    Environ,
    InstallPlugin,
    NannyPlugin,
    PipInstall,
    SchedulerPlugin,
    UploadDirectory,
    UploadFile,
    WorkerPlugin,
)
from weft.distributed.queues import Event, Pub, Queue, Sub, Variable
from weft.distributed.refused import (
    CompatibleExecutor,
    Nanny,
    Security,
    SpecCluster,
    SSHCluster,
    SubprocessCluster,
    connect,
    rpc,
    sync,
)
from weft.distributed.reports import (
    get_task_metadata,
    get_task_stream,
    performance_report,
    print,
    progress,
    span,
    warn,
)
from weft.distributed.scheduler import Scheduler
from weft.distributed.status import Status
from weft.distributed.waiting import as_completed, fire_and_forget, futures_of, wait
from weft.distributed.worker import Worker, get_worker, local_client, rejoin, secede, worker_client
from weft.errors import CancelledError, KilledWorkerError, Reschedule
from weft.extras import when_imported

if TYPE_CHECKING:
    from weft.distributed.ray_cluster import RayCluster

KilledWorker = KilledWorkerError
TimeoutError = TimeoutError

# joblib takes longer to import than all of this
when_imported("joblib.parallel", lambda: import_module("weft.distributed.joblib"))

__all__ = [
    "Actor",
    "ActorFuture",
    "Adaptive",
    "BaseActorFuture",
    "CancelledError",
    "Client",
    "ClientExecutor",
    "Cluster",
    "CompatibleExecutor",
    "CondaInstall",
    "Environ",
    "Event",
    "Future",
    "FutureCancelledError",
    "InstallPlugin",
    "KilledWorker",
    "LocalCluster",
    "Lock",
    "MultiLock",
    "Nanny",
    "NannyPlugin",
    "PipInstall",
    "Pub",
    "Queue",
    "RLock",
    "RayCluster",
    "Reschedule",
    "Scheduler",
    "SSHCluster",
    "SchedulerPlugin",
    "Security",
    "Semaphore",
    "SpecCluster",
    "Status",
    "Sub",
    "SubprocessCluster",
    "TimeoutError",
    "UploadDirectory",
    "UploadFile",
    "Variable",
    "Worker",
    "WorkerPlugin",
    "as_completed",
    "connect",
    "default_client",
    "fire_and_forget",
    "futures_of",
    "get_client",
    "get_task_metadata",
    "get_task_stream",
    "get_worker",
    "local_client",
    "performance_report",
    "print",
    "progress",
    "rejoin",
    "rpc",
    "secede",
    "span",
    "sync",
    "wait",
    "warn",
    "worker_client",
]


def __getattr__(name: str) -> Any:
    """What few need is imported when it is asked for."""
    if name == "RayCluster":
        from weft.distributed.ray_cluster import RayCluster

        return RayCluster
    if name == "__version__":
        from importlib.metadata import version

        return version("weft")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
