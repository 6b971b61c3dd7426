"""Profilers: what they record."""

from __future__ import annotations

import gc
import itertools
import threading
import weakref
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.diagnostics.graphs import Whole, graphs

import weft
from weft.diagnostics import CacheProfiler, Profiler, ResourceProfiler
from weft.diagnostics.log import Span
from weft.execution import plan_of
from weft.sizeof import sizeof

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


@quick
@given(graph=graphs())
def test_a_profile_has_each_task_once_between_those_it_needs_and_those_that_need_it(
    scheduler: str, graph: dict[str, Any]
) -> None:
    with Profiler() as profile:
        weft.compute(Whole(graph))

    by_key = {each.key: each for each in profile.results}
    assert len(profile.results) == len(by_key) == len(graph)
    for key, (_, sources) in graph.items():
        assert by_key[key].start_time <= by_key[key].end_time
        assert by_key[key].task.inputs == tuple(sources)
        assert all(by_key[source].end_time <= by_key[key].end_time for source in sources)
    assert {each.worker_id for each in profile.results} <= {0, 1}


@quick
@given(graph=graphs())
def test_a_worker_does_one_task_at_a_time(scheduler: str, graph: dict[str, Any]) -> None:
    with Profiler() as profile:
        weft.compute(Whole(graph))

    for worker in (0, 1):
        mine = sorted((each.start_time, each.end_time) for each in profile.results if each.worker_id == worker)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(mine))


def test_a_profile_is_whole_even_if_the_log_is_short(scheduler: str) -> None:
    with weft.config.set({"log.length": 0}), Profiler() as profile:
        weft.compute([weft.delayed(abs)(i) for i in range(20)])

    assert len(profile.results) == 20


def test_a_profile_keeps_no_data_alive() -> None:
    class Value:
        """Can be referred to weakly."""

    value = Value()
    watched = weakref.ref(value)
    with Profiler() as profile:
        weft.delayed(id)(weft.delayed(value)).compute(scheduler="inline")
    del value
    gc.collect()

    assert watched() is None
    assert len(profile.results) == 1


def test_a_failed_attempt_is_not_in_the_profile(scheduler: str) -> None:
    tries: list[int] = []

    def flaky() -> int:
        tries.append(1)
        return 1 // (len(tries) - 1)

    with Profiler() as profile:
        weft.delayed(flaky)(weft_key_name="x").compute(retries=2)

    assert [each.key for each in profile.results] == ["x"]


def test_records_gather_over_runs_until_they_are_cleared(scheduler: str) -> None:
    with Profiler() as profile:
        weft.delayed(abs)(-1, weft_key_name="x").compute()
        assert [each.key for each in profile.results] == ["x"]
        weft.delayed(abs)(-1, weft_key_name="y").compute()
        assert [each.key for each in profile.results] == ["x", "y"]
        profile.clear()
    assert profile.results == []


def test_a_registered_profiler_records_all_runs() -> None:
    profile = Profiler()
    profile.register()
    try:
        weft.delayed(abs)(-1).compute()
    finally:
        profile.unregister()
    weft.delayed(abs)(-1).compute()

    assert len(profile.results) == 1


def test_where_the_log_has_no_times_of_the_workers_tasks_are_heard_of() -> None:
    from weft.backends import Run
    from weft.execution.last import LAST
    from weft.scheduler import Scheduler

    plan, _ = plan_of([weft.delayed(abs)(-1, weft_key_name="x")])
    run = Run(plan, Scheduler(1), "elsewhere", 1, 0.0)
    profile = Profiler()

    for listener in (LAST, profile):
        listener.started(run)
    profile.after(run, 0, 3, 1, 10.0, 11.5)
    for listener in (profile, LAST):
        listener.ended(run)

    assert [tuple(each[2:]) for each in profile.results] == [(10.0, 11.5, 3)]
    assert Span(0, 3, 10.0, 11.5)._fields == ("task", "worker", "start", "end")


def test_resources_are_sampled_from_the_beginning_to_the_end_of_the_block(scheduler: str) -> None:
    with ResourceProfiler(dt=0.001) as profile:
        weft.delayed(threading.Event().wait)(0.05).compute()

    assert len(profile.results) >= 2
    times = [each.time for each in profile.results]
    assert times == sorted(times)
    assert all(each.mem > 1 and each.cpu >= 0 for each in profile.results)


def test_children_count_as_resources() -> None:
    import subprocess
    import sys

    import psutil

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        with ResourceProfiler() as profile:
            pass
        own = psutil.Process().memory_info().rss / 1e6
        theirs = psutil.Process(child.pid).memory_info().rss / 1e6
        child.communicate(b"\n")

    assert profile.results[-1].mem > own + theirs / 2 - 5


def test_a_registered_resource_profiler_samples_while_something_runs(scheduler: str) -> None:
    profile = ResourceProfiler(dt=60)
    profile.register()
    try:
        assert profile.results == []
        weft.delayed(abs)(-1).compute()
    finally:
        profile.unregister()

    assert len(profile.results) == 2
    profile.clear()
    assert profile.results == []


def test_a_resource_profiler_can_be_closed_inside_its_block() -> None:
    with ResourceProfiler(dt=60) as profile:
        profile.close()
        assert len(profile.results) == 2
    assert len(profile.results) == 2


def test_results_are_recorded_with_their_bytes(scheduler: str) -> None:
    x = weft.delayed(bytes)(1000, weft_key_name="x")
    with CacheProfiler() as profile:
        weft.delayed(len)(x, weft_key_name="n").compute()

    by_key = {each.key: each for each in profile.results}
    assert by_key["x"].metric == sizeof(bytes(1000))
    assert by_key["x"].cache_time <= by_key["x"].free_time == by_key["n"].cache_time <= by_key["n"].free_time


def test_large_answers_count_too(scheduler: str) -> None:
    with CacheProfiler() as profile:
        weft.delayed(bytes)(1_000_000).compute()

    assert profile.results[0].metric >= 1_000_000


def test_a_metric_of_ones_own_is_called_with_the_result(scheduler: str) -> None:
    with CacheProfiler(metric=len, metric_name="items") as profile:
        weft.delayed(range)(5).compute()

    assert [each.metric for each in profile.results] == [5]
    assert profile.metric_name == "items"
    assert CacheProfiler(metric=len).metric_name == "len"


def test_what_has_not_been_read_when_a_run_fails_is_freed_with_it(scheduler: str) -> None:
    x = weft.delayed(abs)(-1, weft_key_name="x")
    with CacheProfiler() as profile, pytest.raises(ZeroDivisionError):
        weft.delayed(lambda each: each // 0)(x).compute()

    assert [each.key for each in profile.results] == ["x"]
    assert profile.results[0].free_time > profile.results[0].cache_time
    profile.clear()
    assert profile.results == []


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="dt must be more than 0"):
        ResourceProfiler(dt=0)
    with pytest.raises(TypeError, match="metric must be a function"):
        CacheProfiler(metric=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="give one, too"):
        CacheProfiler(metric_name="items")
