"""Futures on a cluster: submit functions as you go, wait for what comes first, share state between tasks."""

from weft.distributed.actors import Actor, ActorFuture, BaseActorFuture
from weft.distributed.client import Client, default_client, get_client
from weft.distributed.cluster import Cluster, LocalCluster, Scheduler
from weft.distributed.coordination import Event, Lock, MultiLock, Pub, Queue, RLock, Semaphore, Sub, Variable
from weft.distributed.executor import ClientExecutor
from weft.distributed.future import Future, FutureCancelledError
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
from weft.distributed.waiting import as_completed, fire_and_forget, futures_of, wait
from weft.distributed.worker import Worker, get_worker, local_client, rejoin, secede, worker_client
from weft.errors import CancelledError, KilledWorkerError, Reschedule

KilledWorker = KilledWorkerError
TimeoutError = TimeoutError

__all__ = [
    "Actor",
    "ActorFuture",
    "BaseActorFuture",
    "CancelledError",
    "Client",
    "ClientExecutor",
    "Cluster",
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
    "NannyPlugin",
    "PipInstall",
    "Pub",
    "Queue",
    "RLock",
    "Reschedule",
    "Scheduler",
    "SchedulerPlugin",
    "Semaphore",
    "Sub",
    "TimeoutError",
    "UploadDirectory",
    "UploadFile",
    "Variable",
    "Worker",
    "WorkerPlugin",
    "as_completed",
    "default_client",
    "fire_and_forget",
    "futures_of",
    "get_client",
    "get_worker",
    "local_client",
    "rejoin",
    "secede",
    "wait",
    "worker_client",
]
