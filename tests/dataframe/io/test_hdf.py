from __future__ import annotations

import os
import threading

import pandas as pd
import pytest

import weft.dataframe as dd

pytest.importorskip("tables")


def sample(rows=10):
    return pd.DataFrame(
        {"a": range(rows), "f": [number / 2 for number in range(rows)]}, index=pd.RangeIndex(5, 5 + rows)
    )


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_what_is_written_is_read_back(tmp_path, scheduler):
    ours = dd.from_pandas(sample(), npartitions=3)
    assert ours.to_hdf(tmp_path / "x.h5", "/t", scheduler=scheduler) == [str(tmp_path / "x.h5")]
    read = dd.read_hdf(tmp_path / "x.h5", "/t", chunksize=4)
    assert read.npartitions == 3
    assert len(read) == 10
    made = read.compute(scheduler=scheduler, num_workers=2)
    pd.testing.assert_frame_equal(made, sample(), check_index_type=False)
    assert read.a.sum().compute(scheduler="sync") == 45
    assert os.listdir(tmp_path) == ["x.h5"]


def test_files_and_tables_for_each_partition(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=3)
    paths = ours.to_hdf(tmp_path / "x-*.h5", "/t")
    assert [os.path.basename(path) for path in paths] == ["x-0.h5", "x-1.h5", "x-2.h5"]
    read = dd.read_hdf(str(tmp_path / "x-*.h5"), "/t", sorted_index=True)
    assert read.divisions == (5, 8, 11, 14)
    ours.to_hdf(tmp_path / "y.h5", "/p*", name_function=lambda number: f"q{number}")
    assert dd.read_hdf(tmp_path / "y.h5", "/pq*").a.compute(scheduler="sync").tolist() == list(range(10))
    assert dd.read_hdf(tmp_path / "y.h5", "/pq1", columns=["f"]).columns.tolist() == ["f"]


def test_ranges_and_single_columns(tmp_path):
    sample().to_hdf(tmp_path / "x.h5", key="t", format="table")
    assert dd.read_hdf(tmp_path / "x.h5", "t", start=2, stop=7, chunksize=2).a.compute(scheduler="sync").tolist() == [
        2,
        3,
        4,
        5,
        6,
    ]
    assert dd.read_hdf(tmp_path / "x.h5", "t", columns="a").compute(scheduler="sync").tolist() == list(range(10))
    sample().a.to_hdf(tmp_path / "s.h5", key="t", format="table")
    assert dd.read_hdf(tmp_path / "s.h5", "t").sum().compute(scheduler="sync") == 45


def test_appending_and_other_tables_stay(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=2)
    ours.to_hdf(tmp_path / "x.h5", "/t")
    ours.to_hdf(tmp_path / "x.h5", "/u")
    ours.to_hdf(tmp_path / "x.h5", "/t", append=True)
    assert len(dd.read_hdf(tmp_path / "x.h5", "/t")) == 20
    assert len(dd.read_hdf(tmp_path / "x.h5", "/u")) == 10
    ours.to_hdf(tmp_path / "x.h5", "/v", mode="w")
    with pytest.raises(KeyError, match="no table"):
        dd.read_hdf(tmp_path / "x.h5", "/t")


def broken(part):
    if part.a.max() > 8:
        raise RuntimeError("no more")
    return part


def test_a_write_that_fails_leaves_the_file(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=2)
    ours.to_hdf(tmp_path / "x.h5", "/t")
    with pytest.raises(RuntimeError, match="no more"):
        ours.map_partitions(broken, meta=sample().iloc[:0]).to_hdf(tmp_path / "x.h5", "/t", append=True)
    assert len(dd.read_hdf(tmp_path / "x.h5", "/t")) == 10
    assert os.listdir(tmp_path) == ["x.h5"]


def test_what_makes_no_sense_is_refused(tmp_path):
    sample().to_hdf(tmp_path / "fixed.h5", key="t")
    assert len(dd.read_hdf(tmp_path / "fixed.h5", "t").compute(scheduler="sync")) == 10
    with pytest.raises(TypeError, match="fixed format"):
        dd.read_hdf(tmp_path / "fixed.h5", "t", start=2)
    with pytest.raises(OSError, match="no file"):
        dd.read_hdf(tmp_path / "nothing*.h5", "t")
    ours = dd.from_pandas(sample(), npartitions=2)
    for path, key, options, kind in [
        ("x*.h5", "/t*", {}, ValueError),
        ("x.h5", "/t", {"mode": "q"}, ValueError),
        ("x.h5", "/t", {"mode": "r+"}, FileNotFoundError),
        ("x.h5", "/t", {"format": "fixed"}, ValueError),
        ("x*.h5", "/t", {"name_function": lambda number: "same"}, ValueError),
    ]:
        with pytest.raises(kind):
            ours.to_hdf(tmp_path / path, key, **options)
    sample().to_hdf(tmp_path / "x.h5", key="t", format="table")
    for options in [{"chunksize": 0}, {"start": 5, "stop": 5}, {"start": 50}, {"mode": "q"}]:
        with pytest.raises(ValueError, match=r"chunksize|start|mode"):
            dd.read_hdf(tmp_path / "x.h5", "t", **options)


@pytest.mark.parametrize("lock", [None, True, False, threading.Lock()])
def test_locks(tmp_path, lock):
    whole = pd.DataFrame({"a": range(20)})
    path = str(tmp_path / "x.h5")
    dd.from_pandas(whole, npartitions=3).to_hdf(path, "/t", lock=lock, scheduler="sync")
    assert dd.read_hdf(path, "/t", chunksize=7, lock=True if lock is None else lock).a.sum().compute() == 190


def test_a_lock_of_the_user_is_held(tmp_path):
    held = []

    class Lock:
        def __enter__(self):
            held.append("in")

        def __exit__(self, *error):
            held.append("out")

    path = str(tmp_path / "x.h5")
    dd.from_pandas(pd.DataFrame({"a": range(20)}), npartitions=3).to_hdf(path, "/t", lock=Lock(), scheduler="sync")
    assert held == ["in", "out"] * 3
    dd.read_hdf(path, "/t", chunksize=10, lock=Lock()).compute(scheduler="sync")
    assert held == ["in", "out"] * 5
    with pytest.raises(TypeError, match="lock"):
        dd.read_hdf(path, "/t", lock="always")
