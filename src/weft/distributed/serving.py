"""What a cluster answers when clients ask: who has what, how tasks stand, plugins, restarts. Methods ``op_*``."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterable
from time import time
from typing import Any

from weft.backends.live import ERROR, Ticket, wall_offset
from weft.callables import has_keyword
from weft.distributed.pausing import Reply, finished
from weft.distributed.plugin_host import PluginHost, with_worker
from weft.distributed.versions import versions
from weft.errors import BackendError
from weft.graph.key import key_split
from weft.scheduler.state import Phase
from weft.typing import Key

__all__ = ["Serving"]

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


class Serving(PluginHost):
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
        except Exception as error:  # whatever it is, whoever asked must not wait for ever
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
        return finished(function(*args, **with_worker(function, kwargs, worker)))

    def call_on_scheduler(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a function in this process, with the scheduler if it asks for it."""
        more = dict(kwargs)
        for name in ("weft_scheduler", "dask_scheduler"):
            if has_keyword(function, name):
                more.setdefault(name, self.scheduler)
        return finished(function(*args, **more))

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
