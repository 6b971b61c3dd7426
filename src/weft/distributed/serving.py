"""What a cluster answers when clients ask: who has what, how tasks stand, plugins, restarts. Methods ``op_*``."""

from __future__ import annotations

import logging
import os
import platform
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from time import perf_counter, time
from typing import Any

from weft.backends.live import ERROR, Ticket, wall_offset
from weft.callables import has_keyword
from weft.distributed.pausing import Reply
from weft.distributed.plugins import NannyPlugin, SchedulerPlugin, WorkerPlugin
from weft.errors import BackendError
from weft.graph.key import key_split
from weft.scheduler.state import Phase
from weft.typing import Key

__all__ = ["Serving", "versions"]

logger = logging.getLogger("weft.distributed")
#: How phases are called to users.
STATES = {
    Phase.WAITING: "waiting",
    Phase.READY: "queued",
    Phase.RUNNING: "processing",
    Phase.DONE: "memory",
    Phase.SPILLED: "memory",
    Phase.RELEASED: "released",
    Phase.FAILED: "erred",
    Phase.CANCELLED: "cancelled",
    Phase.FREE: "forgotten",
}


class Serving:
    """The part of a cluster that answers."""

    run: Any
    workers: dict[int, Any]
    arbiter: Any
    scheduler: Any
    scheduler_plugins: dict[str, Any]
    worker_plugins: dict[str, Any]
    nanny_plugins: dict[str, Any]
    processes: bool
    scheduler_address: str
    id: str
    name: str
    started: float
    stage: Any

    def ask(self, op: str, args: tuple[Any, ...], reply: Reply, source: str) -> None:
        """Answer a client, now or later."""
        if self.arbiter.ask(op, args, reply, source):
            return
        method = getattr(self, f"op_{op}", None)
        if method is None:
            reply.fail(BackendError(f"a cluster does not know what {op!r} is"))
            return
        try:
            method(reply, *args)
        except Exception as error:
            reply.fail(error)

    # -- how things stand -----------------------------------------------------------------------------------------------

    def states(self) -> dict[Key, str]:
        """How each task that is known stands."""
        with self.run:
            core, keys = self.run.core, self.run.plan.keys
            return {
                key: STATES[Phase(core.phase[number])] for key, number in self.run.known.items() if keys[number] == key
            }

    def _made_by(self, number: int) -> Any:
        """The worker that made a block."""
        where = self.run.where_is(number)
        return self.workers.get(where) or next(iter(self.workers.values()), None)

    def op_who_has(self, reply: Reply, keys: list[Key] | None) -> None:
        with self.run:
            known = self.run.known
            found: dict[Key, Any] = {}
            for key in known if keys is None else keys:
                number = known.get(key)
                there = number is not None and self.run.core.phase[number] in (3, 4)
                worker = self._made_by(number) if there and number is not None else None
                if there or keys is not None:
                    found[key] = (worker.address,) if worker is not None else ()
        reply(found)

    def op_has_what(self, reply: Reply, workers: Any) -> None:
        chosen = list(self.workers) if workers is None else self.numbers_of(workers)  # type: ignore[attr-defined]
        found: dict[str, list[Key]] = {self.workers[number].address: [] for number in chosen}
        with self.run:
            for key, number in self.run.known.items():
                if self.run.core.phase[number] in (3, 4):
                    worker = self._made_by(number)
                    if worker is not None and worker.address in found:
                        found[worker.address].append(key)
        reply({address: tuple(keys) for address, keys in found.items()})

    def op_nbytes(self, reply: Reply, keys: list[Key] | None, summary: bool) -> None:
        with self.run:
            core, known = self.run.core, self.run.known
            chosen = known if keys is None else [key for key in keys if key in known]
            sizes = {key: core.size[known[key]] for key in chosen if core.phase[known[key]] in (3, 4)}
        if summary:
            total: dict[str, int] = {}
            for key, nbytes in sizes.items():
                total[key_split(key)] = total.get(key_split(key), 0) + nbytes
            reply(total)
        else:
            reply(sizes)

    def op_processing(self, reply: Reply, workers: Any) -> None:
        chosen = list(self.workers) if workers is None else self.numbers_of(workers)  # type: ignore[attr-defined]
        found: dict[str, list[Key]] = {self.workers[number].address: [] for number in chosen}
        with self.run:
            for task, number in self.run.core.flying.items():
                worker = self.workers.get(number)
                if worker is not None and worker.address in found:
                    found[worker.address].append(self.run.plan.keys[task])
        reply({address: tuple(keys) for address, keys in found.items()})

    def op_info(self, reply: Reply) -> None:
        reply(self.info())

    def info(self) -> dict[str, Any]:
        """The workers, and what is known of them."""
        with self.run:
            running: dict[int, int] = {}
            for number in self.run.core.flying.values():
                running[number] = running.get(number, 0) + 1
        metrics = self.run.metrics()
        return {
            "type": "Scheduler",
            "id": self.id,
            "address": self.scheduler_address,
            "services": {},
            "started": self.started,
            "n_workers": len(self.workers),
            "total_threads": sum(worker.nthreads for worker in self.workers.values()),
            "total_memory": self.run.budget(),
            "workers": {
                worker.address: {
                    "type": "Worker",
                    "id": worker.name,
                    "name": worker.name,
                    "host": "127.0.0.1",
                    "nthreads": worker.nthreads,
                    "resources": dict(worker.resources),
                    "memory_limit": self.run.budget() // max(1, len(self.workers)),
                    "local_directory": worker.local_directory,
                    "status": worker.status,
                    "last_seen": time(),
                    "services": {},
                    "nanny": None,
                    "metrics": {"executing": running.get(number, 0), **metrics.get(number, {})},
                }
                for number, worker in self.workers.items()
            },
        }

    def op_story(self, reply: Reply, keys: list[Key]) -> None:
        offset = wall_offset()
        wanted = set(keys)
        reply(
            [
                (
                    key,
                    self.workers[worker].address if worker in self.workers else worker,
                    status,
                    began + offset,
                    ended + offset,
                )
                for key, worker, began, ended, _, _, status in list(self.run.records)
                if key in wanted
            ]
        )

    def op_task_stream(self, reply: Reply, start: float | None, stop: float | None, count: int | None) -> None:
        offset = wall_offset()
        rows = []
        for key, number, began, ended, nbytes, kind, status in list(self.run.records):
            began, ended = began + offset, ended + offset
            if (start is not None and ended < start) or (stop is not None and began > stop):
                continue
            worker = self.workers.get(number)
            rows.append(
                {
                    "key": key,
                    "worker": worker.address if worker is not None else str(number),
                    "name": worker.name if worker is not None else number,
                    "thread": number,
                    "status": "error" if status == ERROR else "OK",
                    "nbytes": nbytes if isinstance(nbytes, int) else sum(nbytes),
                    "type": kind,
                    "startstops": ({"action": "compute", "start": began, "stop": ended},),
                }
            )
        reply(tuple(rows if count is None else rows[-count:]))

    def op_call_stack(self, reply: Reply, keys: list[Key] | None) -> None:
        self.run.call_stacks(keys, reply)

    def op_versions(self, reply: Reply, packages: list[str] | None) -> None:
        here = versions(packages)
        reply(
            {"scheduler": here, "workers": {worker.address: here for worker in self.workers.values()}, "client": here}
        )

    def op_set_resources(self, reply: Reply, number: int, resources: dict[str, float]) -> None:
        with self.run:
            core = self.run.core
            have, left = core.have.setdefault(number, {}), core.offers.setdefault(number, {})
            for name, amount in resources.items():
                left[name] = left.get(name, 0) + amount - have.get(name, 0)
                have[name] = amount
        reply(None)

    def run_log(self, n: int | None) -> list[tuple[float, str, str]]:
        """What happened to the cluster."""
        logs = [(self.started, "INFO", text) for text in getattr(self, "_logs", [])]
        return logs if n is None else logs[-n:]

    def worker_log(self, number: int, n: int | None) -> list[tuple[str, str]]:
        """What happened in a worker: its failed tasks."""
        logs = [
            ("WARNING", f"task {key!r} failed after {ended - began:.3f} s")
            for key, worker, began, ended, _, _, status in list(self.run.records)
            if worker == number and status == ERROR
        ]
        return logs if n is None else logs[-n:]

    def op_say(self, reply: Reply, text: str, end: str | None, stream: int, flush: bool) -> None:
        print(text, end=end, file=sys.stderr if stream == 2 else sys.stdout, flush=flush)
        reply(None)

    def op_warn(self, reply: Reply, message: Any, category: Any) -> None:
        warnings.warn(message, category, stacklevel=2)
        reply(None)

    # -- functions on workers -------------------------------------------------------------------------------------------

    def call_everywhere(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], workers: Any
    ) -> dict[str, Reply]:
        """Run a function in workers, beside their tasks; the replies by address."""
        chosen = list(self.workers) if workers is None else self.numbers_of(workers)  # type: ignore[attr-defined]
        replies: dict[str, Reply] = {}
        for number in chosen:
            reply = replies[self.workers[number].address] = Reply()
            self.run.call(number, function, args, kwargs, reply)
        return replies

    def call_here(
        self, number: int, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Run a function as a worker of this process."""
        worker = self.workers[number]
        return function(*args, **with_worker(function, kwargs, worker))

    def call_on_scheduler(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a function in this process, with the scheduler if it asks for it."""
        more = dict(kwargs)
        for name in ("weft_scheduler", "dask_scheduler"):
            if has_keyword(function, name):
                more.setdefault(name, self.scheduler)
        return function(*args, **more)

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
            result = plugin.start(self.scheduler)
            if hasattr(result, "__await__"):
                import asyncio

                asyncio.run(_awaited(result))
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
            result = hook(*args, **kwargs)
            if hasattr(result, "__await__"):
                import asyncio

                asyncio.run(_awaited(result))
        except Exception:
            logger.exception("the plugin %r failed in %s", plugin, name)

    # -- restarts -------------------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Forget all tasks and start the workers anew."""
        with self.run:
            tickets = [each for there in self.run.tickets for each in (there if type(there) is list else [there])]
        self.run.cancel(
            [ticket for ticket in tickets if isinstance(ticket, Ticket)],
            force=True,
            reason="the workers were restarted",
        )
        self.stage.clear()
        self.run.restart_workers(None)
        for plugin in list(self.scheduler_plugins.values()):
            self._call_hook(plugin, "restart", self.scheduler)

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        """Start worker processes anew; gives their numbers."""
        return self.run.restart_workers(numbers)  # type: ignore[no-any-return]

    # -- what tasks read ------------------------------------------------------------------------------------------------

    def read(self, key: Key) -> Any:
        """The result of a task that has finished."""
        with self.run:
            number = self.run.known.get(key)
            tickets = [] if number is None else self.run._tickets_of(number)
        if not tickets or tickets[0].status != "finished":
            raise KeyError(key)
        return self.run.fetch(tickets[0])

    def keys_in_store(self) -> list[Key]:
        with self.run:
            return [key for key, number in self.run.known.items() if self.run.core.phase[number] in (3, 4)]

    def executor(self, number: int) -> Any:
        """What stands for a worker's pool of threads."""
        return self.run.executor(number)

    # -- actors ---------------------------------------------------------------------------------------------------------

    def watch_actor(self, key: Key) -> None:
        """When nobody has futures of it any more, the actor goes."""
        self.run.actors.add(key)

    def actor_call(self, number: int, key: Key, op: str, args: tuple[Any, ...], reply: Reply) -> None:
        """Call an actor's method where it lives."""
        self.run.actor_call(number, key, op, args, reply)

    def actor_gone(self, key: Key) -> None:
        """Nobody needs an actor."""
        self.run.drop_actor(key)

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


class Observer:
    """Tells a scheduler plugin of transitions."""

    def __init__(self, plugin: Any, cluster: Serving) -> None:
        self.plugin = plugin
        self.cluster = cluster

    def __call__(self, key: Key, start: str, finish: str, **more: Any) -> None:
        worker = more.get("worker")
        if worker is not None and worker in self.cluster.workers:
            more["worker"] = self.cluster.workers[worker].address
        self.cluster._call_hook(
            self.plugin, "transition", key, start, finish, stimulus_id=f"task-{perf_counter()}", **more
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
            except Exception:
                logger.exception("the plugin %r failed in transition", self.plugin)


def overrides(plugin: Any, name: str) -> bool:
    """Whether a plugin does something in a hook."""
    mine = getattr(type(plugin), name, None) or getattr(plugin, name, None)
    return mine is not None and mine not in (getattr(SchedulerPlugin, name, None), getattr(WorkerPlugin, name, None))


def install_worker_plugin(name: str, plugin: Any, weft_worker: Any = None) -> None:
    """Run in a worker: set a plugin up."""
    if name in weft_worker.plugins:
        remove_worker_plugin(name, weft_worker)
    weft_worker.plugins[name] = plugin
    if hasattr(plugin, "setup"):
        result = plugin.setup(worker=weft_worker) if has_keyword(plugin.setup, "worker") else plugin.setup(weft_worker)
        if hasattr(result, "__await__"):
            import asyncio

            asyncio.run(_awaited(result))
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
        result = plugin.teardown(weft_worker)
        if hasattr(result, "__await__"):
            import asyncio

            asyncio.run(_awaited(result))


class Forwarding(logging.Handler):
    """Sends log records as events."""

    def __init__(self, level: int, topic: str) -> None:
        super().__init__(level)
        self.topic = topic

    def emit(self, record: logging.LogRecord) -> None:
        from weft.distributed.current import current_client

        said = {**record.__dict__, "msg": record.getMessage(), "args": None, "exc_info": None}
        client = current_client()
        if client is not None:
            client._ask(
                "event_log",
                [self.topic],
                {name: value for name, value in said.items() if isinstance(value, (str, int, float, type(None)))},
            )


_forwarding: dict[Any, Forwarding] = {}


def start_forwarding(name: str | None, level: int, topic: str) -> None:
    """Run in a worker process."""
    stop_forwarding(name)
    handler = _forwarding[name] = Forwarding(level, topic)
    mine = logging.getLogger(name)
    mine.addHandler(handler)
    if (level and mine.level > level) or not mine.level:
        mine.setLevel(level or logging.DEBUG)


def stop_forwarding(name: str | None) -> None:
    """Run in a worker process."""
    handler = _forwarding.pop(name, None)
    if handler is not None:
        logging.getLogger(name).removeHandler(handler)


def with_worker(function: Callable[..., Any], kwargs: dict[str, Any], worker: Any) -> dict[str, Any]:
    """Keywords with the worker, if the function asks for it."""
    more = dict(kwargs)
    for name in ("weft_worker", "dask_worker"):
        if has_keyword(function, name):
            more.setdefault(name, worker)
    return more


async def _awaited(value: Any) -> Any:
    return await value


def stack_of(ident: int, until: Any = None) -> tuple[str, ...]:
    """What a thread does now, as text, the outermost call first."""
    frame = sys._current_frames().get(ident)
    if frame is None:
        return ()
    return tuple(traceback.format_stack(frame))


def versions(packages: list[str] | None = None) -> dict[str, Any]:
    """Versions of Python, the system, and packages."""
    import importlib.metadata

    found: dict[str, Any] = {}
    for name in ("weft", "cloudpickle", "numpy", "pandas", "pyarrow", *(packages or ())):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    host = {
        "python": platform.python_version(),
        "python-bits": 64 if sys.maxsize > 1 << 32 else 32,
        "OS": platform.system(),
        "OS-release": platform.release(),
        "machine": platform.machine(),
        "processor": platform.processor(),
        "byteorder": sys.byteorder,
        "LC_ALL": os.environ.get("LC_ALL", "None"),
        "LANG": os.environ.get("LANG", "None"),
    }
    return {"host": host, "packages": {"python": platform.python_version(), **found}}
