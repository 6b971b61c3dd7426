"""Clusters whose number of workers follows what there is to do."""

from __future__ import annotations

import pytest

from weft.distributed import Adaptive, Client, Event, LocalCluster, wait
from weft.errors import BackendError


@pytest.fixture(params=[False, True], ids=["threads", "processes"])
def cluster(request):
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=request.param) as made:
        yield made


def adaptive(cluster, **options):
    """One that looks only when it is told to."""
    made = cluster.adapt(interval="1h", **options)
    made.adapt()
    return made


def test_workers_come_with_work_and_go_without(cluster):
    made = adaptive(cluster, minimum=1, maximum=3, wait_count=2)
    with Client(cluster) as client:
        gate = Event("gate")
        futures = client.map(lambda x: gate.wait(30), range(5))
        while cluster.workload()[0] < 5:
            wait([], timeout=0.01)
        made.target_duration = None
        made.adapt()
        assert len(cluster.workers) == 3
        gate.set()
        assert client.gather(futures) == [True] * 5
        made.adapt()
        assert len(cluster.workers) == 3  # it waits until they were too many twice
        made.adapt()
        assert len(cluster.workers) == 1
        assert client.submit(abs, -1).result() == 1


def test_a_cluster_may_have_no_workers_while_there_is_nothing_to_do():
    with LocalCluster(n_workers=0, threads_per_worker=1, processes=False) as cluster, Client(cluster) as client:
        cluster.adapt(minimum=0, maximum=2, interval="10ms")
        assert client.gather(client.map(abs, [-1, -2, -3])) == [1, 2, 3]


def test_bounds_may_be_cores_or_bytes():
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, memory_limit="1 GB") as cluster:
        made = adaptive(cluster, minimum_cores=3, maximum_cores=9)
        assert (made.minimum, made.maximum, len(cluster.workers)) == (2, 4, 2)
        made = adaptive(cluster, minimum_memory="3 GB", maximum_memory="5 GB")
        assert (made.minimum, made.maximum, len(cluster.workers)) == (3, 5, 3)


def test_users_may_decide_themselves(cluster):
    class Two(Adaptive):
        async def target(self):
            return 2

    assert isinstance(adaptive(cluster, Adaptive=Two), Two)
    assert len(cluster.workers) == 2


def test_scaling_by_hand_ends_it(cluster):
    made = adaptive(cluster, minimum=1, maximum=2)
    cluster.scale(2)
    assert made._over.is_set()
    assert len(cluster.workers) == 2


def test_wrong_options_are_said(cluster):
    for options in ({"minimum": 3, "maximum": 2}, {"minimum": -1}):
        with pytest.raises(ValueError, match="contradict"):
            cluster.adapt(**options)
    with pytest.raises(TypeError, match="no option 'speed'"):
        cluster.adapt(speed=2)
    with pytest.raises(BackendError, match="memory_limit"):
        cluster.adapt(maximum_memory="1 GB")
    with LocalCluster(engine="inline") as inline, pytest.raises(BackendError, match="inline"):
        inline.adapt(maximum=2)
