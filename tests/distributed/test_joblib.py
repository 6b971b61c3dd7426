"""joblib on Weft: calls, batches, nesting, memory, errors; scikit-learn gets the scores that joblib's own backend gives."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed

from weft.distributed import Client, Event, LocalCluster, get_task_stream, wait
from weft.distributed.batches import place_in_file, reopened
from weft.distributed.joblib import WeftBackend
from weft.errors import BackendError


@pytest.fixture(scope="module")
def weft(shared):
    """joblib on the cluster of ``shared``."""
    with joblib.parallel_config(backend="weft"):
        yield shared


def double(x):
    return 2 * x


def about(array):
    return float(array.sum()), array.flags.writeable, type(array).__name__


def where():
    return os.getpid(), threading.get_ident()


def nested(n):
    found = Parallel(n_jobs=2)(delayed(double)(x) for x in range(n))
    return sum(found), type(joblib.parallel.get_active_backend()[0]).__name__


def deep(n):
    return Parallel(n_jobs=2)(delayed(nested)(n) for _ in range(2))


def test_calls_come_back_in_order(weft):
    assert Parallel(n_jobs=2)(delayed(double)(x) for x in range(300)) == [2 * x for x in range(300)]


@pytest.mark.parametrize("batch_size", [1, 7, "auto"])
@pytest.mark.parametrize("pre_dispatch", ["all", "2*n_jobs", 1])
def test_batches_and_dispatching_beforehand_change_nothing(weft, batch_size, pre_dispatch):
    found = Parallel(n_jobs=2, batch_size=batch_size, pre_dispatch=pre_dispatch)(delayed(double)(x) for x in range(40))
    assert found == [2 * x for x in range(40)]


def test_results_can_be_taken_as_they_come(weft):
    calls = [delayed(double)(x) for x in range(20)]
    assert list(Parallel(n_jobs=2, return_as="generator")(calls)) == [2 * x for x in range(20)]
    assert sorted(Parallel(n_jobs=2, return_as="generator_unordered")(calls)) == [2 * x for x in range(20)]


def test_a_generator_that_is_left_early_stops_its_tasks(weft):
    event = Event("let-go")
    calls = [delayed(double)(0), *[delayed(event.wait)(60)] * 8]
    found = Parallel(n_jobs=2, return_as="generator", batch_size=1)(calls)
    assert next(found) == 0
    with pytest.warns(UserWarning, match="cancelled"):
        found.close()
    assert Parallel(n_jobs=2)([delayed(double)(1)] * 2) == [2, 2]


def test_errors_come_out_as_themselves_and_the_next_call_works(weft):
    with pytest.raises(ZeroDivisionError):
        Parallel(n_jobs=2)(delayed(divmod)(1, x) for x in [1, 0, 2])
    assert Parallel(n_jobs=2)([delayed(double)(1)] * 2) == [2, 2]


def test_late_results_are_an_error(weft):
    event = Event("too-late")
    with pytest.raises(multiprocessing.TimeoutError):
        Parallel(n_jobs=2, timeout=0.05)([delayed(event.wait)(5)] * 2)
    event.set()


def test_nested_calls_run_on_the_same_cluster(weft):
    assert Parallel(n_jobs=2)(delayed(nested)(4) for _ in range(5)) == [(12, "WeftBackend")] * 5
    assert Parallel(n_jobs=2)(delayed(deep)(3) for _ in range(3)) == [[(6, "WeftBackend")] * 2] * 3


def test_calls_inside_tasks_that_name_no_number_run_one_after_the_other(weft):
    def inner():
        return Parallel()(delayed(threading.get_ident)() for _ in range(4)), threading.get_ident()

    for idents, own in Parallel(n_jobs=2)([delayed(inner)()] * 2):
        assert set(idents) == {own}


def test_no_more_run_than_n_jobs_says():
    with Client(processes=False, n_workers=1, threads_per_worker=4), joblib.parallel_config(backend="weft"):
        guard, running, most = threading.Lock(), [0], [0]

        def work(x):
            with guard:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.001)
            with guard:
                running[0] -= 1
            return x

        assert Parallel(n_jobs=2, pre_dispatch="all", batch_size=1)(delayed(work)(x) for x in range(30)) == [*range(30)]
        assert most[0] == 2


def test_how_many_run_follows_the_cluster(weft):
    threads = weft.cluster.nthreads_total()
    assert joblib.effective_n_jobs(-1) == threads
    assert joblib.effective_n_jobs(-2) == threads - 1
    assert joblib.effective_n_jobs(1000) == threads
    assert joblib.effective_n_jobs(1) == 1
    with pytest.raises(ValueError, match="n_jobs == 0"):
        joblib.effective_n_jobs(0)


def test_one_job_runs_here(weft):
    assert Parallel(n_jobs=1)([delayed(where)()] * 2) == [where()] * 2


def test_large_arrays_are_shared_and_small_ones_are_the_tasks_own(weft):
    large, small = np.ones((400, 400)), np.ones(10)
    gaps = np.ones((800, 400))[::2]
    found = Parallel(n_jobs=2)(delayed(about)(each) for each in (large, small, gaps, large.T))
    here = weft.cluster.engine == "threads"
    assert [total for total, _, _ in found] == [160000.0, 10.0, 160000.0, 160000.0]
    assert [writeable for _, writeable, _ in found] == [here, True, here, here]


@pytest.mark.parametrize("options", [{"mmap_mode": "c"}, {"mmap_mode": None}, {"max_nbytes": None}])
def test_tasks_have_arrays_of_their_own_if_asked(weft, options):
    large = np.ones((400, 400))
    found = Parallel(n_jobs=2, **options)(delayed(about)(large) for _ in range(3))
    assert found == [(160000.0, True, "ndarray")] * 3


def test_a_large_array_is_scattered_once_for_a_call():
    with Client(n_workers=2, threads_per_worker=1) as client, joblib.parallel_config(backend="weft"):
        sent = []
        scatter = client.scatter
        client.scatter = lambda value, **options: sent.append(value.nbytes) or scatter(value, **options)
        large = np.arange(300_000.0)
        Parallel(n_jobs=2)(delayed(about)(large) for _ in range(6))
        assert sent == [large.nbytes]
        large[0] = 7  # it may change between calls
        assert Parallel(n_jobs=2)(delayed(about)(large) for _ in range(2))[1][0] == large.sum()
        Parallel(n_jobs=2)(delayed(len)({"nested": [large, large]}) for _ in range(2))
        assert sent == [large.nbytes] * 3


@pytest.mark.parametrize("view", [np.s_[:], np.s_[3:7], np.s_[::-2], np.s_[2:5, ::3], np.s_[0:0]])
def test_views_of_files_travel_as_places_in_the_file(tmp_path, view):
    whole = np.memmap(tmp_path / "data", np.int32, "w+", offset=16, shape=(8, 12))
    whole[:] = np.arange(96).reshape(8, 12)
    part = whole[view]
    again = reopened(*place_in_file(part, whole))
    assert again.tolist() == part.tolist()
    if part.size:
        again[0, 0] = -1
        assert part[0, 0] == -1


def test_tasks_write_into_files_that_are_open_for_that(weft, tmp_path):
    whole = np.memmap(tmp_path / "data", np.float64, "w+", shape=(6,))

    def put(target, i):
        target[i] = i

    Parallel(n_jobs=2)(delayed(put)(whole, i) for i in range(6))
    assert whole.tolist() == [0, 1, 2, 3, 4, 5]


def test_results_are_the_callers_own(weft):
    (made,) = Parallel(n_jobs=2)([delayed(np.ones)(300_000)])
    made[0] = 5
    assert made.sum() == 300_004


def test_without_a_client_there_is_a_cluster_of_joblibs_own():
    with joblib.parallel_config(backend="weft", engine="threads"):
        assert joblib.effective_n_jobs(3) == 3
        assert Parallel(n_jobs=3)(delayed(double)(x) for x in range(5)) == [0, 2, 4, 6, 8]
        first = joblib.parallel.get_active_backend()[0]._client
    with joblib.parallel_config(backend="weft", engine="threads"):
        assert Parallel(n_jobs=2)(delayed(double)(x) for x in range(2)) == [0, 2]
        assert joblib.parallel.get_active_backend()[0]._client is first


def test_an_aborted_call_does_not_keep_the_workers_of_joblibs_own_cluster():
    with joblib.parallel_config(backend="weft"):
        with pytest.raises(TypeError):
            Parallel(n_jobs=2)(delayed(time.sleep)(x) for x in ["?", 100, 100, 100])
        assert Parallel(n_jobs=2)(delayed(double)(x) for x in range(4)) == [0, 2, 4, 6]


def test_options_are_the_tasks_or_raise():
    with Client(processes=False, resources={"GPU": 1}), joblib.parallel_config(backend="weft", resources={"GPU": 1}):
        assert Parallel()(delayed(double)(x) for x in range(4)) == [0, 2, 4, 6]
    with pytest.raises(TypeError, match="no option 'gpus'"):
        WeftBackend(gpus=2)
    with pytest.raises(TypeError, match="client= or engine="), Client(processes=False) as client:
        WeftBackend(client=client, engine="threads")
    with (
        Client(processes=False),
        joblib.parallel_config(backend="weft"),
        pytest.raises(BackendError, match="mmap_mode"),
    ):
        Parallel(n_jobs=2, mmap_mode="r+")([delayed(double)(1)])


_prepared: list[int] = []


def prepare(value, log):
    _prepared.append(value)
    with open(log, "a") as file:
        file.write(f"{os.getpid()} {threading.get_ident()}\n")


def prepared(_):
    return _prepared[-1]


def test_an_initializer_runs_once_in_each_worker(weft, tmp_path):
    log = tmp_path / "log"
    options = {"n_jobs": 2, "initializer": prepare, "initargs": (7, str(log))}
    for _ in range(2):
        assert Parallel(**options, batch_size=1)(delayed(prepared)(x) for x in range(20)) == [7] * 20
    ran = log.read_text().split("\n")[:-1]
    if weft.cluster.engine == "threads":
        assert len(ran) >= 2  # in each call: joblib's own threads live for one
    else:
        assert len(ran) == len(set(ran)) >= 1
    with joblib.parallel_config(backend="weft", initializer=prepare, initargs=(8, str(log))):
        assert set(Parallel(n_jobs=2)(delayed(prepared)(x) for x in range(20))) == {8}


def test_an_initializer_that_fails_fails_the_call(weft):
    with pytest.raises(ZeroDivisionError):
        Parallel(n_jobs=2, initializer=divmod, initargs=(1, 0))([delayed(double)(1)])
    with pytest.raises(TypeError, match="initializer= takes a function"):
        Parallel(n_jobs=2, initializer=3)([delayed(double)(1)])


def test_shared_memory_is_offered_by_threads_only(weft):
    here = weft.cluster.engine == "threads"
    name = type(joblib.parallel.get_active_backend(require="sharedmem")[0]).__name__
    assert name == ("WeftBackend" if here else "ThreadingBackend")


@pytest.mark.parametrize(
    "order", ["import joblib, weft.distributed", "import weft.distributed, joblib", "import weft.joblib, joblib"]
)
def test_the_backend_is_known_whatever_is_imported_first(order):
    code = f"{order}\nassert 'weft' in joblib.parallel.BACKENDS\nassert joblib.__spec__.loader is joblib.__loader__"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weft_alone_does_not_import_joblib():
    code = "import sys, weft.distributed\nassert 'joblib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- scikit-learn -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    from sklearn.datasets import make_classification

    return make_classification(n_samples=3000, n_features=50, n_informative=10, random_state=0)


def test_cross_validation_gives_the_same_scores(weft, data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    found = cross_val_score(LogisticRegression(), *data, cv=4, n_jobs=2)
    with joblib.parallel_config(backend="sequential"):
        assert found.tolist() == cross_val_score(LogisticRegression(), *data, cv=4).tolist()


def test_a_grid_search_over_a_pipeline_gives_the_same_scores(weft, data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1.0], "standardscaler__with_mean": [True, False]}
    found = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(*data)
    with joblib.parallel_config(backend="sequential"):
        expected = GridSearchCV(pipeline, grid, cv=3).fit(*data)
    assert found.best_params_ == expected.best_params_
    assert found.cv_results_["mean_test_score"].tolist() == expected.cv_results_["mean_test_score"].tolist()
    assert found.predict(data[0]).tolist() == expected.predict(data[0]).tolist()


def test_a_forest_is_the_same(weft, data):
    from sklearn.ensemble import RandomForestClassifier

    def forest(n_jobs):
        return RandomForestClassifier(8, random_state=0, n_jobs=n_jobs)

    found = forest(2).fit(*data).predict_proba(data[0])
    with joblib.parallel_config(backend="sequential"):
        expected = forest(1).fit(*data).predict_proba(data[0])
    np.testing.assert_allclose(found, expected, rtol=1e-12)  # trees are added up in any order


def test_a_forest_inside_a_grid_search_shares_the_cluster(weft, data):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(RandomForestClassifier(4, random_state=0, n_jobs=2), {"max_depth": [2, 3]}, cv=2, n_jobs=2)
    found = search.fit(*data).cv_results_["mean_test_score"]
    with joblib.parallel_config(backend="sequential"):
        assert found.tolist() == search.fit(*data).cv_results_["mean_test_score"].tolist()


class Counted:
    """Counts how often it is pickled."""

    pickled = 0

    def __reduce__(self):
        type(self).pickled += 1
        return Counted, ()


def test_values_may_be_scattered_by_hand():
    with Client(n_workers=2, threads_per_worker=1):
        once, twice = Counted(), {"deep": [Counted()]}
        with joblib.parallel_config(backend="weft", scatter=[once, twice]):
            found = Parallel(n_jobs=2)(delayed(lambda *a: len(a[1]["deep"]))(once, twice) for _ in range(6))
        assert found == [1] * 6
        assert Counted.pickled == 2
    with pytest.raises(TypeError, match="scatter="):
        WeftBackend(scatter=1)


def test_a_cluster_without_workers_is_waited_for():
    cluster = LocalCluster(n_workers=0, threads_per_worker=2, processes=False)
    with cluster, Client(cluster), joblib.parallel_config(backend="weft", wait_for_workers_timeout=0.01):
        with pytest.raises(TimeoutError, match=r"no worker after 0\.01 seconds"):
            Parallel()(delayed(double)(x) for x in range(3))
        cluster.scale(1)
        assert Parallel()(delayed(double)(x) for x in range(3)) == [0, 2, 4]


def test_nothing_is_left_of_a_call(weft):
    with Client(weft.cluster) as client, joblib.parallel_config(backend="weft", client=client):
        Parallel(n_jobs=2)(delayed(about)(np.ones(200_000)) for _ in range(6))
        while client.futures:  # the thread that heard of the last end lets go in a moment
            gc.collect()
            wait([], timeout=0.01)


def test_tasks_are_called_after_their_functions(weft):
    with get_task_stream(weft) as stream:
        Parallel(n_jobs=2)(delayed(double)(x) for x in range(3))
    assert {row["key"].rpartition("-")[0] for row in stream.data} == {"batch_of_double"}


def test_options_that_the_backend_does_not_have_raise(weft):
    with pytest.raises(TypeError, match="prefetch"):
        Parallel(n_jobs=2, prefetch=3)([delayed(double)(1)])


def test_calls_inside_tasks_of_an_executor_run_one_after_the_other():
    executor = ProcessPoolExecutor(2, mp_context=get_context("forkserver"))
    with executor, Client(executor), joblib.parallel_config(backend="weft"):
        assert Parallel(n_jobs=2)(delayed(nested)(4) for _ in range(4)) == [(12, "WeftBackend")] * 4
