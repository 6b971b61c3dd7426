"""The cluster and its run as tasks in a worker process see them: by messages to where they are."""

from __future__ import annotations

import os
import threading
from _thread import allocate_lock, start_new_thread
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from weft.backends.contract import Held
from weft.backends.live import BAD, CANCELLED, FINISHED, PENDING, HeldTicket, Ticket
from weft.backends.live_worker import ANY_SIZE, WRITTEN, LiveWorker
from weft.backends.packed import pack, unpack_own
from weft.backends.packed_errors import rebuilt
from weft.distributed.actors import Stage
from weft.distributed.future import Future
from weft.distributed.pausing import Reply, finished
from weft.distributed.plugin_host import with_worker
from weft.distributed.worker import Worker
from weft.errors import BlockLostError, CancelledError
from weft.graph import Plan
from weft.store.blockfile import read_block
from weft.typing import Key

__all__ = ["Home", "Remote"]

#: How long a result that is there may take to come, in seconds.
READ_S = 30.0


class Remote:
    """The run, as a client in a worker process sees it. What it has of a task's end is what it was told."""

    shares_memory = False

    def __init__(self, worker: LiveWorker) -> None:
        self.worker = worker
        self.home: Any = None
        self.observers: list[Any] = worker.observers
        self.step_aside = worker.step_aside
        self.come_back = worker.come_back
        self.tickets: dict[Key, Ticket] = {}
        self.refs: dict[Key, Any] = {}
        self.guard = threading.RLock()
        self.written: OrderedDict[int, tuple[Any, bytes]] = OrderedDict()
        worker.remote = self

    def _ask(self, op: str, *args: Any) -> Any:
        reply = Reply()
        self.worker.ask(op, args, reply)
        return reply.get()

    def ended(self, told: Iterable[tuple[Any, ...]]) -> None:
        """Tasks have come to their end."""
        for key, status, ref, error in told:
            with self.guard:
                ticket = self.tickets.get(key)
                if ticket is None:
                    continue
                if ref is not None:
                    self.refs[key] = ref
                ticket.error = rebuilt(error) if error is not None else None
                ticket.status = status
                waiters, ticket.waiters = ticket.waiters, None
            for call in waiters or ():
                call(ticket)

    # -- tasks ----------------------------------------------------------------------------------------------------------

    def _item(self, item: Any) -> tuple[Any, ...]:
        ticket, program, sources, constants, notes = item
        known = self.written.get(id(program))
        if known is None or known[0] is not program:
            packed = pack(program, ANY_SIZE, "the function")
            assert isinstance(packed, bytes)
            known = self.written[id(program)] = program, packed
            if len(self.written) > WRITTEN:
                self.written.popitem(last=False)
        packed_constants = pack(constants, ANY_SIZE, "an argument")
        with self.guard:
            self.tickets[ticket.key] = ticket
        return ticket.key, known[1], tuple([each.key for each in sources]), packed_constants, notes

    def submit(self, item: Any) -> None:
        self.worker.flush(("submit", [self._item(item)]))

    def submit_all(self, items: Iterable[Any]) -> None:
        self.worker.flush(("submit", [self._item(item) for item in items]))

    def admit_now(self, item: Any) -> None:
        if item[4]:
            self._ask("notes", item[4])
        self.submit(item)

    def release(self, ticket: Ticket) -> None:
        """May be called by finalizers: whatever locks this thread has, it must not wait."""
        with self.guard:
            ticket.count -= 1
            if ticket.count > 0:
                return
            if ticket.client is not None:
                ticket.client.forget(ticket)
            if self.tickets.get(ticket.key) is not ticket:
                return
            del self.tickets[ticket.key]
            self.refs.pop(ticket.key, None)
        if self.worker.is_sending():
            start_new_thread(self.worker.flush, (("release", [ticket.key]),))
        else:
            self.worker.flush(("release", [ticket.key]))

    def is_busy(self) -> bool:
        """Never: there is no lock here."""
        return False

    def hold(self, ticket: Ticket) -> bool:
        with self.guard:
            if ticket.count <= 0:
                return False
            ticket.count += 1
            return True

    def join(self, ticket: Ticket) -> None:
        with self.guard:
            self.tickets[ticket.key] = ticket
        self.worker.flush(("join", [ticket.key]))

    def leave(self, client: Any, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            ticket.count = 1
            self.release(ticket)

    def watch(self, ticket: Ticket, call: Callable[[Ticket], None]) -> None:
        with self.guard:
            if ticket.status == PENDING:
                if ticket.waiters is None:
                    ticket.waiters = []
                ticket.waiters.append(call)
                return
        call(ticket)

    def watch_all(self, tickets: Sequence[Ticket], call: Callable[[Ticket], None]) -> list[Ticket]:
        ended = []
        with self.guard:
            for ticket in tickets:
                if ticket.status == PENDING:
                    if ticket.waiters is None:
                        ticket.waiters = []
                    ticket.waiters.append(call)
                else:
                    ended.append(ticket)
        return ended

    def unwatch(self, tickets: Iterable[Ticket], call: Callable[[Ticket], None]) -> None:
        with self.guard:
            for ticket in tickets:
                if ticket.waiters:
                    ticket.waiters = [each for each in ticket.waiters if each is not call]

    def fetch(self, ticket: Ticket) -> Any:
        key = ticket.key
        ref = self.refs.get(key)
        if ref is None:
            ref = self._ask("ref", key)
        if type(ref) is bytes:
            return unpack_own(ref)
        for _ in range(3):
            try:
                return read_block(ref, verify=not ref.startswith(self.worker.bench.shared), private=True)
            except (FileNotFoundError, BlockLostError):
                again = self._ask("ref", key)  # it may have moved
                if again == ref:
                    raise
                if type(again) is bytes:
                    return unpack_own(again)
                ref = again
        raise BlockLostError(f"the result of {key!r} is gone: {ref}")

    def fetch_all(self, tickets: Sequence[Ticket]) -> list[Any]:
        return [self.fetch(ticket) for ticket in tickets]

    def cancel(self, tickets: Iterable[Ticket], *, force: bool = False, reason: str | None = None) -> None:
        tickets = list(tickets)
        self._ask("cancel", [ticket.key for ticket in tickets], force, reason)
        text = f": {reason}" if reason else ""
        for ticket in tickets:
            with self.guard:
                ticket.status = CANCELLED
                ticket.error = CancelledError(f"{ticket.key!r} was cancelled{text}")
                waiters, ticket.waiters = ticket.waiters, None
            if ticket.client is not None:
                ticket.client.forget(ticket)
            for call in waiters or ():
                call(ticket)

    def retry(self, tickets: Iterable[Ticket]) -> None:
        failed = [ticket for ticket in tickets if ticket.status in BAD]
        for ticket in failed:
            ticket.status, ticket.error, ticket.traceback = PENDING, None, None
        self._ask("retry", [ticket.key for ticket in failed])

    def keep_until_done(self, ticket: Ticket) -> None:
        self._ask("keep", ticket.key)

    def scatter(self, ticket: Ticket, value: Any) -> None:
        bench = self.worker.bench
        ref, nbytes = bench._keep(value, f"data {ticket.key!r}")
        with self.guard:
            self.tickets[ticket.key] = ticket
        self._ask("scatter", ticket.key, ref, nbytes)
        if type(ref) is bytes:
            self.refs[ticket.key] = ref
        ticket.type = type(value)
        ticket.status = FINISHED

    def add_plan(
        self, plan: Plan, tickets: Mapping[int, Ticket], *, retries: int = 0, notes: Mapping[str, Any] | None = None
    ) -> None:
        foreign: dict[int, Key] = {}
        data: dict[int, Any] = {}
        for block, value in plan.data.items():
            if isinstance(value, HeldTicket) and value.run is self:
                foreign[block] = value.ticket.key
                data[block] = None
            else:
                data[block] = value.get() if isinstance(value, Held) else value
        bare = plan.changed(data=data, sites=[])
        with self.guard:
            for ticket in tickets.values():
                self.tickets[ticket.key] = ticket
        self._ask("plan", bare, foreign, list(tickets), retries, dict(notes) if notes else None)

    def task_again(self, ticket: Ticket) -> Any:
        raise NotImplementedError("tasks cannot be run again from inside a task")


class Home:
    """The cluster, as a worker process sees it."""

    processes = True
    offers_actors = True
    status = "running"
    asynchronous = False

    def __init__(self, worker: LiveWorker) -> None:
        introduction = worker.introduction
        assert introduction is not None
        self.process = worker
        self.introduction = introduction
        self.scheduler_address = introduction.address
        self.client_prefix = f"w{introduction.number}-{os.getpid()}/"
        self._guard = allocate_lock()
        self._client: Any = None
        self._workers: dict[int, Worker] = {}
        self.stage = Stage(self)
        self.run: Any = Remote(worker)
        self.run.home = self

    def ask(self, op: str, args: tuple[Any, ...], reply: Any, source: str) -> None:
        self.process.ask(op, args, reply)

    def _home(self, op: str, *args: Any) -> Any:
        reply = Reply()
        self.process.ask("home", (op, args), reply)
        return reply.get()

    def task_client(self) -> Any:
        with self._guard:
            if self._client is None:
                from weft.distributed.client import Client

                self._client = Client._inside(self)
            return self._client

    def worker(self, number: int) -> Worker:
        mine = self._workers.get(number)
        if mine is None:
            told = self.introduction
            mine = self._workers[number] = Worker._of(
                self, number, number, f"{told.address}/{number}", told.nthreads, told.offer
            )
        return mine

    def pid_of(self, number: int) -> int:
        return os.getpid()

    def key_of(self, task: int) -> Any:
        """The key of a task."""
        reply = Reply()
        self.process.ask("key", (task,), reply)
        return reply.get()

    @property
    def workers(self) -> dict[int, Any]:
        return {number: self.worker(number) for number in self._home("worker_numbers")}

    def call_here(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return finished(function(*args, **with_worker(function, kwargs, self.worker(number))))

    def call_everywhere(self, function: Any, args: Any, kwargs: Any, workers: Any) -> dict[str, Reply]:
        reply = Reply()
        self.process.ask("run", (function, args, kwargs, workers), reply)
        found = {}
        for address, value in reply.get().items():
            found[address] = Reply()
            found[address](value)
        return found

    def call_on_scheduler(self, function: Any, args: Any, kwargs: Any) -> Any:
        return self._home("call_on_scheduler", function, args, kwargs)

    def local_directory(self) -> str:
        return self.introduction.uploads

    def read(self, key: Key) -> Any:
        """The result of a task that has finished."""
        if key not in self.keys_in_store():
            raise KeyError(key)
        return Future(key, self.task_client()).result(
            READ_S
        )  # it may go at this moment, and would be waited for for ever

    def keys_in_store(self) -> list[Key]:
        return list(self._home("keys_in_store"))

    def executor(self, number: int) -> Any:
        return self.process

    def numbers_of(self, workers: Any, *, lenient: bool = False) -> list[int]:
        return list(self._home("numbers_of_named", workers, lenient))

    def with_worker_numbers(self, plan: Plan) -> Plan:
        return plan

    def graph_came(self, client: Any, plan: Plan) -> None:
        """Plugins hear only of graphs that come from outside."""

    def add_client(self, client: Any) -> None:
        """The cluster knows this process."""

    def remove_client(self, client: Any) -> None:
        """The cluster knows this process."""

    def nthreads_total(self) -> int:
        return int(self._home("nthreads_total"))

    def as_shared(self, value: Any) -> Any:
        return value

    def as_own(self, client: Any, value: Any) -> Any:
        from weft.distributed.rebinding import rebound

        return rebound(value, client)

    def listen(self, client: Any, topic: str, call: Callable[[Any], None]) -> str:
        name = f"{client.id}-{os.urandom(4).hex()}"
        self.process.events[name] = call
        reply = Reply()
        self.process.ask("listen", (topic, name), reply)
        reply.get()
        return name

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        if number == self.introduction.number:
            self.stage.ask(key, op, args, reply)
        else:
            self.process.ask("actor", (number, key, op, args), reply)

    def watch_actor(self, key: Key) -> None:
        self._home("watch_actor", key)

    def states(self) -> dict[Key, str]:
        return dict(self._home("states"))

    def describe(self, kind: str) -> str:
        return f"<{kind}: {self.scheduler_address!r}, in worker {self.introduction.number}>"

    @property
    def dashboard_link(self) -> str:
        return ""

    def _close(self) -> None:
        raise RuntimeError("a task cannot close the cluster that runs it")
