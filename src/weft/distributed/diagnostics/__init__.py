"""The path at which programs look for plugins and for the sampler of memory."""

from weft.distributed.diagnostics.memory_sampler import MemorySampler
from weft.distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin

__all__ = ["MemorySampler", "SchedulerPlugin", "WorkerPlugin"]
