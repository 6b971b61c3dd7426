"""Worker processes that come late, or never: what others can do goes on."""

from __future__ import annotations

import os
import signal

import pytest

from weft.backends.live_members import LiveMembers
from weft.distributed import Client, wait


@pytest.fixture
def stopped_starts(monkeypatch):
    """Processes that stand still from their beginning on: the second and later ones."""
    started = []
    make = LiveMembers._process

    def stopped(run, nthreads):
        process = make(run, nthreads)
        if started:
            os.kill(process.pid, signal.SIGSTOP)
        started.append(process)
        return process

    monkeypatch.setattr(LiveMembers, "_process", stopped)
    return started


def test_a_worker_that_does_not_start_keeps_no_task_from_the_others(stopped_starts):
    with Client(n_workers=2, threads_per_worker=1) as client:
        assert client.gather(client.map(abs, range(100))) == list(range(100))
        late = client.map(abs, range(-100, 0))
        os.kill(stopped_starts[1].pid, signal.SIGCONT)
        client.wait_for_workers(2, timeout=60)
        wait(late)
        assert sum(client.gather(late)) == sum(range(1, 101))


def test_a_worker_that_is_killed_before_it_has_started_is_replaced(stopped_starts):
    with Client(n_workers=2, threads_per_worker=1) as client:
        futures = client.map(abs, range(100))
        os.kill(stopped_starts[1].pid, signal.SIGKILL)
        assert client.gather(futures) == list(range(100))
        while len(stopped_starts) < 3:
            assert client.submit(abs, -len(stopped_starts), pure=False).result() > 0
    assert not [each for each in stopped_starts if os.path.exists(each._page)]
    assert all(each.exit_code is not None for each in stopped_starts)
