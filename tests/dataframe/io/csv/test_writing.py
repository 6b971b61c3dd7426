from __future__ import annotations

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from tests.dataframe.strategies import partitioned

import weft
import weft.dataframe as dd


def sample():
    return pd.DataFrame({"a": range(7), "s": ["x", "y,z", None, 'say "hi"', "two\nlines", "", "é"]})


@settings(max_examples=10)
@given(partitioned(min_size=1))
def test_one_file_is_what_pandas_writes(tmp_path_factory, pair):
    whole, ours = pair
    folder = tmp_path_factory.mktemp("csv")
    assert ours.to_csv(folder / "x.csv", single_file=True) == [str(folder / "x.csv")]
    whole.to_csv(folder / "y.csv")
    assert (folder / "x.csv").read_bytes() == (folder / "y.csv").read_bytes()


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_a_file_for_each_partition(tmp_path, scheduler):
    ours = dd.from_pandas(sample(), npartitions=3)
    paths = ours.to_csv(tmp_path / "x-*.csv", index=False, scheduler=scheduler)
    assert [os.path.basename(path) for path in paths] == ["x-0.csv", "x-1.csv", "x-2.csv"]
    made = dd.read_csv(str(tmp_path / "x-*.csv"), keep_default_na=True).compute(scheduler="sync")
    pd.testing.assert_frame_equal(made.reset_index(drop=True), pd.concat(map(pd.read_csv, paths), ignore_index=True))
    assert sorted(os.listdir(tmp_path)) == ["x-0.csv", "x-1.csv", "x-2.csv"]


def test_directories_names_headers_and_compression(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=2)
    assert [os.path.basename(path) for path in ours.to_csv(tmp_path / "d")] == ["0.part", "1.part"]
    paths = ours.to_csv(tmp_path / "x*.csv.gz", name_function=lambda number: f"-{number}", compression="gzip",
                        header_first_partition_only=True)  # fmt: skip
    first, second = [gzip.decompress(Path(path).read_bytes()).decode() for path in paths]
    assert first.startswith(",a,s\n")
    assert second.startswith("3,3")
    (path,) = ours.to_csv(tmp_path / "one.csv.bz2", single_file=True, compression="infer", index=False)
    pd.testing.assert_frame_equal(pd.read_csv(path).fillna(""), sample().fillna(""))
    assert ours.s.to_csv(tmp_path / "s.csv", single_file=True)
    assert (tmp_path / "s.csv").read_text() == sample().s.to_csv()


def test_modes(tmp_path):
    ours, path = dd.from_pandas(sample(), npartitions=2), tmp_path / "x.csv"
    for _ in range(2):
        ours.to_csv(path, single_file=True, mode="a", header=False, index=False)
    assert len(pd.read_csv(path, names=["a", "s"])) == 14
    ours.to_csv(path, single_file=True, mode="w", index=False)
    assert len(pd.read_csv(path)) == 7
    with pytest.raises(FileExistsError):
        ours.to_csv(path, single_file=True, mode="x")
    with pytest.raises(ValueError, match="mode"):
        ours.to_csv(path, mode="q")


def broken(part):
    if part.a.max() > 5:
        raise RuntimeError("no more")
    return part


@pytest.mark.parametrize("options", [{"single_file": True}, {}])
def test_a_write_that_fails_leaves_the_old_files(tmp_path, options):
    path = tmp_path / ("x.csv" if options else "x-*.csv")
    ours = dd.from_pandas(sample(), npartitions=3)
    ours.to_csv(path, **options)
    before = {name: (tmp_path / name).read_text() for name in os.listdir(tmp_path)}
    wrong = ours.assign(a=ours.a + 0).map_partitions(broken, meta=sample().iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        wrong.to_csv(path, scheduler="sync", **options)
    assert {name: (tmp_path / name).read_text() for name in os.listdir(tmp_path)} == before


def test_a_frame_may_replace_the_file_it_is_read_from(tmp_path):
    path = tmp_path / "x.csv"
    pd.DataFrame({"a": range(100)}).to_csv(path, index=False)
    read = dd.read_csv(path, blocksize=50)
    (read + 1).to_csv(path, single_file=True, index=False)
    assert pd.read_csv(path).a.tolist() == list(range(1, 101))


def test_writing_later(tmp_path):
    jobs = dd.from_pandas(sample(), npartitions=2).to_csv(tmp_path / "x", compute=False)
    assert not (tmp_path / "x").exists()
    weft.compute(*jobs, scheduler="sync")
    assert sorted(os.listdir(tmp_path / "x")) == ["0.part", "1.part"]


def test_what_makes_no_sense_is_refused(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=2)
    for options, kind in [
        ({"nonsense": 1}, TypeError),
        ({"single_file": True, "header_first_partition_only": False}, ValueError),
        ({"encoding": "nonsense"}, LookupError),
        ({"name_function": lambda number: "same"}, ValueError),
        ({"scheduler": "sync", "compute_kwargs": {"scheduler": "threads"}}, ValueError),
    ]:
        with pytest.raises(kind):
            ours.to_csv(tmp_path / "x", **options)
    with pytest.raises(TypeError, match="DataFrame"):
        dd.to_csv(sample(), tmp_path / "x")


def test_files_that_must_be_new_are_never_replaced(tmp_path):
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    frame.to_csv(tmp_path / "x*.csv", mode="x")
    frame.to_csv(tmp_path / "one.csv", mode="x", single_file=True)
    with pytest.raises(FileExistsError, match=r"x0\.csv"):
        frame.to_csv(tmp_path / "x*.csv", mode="x")
    with pytest.raises(FileExistsError, match=r"one\.csv"):
        frame.to_csv(tmp_path / "one.csv", mode="x", single_file=True)


def test_options_of_compression(tmp_path):
    frame = pd.DataFrame({"a": range(5000)})
    ours = dd.from_pandas(frame, npartitions=2)
    sizes = []
    for level in (0, 9):
        (path,) = ours.to_csv(
            tmp_path / f"{level}.csv.gz",
            single_file=True,
            index=False,
            compression={"method": "gzip", "compresslevel": level},
        )
        pd.testing.assert_frame_equal(pd.read_csv(path), frame)
        sizes.append(os.path.getsize(path))
    assert sizes[0] > sizes[1]
    with pytest.raises(ValueError, match=r"no compression|not supported"):
        ours.to_csv(tmp_path / "x.csv", single_file=True, compression={"method": "squeeze"})
    assert sorted(os.listdir(tmp_path)) == ["0.csv.gz", "9.csv.gz"]
