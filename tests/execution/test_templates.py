"""Plans with holes: one plan for all expressions of a form."""

import gc
import threading
import weakref

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weft
import weft.array as da
import weft.dataframe as dd
from weft.array.kernels import compressing
from weft.execution import templates as module
from weft.execution.pipeline import plan_of
from weft.expr.holes import form_of


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(module, "RECENT", {})
    weft.config.value("scheduler")  # the configuration is read when it is first asked for, which counts as a change


def templates():
    return [each.template for each in module.RECENT.values() if isinstance(each.template, module.Template)]


def programs_of(*arrays):
    return [plan_of([each])[0].programs for each in arrays]


def test_expressions_of_one_form_share_the_programs_of_a_template():
    x = da.ones(100, chunks=10)

    first, second, third = programs_of((x + 1.5).sum(), (x + 2.5).sum(), (x + 3.5).sum())
    (other,) = programs_of((x + 4).sum())

    assert first is not second
    assert second is third
    assert other is not third
    assert len(templates()) == 1


def test_each_number_comes_to_its_place():
    x = da.from_array(np.arange(100.0), chunks=10)
    for a, b, c in [(2.0, 3.0, 5.0), (7.0, 11.0, 13.0), (17.0, 19.0, 23.0), (1.0, 1.0, 1.0)]:
        assert ((a - x) * b + c).sum().compute() == ((a - np.arange(100.0)) * b + c).sum()
    assert len(templates()) == 1


def test_data_are_filled_in():
    for seed in range(4):
        own, other = np.random.default_rng(seed).random((2, 10, 10))
        x, y = da.from_array(own, chunks=5), da.from_array(other, chunks=5)
        np.testing.assert_array_equal((x - 2 * y.T)[2:8, ::3].compute(), (own - 2 * other.T)[2:8, ::3])
        np.testing.assert_array_equal((x - 2 * x.T).compute(), own - 2 * own.T)
    assert len(templates()) == 2


def test_rows_that_a_mask_selects_are_planned_once(monkeypatch):
    monkeypatch.setattr(compressing, "SMALL", 1)
    whole = np.random.default_rng(0).random((200, 50))
    x = da.from_array(whole, chunks=(10, 50))

    first, second, third = programs_of(*[x[x[:, 0] > 0.5].mean() for _ in range(3)])

    assert first is not second
    assert second is third
    assert len(templates()) == 1
    for limit in (0.5, 0.25, 0.5):
        assert float(x[x[:, 0] > limit].mean()) == pytest.approx(whole[whole[:, 0] > limit].mean(), rel=1e-12)


def test_chains_over_large_blocks_are_planned_once():
    whole = np.arange(200_000.0)
    x = da.from_array(whole, chunks=50_000)

    programs = programs_of(*[(x * number + 1).sum() for number in (2.0, 3.0, 4.0)])

    assert programs[1] is programs[2]
    for number in (2.0, 3.0, 4.0):
        assert float((x * number + 1).sum()) == (whole * number + 1).sum()


def test_data_of_other_shapes_and_types_have_forms_of_their_own():
    for data in (
        np.arange(10),
        np.arange(20),
        np.arange(10.0),
        np.arange(10, dtype="i4"),
        np.arange(10).astype(object),
    ):
        for _ in range(3):
            assert (da.from_array(data, chunks=5) + 1).sum().compute() == (data + 1).sum()


def test_random_arrays_keep_their_own_streams():
    drawn = [da.random.default_rng(seed).random(20, chunks=5).compute() for seed in (1, 2, 3, 4)]
    again = [da.random.default_rng(seed).random(20, chunks=7).compute() for seed in (1, 2, 3, 4)]

    np.testing.assert_array_equal(drawn, again)
    assert len({tuple(each) for each in drawn}) == 4


def test_keys_and_origins_are_those_of_the_expression():
    x = da.ones(40, chunks=10)
    for number in range(3):
        y = x * (number + 0.5)
        plan, (keys,) = plan_of([y])
        assert keys == [(y.name, i) for i in range(4)]
        assert [plan.keys[block] for block in plan.wanted] == keys
        assert {plan.origin(task) for task in range(plan.ntasks)} == {y.name}
        assert len(set(plan.keys)) == len(plan.keys)


def test_a_template_is_made_anew_when_the_configuration_changes():
    x = da.ones(100, chunks=10)
    _before, same = programs_of(x + 1.5, x + 2.5)
    with weft.config.set({"array.chunk-size": "1 MiB"}):
        after, again = programs_of(x + 3.5, x + 4.5)

    assert after is not same
    assert again is not after


def test_plans_with_and_without_fused_chains_and_unoptimised_ones_are_told_apart():
    plain, fused, written = [], [], []
    for number in range(3):
        x = da.ones(100, chunks=10) + (number + 0.5)
        plain.append(plan_of([x])[0].programs)
        fused.append(plan_of([x], fuse=True)[0].programs)
        written.append(plan_of([x], optimize_graph=False)[0].ntasks)

    assert fused[-1] is not plain[-1]
    assert set(written) == {20}


def test_data_does_not_outlive_its_array():
    class Data(np.ndarray):
        """An array that can be watched."""

    watched = []
    for _ in range(3):
        data = np.arange(1000).view(Data)
        watched.append(weakref.ref(data))
        da.from_array(data, chunks=100, asarray=False).sum().compute()
        del data
    gc.collect()

    assert [each() for each in watched] == [None, None, None]


def test_a_plan_with_a_function_of_the_users_has_no_template():
    for number in range(3):
        plan_of([da.ones(10, chunks=5).map_blocks(lambda block: block + 1, dtype=float) + number])

    assert not templates()


def test_only_the_last_forms_are_remembered():
    for i in range(module.MOST + 5):
        plan_of([da.ones(10 + i, chunks=5)])

    assert len(module.RECENT) == module.MOST


def test_large_expressions_have_no_form():
    x = da.ones(10, chunks=5)
    for _ in range(3000):
        x = x + 1

    assert form_of(x.expr) is None
    assert form_of((da.ones(10, chunks=5) + 1).expr) is not None


def test_integers_that_do_not_fit_are_refused_as_ever():
    x = da.from_array(np.arange(10, dtype="i1"), chunks=5)
    for number in (1, 2, 3):
        np.testing.assert_array_equal((x + number).compute(), np.arange(10, dtype="i1") + number)
    with pytest.raises(OverflowError):
        x + 1000


OPERATIONS = [
    lambda x, number: x + number,
    lambda x, number: number - x,
    lambda x, number: np.maximum(x * number, x),
    lambda x, number: x[1:],
    lambda x, number: x[::-1].T,
    lambda x, number: (x > number) * x,
    lambda x, number: x - x.mean(0),
    lambda x, number: np.where(x > number, x, number),
    lambda x, number: (x + number).rechunk(3) if hasattr(x, "rechunk") else x + number,
]


@given(
    st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=5),
    st.lists(st.sampled_from([0.5, 2.0, 3, -1, 7.25, 100]), min_size=3, max_size=3),
    st.sampled_from([1, 2, 5, 9]),
)
def test_filled_plans_give_what_numpy_gives(operations, numbers, chunks):
    for number in numbers:
        data = np.random.default_rng(3).integers(0, 9, (9, 9)) * 1.0
        x, whole = da.from_array(data, chunks=chunks), data
        for operation in operations:
            x, whole = operation(x, number), operation(whole, number)
        np.testing.assert_allclose(x.compute(scheduler="inline"), whole, rtol=1e-12)


class TestDataInMemory:
    """Frames, of whose expressions no number is a hole: plans stay with the data that they hold."""

    def frame(self, rows=1000):
        rng = np.random.default_rng(0)
        return pd.DataFrame({"g": rng.integers(0, 5, rows), "a": rng.random(rows), "s": rng.choice(["x", "y"], rows)})

    def asked(self, frame, least=0.5):
        return frame[frame.a > least].groupby(["g", "s"]).a.sum()

    def test_what_is_asked_again_is_planned_twice(self):
        whole = self.frame()
        parts = dd.from_pandas(whole, npartitions=3)

        first, second, third, fourth = (plan_of([self.asked(parts)])[0] for _ in range(4))

        assert first is not second
        assert second is third is fourth
        assert plan_of([self.asked(parts, 0.25)])[0] is not second
        for least in (0.5, 0.25, 0.5, 0.25, 0.5):
            pd.testing.assert_series_equal(self.asked(parts, least).compute(), self.asked(whole, least))

    def test_another_configuration_has_plans_of_its_own(self):
        whole = self.frame()
        parts = dd.from_pandas(whole, npartitions=3)
        kept = [plan_of([self.asked(parts)])[0] for _ in range(3)][-1]

        with weft.config.set({"dataframe.engine": "pandas"}):
            other = [plan_of([self.asked(parts)])[0] for _ in range(3)][-1]
            pd.testing.assert_series_equal(self.asked(parts).compute(), self.asked(whole))

        assert other.ntasks != kept.ntasks

    def test_they_go_with_the_last_who_could_ask(self):
        whole = self.frame()
        parts = dd.from_pandas(whole, npartitions=3)
        watched = weakref.ref(parts.expr.held)
        for _ in range(4):
            self.asked(parts).compute(scheduler="inline")

        gc.collect()
        gc.disable()
        try:
            del parts, whole
            assert watched() is None
        finally:
            gc.enable()

    def test_only_some_stay(self):
        parts = dd.from_pandas(self.frame(), npartitions=3)
        for number in range(3 * module.BESIDE):
            for _ in range(2):
                plan_of([self.asked(parts, number / 100)])

        assert len(parts.expr.__dict__[module.SHELF]) == module.BESIDE

    @pytest.mark.parametrize("large", ["data", "values"])
    def test_what_is_large_is_not_kept(self, large):
        parts = dd.from_pandas(self.frame(1_000_000 if large == "data" else 1000), npartitions=3)
        values = np.arange(100_000).tolist() if large == "values" else [1, 2]

        plans = [plan_of([parts[parts.g.isin(values)].a.sum()])[0] for _ in range(4)]

        assert len({id(each) for each in plans}) == 4

    def test_large_data_are_lent_to_plans_that_stay_without_them(self, monkeypatch):
        monkeypatch.setattr(module, "SMALL", 0)
        whole = self.frame()
        parts = dd.from_pandas(whole, npartitions=3)
        with weft.config.set({"dataframe.engine": "pandas"}):
            _, second, third, fourth = (plan_of([self.asked(parts)])[0] for _ in range(4))
            assert second.keys is third.keys is fourth.keys
            assert second is not third
            (remembered,) = parts.expr.__dict__[module.SHELF].values()
            assert not remembered.template.plan.data
            for _ in range(3):
                pd.testing.assert_series_equal(self.asked(parts).compute(), self.asked(whole))
                pd.testing.assert_frame_equal((parts[["g", "a"]] + 1).compute(), whole[["g", "a"]] + 1)
        watched = weakref.ref(parts.expr.held)
        gc.collect()
        gc.disable()
        try:
            del parts, whole, second, third, fourth, remembered, _
            assert watched() is None
        finally:
            gc.enable()

    def test_queries_that_may_hold_large_data_are_planned_again(self, monkeypatch):
        monkeypatch.setattr(module, "SMALL", 0)
        parts = dd.from_pandas(self.frame(), npartitions=3)
        plans = [plan_of([self.asked(parts)])[0] for _ in range(4)]
        assert len({id(each.keys) for each in plans}) == 4

    def test_two_sources_are_no_one_s(self):
        parts, others = (dd.from_pandas(self.frame(), npartitions=3) for _ in range(2))
        plans = [plan_of([parts.merge(others, on="g").a_x.sum()])[0] for _ in range(4)]
        assert len({id(each) for each in plans}) == 4

    @pytest.mark.parametrize("kind", ["closure", "default", "instance"])
    def test_users_functions_are_neither_kept_nor_written(self, kind):
        lock, seen = threading.Lock(), []

        class Held:
            def __reduce__(self):
                seen.append(self)
                raise RuntimeError("not to be written")

        def of(rows, held=Held()):  # noqa: B008
            return rows

        functions = {"closure": lambda rows: rows if lock else seen, "default": of, "instance": Called(lock)}
        parts = dd.from_pandas(self.frame(), npartitions=3)
        lazy = functions[kind]
        for _ in range(4):
            assert parts.map_partitions(lazy, meta=parts.expr.meta).a.count().compute(scheduler="inline") == 1000

        assert not seen
        kept = parts.expr.__dict__.get(module.SHELF, {}).values()
        assert not any(isinstance(each.template, (module.Plan, module.Template)) for each in kept)


class Called:
    """A function with a lock."""

    def __init__(self, lock):
        self.lock = lock

    def __call__(self, rows):
        with self.lock:
            return rows
