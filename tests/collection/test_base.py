"""Collections that users write, and what they get for it."""

from __future__ import annotations

import asyncio

import pytest

import weft
from weft.base import (
    WeftMethodsMixin,
    compute_as_if_collection,
    dont_optimize,
    get_collection_names,
    get_scheduler,
    optimization_function,
    wait,
)
from weft.errors import BackendError
from weft.highlevelgraph import HighLevelGraph
from weft.local import get_sync
from weft.threaded import get as threaded_get
from weft.typing import HLGWeftCollection, WeftCollection


class Numbers(WeftMethodsMixin):
    """Numbers, each a block."""

    def __init__(self, graph, name, count):
        self.graph, self.name, self.count = graph, name, count

    def __weft_graph__(self):
        return self.graph

    def __weft_keys__(self):
        return [(self.name, n) for n in range(self.count)]

    def __weft_postcompute__(self):
        return list, ()

    def __weft_postpersist__(self):
        return self._rebuild, ()

    def _rebuild(self, graph, rename=None):
        return Numbers(graph, (rename or {}).get(self.name, self.name), self.count)

    def __weft_tokenize__(self):
        return self.name, self.count

    def map(self, function):
        name = f"{self.name}-{function.__name__}"
        return Numbers(
            {**self.graph, **{(name, n): (function, (self.name, n)) for n in range(self.count)}}, name, self.count
        )


class Layered(Numbers):
    """The same, in layers, with an optimiser that is remembered, on a scheduler of its own."""

    seen: list = []  # noqa: RUF012
    __weft_scheduler__ = staticmethod(get_sync)

    def __weft_layers__(self):
        return (self.name,)

    @staticmethod
    def __weft_optimize__(dsk, keys, **kwargs):
        Layered.seen.append((type(dsk), sorted(keys)))
        return dsk.cull(keys)


def numbers(count=3, name="n"):
    return Numbers({(name, n): n for n in range(count)}, name, count)


def layered(*values):
    graph = HighLevelGraph.from_collections("l", {("l", n): (abs, value) for n, value in enumerate(values)})
    return Layered(graph, "l", len(values))


def test_a_class_with_the_methods_is_a_collection():
    assert weft.is_weft_collection(numbers())
    assert weft.is_dask_collection(numbers())  # the name by which programs written for Dask ask
    assert isinstance(numbers(), WeftCollection)
    assert isinstance(layered(1), HLGWeftCollection)
    assert not weft.is_weft_collection(Numbers)
    assert not weft.is_weft_collection(Numbers(None, "n", 0))
    assert get_collection_names(numbers()) == {"n"}


@pytest.mark.parametrize("scheduler", ["inline", "threads"])
def test_it_computes_alone_and_beside_others(scheduler):
    x = numbers().map(abs)
    assert x.compute(scheduler=scheduler) == [0, 1, 2]
    y = weft.delayed(sum)(x)
    assert weft.compute(x, [y, x.map(str)], scheduler=scheduler) == ([0, 1, 2], [3, ["0", "1", "2"]])


def test_it_persists_and_goes_on_from_there():
    seen = []
    x = numbers().map(lambda n: seen.append(n) or n)
    kept = x.persist()
    assert kept.map(str).compute() == ["0", "1", "2"]
    assert len(seen) == 3
    assert wait(kept, timeout="1 s") is kept
    with pytest.raises(ValueError, match="return_when"):
        wait(kept, return_when="NEVER")


def test_nested_keys_come_back_in_their_shape():
    class Table(Numbers):
        def __weft_keys__(self):
            return [[("n", 0), ("n", 1)], [("n", 2)]]

        def __weft_postcompute__(self):
            return (lambda blocks, *extra: (blocks, extra)), ("extra",)

    table = Table(numbers().graph, "n", 3)
    assert table.compute() == ([[0, 1], [2]], ("extra",))
    assert weft.delayed(lambda found: found[0])(table).compute() == [[0, 1], [2]]


def test_graphs_of_delayed_values_can_stand_below():
    x = weft.delayed(abs)(-5)
    graph = HighLevelGraph.from_collections("up", {("up", 0): (str, x.key)}, dependencies=[x])
    top = Numbers(graph, "up", 1)
    assert weft.compute(top, x) == (["5"], 5)
    assert Numbers({**x.weft, ("up", 0): (str, x.key)}, "up", 1).compute() == ["5"]


def test_what_two_collections_share_is_computed_once():
    seen = []
    x = numbers().map(lambda n: seen.append(n) or n)
    assert weft.compute(x.map(str), x.map(abs), x) == (["0", "1", "2"], [0, 1, 2], [0, 1, 2])
    assert len(seen) == 3


def test_its_optimiser_gets_the_graph_of_all_and_the_keys():
    Layered.seen.clear()
    assert layered(-1, -2).compute() == [1, 2]
    assert Layered.seen == [(HighLevelGraph, [("l", 0), ("l", 1)])]
    layered(-1).compute(optimize_graph=False)
    assert len(Layered.seen) == 1
    assert weft.optimize(layered(-1))[0].compute() == [1]


def test_an_optimiser_must_return_a_graph():
    class Broken(Numbers):
        __weft_optimize__ = staticmethod(lambda dsk, keys: None)

    with pytest.raises(TypeError, match="must return a graph"):
        Broken(numbers().graph, "n", 3).compute()


def test_annotations_of_its_layers_reach_the_tasks():
    with weft.annotate(retries=2):
        x = layered(-1)
    tries = []

    def flaky(value):
        tries.append(value)
        if len(tries) < 3:
            raise OSError("not yet")
        return value

    with weft.annotate(retries=2):
        graph = HighLevelGraph.from_collections("m", {("m", 0): (flaky, ("l", 0))}, dependencies=[x])
    assert Layered(graph, "m", 1).compute() == [1]
    assert len(tries) == 3


def test_its_scheduler_counts_unless_the_call_or_the_configuration_says_otherwise():
    import threading

    class Here(Layered):
        def thread(self):
            graph = {("t", 0): (threading.get_ident,)}
            return Here(HighLevelGraph({"t": graph}, {}), "t", 1)

    x = Here(None, "t", 1).thread()
    assert x.compute() == [threading.get_ident()]
    assert x.compute(scheduler="threads") != [threading.get_ident()]
    with weft.config.set(scheduler="threads"):
        assert x.compute() != [threading.get_ident()]


def test_collections_that_prefer_different_schedulers_must_be_told():
    with pytest.raises(BackendError, match="prefer different schedulers"):
        weft.compute(layered(1), weft.delayed(abs)(1))
    assert weft.compute(layered(1), weft.delayed(abs)(1), scheduler="sync") == ([1], 1)


def test_a_graph_can_be_run_as_if_it_were_a_collection():
    Layered.seen.clear()
    assert compute_as_if_collection(Layered, HighLevelGraph({"x": {"x": (abs, -1)}}, {}), ["x"]) == (1,)
    assert Layered.seen
    assert compute_as_if_collection(Numbers, {"x": (abs, -1)}, "x", scheduler="threads") == 1
    assert optimization_function(Numbers) is dont_optimize
    assert optimization_function(layered(1)) is Layered.__weft_optimize__
    assert dont_optimize({"x": 1}, ["x"]) == {"x": 1}


def test_the_scheduler_of_a_computation_can_be_asked_for():
    assert get_scheduler() is None
    assert get_scheduler(scheduler="threads") is threaded_get
    assert get_scheduler(collections=[layered(1)]) is get_sync
    assert get_scheduler(cls=Layered) is get_sync
    with weft.config.set(scheduler="sync"):
        assert get_scheduler() is get_sync
    with pytest.raises(BackendError):
        get_scheduler(scheduler="no such thing")
    with pytest.raises(TypeError, match="scheduler="):
        get_scheduler(get=get_sync)


def test_it_can_be_awaited_drawn_and_explained(tmp_path):
    async def main():
        return await numbers().map(abs)

    assert asyncio.run(main()) == [0, 1, 2]
    numbers().map(abs).visualize(filename=str(tmp_path / "n.dot"), format="dot")
    assert (tmp_path / "n.dot").exists()
    assert "3" in str(numbers().map(abs).explain())


class Dataset(WeftMethodsMixin):
    """A composite: named collections."""

    def __init__(self, **parts):
        self.parts = parts

    def __weft_exprs__(self):
        return list(self.parts.values())

    def __weft_rebuild_from_exprs__(self, exprs):
        return Dataset(**dict(zip(self.parts, exprs)))


def test_a_composite_is_rebuilt_from_the_results_of_its_parts():
    data = Dataset(a=weft.delayed(abs)(-1), b=numbers(), c=5)
    assert weft.is_weft_collection(data)
    assert not weft.is_weft_collection(Dataset(c=5))
    assert data.compute().parts == {"a": 1, "b": [0, 1, 2], "c": 5}
    (inside,) = weft.compute({"k": data}, scheduler="threads")
    assert inside["k"].parts == {"a": 1, "b": [0, 1, 2], "c": 5}


def test_a_composite_persists_and_enters_delayed_calls():
    data = Dataset(a=weft.delayed(abs)(-1))
    kept = data.persist()
    assert weft.is_weft_collection(kept.parts["a"])
    assert kept.compute().parts == {"a": 1}
    assert weft.delayed(lambda found: found.parts["a"] + 1)(data).compute() == 2
