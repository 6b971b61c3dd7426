from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from tests.dataframe.strategies import partitioned

import weft.dataframe as dd


def sample(rows=10):
    return pd.DataFrame(
        {"a": range(rows), "s": (["x", "y", None] * rows)[:rows], "t": pd.date_range("2020", periods=rows, tz="UTC")}
    )


def tree(folder):
    return sorted(
        os.path.join(base, name)[len(str(folder)) + 1 :] for base, _, names in os.walk(folder) for name in names
    )


@settings(max_examples=15)
@given(partitioned(min_size=0))
def test_what_is_written_is_read_back(tmp_path_factory, pair):
    whole, ours = pair
    folder = tmp_path_factory.mktemp("out")
    assert ours.to_parquet(folder / "x") is None
    pd.testing.assert_frame_equal(
        dd.read_parquet(folder / "x").compute(scheduler="sync"), whole, check_index_type=False, check_column_type=False
    )
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "x"), whole, check_index_type=False)


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_every_backend_writes_the_same(tmp_path, scheduler):
    ours = dd.from_pandas(sample(), npartitions=3)
    ours.to_parquet(tmp_path / "x", compute_kwargs={"scheduler": scheduler}, write_metadata_file=True)
    assert tree(tmp_path / "x") == [
        "_common_metadata",
        "_metadata",
        "part.0.parquet",
        "part.1.parquet",
        "part.2.parquet",
    ]
    assert pq.read_metadata(tmp_path / "x" / "_metadata").num_rows == 10
    assert pq.read_metadata(tmp_path / "x" / "_metadata").row_group(1).column(0).file_path == "part.1.parquet"


def test_columns_become_directories(tmp_path):
    whole = sample().assign(k=[1, 2] * 5, w=["a b", "c/d"] * 5)
    dd.from_pandas(whole, npartitions=2).to_parquet(tmp_path / "x", partition_on=["k", "w"], write_index=False)
    made = dd.read_parquet(tmp_path / "x").compute(scheduler="sync").sort_values("a").reset_index(drop=True)
    assert made.w.astype(str).tolist() == whole.w.tolist()
    assert made.k.astype(int).tolist() == whole.k.tolist()
    with pytest.raises(KeyError, match="'kk'"):
        dd.from_pandas(whole).to_parquet(tmp_path / "y", partition_on="kk")
    with pytest.raises(ValueError, match="all columns"):
        dd.from_pandas(whole[["k"]]).to_parquet(tmp_path / "y", partition_on=["k"])
    assert not (tmp_path / "y").exists()


def test_a_frame_may_replace_the_files_it_is_read_from(tmp_path):
    dd.from_pandas(sample(), npartitions=4).to_parquet(tmp_path / "x")
    (tmp_path / "x" / "README").write_text("stays")
    read = dd.read_parquet(tmp_path / "x")
    for scheduler in ["threads", "processes"]:
        read = dd.read_parquet(tmp_path / "x")
        read.assign(a=read.a + 1).repartition(npartitions=2).to_parquet(
            tmp_path / "x", overwrite=True, compute_kwargs={"scheduler": scheduler}
        )
    made = dd.read_parquet(tmp_path / "x").compute(scheduler="sync")
    assert made.a.tolist() == list(range(2, 12))
    assert "README" in tree(tmp_path / "x")
    assert dd.read_parquet(tmp_path / "x").npartitions == 2


def test_directories_of_keys_that_are_gone_are_taken_away(tmp_path):
    whole = sample().assign(k=[1, 2] * 5)
    dd.from_pandas(whole).to_parquet(tmp_path / "x", partition_on="k")
    dd.from_pandas(whole[whole.k == 1]).to_parquet(tmp_path / "x", partition_on="k", overwrite=True)
    assert tree(tmp_path / "x") == ["k=1/part.0.parquet"]
    assert not (tmp_path / "x" / "k=2").exists()


def broken(part):
    if part.a.max() > 8:
        raise RuntimeError("no more")
    return part


@pytest.mark.parametrize("options", [{"overwrite": True}, {"append": True, "ignore_divisions": True}])
def test_a_write_that_fails_leaves_the_old_data(tmp_path, options):
    whole = sample()
    dd.from_pandas(whole, npartitions=2).to_parquet(tmp_path / "x")
    before = tree(tmp_path / "x")
    wrong = dd.from_pandas(whole, npartitions=5).map_partitions(broken, meta=whole.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        wrong.to_parquet(tmp_path / "x", compute_kwargs={"scheduler": "sync"}, **options)
    assert tree(tmp_path / "x") == before
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "x"), whole)
    with pytest.raises(RuntimeError, match="no more"):
        wrong.to_parquet(tmp_path / "new", compute_kwargs={"scheduler": "sync"})
    assert not (tmp_path / "new").exists()


def test_files_of_a_write_that_was_killed_are_not_looked_at(tmp_path):
    whole = sample()
    dd.from_pandas(whole, npartitions=2).to_parquet(tmp_path / "x")
    (tmp_path / "x" / ".weft-0123").mkdir()
    (tmp_path / "x" / ".weft-0123" / "part.0.parquet").write_bytes(b"half")
    pd.testing.assert_frame_equal(dd.read_parquet(tmp_path / "x").compute(scheduler="sync"), whole)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "x"), whole)


def test_appending(tmp_path):
    whole = sample()
    first, second = whole.iloc[:4], whole.iloc[4:]
    dd.from_pandas(first, npartitions=2).to_parquet(tmp_path / "x", write_metadata_file=True)
    dd.from_pandas(second, npartitions=2).to_parquet(tmp_path / "x", append=True)
    assert tree(tmp_path / "x") == ["_common_metadata", "_metadata", *[f"part.{number}.parquet" for number in range(4)]]
    assert pq.read_metadata(tmp_path / "x" / "_metadata").num_rows == 10
    pd.testing.assert_frame_equal(dd.read_parquet(tmp_path / "x").compute(scheduler="sync"), whole)
    with pytest.raises(ValueError, match="overlap"):
        dd.from_pandas(first).to_parquet(tmp_path / "x", append=True)
    dd.from_pandas(first).to_parquet(tmp_path / "x", append=True, ignore_divisions=True)
    with pytest.raises(ValueError, match="columns"):
        dd.from_pandas(whole.rename(columns={"a": "b"})).to_parquet(tmp_path / "x", append=True)
    with pytest.raises(ValueError, match="'a' is"):
        dd.from_pandas(whole.assign(a="text")).to_parquet(tmp_path / "x", append=True)
    with pytest.raises(ValueError, match="not both"):
        dd.from_pandas(whole).to_parquet(tmp_path / "x", append=True, overwrite=True)


def test_files_that_would_stay_beside_the_new_ones_are_an_error(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=3)
    ours.to_parquet(tmp_path / "x")
    ours.to_parquet(tmp_path / "x")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        dd.from_pandas(sample(), npartitions=2).to_parquet(tmp_path / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        ours.to_parquet(tmp_path / "file")


def test_names_compression_and_row_groups(tmp_path):
    ours = dd.from_pandas(sample(), npartitions=2)
    ours.to_parquet(
        tmp_path / "x", name_function="data-{}.parquet".format, compression={"a": "gzip", "s": "zstd", "t": None},
        row_group_size=2, custom_metadata={"who": "me"},
    )  # fmt: skip
    assert tree(tmp_path / "x") == ["data-0.parquet", "data-1.parquet"]
    metadata = pq.read_metadata(tmp_path / "x" / "data-0.parquet")
    assert metadata.num_row_groups == 3
    assert metadata.row_group(0).column(0).compression == "GZIP"
    assert metadata.metadata[b"who"] == b"me"
    for options, kind, words in [
        ({"name_function": lambda number: "same"}, ValueError, "more than once"),
        ({"name_function": lambda number: number}, ValueError, "texts"),
        ({"nonsense": 1}, TypeError, "nonsense"),
        ({"custom_metadata": {"pandas": "x"}}, ValueError, "pandas"),
        ({"engine": "fastparquet"}, ValueError, "engine"),
        ({"schema": 3}, TypeError, "schema"),
        ({"schema": {"zz": pa.int8()}}, KeyError, "zz"),
    ]:
        with pytest.raises(kind, match=words):
            ours.to_parquet(tmp_path / "y", **options)
    with pytest.raises(TypeError, match="to_frame"):
        dd.to_parquet(ours.a, tmp_path / "y")


def test_schemas_that_are_given(tmp_path):
    whole = pd.DataFrame({"a": [1, 2, 3, 4], "o": [None, None, "x", "y"]}).astype({"o": object})
    ours = dd.from_pandas(whole, npartitions=2)
    ours.to_parquet(tmp_path / "x", schema={"a": pa.int16(), "o": pa.string()})
    schemas = [pq.read_schema(tmp_path / "x" / f"part.{number}.parquet") for number in range(2)]
    assert schemas[0].equals(schemas[1])
    assert schemas[0].field("a").type == pa.int16()
    ours.to_parquet(tmp_path / "y", schema=pa.schema([("a", pa.float64()), ("o", pa.string())]))
    made = dd.read_parquet(tmp_path / "y").compute(scheduler="sync")
    assert made.a.dtype == np.dtype("float64")
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError), match="cannot write"):
        ours.to_parquet(tmp_path / "z", schema={"o": pa.int64()}, compute_kwargs={"scheduler": "sync"})


def test_writing_later(tmp_path):
    job = dd.from_pandas(sample(), npartitions=2).to_parquet(tmp_path / "x", compute=False)
    assert not (tmp_path / "x").exists()
    assert job.compute(scheduler="sync") is None
    assert len(tree(tmp_path / "x")) == 2
    with pytest.raises(TypeError, match="compute_kwargs"):
        dd.from_pandas(sample()).to_parquet(
            tmp_path / "x", compute=False, compute_kwargs={"scheduler": "sync"}, overwrite=True
        )


def test_the_index_may_be_left_out(tmp_path):
    whole = sample().set_index("a")
    dd.from_pandas(whole, npartitions=2).to_parquet(tmp_path / "x", write_index=False)
    assert "a" not in pq.read_schema(tmp_path / "x" / "part.0.parquet").names


def test_a_metadata_file_of_files_that_are_there(tmp_path):
    whole = sample()
    for number in range(3):
        (tmp_path / f"k={number}").mkdir()
        whole.to_parquet(tmp_path / f"k={number}" / "x.parquet")
    paths = [str(tmp_path / f"k={number}" / "x.parquet") for number in range(3)]
    dd.create_metadata_file(paths)
    metadata = pq.read_metadata(tmp_path / "_metadata")
    assert metadata.num_rows == 30
    assert metadata.row_group(2).column(0).file_path == "k=2/x.parquet"
    assert dd.create_metadata_file(paths, out_dir=False).num_row_groups == 3
    for count in (1, 2):
        joint = dd.create_metadata_file(paths, out_dir=False, split_every=count)
        assert [joint.row_group(place).column(0).file_path[:3] for place in range(3)] == ["k=0", "k=1", "k=2"]
    with pytest.raises(ValueError, match="split_every"):
        dd.create_metadata_file(paths, split_every=0)
    with pytest.raises(ValueError, match="not below"):
        dd.create_metadata_file(paths, root_dir=str(tmp_path / "k=1"))


def test_encryption_is_passed_on(tmp_path):
    import base64

    encryption = pytest.importorskip("pyarrow.parquet.encryption")

    class Keys(encryption.KmsClient):
        def __init__(self, config):
            super().__init__()

        def wrap_key(self, key_bytes, master_key_identifier):
            return base64.b64encode(key_bytes)

        def unwrap_key(self, wrapped_key, master_key_identifier):
            return base64.b64decode(wrapped_key)

    factory = encryption.CryptoFactory(Keys)
    connection = encryption.KmsConnectionConfig()
    config = encryption.EncryptionConfiguration(footer_key="foot", column_keys={"col": ["a", "s", "t"]})
    ours = dd.from_pandas(sample())
    ours.to_parquet(
        tmp_path / "x",
        encryption_properties=factory.file_encryption_properties(connection, config),
        write_index=False,
        compute_kwargs={"scheduler": "threads"},
    )
    with pytest.raises((ValueError, OSError), match="part"):
        dd.read_parquet(tmp_path / "x")
    keys = factory.file_decryption_properties(connection)
    read = dd.read_parquet(tmp_path / "x", decryption_properties=keys)
    assert read.a.sum().compute(scheduler="threads") == 45
    assert read.s.compute(scheduler="threads").isna().sum() == 3


KILLED = """
import os, sys
import pandas as pd
import weft.dataframe as dd

def die(part):
    if part.a.max() > 8:
        os._exit(9)
    return part

if __name__ == "__main__":
    whole = pd.DataFrame({"a": range(10)})
    ours = dd.from_pandas(whole, npartitions=5).map_partitions(die, meta=whole.iloc[:0])
    if sys.argv[1] == "parquet":
        ours.to_parquet(sys.argv[2], overwrite=True, compute_kwargs={"scheduler": "sync"})
    else:
        ours.to_csv(sys.argv[2], single_file=True, scheduler="sync")
"""


def test_a_write_that_is_killed_leaves_the_old_data(tmp_path):
    whole = sample()
    dd.from_pandas(whole, npartitions=2).to_parquet(tmp_path / "x")
    whole.to_csv(tmp_path / "x.csv", index=False)
    (tmp_path / "script.py").write_text(KILLED)
    for kind, place in [("parquet", tmp_path / "x"), ("csv", tmp_path / "x.csv")]:
        made = subprocess.run([sys.executable, str(tmp_path / "script.py"), kind, str(place)], check=False)
        assert made.returncode == 9
    pd.testing.assert_frame_equal(dd.read_parquet(tmp_path / "x").compute(scheduler="sync"), whole)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "x"), whole)
    assert len(pd.read_csv(tmp_path / "x.csv")) == 10


def test_categories_are_appended(tmp_path):
    whole = pd.DataFrame({"i": range(6), "c": pd.Categorical(list("xyzxyz"))})
    dd.from_pandas(whole.iloc[:4], npartitions=2).to_parquet(tmp_path / "rows")
    dd.from_pandas(whole.iloc[4:], npartitions=1).to_parquet(tmp_path / "rows", append=True)
    pd.testing.assert_frame_equal(dd.read_parquet(tmp_path / "rows").compute(), whole)
