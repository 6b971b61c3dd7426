"""Plugins in a cluster: how they are installed and removed, and how they hear of what happens."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from time import perf_counter
from typing import Any

import cloudpickle

from weft.callables import has_keyword
from weft.distributed.forwarding import start_forwarding, stop_forwarding
from weft.distributed.pausing import Reply, finished
from weft.distributed.plugins import NannyPlugin, SchedulerPlugin, WorkerPlugin
from weft.typing import Key

__all__ = ["PluginHost", "install_worker_plugin", "overrides", "remove_worker_plugin", "with_worker"]

logger = logging.getLogger("weft.distributed")


class PluginHost:
    """The part of a cluster that has plugins."""

    run: Any
    workers: dict[int, Any]
    arbiter: Any
    scheduler: Any
    scheduler_plugins: dict[str, Any]
    worker_plugins: dict[str, Any]
    nanny_plugins: dict[str, Any]
    processes: bool

    def restart_workers(self, numbers: Any) -> list[int]:
        raise NotImplementedError

    def call_everywhere(self, function: Callable[..., Any], args: Any, kwargs: Any, workers: Any) -> dict[str, Reply]:
        raise NotImplementedError

    # -- plugins --------------------------------------------------------------------------------------------------------

    def register_plugin(self, plugin: Any, name: str | None) -> Any:
        """Install a plugin; gives what a worker plugin's ``setup`` returns, by worker."""
        known = name or getattr(plugin, "name", None) or f"{type(plugin).__name__}-{os.urandom(4).hex()}"
        if isinstance(plugin, type):
            raise TypeError(f"register_plugin() takes an instance, not the class {plugin.__name__}")
        if isinstance(plugin, NannyPlugin):
            self.nanny_plugins[known] = plugin
            plugin.setup(self)
            if plugin.restart and self.processes:
                self.restart_workers(None)
            return {worker.address: {"status": "OK"} for worker in self.workers.values()}
        if isinstance(plugin, WorkerPlugin) or (hasattr(plugin, "setup") and not isinstance(plugin, SchedulerPlugin)):
            if known in self.worker_plugins:
                self.unregister_worker_plugin(known)
            self.worker_plugins[known] = plugin
            return self._set_up_everywhere(known, plugin)
        if not isinstance(plugin, SchedulerPlugin) and not any(
            hasattr(plugin, each) for each in ("transition", "start")
        ):
            raise TypeError(
                f"register_plugin() takes a WorkerPlugin, a SchedulerPlugin or a NannyPlugin, not {plugin!r}"
            )
        if known in self.scheduler_plugins:
            self.unregister_scheduler_plugin(known)
        self.scheduler_plugins[known] = plugin
        if hasattr(plugin, "start"):
            finished(plugin.start(self.scheduler))
        if overrides(plugin, "transition"):
            self.run.observers.append(Observer(plugin, self))
        if overrides(plugin, "log_event"):
            self.arbiter.on_event.append(plugin.log_event)
        return None

    def _set_up_everywhere(self, name: str, plugin: Any) -> dict[str, Any]:
        replies: dict[str, Reply] = {}
        for number, worker in list(self.workers.items()):
            reply = replies[worker.address] = Reply()
            self.run.call(number, install_worker_plugin, (name, plugin), {}, reply)
        answers = {}
        for address, reply in replies.items():
            reply.get()
            answers[address] = {"status": "OK"}
        return answers

    def unregister_worker_plugin(self, name: str, nanny: bool | None = None) -> dict[str, Any]:
        """Remove a worker plugin, or a nanny plugin."""
        if nanny or (nanny is None and name in self.nanny_plugins):
            plugin = self.nanny_plugins.pop(name, None)
            if plugin is not None:
                plugin.teardown(self)
                return {worker.address: {"status": "OK"} for worker in self.workers.values()}
        if name not in self.worker_plugins:
            raise ValueError(f"there is no worker plugin {name!r}; there are {sorted(self.worker_plugins)}")
        del self.worker_plugins[name]
        replies = self.call_everywhere(remove_worker_plugin, (name,), {}, None)
        for reply in replies.values():
            reply.get()
        return {address: {"status": "OK"} for address in replies}

    def unregister_scheduler_plugin(self, name: str) -> None:
        """Remove a scheduler plugin."""
        plugin = self.scheduler_plugins.pop(name, None)
        if plugin is None:
            raise ValueError(f"there is no scheduler plugin {name!r}; there are {sorted(self.scheduler_plugins)}")
        self.run.observers[:] = [each for each in self.run.observers if getattr(each, "plugin", None) is not plugin]
        self.arbiter.on_event[:] = [
            each for each in self.arbiter.on_event if getattr(each, "__self__", None) is not plugin
        ]
        self._call_hook(plugin, "close")

    def _call_hook(self, plugin: Any, name: str, *args: Any, **kwargs: Any) -> None:
        hook = getattr(plugin, name, None)
        if hook is None:
            return
        try:
            finished(hook(*args, **kwargs))
        except Exception:  # of a plugin: what it hears of goes on
            logger.exception("the plugin %r failed in %s", plugin, name)

    # -- logging --------------------------------------------------------------------------------------------------------

    def forward_logging(self, logger_name: str | None, level: int, topic: str) -> None:
        """Have worker processes send what they log; threads log here anyway."""
        if self.processes:
            for reply in self.call_everywhere(start_forwarding, (logger_name, level, topic), {}, None).values():
                reply.get()

    def unforward_logging(self, logger_name: str | None) -> None:
        if self.processes:
            for reply in self.call_everywhere(stop_forwarding, (logger_name,), {}, None).values():
                reply.get()


#: What plugins are told of a transition, besides key and states.
FOR_PLUGINS = frozenset({"worker", "nbytes"})


class Observer:
    """Tells a scheduler plugin of transitions."""

    def __init__(self, plugin: Any, cluster: PluginHost) -> None:
        self.plugin = plugin
        self.cluster = cluster

    def __call__(self, key: Key, start: str, finish: str, **more: Any) -> None:
        told = {name: value for name, value in more.items() if name in FOR_PLUGINS}
        worker = more.get("worker")
        if worker is not None and worker in self.cluster.workers:
            told["worker"] = self.cluster.workers[worker].address
        self.cluster._call_hook(
            self.plugin, "transition", key, start, finish, stimulus_id=f"task-{perf_counter()}", **told
        )


#: How states are called in workers.
IN_WORKERS = {"processing": "executing", "erred": "error"}


class WorkerObserver:
    """Tells a worker plugin of transitions, in the process of its worker."""

    def __init__(self, plugin: Any, number: int) -> None:
        self.plugin = plugin
        self.number = number

    def __call__(self, key: Key, start: str, finish: str, **more: Any) -> None:
        if more.get("worker", self.number) == self.number and start in ("waiting", "processing"):
            try:
                self.plugin.transition(key, IN_WORKERS.get(start, start), IN_WORKERS.get(finish, finish))
            except Exception:  # of a plugin: the run that it watches goes on
                logger.exception("the plugin %r failed in transition", self.plugin)


def overrides(plugin: Any, name: str) -> bool:
    """Whether a plugin does something in a hook."""
    mine = getattr(type(plugin), name, None) or getattr(plugin, name, None)
    return mine is not None and mine not in (getattr(SchedulerPlugin, name, None), getattr(WorkerPlugin, name, None))


def install_worker_plugin(name: str, plugin: Any, weft_worker: Any = None) -> None:
    """Run in a worker: set a plugin up; a copy, so that workers that are threads have one each as well."""
    plugin = pickle.loads(cloudpickle.dumps(plugin))
    if name in weft_worker.plugins:
        remove_worker_plugin(name, weft_worker)
    weft_worker.plugins[name] = plugin
    if hasattr(plugin, "setup"):
        finished(plugin.setup(worker=weft_worker) if has_keyword(plugin.setup, "worker") else plugin.setup(weft_worker))
    if overrides(plugin, "transition"):
        weft_worker._home.run.observers.append(WorkerObserver(plugin, weft_worker.number))


def remove_worker_plugin(name: str, weft_worker: Any = None) -> None:
    """Run in a worker: take a plugin away."""
    plugin = weft_worker.plugins.pop(name, None)
    if plugin is None:
        return
    observers = weft_worker._home.run.observers
    observers[:] = [each for each in observers if getattr(each, "plugin", None) is not plugin]
    if hasattr(plugin, "teardown"):
        finished(plugin.teardown(weft_worker))


def with_worker(function: Callable[..., Any], kwargs: dict[str, Any], worker: Any) -> dict[str, Any]:
    """Keywords with the worker, if the function asks for it."""
    more = dict(kwargs)
    for name in ("weft_worker", "dask_worker"):
        if has_keyword(function, name):
            more.setdefault(name, worker)
    return more
