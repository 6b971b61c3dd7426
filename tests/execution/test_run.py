"""compute, persist, optimize and what they may be told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import weft
import weft.execution.pipeline as pipeline
from weft import config
from weft.errors import BackendError


def ident():
    return weft.delayed(threading.get_ident)()


def test_results_stand_where_the_collections_stood():
    x = weft.delayed(sum)([1, 2])
    assert weft.compute(x, {"a": [x, 5]}, "text") == (3, {"a": [3, 5]}, "text")
    assert weft.compute() == ()


def test_what_several_collections_share_is_computed_once():
    seen = []
    shared = weft.delayed(lambda: seen.append(1) or 5)()
    assert weft.compute(shared + 1, shared + 2, [shared]) == (6, 7, [5])
    assert seen == [1]


@pytest.mark.parametrize("name", ["sync", "synchronous", "single-threaded", "inline", "SYNC"])
def test_names_of_the_calling_thread(name):
    assert ident().compute(scheduler=name) == threading.get_ident()


@pytest.mark.parametrize("name", ["threads", "threading"])
def test_names_of_worker_threads(name):
    assert ident().compute(scheduler=name) != threading.get_ident()


def test_the_configuration_names_the_scheduler_and_the_call_comes_first():
    with weft.config.set(scheduler="sync"):
        assert ident().compute() == threading.get_ident()
        assert ident().compute(scheduler="threads") != threading.get_ident()
    assert ident().compute() != threading.get_ident()


def test_a_pool_runs_the_tasks():
    pytest.importorskip("weft.backends.executor")
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as pool:
        assert weft.delayed(lambda: threading.current_thread().name)().compute(pool=pool).startswith("mine")


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_numbers_of_workers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(BackendError, match="num_workers must be a whole number"):
        ident().compute(num_workers=wrong)


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "2"])
def test_numbers_of_retries_that_make_no_sense_are_refused(wrong):
    with pytest.raises(BackendError, match="retries must be a whole number"):
        ident().compute(retries=wrong)


def test_callbacks_that_are_none_are_refused():
    with pytest.raises(BackendError, match="callbacks= takes callbacks"):
        ident().compute(callbacks=[5])


def test_options_that_nobody_knows_are_refused():
    with pytest.raises(BackendError, match=r"no option 'fancy'\. There are scheduler, num_workers"):
        ident().compute(fancy=True)
    with pytest.raises(BackendError, match="Did you mean 'num_workers'"):
        ident().compute(num_worker=2)
    with pytest.raises(TypeError, match="scheduler="):
        weft.compute(ident(), get=weft.get)
    with pytest.raises(BackendError, match="budget"):
        ident().compute(budget="much")


def test_persisted_collections_keep_keys_and_results():
    seen = []
    x = weft.delayed(lambda: seen.append(1) or 5)()
    y, (z, n) = weft.persist(x, [x + 1, 7])
    assert (y.key, n) == (x.key, 7)
    assert weft.compute(y, z, y + z) == (5, 6, 11)
    assert seen == [1]


def test_optimized_collections_give_the_same():
    x = weft.delayed(sum)([1, weft.delayed(abs)(-2)])
    (y, [z]) = weft.optimize(x, [x + 1])
    assert y.key == x.key
    assert weft.compute(y, z) == (3, 4)
    with pytest.raises(TypeError, match="no option 'fancy'"):
        weft.optimize(x, fancy=True)


def test_rules_see_the_budget_that_a_call_names(monkeypatch):
    seen, plan_of = [], pipeline.plan_of

    def watched(*args, **kwargs):
        seen.append(config.value("memory.budget"))
        return plan_of(*args, **kwargs)

    monkeypatch.setattr(pipeline, "plan_of", watched)
    before = config.value("memory.budget")
    for options in ({"budget": "1 MiB"}, {"budget": 3 << 20}, {}):
        ident().compute(**options)
    assert seen == [1 << 20, 3 << 20, before]


def test_a_block_without_memory_says_how_to_have_smaller_ones():
    def too_large():
        raise MemoryError("unable to allocate")

    with pytest.raises(MemoryError, match="unable to allocate") as caught:
        weft.delayed(too_large)().compute(scheduler="threads")
    assert any("have smaller pieces" in note for note in caught.value.__notes__)
