"""Plugins hear of workers, tasks and graphs."""

from __future__ import annotations

import os
import sys

import pytest

import weft
from weft.distributed import (
    Client,
    Environ,
    NannyPlugin,
    SchedulerPlugin,
    UploadDirectory,
    WorkerPlugin,
    get_task_metadata,
    get_task_stream,
    get_worker,
    performance_report,
    progress,
    span,
)
from weft.distributed import print as weft_print
from weft.distributed import warn as weft_warn


def inc(x):
    return x + 1


class Recorder(SchedulerPlugin):
    name = "recorder"

    def __init__(self):
        self.calls = []

    def start(self, scheduler):
        self.calls.append(("start", len(scheduler.workers)))

    def close(self):
        self.calls.append(("close",))

    def transition(self, key, start, finish, *args, stimulus_id=None, **kwargs):
        self.calls.append((key, start, finish))

    def add_worker(self, scheduler, worker):
        self.calls.append(("add_worker", worker))

    def remove_worker(self, scheduler, worker, *, stimulus_id, **kwargs):
        self.calls.append(("remove_worker", worker))

    def update_graph(self, scheduler, *, client, keys, tasks, annotations, priority, stimulus_id, **kwargs):
        self.calls.append(("update_graph", client, tuple(keys)))

    def log_event(self, topic, msg):
        self.calls.append(("event", topic, msg))


def test_a_scheduler_plugin_hears_of_everything(own):
    plugin = Recorder()
    own.register_plugin(plugin)
    nworkers = len(own.cluster.workers)
    assert plugin.calls == [("start", nworkers)]
    future = own.submit(inc, 1, key="one")
    future.result()
    future.release()
    own.nthreads()
    mine = [call[1:] for call in plugin.calls if call[0] == "one"]
    assert mine == [
        ("released", "waiting"),
        ("waiting", "processing"),
        ("processing", "memory"),
        ("memory", "released"),
    ]
    x = weft.delayed(inc)(1)
    x.compute()
    assert ("update_graph", own.id, (x.key,)) in plugin.calls
    own.log_event("mine", 5)
    assert ("event", "mine", 5) in plugin.calls
    own.cluster.scale(nworkers + 1)
    own.cluster.scale(nworkers)
    assert [call[0] for call in plugin.calls if "worker" in str(call[0])] == ["add_worker", "remove_worker"]
    own.unregister_scheduler_plugin("recorder")
    assert plugin.calls[-1] == ("close",)
    before = len(plugin.calls)
    own.submit(inc, 2).result()
    assert len(plugin.calls) == before
    with pytest.raises(ValueError, match="recorder"):
        own.unregister_scheduler_plugin("recorder")


class Setting(WorkerPlugin):
    def __init__(self, value):
        self.value = value
        self.seen = []

    def setup(self, worker):
        worker.setting = self.value
        worker.seen = self.seen

    def teardown(self, worker):
        worker.setting = None

    def transition(self, key, start, finish, **kwargs):
        self.seen.append((str(key).split("-")[0], start, finish))


def test_a_worker_plugin_lives_in_each_worker(own):
    own.register_plugin(Setting(5), name="setting")
    assert own.submit(lambda: get_worker().setting).result() == 5
    own.submit(inc, 1).result()
    seen = [each for found in own.run(lambda weft_worker: weft_worker.seen).values() for each in found]
    assert ("inc", "waiting", "executing") in seen
    assert ("inc", "executing", "memory") in seen
    own.cluster.scale(3)
    assert set(own.run(lambda weft_worker: weft_worker.setting).values()) == {5}
    own.unregister_worker_plugin("setting")
    assert set(own.run(lambda weft_worker: weft_worker.setting).values()) == {None}
    with pytest.raises(ValueError, match="setting"):
        own.unregister_worker_plugin("setting")


def test_a_worker_plugin_is_set_up_again_after_a_restart():
    with Client(n_workers=1, threads_per_worker=1) as client:
        client.register_plugin(Setting(7), name="setting")
        client.restart()
        assert client.submit(lambda: get_worker().setting).result() == 7


def test_plugins_that_come_with_weft(own, tmp_path):
    own.register_plugin(Environ({"WEFT_TEST_VARIABLE": "5"}))
    assert set(own.run(lambda: os.environ.get("WEFT_TEST_VARIABLE")).values()) == {"5"}
    os.environ.pop("WEFT_TEST_VARIABLE", None)
    source = tmp_path / f"folder{own.cluster.number}"
    source.mkdir()
    module = f"in_folder_{own.cluster.number}"
    (source / f"{module}.py").write_text("x = 3\n")
    own.register_plugin(UploadDirectory(source, update_path=True))

    def use():
        import importlib

        return importlib.import_module(module).x

    assert set(own.run(use).values()) == {3}
    with pytest.raises(ValueError, match="directory"):
        UploadDirectory(tmp_path / "missing")

    called = []

    class Nanny(NannyPlugin):
        def setup(self, nanny):
            called.append(nanny)

    own.register_plugin(Nanny())
    assert len(called) == 1
    own.register_worker_callbacks(lambda: os.environ.update(CALLED_BACK="1"))
    assert set(own.run(lambda: os.environ.get("CALLED_BACK")).values()) == {"1"}
    os.environ.pop("CALLED_BACK", None)


def test_what_is_no_plugin_is_refused(own):
    with pytest.raises(TypeError, match="register_plugin"):
        own.register_plugin(5)
    with pytest.raises(TypeError, match="instance"):
        own.register_plugin(Recorder)


@pytest.mark.parametrize("is_notebook", [True, False, None])
def test_progress_is_drawn_as_it_goes_in_notebooks(client, capsys, monkeypatch, is_notebook):
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    progress(client.map(inc, range(5_020, 5_025)), notebook=is_notebook)
    assert ("\r" in capsys.readouterr().out) == (is_notebook is not False)


def test_reports(client, capsys, tmp_path):
    with performance_report(str(tmp_path / "report.html")), get_task_stream() as stream, get_task_metadata() as tasks:
        futures = client.map(inc, range(5_000, 5_005))
        progress(futures)
        client.gather(futures)
    assert "100% Completed" in capsys.readouterr().out
    assert len(stream.data) == 5
    assert set(tasks.state.values()) == {"memory"}
    assert "inc" in (tmp_path / "report.html").read_text()
    with get_task_stream(plot="save", filename=str(tmp_path / "stream.html")) as stream:
        client.submit(inc, 5_010).result()
    assert (tmp_path / "stream.html").read_text() == stream.figure.page()
    with span("load", "clean") as identifier:
        assert client.submit(inc, 1).result() == 2
    assert isinstance(identifier, str)


def test_tasks_print_and_warn_here(client, capsys):
    def say(x):
        weft_print("hello", x, sep="-")
        return x

    client.submit(say, 1, pure=False).result()
    client.gather(client.map(inc, range(3)))
    client.run_on_scheduler(lambda: None)
    client.log_event("after", 1)
    for _ in range(100):
        out = capsys.readouterr().out
        if out:
            break
        client.submit(inc, 1, pure=False).result()
    assert out == "hello-1\n"
    with pytest.warns(UserWarning, match="careful"):
        weft_warn("careful")


class Owner(WorkerPlugin):
    def setup(self, worker):
        self.worker = worker


@pytest.mark.parametrize("processes", [False, True])
def test_every_worker_has_a_plugin_of_its_own(processes):
    with Client(processes=processes, n_workers=2, threads_per_worker=1) as client:
        client.register_plugin(Owner(), name="owner")
        owners = client.run(lambda dask_worker: dask_worker.plugins["owner"].worker.address)
    assert [*owners.values()] == [*owners]


def test_events_of_workers_name_them(own):
    def told():
        worker = get_worker()
        worker.log_event("told", {"n": 1})
        worker.log_event("told", "text")
        return worker.address

    address = own.submit(told).result()
    assert [message for _, message in own.get_events("told")] == [{"n": 1, "worker": address}, "text"]
