from __future__ import annotations

import os

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import frames

import weft
import weft.dataframe as dd


@settings(max_examples=10)
@given(frames(min_size=1), st.integers(1, 3), st.sampled_from([None, 40]))
def test_lines_are_read_back(tmp_path_factory, whole, count, blocksize):
    folder = tmp_path_factory.mktemp("json")
    paths = dd.from_pandas(whole, npartitions=count).to_json(folder / "x-*.json")
    assert len(paths) == min(count, len(whole))
    meta = whole.drop(columns="float").iloc[:0].assign(float=pd.Series(dtype="float64"))[list(whole.columns)]
    ours = dd.read_json(str(folder / "x-*.json"), blocksize=blocksize, meta=meta)
    made = ours.compute(scheduler="sync").reset_index(drop=True)
    pd.testing.assert_frame_equal(made, whole.reset_index(drop=True), check_dtype=False)
    assert len(ours) == len(whole)
    assert ours.number.sum().compute(scheduler="sync") == whole.number.sum()


@pytest.mark.parametrize("orient", ["split", "records", "index", "columns", "values"])
def test_documents(tmp_path, orient):
    whole = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    path = tmp_path / "x.json"
    whole.to_json(path, orient=orient)
    ours = dd.read_json(path, orient=orient, lines=False)
    pd.testing.assert_frame_equal(ours.compute(scheduler="sync"), pd.read_json(path, orient=orient))
    dd.from_pandas(whole, npartitions=2).to_json(tmp_path / "d", orient=orient, lines=False)
    assert sorted(os.listdir(tmp_path / "d")) == ["0.part", "1.part"]


def test_paths_compression_and_engines(tmp_path):
    whole = pd.DataFrame({"a": range(6)})
    ours = dd.from_pandas(whole, npartitions=2)
    paths = ours.to_json(tmp_path / "x*.json.gz", compression="gzip")
    made = dd.read_json(paths, include_path_column="file", path_converter=os.path.basename).compute(scheduler="sync")
    assert made.file.tolist() == ["x0.json.gz"] * 3 + ["x1.json.gz"] * 3
    assert dd.read_json(paths, engine="ujson").a.sum().compute(scheduler="threads") == 15
    assert dd.read_json(paths, engine=pd.read_json).a.sum().compute(scheduler="processes", num_workers=2) == 15
    with pytest.raises(ValueError, match="from their start"):
        dd.read_json(paths, blocksize=10)


def test_items_that_records_lack_and_bad_input(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1, "b": 2}\n' * 10 + '{"a": 3}\n')
    made = dd.read_json(path, lines=True, blocksize=60, meta={"a": "int64", "b": "float64"}).compute(scheduler="sync")
    assert made.b.isna().sum() == 1
    with pytest.raises(ValueError, match="'b' has missing values"):
        dd.read_json(path, lines=True, sample=40).compute(scheduler="sync")
    path.write_text('{"a": 1\n')
    with pytest.raises(ValueError, match=r"x\.json as JSON"):
        dd.read_json(path, lines=True)
    for options in [{"lines": True, "orient": "split"}, {"lines": False, "blocksize": 10}, {"blocksize": 0}]:
        with pytest.raises(ValueError, match=r"lines|blocksize"):
            dd.read_json(path, **options)
    path.write_text("")
    with pytest.raises(ValueError, match="no line"):
        dd.read_json(path, lines=True)
    with pytest.raises(FileNotFoundError):
        dd.read_json(tmp_path / "nothing*")


def test_writing_later(tmp_path):
    jobs = dd.from_pandas(pd.DataFrame({"a": [1]})).to_json(tmp_path / "x", compute=False)
    weft.compute(*jobs, scheduler="sync")
    assert (tmp_path / "x" / "0.part").read_text() == '{"a":1}\n'


def test_options_that_concern_all_rows_are_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}\n')
    for options, word in [
        ({"nrows": 1}, "head"),
        ({"chunksize": 1}, "head"),
        ({"path_converter": str}, "include_path_column"),
    ]:
        with pytest.raises(ValueError, match=word):
            dd.read_json(tmp_path / "x.json", **options)
