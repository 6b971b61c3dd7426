from __future__ import annotations

import os

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from pyarrow import feather, orc
from tests.dataframe.strategies import partitioned

import weft.dataframe as dd

READERS = {"orc": dd.read_orc, "feather": dd.read_feather}


@settings(max_examples=10)
@given(partitioned(min_size=1))
@pytest.mark.parametrize("kind", ["orc", "feather"])
def test_what_is_written_is_read_back(tmp_path_factory, kind, pair):
    whole, ours = pair
    folder = tmp_path_factory.mktemp(kind)
    getattr(ours, f"to_{kind}")(folder / "x")
    read = READERS[kind](folder / "x")
    pd.testing.assert_frame_equal(
        read.compute(scheduler="sync"), whole, check_index_type=False, check_column_type=False
    )
    assert len(read) == len(whole)
    assert read.number.sum().compute(scheduler="sync") == whole.number.sum()
    pd.testing.assert_frame_equal(
        READERS[kind](folder / "x", columns=["word", "key"]).compute(scheduler="sync"), whole[["word", "key"]],
        check_index_type=False, check_column_type=False,
    )  # fmt: skip


def test_stripes_and_batches_become_partitions(tmp_path):
    table = pa.table({"a": list(range(30_000)), "b": [str(number) * 5 for number in range(30_000)]})
    orc.write_table(table, tmp_path / "x.orc", stripe_size=1 << 16)
    stripes = orc.ORCFile(tmp_path / "x.orc").nstripes
    assert stripes > 1
    assert dd.read_orc(tmp_path / "x.orc").npartitions == stripes
    assert dd.read_orc(tmp_path / "x.orc", split_stripes=False).npartitions == 1
    assert dd.read_orc(tmp_path / "x.orc", split_stripes=2).npartitions == -(-stripes // 2)
    assert dd.read_orc(tmp_path / "x.orc").a.sum().compute(scheduler="threads") == sum(range(30_000))
    feather.write_feather(table, tmp_path / "x.feather", chunksize=10_000)
    ours = dd.read_feather(tmp_path / "x.feather", batches=1)
    assert ours.npartitions == 3
    assert ours.compute(scheduler="processes", num_workers=2).a.tolist() == list(range(30_000))
    with pa.OSFile(str(tmp_path / "x.arrows"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    assert dd.read_ipc(tmp_path / "x.arrows").a.sum().compute(scheduler="sync") == sum(range(30_000))


def test_small_files_together(tmp_path):
    for number in range(4):
        orc.write_table(pa.table({"a": [number]}), tmp_path / f"{number}.orc")
    ours = dd.read_orc(tmp_path, aggregate_files=True, split_stripes=2)
    assert ours.npartitions == 2
    assert ours.a.compute(scheduler="sync").tolist() == [0, 1, 2, 3]
    assert dd.read_orc(tmp_path, index="a").index.compute(scheduler="sync").tolist() == [0, 1, 2, 3]


def test_missing_values_that_turn_up_late_are_explained(tmp_path):
    orc.write_table(pa.table({"a": [1]}), tmp_path / "0.orc")
    orc.write_table(pa.table({"a": pa.array([None, 2], pa.int64())}), tmp_path / "1.orc")
    with pytest.raises(ValueError, match=r"'a' has missing values(?s:.)*dtype_backend"):
        dd.read_orc(tmp_path).compute(scheduler="sync")
    made = dd.read_orc(tmp_path, dtype_backend="numpy_nullable").compute(scheduler="sync")
    assert made.a.isna().sum() == 1


def test_bad_input(tmp_path):
    for name in ["x.orc", "x.feather"]:
        (tmp_path / name).write_bytes(b"nothing of the kind")
    for read, name in [(dd.read_orc, "x.orc"), (dd.read_feather, "x.feather")]:
        with pytest.raises((ValueError, OSError), match=name):
            read(tmp_path / name)
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing*")
    orc.write_table(pa.table({"a": [1]}), tmp_path / "x.orc")
    with pytest.raises(KeyError, match="'b'"):
        dd.read_orc(tmp_path / "x.orc", columns=["b"])
    with pytest.raises(KeyError, match="'b'"):
        dd.read_orc(tmp_path / "x.orc", index="b")
    for options in [{"engine": "x"}, {"split_stripes": 0}]:
        with pytest.raises(ValueError, match=r"engine|split_stripes"):
            dd.read_orc(tmp_path / "x.orc", **options)
    with pytest.raises(ValueError, match="batches"):
        dd.read_feather(tmp_path / "x.feather", batches=0)


def test_names_of_files(tmp_path):
    ours = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    assert [os.path.basename(path) for path in ours.to_orc(tmp_path / "o")] == ["part.0.orc", "part.1.orc"]
    assert [os.path.basename(path) for path in ours.to_feather(tmp_path / "f")] == ["0.feather", "1.feather"]
    assert sorted(os.listdir(tmp_path / "o")) == ["part.0.orc", "part.1.orc"]
    assert pd.read_feather(tmp_path / "f" / "0.feather").a.tolist() == [1]
