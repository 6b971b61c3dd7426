"""Workers, seen from tasks and plugins; leaving the thread pool and coming back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from weft.backends.live_here import HERE, current_key
from weft.distributed.current import IN_CONTEXT, current_client
from weft.distributed.status import Status
from weft.errors import BackendError

__all__ = ["Worker", "get_worker", "local_client", "rejoin", "secede", "worker_client"]


class Data(Mapping[Any, Any]):
    """The results that a worker can read: those of its whole machine."""

    def __init__(self, read: Callable[[Any], Any], keys: Callable[[], list[Any]]) -> None:
        self._read = read
        self._keys = keys

    def __getitem__(self, key: Any) -> Any:
        return self._read(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())


class Worker:
    """One worker, as tasks and plugins see it (:func:`get_worker`). It cannot be made: clusters make their workers.

    Attributes
    ----------
    address, name : str, int
    nthreads : int
    state : self
        So that ``worker.state.nthreads`` works as well.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "workers are not made one by one: LocalCluster(n_workers=...) makes and watches those of this machine, and "
            "cluster.scale(n) changes their number. For other machines see Client(engine='ray')."
        )

    @classmethod
    def _of(
        cls, home: Any, number: int, name: Any, address: str, nthreads: int, resources: Mapping[str, float]
    ) -> Worker:
        worker = cls.__new__(cls)
        worker._home = home
        worker.number = number
        worker.name = name
        worker.address = address
        worker.nthreads = nthreads
        worker.resources = dict(resources)
        worker.plugins = {}
        worker.status = Status.running
        worker.local_directory = home.local_directory()
        return worker

    _home: Any
    number: int
    name: Any
    address: str
    nthreads: int
    resources: dict[str, float]
    plugins: dict[str, Any]
    status: Status
    local_directory: str

    @property
    def id(self) -> Any:
        return self.name

    @property
    def contact_address(self) -> str:
        return self.address

    worker_address = contact_address

    @property
    def state(self) -> Worker:
        return self

    @property
    def pid(self) -> int:
        """The number of the process that this worker is, or is part of."""
        return int(self._home.pid_of(self.number))

    @property
    def client(self) -> Any:
        """A client of this worker's cluster."""
        return self._home.task_client()

    @property
    def data(self) -> Mapping[Any, Any]:
        """The results that can be read here, by key."""
        return Data(self._home.read, self._home.keys_in_store)

    @property
    def executor(self) -> Any:
        """What runs tasks; there is one for each worker."""
        return self.executors["default"]

    @property
    def executors(self) -> dict[str, Any]:
        return {"default": self._home.executor(self.number)}

    @property
    def scheduler_address(self) -> str:
        return str(self._home.scheduler_address)

    def get_current_task(self) -> Any:
        """The key of the task that the current thread runs.

        Raises
        ------
        ValueError
            It runs none.
        """
        if HERE.task < 0:
            raise ValueError("no task is running in this thread")
        return current_key()

    def log_event(self, topic: str | list[str], msg: Any) -> None:
        """Log an event; see :meth:`Client.log_event`. A mapping is told the worker, too."""
        self.client.log_event(topic, {**msg, "worker": self.address} if isinstance(msg, Mapping) else msg)

    def set_resources(self, **resources: float) -> None:
        """Change what this worker offers."""
        self.resources.update(resources)
        self.client._ask("set_resources", self.number, resources).get()

    def __repr__(self) -> str:
        return f"<Worker: {self.address}, name: {self.name}, threads: {self.nthreads}>"


def get_worker() -> Worker:
    """The worker that runs the current task.

    Raises
    ------
    ValueError
        This is no task.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     client.submit(lambda: get_worker().name).result()
    0
    """
    run = HERE.run
    home = getattr(run, "home", None)
    if home is None or HERE.worker < 0:
        raise ValueError("get_worker() works in tasks only: no worker was found here")
    return home.worker(HERE.worker)  # type: ignore[no-any-return]


def secede() -> None:
    """Have this task leave its worker's threads, so that another runs beside it.

    Tasks that wait for other tasks do that by themselves; it is for tasks that wait for something else.

    Raises
    ------
    ValueError
        This is no task.
    """
    if HERE.run is None or HERE.task < 0:
        raise ValueError("secede() works in tasks only")
    if not HERE.seceded:
        HERE.run.step_aside()
        HERE.seceded = True


def rejoin() -> None:
    """Have a task that left its worker's threads come back to them."""
    if HERE.run is None or HERE.task < 0:
        raise ValueError("rejoin() works in tasks only")
    if HERE.seceded:
        HERE.seceded = False
        HERE.run.come_back()


@contextlib.contextmanager
def worker_client(timeout: float | str | None = None, separate_thread: bool = True) -> Iterator[Any]:
    """A client inside a task.

    Parameters
    ----------
    separate_thread : bool
        Leave the worker's threads meanwhile (:func:`secede`).

    Examples
    --------
    >>> from weft.distributed import Client
    >>> def twice(x):
    ...     with worker_client() as client:
    ...         return sum(client.gather(client.map(abs, [x, x], pure=False)))
    >>> with Client(processes=False) as client:
    ...     client.submit(twice, -1).result()
    2
    """
    if HERE.run is None or HERE.task < 0:
        raise ValueError("worker_client() works in tasks only; outside, make a Client()")
    client = current_client()
    if separate_thread:
        secede()
    token = IN_CONTEXT.set(client)
    from weft.execution.current import CURRENT

    other = CURRENT.set(client.weft_backend)
    try:
        yield client
    finally:
        IN_CONTEXT.reset(token)
        CURRENT.reset(other)
        if separate_thread:
            rejoin()


local_client = worker_client
