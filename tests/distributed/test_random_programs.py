"""Random programs of two clients: whatever is submitted, cancelled, retried and let go, results are right and books end empty."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weft.distributed import CancelledError, Client
from weft.scheduler.invariants import check

FAILED, CANCELLED = object(), object()

actions = st.lists(
    st.tuples(
        st.sampled_from(["submit", "submit", "submit", "add", "add", "fail", "scatter", "release", "cancel", "retry", "get"]),
        st.integers(0, 1),  # which client
        st.integers(0, 40),
        st.integers(0, 40),
    ),
    max_size=40,
)  # fmt: skip


def inc(x):
    return x + 1


def add(x, y):
    return x + y


def fail(x):
    raise ValueError(x)


class Program:
    """Futures and what they should give; None stands for one that was let go."""

    def __init__(self, clients):
        self.clients = clients
        self.futures = []
        self.expected = []

    def put(self, future, value):
        self.futures.append(future)
        self.expected.append(value)

    def pick(self, number):
        there = [place for place, future in enumerate(self.futures) if future is not None]
        return there[number % len(there)] if there else None

    def step(self, action, which, first, second):
        client = self.clients[which]
        a, b = self.pick(first), self.pick(second)
        if action == "submit":
            self.put(client.submit(inc, first, pure=bool(second % 2)), first + 1)
        elif action == "fail":
            self.put(client.submit(fail, first, pure=False), FAILED)
        elif action == "scatter":
            self.put(client.scatter(first, hash=False), first)
        elif a is None:
            return
        elif action == "add":
            values = [self.expected[a], self.expected[b]]
            bad = next((each for each in (CANCELLED, FAILED) if any(value is each for value in values)), None)
            if CANCELLED in values:
                return
            self.put(client.submit(add, self.futures[a], self.futures[b], pure=False), bad or sum(values))
        elif action == "release":
            self.futures[a] = None
        elif action == "cancel":
            self.cancel(a)
        elif action == "retry":
            self.futures[a].retry()
        elif action == "get":
            self.check(a)

    def cancel(self, place):
        """Cancelled is what has the key in this client; what reads it may be, or may have been done before."""
        future = self.futures[place]
        future.cancel()
        for other, each in enumerate(self.futures):
            if each is not None and each.client is future.client and each.key == future.key:
                self.expected[other] = CANCELLED
        for other, each in enumerate(self.futures):
            if each is not None and each.cancelled():
                self.expected[other] = CANCELLED

    def check(self, place):
        future, value = self.futures[place], self.expected[place]
        if value is CANCELLED:
            with pytest.raises(CancelledError):
                future.result(timeout=20)
        elif value is FAILED:
            with pytest.raises(ValueError, match=r"."):
                future.result(timeout=20)
        else:
            assert future.result(timeout=20) == value

    def end(self):
        for place in range(len(self.futures)):
            if self.futures[place] is not None:
                self.check(place)
        self.futures = []
        gc.collect()
        run = self.clients[0].cluster.run
        self.clients[0].submit(inc, -1).result()
        with run:
            check(run.core)
            assert not run.known
            assert run.core.left == 0
            assert run.core.held == 0
            assert not run.core.flying


@pytest.fixture(scope="module", params=["threads", "processes"])
def clients(request):
    with Client(engine=request.param, n_workers=1, threads_per_worker=2) as one, Client(one.cluster) as other:
        yield [one, other]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=actions)
def test_results_are_right_and_nothing_is_left(clients, program):
    running = Program(clients)
    for action in program:
        running.step(*action)
    running.end()
