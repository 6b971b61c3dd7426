"""The manager of copies of results, for programs that start and stop it.

A result lies once, in memory that all workers read (on Ray, where Ray puts it). What the manager is for, to drop copies
that nobody needs and to move results from workers that retire, has no work to do: starting it is remembered, a round
finds nothing. Policies of users' own would be asked in vain, so they raise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from weft.distributed.future import later
from weft.errors import BackendError

__all__ = ["ActiveMemoryManagerPolicy", "MemoryManager", "ReduceReplicas", "RetireWorker", "Suggestion"]


class MemoryManager:
    """What ``client.amm`` gives.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False) as client:
    ...     client.amm.start()
    ...     client.amm.running()
    True
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def start(self) -> Any:
        """Remember that it was started; there is nothing that it would do."""
        return later(self._client, self._remember, True)

    def stop(self) -> Any:
        """Remember that it was stopped."""
        return later(self._client, self._remember, False)

    def running(self) -> Any:
        """Whether it was started; as in Dask it is from the beginning."""
        return later(self._client, lambda: self._client._ask("memory_manager", None).get())

    def run_once(self) -> Any:
        """Look for copies that nobody needs: there are none."""
        return later(self._client, lambda: None)

    def _remember(self, running: bool) -> None:
        self._client._ask("memory_manager", running).get()


class Suggestion(NamedTuple):
    """What a policy would suggest: to ``"replicate"`` or to ``"drop"`` a copy of a task's result."""

    op: str
    ts: Any
    candidates: Any = None


class ActiveMemoryManagerPolicy:
    """Not offered: results lie once, so there are no copies that a policy could make or drop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            f"{type(self).__name__} is not offered: a result lies once, in memory that all workers read, so there are no copies "
            "that a policy could make or drop."
        )

    def run(self) -> Iterator[Suggestion]:
        """Not called."""
        return iter(())


class ReduceReplicas(ActiveMemoryManagerPolicy):
    """Not offered, like all policies."""


class RetireWorker(ActiveMemoryManagerPolicy):
    """Not offered, like all policies: ``client.retire_workers`` needs none."""
