"""Plans that are kept for when an expression is computed again."""

import gc
import weakref

import numpy as np
import pytest

import weft
import weft.array as da
from weft.execution.pipeline import plan_of


@pytest.fixture(autouse=True)
def configuration_is_read():
    weft.config.value("scheduler")  # the configuration is read when it is first asked for, which counts as a change


def test_the_same_expression_is_planned_once():
    x = da.from_array(np.arange(100), chunks=10).sum()

    first, keys = plan_of([x])
    second, again = plan_of([x])

    assert second is first
    assert again == keys
    assert x.compute() == x.compute() == 4950


def test_a_plan_is_made_anew_when_the_configuration_changes():
    x = da.ones(100, chunks=10)

    first, _ = plan_of([x])
    with weft.config.set({"array.chunk-size": "1 MiB"}):
        second, _ = plan_of([x])

    assert second is not first


def test_plans_with_and_without_fused_chains_and_unoptimised_ones_are_told_apart():
    x = da.ones(100, chunks=10) + 1

    plain, _ = plan_of([x])
    fused, _ = plan_of([x], fuse=True)
    written, _ = plan_of([x], optimize_graph=False)

    assert fused is not plain
    assert written.ntasks == 20


def test_data_does_not_outlive_its_array():
    class Data(np.ndarray):
        """An array that can be watched."""

    data = np.arange(1000).view(Data)
    watched = weakref.ref(data)
    x = da.from_array(data, chunks=100, asarray=False).sum()
    x.compute()
    del x, data
    gc.collect()

    assert watched() is None


def test_what_changes_in_the_users_array_is_seen():
    data = np.zeros(10_000)
    x = da.from_array(data, chunks=1000).sum()
    assert x.compute() == 0
    data[:] = 1
    assert x.compute() == da.from_array(data, chunks=1000).sum().compute()
