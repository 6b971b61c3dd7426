"""What tests of programs on clusters share: pytest's fixtures and decorators that start one, and small functions to send to it.

The names are those that tests for Dask import; a file of tests takes what it needs:

    from weft.distributed.utils_test import cluster, gen_cluster, inc
    from weft.distributed.utils_test import cleanup, client, loop  # fixtures

All of them start clusters on this machine, and close them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import pytest

from weft import config as configuration
from weft.distributed.client import Client
from weft.distributed.local_cluster import LocalCluster

__all__ = [
    "a",
    "b",
    "cleanup",
    "client",
    "cluster",
    "cluster_fixture",
    "dec",
    "div",
    "double",
    "gen_cluster",
    "gen_test",
    "inc",
    "loop",
    "loop_in_thread",
    "s",
    "slowadd",
    "slowdec",
    "slowinc",
    "throws",
]

TIMEOUT_S = 60.0


@contextmanager
def cluster(
    nworkers: int = 2,
    worker_kwargs: dict[str, Any] | None = None,
    scheduler_kwargs: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """A cluster of worker processes with one thread each, as the addresses of its scheduler and workers.

    Parameters
    ----------
    nworkers : int
    worker_kwargs, scheduler_kwargs : dict, optional
        Options of `LocalCluster`.
    config : dict, optional
        Configuration while the cluster is there.

    Examples
    --------
    >>> with cluster(nworkers=1) as (s, [a]), Client(s["address"]) as client:
    ...     client.submit(inc, 1).result()
    2
    """
    options = {"threads_per_worker": 1, **(scheduler_kwargs or {}), **(worker_kwargs or {})}
    if "nthreads" in options:
        options["threads_per_worker"] = options.pop("nthreads")
    with configuration.set(config or {}), LocalCluster(n_workers=nworkers, processes=True, **options) as found:
        yield (
            {"address": found.scheduler_address},
            [{"address": each.address, "name": each.name} for each in found.workers.values()],
        )


def gen_cluster(
    nthreads: Sequence[tuple[Any, ...]] | None = None,
    client: bool = False,
    timeout: float = TIMEOUT_S,
    config: dict[str, Any] | None = None,
    client_kwargs: dict[str, Any] | None = None,
) -> Callable[[Callable[..., Coroutine[Any, Any, Any]]], Callable[..., Any]]:
    """Run a coroutine function as a test with a cluster in this process: its scheduler, its workers, a client before them.

    Parameters
    ----------
    nthreads : list of (host, threads), optional
        The workers, of which each gets as many threads as the largest; by default two with two.
    client : bool
        Whether the test gets a client, first.
    timeout : float
        Seconds.
    config : dict, optional
        Configuration while the test runs.
    client_kwargs : dict, optional
        Options of the client.

    Raises
    ------
    TypeError
        For what says how servers on a network are made (``Worker=``, ``worker_kwargs=``...): there are none.

    Examples
    --------
    >>> @gen_cluster(client=True)
    ... async def test_inc(c, s, a, b):
    ...     assert await c.submit(inc, 1) == 2
    >>> test_inc()
    """
    workers = [("127.0.0.1", 2), ("127.0.0.1", 2)] if nthreads is None else list(nthreads)

    def decorate(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        async def run(*args: Any, **kwargs: Any) -> Any:
            options: dict[str, Any] = {"n_workers": len(workers), "processes": False, "asynchronous": True}
            if workers:
                options["threads_per_worker"] = max(each[1] for each in workers)
            async with LocalCluster(**options) as found:
                given = [found.scheduler, *found.workers.values()]
                if not client:
                    return await function(*given, *args, **kwargs)
                async with Client(found, asynchronous=True, **(client_kwargs or {})) as own:
                    return await function(own, *given, *args, **kwargs)

        @wraps(function)
        def test(*args: Any, **kwargs: Any) -> Any:
            with configuration.set(config or {}):
                return asyncio.run(asyncio.wait_for(run(*args, **kwargs), timeout))

        # pytest gives the fixtures that are left when the cluster's own arguments have been given
        left = list(signature(function).parameters.values())[1 + len(workers) + bool(client) :]
        plain = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in left]
        test.__signature__ = signature(function).replace(parameters=plain)  # type: ignore[attr-defined]
        del test.__wrapped__
        return test

    return decorate


def gen_test(timeout: float = TIMEOUT_S) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a coroutine function as a test, for so many seconds at most."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def test(*args: Any, **kwargs: Any) -> Any:
            return asyncio.run(asyncio.wait_for(function(*args, **kwargs), timeout))

        return test

    return decorate


@pytest.fixture
def cleanup() -> None:
    """Nothing: clusters close themselves."""


@pytest.fixture
def loop() -> None:
    """None: clients have loops of their own."""


@pytest.fixture
def loop_in_thread() -> None:
    """None: clients have loops of their own."""


@pytest.fixture
def cluster_fixture() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The addresses of a scheduler and two workers."""
    with cluster() as found:
        yield found


@pytest.fixture
def s(cluster_fixture: Any) -> Any:
    """The scheduler's address."""
    return cluster_fixture[0]


@pytest.fixture
def a(cluster_fixture: Any) -> Any:
    """The first worker's address."""
    return cluster_fixture[1][0]


@pytest.fixture
def b(cluster_fixture: Any) -> Any:
    """The second worker's address."""
    return cluster_fixture[1][1]


@pytest.fixture
def client(cluster_fixture: Any) -> Iterator[Client]:
    """A client of a cluster of two worker processes."""
    with Client(cluster_fixture[0]["address"]) as found:
        yield found


def inc(x: Any) -> Any:
    """One more."""
    return x + 1


def dec(x: Any) -> Any:
    """One less."""
    return x - 1


def div(x: Any, y: Any) -> Any:
    """The quotient."""
    return x / y


def double(x: Any) -> Any:
    """Twice as much."""
    return x * 2


def slowinc(x: Any, delay: float = 0.02) -> Any:
    """One more, after some seconds."""
    time.sleep(delay)
    return x + 1


def slowdec(x: Any, delay: float = 0.02) -> Any:
    """One less, after some seconds."""
    time.sleep(delay)
    return x - 1


def slowadd(x: Any, y: Any, delay: float = 0.02) -> Any:
    """The sum, after some seconds."""
    time.sleep(delay)
    return x + y


def throws(x: Any) -> None:
    """An error."""
    raise RuntimeError("hello!")
