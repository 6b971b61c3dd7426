"""Clients for the tests: one of threads and one of processes, shared by a module's tests."""

from __future__ import annotations

import pytest

from weft.distributed import Client


@pytest.fixture(scope="module", params=["threads", "processes"])
def shared(request):
    client = Client(engine=request.param, n_workers=1 if request.param == "threads" else 2, threads_per_worker=2)
    yield client
    client.close()


@pytest.fixture
def client(shared):
    """A client of a cluster that lives longer; every test has a fresh one."""
    made = Client(shared.cluster)
    yield made
    made.close()


@pytest.fixture(params=["threads", "processes"])
def own(request):
    """A client with a cluster of its own."""
    with Client(engine=request.param, n_workers=1 if request.param == "threads" else 2, threads_per_worker=2) as made:
        yield made
