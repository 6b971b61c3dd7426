from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from glob import glob

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd


def postgres_binaries():
    """Where the programs of PostgreSQL are, or None."""
    for folder in [
        *sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True),
        os.path.dirname(shutil.which("initdb") or ""),
    ]:
        if folder and all(os.path.exists(os.path.join(folder, name)) for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


@pytest.fixture(scope="module")
def postgres():
    """The address of a server of its own; it listens on a socket in a temporary directory."""
    pytest.importorskip("psycopg")
    folder = postgres_binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed here: no initdb, pg_ctl and postgres")
    as_user = {}
    if os.getuid() == 0:  # the server refuses to run as root
        name = next(
            (each for each in ("postgres", "nobody") if each in {user.pw_name for user in pwd.getpwall()}), None
        )
        if name is None:
            pytest.skip("PostgreSQL does not run as root, and there is no other user here")
        as_user = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
    place = tempfile.mkdtemp(prefix="weft-pg-", dir="/tmp")
    if as_user:
        os.chown(place, pwd.getpwnam(as_user["user"]).pw_uid, as_user["group"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*words):
        subprocess.run(words, check=True, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, **as_user)

    data = os.path.join(place, "data")
    try:
        run(
            os.path.join(folder, "initdb"),
            "-D",
            data,
            "-U",
            "weft",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale",
            "C",
        )
        options = f"-p {port} -k {place} -c listen_addresses='' -c fsync=off"
        run(os.path.join(folder, "pg_ctl"), "-D", data, "-w", "-o", options, "-l", os.path.join(place, "log"), "start")
        try:
            yield f"postgresql+psycopg://weft@/postgres?host={place}&port={port}"
        finally:
            run(os.path.join(folder, "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/x.db"


@pytest.fixture(params=["sqlite", "postgres"])
def address(request):
    uri = request.getfixturevalue(request.param)
    yield uri
    engine = sa.create_engine(uri)
    metadata = sa.MetaData()
    metadata.reflect(engine)
    metadata.drop_all(engine)
    engine.dispose()


def sample(rows=20):
    return pd.DataFrame(
        {
            "number": range(rows),
            "word": ([None, "é", "it's"] * rows)[:rows],
            "part": np.arange(rows) / 4,
            "day": pd.date_range("2020-01-01", periods=rows),
        },
        index=pd.RangeIndex(100, 100 + rows, name="id"),
    )


def read_all(uri, name):
    engine = sa.create_engine(uri)
    try:
        return pd.read_sql(f"select * from {name}", engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize("parallel", [False, True])
def test_what_is_written_is_read_back(address, parallel):
    whole = sample()
    assert dd.from_pandas(whole, npartitions=4).to_sql("rows", address, parallel=parallel) is None
    ours = dd.read_sql_table("rows", address, "id", npartitions=3)
    assert ours.npartitions == 3
    assert ours.divisions[0] == 100
    assert ours.divisions[-1] == 119
    pd.testing.assert_frame_equal(
        ours.compute(scheduler="sync").sort_index(),
        whole,
        check_index_type=False,
        check_freq=False,
        check_column_type=False,
    )
    assert ours.number.sum().compute(scheduler="threads") == whole.number.sum()
    assert len(ours) == 20


def test_rows_keep_their_order(address):
    whole = sample()
    dd.from_pandas(whole, npartitions=5).to_sql("rows", address, chunksize=3, method="multi")
    assert read_all(address, "rows").number.tolist() == list(range(20))


def test_queries_and_expressions(address):
    whole = sample()
    dd.from_pandas(whole, npartitions=2).to_sql("rows", address)
    ours = dd.read_sql_query("select id, number * 2 as twice from rows where number > 4;", address, "id", npartitions=2)
    assert ours.twice.sum().compute(scheduler="sync") == 2 * sum(range(5, 20))
    table = sa.table("rows", sa.column("id"), sa.column("number"))
    query = sa.select(table.c.id, (table.c.number + 1).label("more")).where(table.c.number < 5)
    made = dd.read_sql_query(query, address, index_col=table.c.id, npartitions=2)
    assert made.more.compute(scheduler="processes", num_workers=2).sort_index().tolist() == [1, 2, 3, 4, 5]
    assert dd.read_sql("rows", address, "id", columns=["number"]).columns.tolist() == ["number"]
    assert len(dd.read_sql("select * from rows", address, "number")) == 20


def test_ranges(address):
    whole = sample()
    dd.from_pandas(whole).to_sql("rows", address)
    some = dd.read_sql_table("rows", address, "id", divisions=[100, 105, 119])
    assert some.divisions == (100, 105, 119)
    assert [len(part) for part in some.partitions] == [5, 15]
    assert len(dd.read_sql_table("rows", address, "id", limits=(105, 110), npartitions=2)) == 6
    assert dd.read_sql_table("rows", address, "id", bytes_per_chunk=200).npartitions > 3
    by_day = dd.read_sql_table("rows", address, "day", npartitions=4)
    assert by_day.divisions[0] == pd.Timestamp("2020-01-01")
    assert len(by_day) == 20
    by_part = dd.read_sql_table("rows", address, "part", npartitions=4)
    assert len(by_part) == 20
    given = dd.read_sql_table("rows", address, "id", meta=sample().iloc[:0], npartitions=2)
    assert_same(given.number.sum(), 190)


def test_tables_that_are_there(address):
    whole = sample()
    ours = dd.from_pandas(whole, npartitions=2)
    ours.to_sql("rows", address)
    with pytest.raises(ValueError, match="already exists"):
        ours.to_sql("rows", address)
    ours.to_sql("rows", address, if_exists="append")
    assert len(read_all(address, "rows")) == 40
    ours.to_sql("rows", address, if_exists="replace", dtype={"number": sa.Text()})
    assert read_all(address, "rows").number.tolist()[0] == "0"
    ours[["number"]].to_sql("other", address, index=False)
    ours[["number"]].to_sql("other", address, index=False, if_exists="delete_rows")
    assert len(read_all(address, "other")) == 20
    engine = sa.create_engine(address)
    assert sorted(sa.inspect(engine).get_table_names()) == ["other", "rows"]
    engine.dispose()
    (ours.assign(number=dd.read_sql_table("other", address, "number").reset_index().number.sum().compute())).to_sql(
        "rows", address, if_exists="replace", index_label="label"
    )
    assert "label" in read_all(address, "rows").columns


def broken(part):
    if part.number.max() > 15:
        raise RuntimeError("no more")
    return part


@pytest.mark.parametrize("if_exists", ["replace", "append"])
def test_a_write_that_fails_leaves_the_table(address, if_exists):
    whole = sample()
    dd.from_pandas(whole).to_sql("rows", address)
    wrong = dd.from_pandas(whole, npartitions=4).map_partitions(broken, meta=whole.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        wrong.to_sql("rows", address, if_exists=if_exists)
    assert len(read_all(address, "rows")) == 20
    engine = sa.create_engine(address)
    assert sa.inspect(engine).get_table_names() == ["rows"]
    engine.dispose()


def test_writing_later_and_series(sqlite):
    job = dd.from_pandas(sample(), npartitions=2).number.to_sql("numbers", sqlite, compute=False)
    job.compute(scheduler="sync")
    assert len(read_all(sqlite, "numbers")) == 20


def test_empty_tables(sqlite):
    dd.from_pandas(sample().iloc[:0]).to_sql("rows", sqlite)
    made = dd.read_sql_table("rows", sqlite, "id")
    assert made.columns.tolist() == ["number", "word", "part", "day"]
    assert len(made) == 0


def test_wrong_calls_are_refused(sqlite):
    dd.from_pandas(sample()).to_sql("rows", sqlite)
    engine = sa.create_engine(sqlite)
    for call, kind, words in [
        (lambda: dd.read_sql_table("row", sqlite, "id"), ValueError, "no table 'row'.*rows"),
        (lambda: dd.read_sql_table("rows", sqlite, "idd"), KeyError, "Did you mean 'id'"),
        (lambda: dd.read_sql_table("rows", sqlite, "id", columns=["numbr"]), KeyError, "number"),
        (lambda: dd.read_sql_table("rows", sqlite, "word"), ValueError, "missing in 7 of 20"),
        (lambda: dd.read_sql_table("rows", engine, "id"), TypeError, "address"),
        (lambda: dd.read_sql_table(sa.table("rows"), sqlite, "id"), TypeError, "read_sql_query"),
        (lambda: dd.read_sql_query(3, sqlite, "id"), TypeError, "Select"),
        (lambda: dd.read_sql_table("rows", sqlite, "id", npartitions=2, divisions=[1, 2]), TypeError, "not both"),
        (lambda: dd.read_sql_table("rows", sqlite, "id", npartitions=0), ValueError, "at least 1"),
        (lambda: dd.read_sql_table("rows", sqlite, "id", head_rows=0), ValueError, "head_rows"),
        (lambda: dd.from_pandas(sample()).to_sql("x", sqlite, if_exists="never"), ValueError, "if_exists"),
        (lambda: dd.from_pandas(sample()).to_sql("x", engine), TypeError, "address"),
    ]:
        with pytest.raises(kind, match=words):
            call()
    texts = "select id, coalesce(word, 'x') as word from rows"
    with pytest.raises(TypeError, match="divisions="):
        dd.read_sql_query(texts, sqlite, "word")
    engine.dispose()


def test_missing_values_that_turn_up_late_are_explained(sqlite):
    whole = pd.DataFrame({"a": pd.array([1] * 10 + [None], "Int64")}, index=pd.RangeIndex(11, name="id"))
    dd.from_pandas(whole).to_sql("rows", sqlite)
    with pytest.raises(ValueError, match="'a' has missing values"):
        dd.read_sql_table("rows", sqlite, "id").compute(scheduler="sync")
    made = dd.read_sql_table("rows", sqlite, "id", dtype_backend="numpy_nullable").compute(scheduler="sync")
    assert made.a.isna().sum() == 1


def test_without_an_index_column_rows_are_one_partition(tmp_path):
    address = f"sqlite:///{tmp_path}/x.db"
    whole = pd.DataFrame({"a": [3, 1, 2], "b": ["x", None, "z"]})
    dd.from_pandas(whole, npartitions=2).to_sql("t", address, index=False)
    for ours in [
        dd.read_sql_table("t", address),
        dd.read_sql_query("select a, b from t", address),
        dd.read_sql("t", address, columns=["a", "b"]),
    ]:
        pd.testing.assert_frame_equal(ours.compute(scheduler="sync"), whole)
        assert ours.a.sum().compute(scheduler="sync") == 6
        assert len(ours) == 3
    with pytest.raises(ValueError, match="index_col"):
        dd.read_sql_table("t", address, npartitions=2)
