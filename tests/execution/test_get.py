"""Graphs run by get functions."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import weft
from weft._task_spec import Task, TaskRef, execute_graph
from weft.backends import backend_for
from weft.base import named_schedulers
from weft.errors import BackendError, KeyNotFoundError
from weft.graph import Graph, Layer, Program
from weft.highlevelgraph import HighLevelGraph
from weft.local import get_async, get_sync
from weft.multiprocessing import get as get_processes
from weft.threaded import get as get_threads

GRAPH = {"x": 1, "y": (abs, "x"), "z": (sum, ["x", "y"])}
LOCAL = [get_sync, get_threads]


@pytest.mark.parametrize("get", LOCAL)
def test_nested_keys_give_nested_tuples(get):
    assert get(GRAPH, "z") == 2
    assert get(GRAPH, ["z", ["x", ["y"]], []]) == (2, (1, (1,)), ())
    assert get(GRAPH, []) == ()


@pytest.mark.parametrize("get", LOCAL)
def test_known_results_are_used_and_new_ones_kept(get):
    cache = {"y": 10}
    assert get(GRAPH, "z", cache=cache) == 11
    assert cache == {"y": 10, "z": 11}


@pytest.mark.parametrize("get", LOCAL)
def test_missing_keys_are_named(get):
    with pytest.raises(KeyNotFoundError, match="no key 'q'"):
        get(GRAPH, "q")


def test_threads_are_as_many_as_asked_for():
    here = threading.get_ident()
    found = get_threads(
        {f"t{n}": (threading.get_ident,) for n in range(20)}, [f"t{n}" for n in range(20)], num_workers=2
    )
    assert len(set(found)) <= 2
    assert here not in found
    assert get_sync({"t": (threading.get_ident,)}, "t") == here


def test_names_stand_for_get_functions():
    assert named_schedulers["sync"] is get_sync
    assert named_schedulers["threads"] is get_threads
    assert named_schedulers["processes"] is get_processes


@pytest.mark.parametrize("option", ["func_loads", "func_dumps", "initializer", "chunksize"])
def test_joints_that_processes_do_not_have_are_refused(option):
    with pytest.raises(BackendError, match=f"{option}= is not offered"):
        get_processes(GRAPH, "z", **{option: abs})


@pytest.mark.parametrize("option", ["get_id", "pack_exception", "dumps", "chunksize"])
def test_joints_that_the_engine_does_not_have_are_refused(option):
    with ThreadPoolExecutor(1) as pool, pytest.raises(BackendError, match=f"{option}= is not offered"):
        get_async(pool.submit, 1, GRAPH, "z", **{option: abs})


def test_get_functions_stand_for_their_backend_as_scheduler():
    assert backend_for(get_threads) is backend_for("threads")
    assert weft.delayed(threading.get_ident)().compute(scheduler=get_sync) == threading.get_ident()
    with weft.config.set(scheduler=get_sync):
        assert weft.delayed(threading.get_ident)().compute() == threading.get_ident()


def test_a_function_of_the_users_own_can_be_the_scheduler():
    seen = []

    def my_get(dsk, keys, num_workers=None, **kwargs):
        seen.append((sorted(map(str, dsk)), num_workers, kwargs))
        return get_sync(dsk, keys)

    x = weft.delayed(divmod)(weft.delayed(abs)(-7, weft_key_name="a"), 2, weft_key_name="b")
    assert x.compute(scheduler=my_get, num_workers=3, color="red") == (3, 1)
    assert seen == [(["a", "b"], 3, {"color": "red"})]
    kept = x.persist(scheduler=my_get)
    assert kept.compute() == (3, 1)
    assert weft.base.get_scheduler(scheduler=my_get) is my_get


def test_it_gets_nodes_that_can_be_run_plainly():
    def plain(dsk, keys):
        found = execute_graph(dsk, keys=keys)
        return [found[key] for key in keys]

    shared = weft.delayed(list)([1, 2])
    x = weft.delayed(sum)([shared, [weft.delayed(abs)(-3)]], [])
    assert x.compute(scheduler=plain) == [1, 2, 3]
    constant = weft.delayed(lambda found: type(found).__name__)(TaskRef("no reference"))
    assert constant.compute(scheduler=plain) == "TaskRef"


def test_it_gets_a_task_for_each_of_several_outputs():
    class Divided:
        __weft_graph__ = staticmethod(
            lambda: Graph([Layer(Program.call(divmod, noutputs=2), [("q", "r")], constants=[(17, 5)])])
        )
        __weft_keys__ = staticmethod(lambda: ["q", "r"])
        __weft_postcompute__ = staticmethod(lambda: (tuple, ()))

    assert weft.compute(Divided(), scheduler=lambda dsk, keys: get_sync(dsk, keys)) == ((3, 2),)


def test_a_function_that_gives_too_little_is_told():
    with pytest.raises(BackendError, match="asked for 1 keys and gave 0"):
        weft.delayed(abs)(1).compute(scheduler=lambda dsk, keys: [])


def test_what_is_no_scheduler_is_refused():
    for wrong in ["no such thing", 5, object(), dict]:
        with pytest.raises(BackendError):
            weft.delayed(abs)(1).compute(scheduler=wrong)


def test_graphs_in_layers_run_too():
    graph = HighLevelGraph({"a": {"x": Task("x", abs, -1)}, "b": {"y": (str, "x")}}, {"b": {"a"}})
    assert get_sync(graph, "y") == "1"


def test_processes_run_chains_as_one_task_if_they_may():
    for optimize_graph in (True, False):
        assert get_processes(GRAPH, "z", num_workers=1, optimize_graph=optimize_graph) == get_sync(GRAPH, "z")
