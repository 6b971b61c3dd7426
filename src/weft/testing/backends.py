"""What every backend must do, as a test suite: subclass it and say how to make a backend.

.. code-block:: python

    class TestMyBackend(BackendContract):
        @classmethod
        def make(cls):
            return MyBackend(nworkers=2)

Tasks leave traces in files, so that the suite holds for backends that run them in other processes, too.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weft
from weft.backends import Request
from weft.backends.contract import Backend, Run
from weft.delayed import delayed
from weft.errors import BackendError, SpillError, TaskExitError, TaskTimeoutError
from weft.execution import compute, persist
from weft.graph import Graph, Layer, Program, compile_plan

__all__ = ["BackendContract"]

BLOCK_NBYTES = 1 << 20


class Diary:
    """Hears of runs and tasks."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.runs: list[Run] = []

    def started(self, run: Run) -> None:
        self.entries.append("started")
        self.runs.append(run)

    def before(self, run: Run, task: int, worker: int) -> None:
        self.entries.append(("before", run.key(task)))

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        assert started <= ended
        self.entries.append(("after", run.key(task)))

    def ended(self, run: Run) -> None:
        self.entries.append("ended")


def graph_of_random_sums(inputs: list[list[int]]) -> Graph:
    """Each task is one more than the sum of its inputs, which are given modulo the number of the task."""
    graph = Graph()
    for task, sources in enumerate(inputs):
        keys = tuple(source % task for source in sources) if task else ()
        graph.add(Layer(Program.call(_one_more), [task], [keys], None))
    return graph


class BackendContract:
    """Subclass it as ``Test...`` and define :meth:`make`."""

    #: Whether a task that runs too long can be stopped.
    stops = True
    #: Whether the backend has several workers that can be addressed.
    addressed = True

    @classmethod
    def make(cls) -> Backend:
        """A backend with two workers (or one, if it has no more)."""
        raise NotImplementedError

    @classmethod
    def make_serial(cls) -> Backend:
        """A backend that runs one task at a time when it is asked for one worker."""
        return cls.make()

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Iterator[Backend]:
        backend = cls.make()
        yield backend
        backend.close()

    @pytest.fixture(autouse=True)
    def _by_value(self) -> Iterator[None]:
        """Functions of this module travel as they are, wherever it lies."""
        import cloudpickle

        module = sys.modules[__name__]
        cloudpickle.register_pickle_by_value(module)
        yield
        cloudpickle.unregister_pickle_by_value(module)

    # -- results ----------------------------------------------------------------------------------------------------

    def test_a_graph_gives_its_results_in_the_order_asked_for(self, backend: Backend) -> None:
        a, b = delayed(abs)(-1), delayed(max)(2, 3)
        total = delayed(_sum)(a, b, b)
        assert compute(total, b, a, b, scheduler=backend) == (7, 3, 1, 3)

    def test_lambdas_closures_and_keywords_travel(self, backend: Backend) -> None:
        factor = 3
        triple = delayed(lambda x, *, plus: factor * x + plus)(2, plus=1)
        assert triple.compute(scheduler=backend) == 7

    def test_a_task_may_have_several_outputs(self, backend: Backend) -> None:
        graph = Graph(
            [
                Layer(Program.call(_divmod, noutputs=2), [("q", "r")], None, [(17, 5)]),
                Layer(Program.call(_sum), ["sum"], [("q", "r")], None),
            ]
        )
        plan = compile_plan(graph, ["sum", "r"], fuse=backend.fuses_chains)
        assert backend.run(plan, Request(nworkers=2)) == [5, 2]

    def test_a_task_with_several_outputs_must_return_as_many(self, backend: Backend) -> None:
        graph = Graph([Layer(Program.call(_divmod, noutputs=3), [("q", "r", "s")], None, [(17, 5)])])
        plan = compile_plan(graph, ["q"])
        with pytest.raises(ValueError, match="3 outputs returned 2"):
            backend.run(plan, Request(nworkers=2))

    def test_data_of_any_size_reaches_tasks(self, backend: Backend) -> None:
        large = np.arange(BLOCK_NBYTES // 8)
        graph = Graph(
            [
                Layer(Program.call(_first), [("first", i) for i in range(20)], [("large", "small")] * 20),
                Layer(Program.call(_sum), ["sum"], [tuple(("first", i) for i in range(20))]),
            ],
            {"large": large, "small": [7]},
        )
        plan = compile_plan(graph, ["sum", "small"], fuse=backend.fuses_chains)
        assert backend.run(plan, Request(nworkers=2)) == [140, [7]]
        assert large.flags.writeable

    def test_a_plan_of_data_alone_needs_no_task(self, backend: Backend) -> None:
        plan = compile_plan(Graph([], {"x": 5}), ["x", "x"])
        assert backend.run(plan, Request(nworkers=2)) == [5, 5]

    def test_large_results_arrive_whole_and_may_be_changed(self, backend: Backend) -> None:
        x = delayed(np.arange)(BLOCK_NBYTES // 8).compute(scheduler=backend)
        np.testing.assert_array_equal(x, np.arange(BLOCK_NBYTES // 8))
        x[0] = 5

    def test_small_results_may_be_changed(self, backend: Backend) -> None:
        x = delayed(np.zeros)(3).compute(scheduler=backend)
        x[0] = 5

    def test_tasks_cannot_change_their_inputs(self, backend: Backend) -> None:
        for length in (3, BLOCK_NBYTES // 8):
            shared = delayed(np.zeros)(length)
            with pytest.raises(ValueError, match="read-only"):
                compute(delayed(_spoil)(shared), delayed(_head)(shared), scheduler=backend)

    def test_a_task_cannot_change_an_input_that_nobody_else_reads(self, backend: Backend) -> None:
        with pytest.raises(ValueError, match="read-only"):
            delayed(_spoil)(delayed(np.zeros)(3)).compute(scheduler=backend)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(st.integers(0, 100), max_size=3), min_size=1, max_size=30), st.data())
    def test_random_graphs_give_what_a_plain_loop_gives(
        self, backend: Backend, inputs: list[list[int]], data: st.DataObject
    ) -> None:
        wanted = data.draw(st.lists(st.integers(0, len(inputs) - 1), min_size=1, max_size=4))
        values: list[int] = []
        for task, sources in enumerate(inputs):
            values.append(1 + sum(values[source % task] for source in sources) if task else 1)
        plan = compile_plan(graph_of_random_sums(inputs), wanted, fuse=backend.fuses_chains)
        assert backend.run(plan, Request(nworkers=2)) == [values[task] for task in wanted]

    def test_thousands_of_small_tasks(self, backend: Backend) -> None:
        count = 3000
        leaves = [("leaf", i) for i in range(count)]
        graph = Graph(
            [
                Layer(Program.call(_sum), leaves, None, [(i,) for i in range(count)]),
                Layer(Program.call(_sum), ["sum"], [tuple(leaves)]),
            ]
        )
        plan = compile_plan(graph, ["sum"])
        assert backend.run(plan, Request(nworkers=2)) == [count * (count - 1) // 2]

    # -- errors -----------------------------------------------------------------------------------------------------

    def test_an_error_arrives_as_itself_with_a_note_of_task_and_line(self, backend: Backend) -> None:
        divided = delayed(_divide)(1, 0)
        with pytest.raises(ZeroDivisionError) as caught:
            divided.compute(scheduler=backend)
        (note,) = caught.value.__notes__
        assert str(divided.key) in note
        assert os.path.basename(__file__) in note

    def test_the_first_error_is_the_one_that_arrives_and_the_next_call_works(self, backend: Backend) -> None:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                compute(*[delayed(_divide)(1, i % 5) for i in range(50)], scheduler=backend)
            assert delayed(abs)(-1).compute(scheduler=backend) == 1

    def test_what_depends_on_an_error_does_not_run(self, backend: Backend, tmp_path: Path) -> None:
        failed = delayed(_divide)(1, 0)
        with pytest.raises(ZeroDivisionError):
            delayed(_trace)(str(tmp_path), failed).compute(scheduler=backend)
        assert list(tmp_path.iterdir()) == []

    def test_an_error_stops_tasks_that_run(self, backend: Backend, tmp_path: Path) -> None:
        if not (self.stops and self.addressed):
            pytest.skip("this backend cannot")
        before = time.monotonic()
        long = delayed(_spin)(str(tmp_path))
        fail = delayed(_fail_after)(str(tmp_path))
        with pytest.raises(KeyError):
            compute(long, fail, scheduler=backend, num_workers=2)
        assert time.monotonic() - before < 30

    def test_exceptions_keep_what_they_carry(self, backend: Backend) -> None:
        with pytest.raises(Carrier) as caught:
            delayed(_raise_carrier)().compute(scheduler=backend)
        assert caught.value.luggage == [1, 2]

    def test_sys_exit_in_a_task_is_an_error_not_an_exit(self, backend: Backend) -> None:
        with pytest.raises(TaskExitError, match=r"sys\.exit\(3\)"):
            delayed(sys.exit)(3).compute(scheduler=backend)

    def test_retries_run_a_task_again(self, backend: Backend, tmp_path: Path) -> None:
        with weft.annotate(retries=2):
            flaky = delayed(_fails_twice)(str(tmp_path))
        assert flaky.compute(scheduler=backend) == "done"
        assert len(list(tmp_path.iterdir())) == 3

    def test_retries_end(self, backend: Backend, tmp_path: Path) -> None:
        with weft.annotate(retries=1):
            flaky = delayed(_fails_twice)(str(tmp_path))
        with pytest.raises(ValueError, match="not yet"):
            flaky.compute(scheduler=backend)
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_timeout_stops_a_task_and_the_next_call_works(self, backend: Backend, tmp_path: Path) -> None:
        if not self.stops:
            pytest.skip("this backend cannot")
        with weft.annotate(timeout="50 ms"):
            endless = delayed(_spin)(str(tmp_path))
        with pytest.raises(TaskTimeoutError, match="longer than its timeout"):
            endless.compute(scheduler=backend)
        assert delayed(abs)(-1).compute(scheduler=backend) == 1

    def test_options_it_does_not_know_are_errors(self, backend: Backend) -> None:
        with pytest.raises(BackendError, match="no option 'nonsense'"):
            delayed(abs)(-1).compute(scheduler=backend, nonsense=1)

    def test_resources_that_nobody_offers_are_errors(self, backend: Backend) -> None:
        with weft.annotate(resources={"GPU": 1}):
            gpu = delayed(abs)(-1)
        with pytest.raises(BackendError, match="GPU"):
            gpu.compute(scheduler=backend)

    def test_workers_that_are_not_there_are_errors(self, backend: Backend) -> None:
        with weft.annotate(workers=[77]):
            far = delayed(abs)(-1)
        with pytest.raises(BackendError, match=r"77"):
            far.compute(scheduler=backend, num_workers=2)

    # -- order and place --------------------------------------------------------------------------------------------

    def test_higher_priority_runs_first(self, tmp_path: Path) -> None:
        backend = self.make_serial()
        tasks = []
        for level in (1, 3, 2):
            with weft.annotate(priority=level):
                tasks.append(delayed(_write_line)(str(tmp_path / "order"), level))
        compute(*tasks, scheduler=backend, num_workers=1)
        backend.close()
        assert (tmp_path / "order").read_text().split() == ["3", "2", "1"]

    def test_workers_can_be_addressed(self, backend: Backend) -> None:
        if not self.addressed:
            pytest.skip("this backend has one worker")
        diary = Places()
        tasks: list[Any] = []
        for worker in (1, 0, 1, 1, 0):
            with weft.annotate(workers=worker):
                tasks.append(delayed(abs)(-len(tasks)))
        compute(*tasks, scheduler=backend, num_workers=2, callbacks=[diary])
        assert [diary.places[task.key] for task in tasks] == [1, 0, 1, 1, 0]

    def test_tasks_may_compute(self, backend: Backend) -> None:
        tasks = [delayed(_nested)(n) for n in range(12)]
        assert list(compute(*tasks, scheduler=backend, num_workers=2)) == [n * (n - 1) // 2 for n in range(12)]

    def test_many_threads_may_compute_at_once(self, backend: Backend) -> None:
        results: dict[int, int] = {}

        def ask(n: int) -> None:
            parts = [delayed(abs)(-i) for i in range(n)]
            results[n] = delayed(sum)(parts).compute(scheduler=backend, num_workers=1)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == {n: n * (n - 1) // 2 for n in range(4)}

    # -- memory -----------------------------------------------------------------------------------------------------

    def test_blocks_beyond_the_budget_go_to_disk_and_come_back(self, backend: Backend) -> None:
        parts = [delayed(np.full)(BLOCK_NBYTES // 8, float(i)) for i in range(12)]
        heads = [delayed(_head)(part) for part in parts]
        first = delayed(_sum_all)(*heads)
        second = [delayed(_total_plus)(part, first) for part in parts]
        diary = Diary()
        found = compute(*second, scheduler=backend, num_workers=2, budget=4 * BLOCK_NBYTES, callbacks=[diary])
        heads_sum = 10.0 * sum(range(12))
        assert list(found) == [i * BLOCK_NBYTES / 8 + heads_sum for i in range(12)]
        assert any(name == "spilled" for name in _events(diary.runs[0]))

    def test_persisted_blocks_may_exceed_the_budget(self, backend: Backend) -> None:
        parts = [delayed(np.full)(BLOCK_NBYTES // 8, float(i)) for i in range(8)]
        kept = persist(*parts, scheduler=backend, num_workers=2, budget=3 * BLOCK_NBYTES)
        sums = compute(
            *[delayed(np.sum)(each) for each in kept], scheduler=backend, num_workers=2, budget=3 * BLOCK_NBYTES
        )
        assert list(sums) == [i * BLOCK_NBYTES / 8 for i in range(8)]
        np.testing.assert_array_equal(kept[3].compute(scheduler=backend), np.full(BLOCK_NBYTES // 8, 3.0))

    def test_held_blocks_can_be_read_and_are_read_by_other_backends(self, backend: Backend) -> None:
        large, small = persist(delayed(np.arange)(BLOCK_NBYTES // 8), delayed(abs)(-3), scheduler=backend)
        assert compute(large, small, scheduler="inline")[1] == 3
        assert delayed(np.sum)(large).compute(scheduler="inline") == sum(range(BLOCK_NBYTES // 8))

    def test_blocks_held_elsewhere_are_read(self, backend: Backend) -> None:
        large, small = persist(delayed(np.arange)(BLOCK_NBYTES // 8), delayed(abs)(-3), scheduler="inline")
        total = delayed(_sum_all)(large, small)
        assert total.compute(scheduler=backend) == sum(range(BLOCK_NBYTES // 8)) + 3

    def test_a_full_disk_is_a_clear_error(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*args: Any, **options: Any) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("weft.store.files.write_block", full)
        monkeypatch.setattr("weft.store.files.copy_block", full)
        parts = [delayed(np.full)(BLOCK_NBYTES // 8, float(i)) for i in range(8)]
        heads = delayed(_sum_all)(*[delayed(_head)(part) for part in parts])
        last = delayed(_sum_all)(heads, *parts)
        with pytest.raises(SpillError, match="No space left"):
            last.compute(scheduler=backend, budget=3 * BLOCK_NBYTES)
        monkeypatch.undo()
        assert delayed(abs)(-1).compute(scheduler=backend) == 1

    # -- the course of a run ----------------------------------------------------------------------------------------

    def test_listeners_hear_of_each_task(self, backend: Backend) -> None:
        tasks = [delayed(abs)(-i) for i in range(30)]
        diary = Diary()
        compute(*tasks, scheduler=backend, callbacks=[diary])
        keys = {task.key for task in tasks}
        assert diary.entries[0] == "started"
        assert diary.entries[-1] == "ended"
        assert {entry[1] for entry in diary.entries if entry[0] == "before"} == keys
        assert {entry[1] for entry in diary.entries if entry[0] == "after"} == keys
        assert diary.runs[0].error is None

    def test_listeners_hear_how_a_run_ended(self, backend: Backend) -> None:
        diary = Diary()
        with pytest.raises(ZeroDivisionError):
            delayed(_divide)(1, 0).compute(scheduler=backend, callbacks=[diary])
        assert diary.entries[-1] == "ended"
        assert isinstance(diary.runs[0].error, ZeroDivisionError)

    def test_a_run_leaves_books_that_agree(self, backend: Backend) -> None:
        from weft.scheduler.invariants import check

        diary = Diary()
        parts = [delayed(np.ones)(10) for _ in range(20)]
        compute(delayed(_sum_all)(*parts), scheduler=backend, callbacks=[diary])
        check(diary.runs[0].core)

    def test_a_closed_backend_starts_anew(self) -> None:
        backend = self.make()
        assert delayed(abs)(-1).compute(scheduler=backend) == 1
        backend.close()
        backend.close()
        assert delayed(abs)(-2).compute(scheduler=backend) == 2
        backend.close()


class Places(Diary):
    """Notes where each task ran."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Any, int] = {}

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        self.places[run.key(task)] = worker


class Carrier(Exception):
    """An exception with something in it, which takes other arguments than it passes on."""

    def __init__(self, luggage: list[int], *, kind: str) -> None:
        super().__init__(f"a {kind} carrier")
        self.luggage = luggage
        self.kind = kind

    def __reduce__(self) -> Any:
        return _make_carrier, (self.luggage, self.kind)


def _make_carrier(luggage: list[int], kind: str) -> Carrier:
    return Carrier(luggage, kind=kind)


def _raise_carrier() -> None:
    raise Carrier([1, 2], kind="large")


def _events(run: Run) -> list[str]:
    from weft.scheduler.core import EVENT
    from weft.scheduler.state import MASK

    names = {code: name for name, code in EVENT.items()}
    return [names.get(entry & MASK, "") for entry in run.core.log]


def _sum(*values: Any) -> Any:
    return sum(values)


def _one_more(*values: int) -> int:
    return 1 + sum(values)


def _divmod(a: int, b: int) -> tuple[int, int]:
    return divmod(a, b)


def _first(large: Any, small: list[int]) -> int:
    return int(large[0]) + small[0]


def _spoil(x: Any) -> None:
    x[0] = 5


def _divide(a: float, b: float) -> float:
    return a / b


def _trace(directory: str, value: Any) -> Any:
    (Path(directory) / "trace").touch()
    return value


def _head(x: Any) -> Any:
    return x[:10]


def _sum_all(*values: Any) -> Any:
    return sum(np.sum(value) for value in values)


def _total_plus(x: Any, more: Any) -> Any:
    return x.sum() + more


def _nested(n: int) -> int:
    return int(sum(compute(*[delayed(abs)(-i) for i in range(n)])))


def _write_line(path: str, value: Any) -> None:
    with open(path, "a") as file:
        file.write(f"{value}\n")


def _fails_twice(directory: str) -> str:
    attempt = len(os.listdir(directory))
    (Path(directory) / str(attempt)).touch()
    if attempt < 2:
        raise ValueError("not yet")
    return "done"


def _spin(directory: str) -> None:
    (Path(directory) / "spinning").touch()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass


def _fail_after(directory: str) -> None:
    end = time.monotonic() + 20
    while not (Path(directory) / "spinning").exists() and time.monotonic() < end:
        pass
    raise KeyError("nothing")
