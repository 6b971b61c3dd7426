"""Plugins, at the path that programs know. They live in :mod:`weft.distributed.plugins`."""

from weft.distributed.plugins import (
    CondaInstall,
    Environ,
    ForwardOutput,
    InstallPlugin,
    NannyPlugin,
    PipInstall,
    SchedulerPlugin,
    SchedulerUploadFile,
    UploadDirectory,
    UploadFile,
    WorkerPlugin,
)

__all__ = [
    "CondaInstall",
    "Environ",
    "ForwardOutput",
    "InstallPlugin",
    "NannyPlugin",
    "PipInstall",
    "SchedulerPlugin",
    "SchedulerUploadFile",
    "UploadDirectory",
    "UploadFile",
    "WorkerPlugin",
]
