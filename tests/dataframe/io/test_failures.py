"""Writes that fail: the disk is full, the process is killed, nothing may be written. What was there stays, and nothing half."""

from __future__ import annotations

import contextlib
import resource
import signal
import subprocess
import sys
import textwrap

import fsspec
import fsspec.implementations.local
import numpy as np
import pandas as pd
import pytest

import weft.bag as db
import weft.dataframe as dd
from weft.dataframe.base import new
from weft.dataframe.io import writing

OLD = pd.DataFrame({"a": range(20), "s": [f"w{number % 4}" for number in range(20)]})
#: Too large for what is left of the disk.
LIMIT = 1 << 16


def new_rows(rows=40_000):
    """Rows that no compression makes small."""
    chance = np.random.default_rng(0)
    return pd.DataFrame({"a": chance.integers(0, 1 << 60, rows), "s": chance.integers(0, 1 << 60, rows).astype(str)})


#: For each format how a frame is written to a place, and read from there; and whether the place is a single file.
FORMATS = {
    "parquet": (lambda frame, place, **kw: frame.to_parquet(place, overwrite=True, **kw), dd.read_parquet, False),
    "csv": (
        lambda frame, place, **kw: frame.to_csv(place, index=False, **kw),
        lambda place: dd.read_csv(place + "/*"),
        False,
    ),
    "csv in one": (
        lambda frame, place, **kw: frame.to_csv(place, index=False, single_file=True, **kw),
        dd.read_csv,
        True,
    ),
    "json": (lambda frame, place, **kw: frame.to_json(place, **kw), lambda place: dd.read_json(place + "/*"), False),
    "orc": (lambda frame, place, **kw: frame.to_orc(place, write_index=False, **kw), dd.read_orc, False),
    "feather": (lambda frame, place, **kw: frame.to_feather(place, **kw), dd.read_feather, False),
    "hdf": (
        lambda frame, place, compute_kwargs=None: frame.to_hdf(place, "/t", mode="w", dask_kwargs=compute_kwargs),
        lambda place: dd.read_hdf(place, "/t"),
        True,
    ),
    "sql": (
        lambda frame, place, **kw: frame.to_sql("t", f"sqlite:///{place}", if_exists="replace", index=False, **kw),
        lambda place: dd.read_sql_query("select * from t", f"sqlite:///{place}"),
        True,
    ),
}


def needed(kind):
    """Skip where what writes a format is not there."""
    packages = {"hdf": "tables", "sql": "sqlalchemy"}
    if kind in packages:
        pytest.importorskip(packages[kind])


def failure_of(kind):
    """What a disk that is full is called by what writes a format."""
    if kind == "hdf":
        return pytest.importorskip("tables").exceptions.HDF5ExtError
    return pytest.importorskip("sqlalchemy").exc.DBAPIError if kind == "sql" else OSError


@contextlib.contextmanager
def full_disk(limit=LIMIT):
    """Files of this process may have so many bytes: the system answers as if there were no more room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def listing(folder):
    """All files, with what they hold."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


FULL = """
import resource
import weft.dataframe as dd
from tests.dataframe.io.test_failures import FORMATS, LIMIT, failure_of, new_rows

frame = dd.from_pandas(new_rows(), npartitions=4)
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    FORMATS[KIND][0](frame, PLACE, **({} if KIND == "sql" else {"compute_kwargs": {"scheduler": SCHEDULER}}))
except failure_of(KIND) as error:
    assert not isinstance(error, FileNotFoundError), error
else:
    raise AssertionError("all of it was written")
"""


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_disk_that_is_full_leaves_the_old_data(tmp_path, kind, scheduler):
    needed(kind)
    write, read, _ = FORMATS[kind]
    place = str(tmp_path / "out")
    write(dd.from_pandas(OLD, npartitions=2), place)
    before = listing(tmp_path)
    code = FULL.replace("KIND", repr(kind)).replace("PLACE", repr(place)).replace("SCHEDULER", repr(scheduler))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert not done.returncode, done.stderr
    if kind != "sql" and scheduler == "sync":  # a database's file changes in itself; other threads may still clear up
        assert listing(tmp_path) == before
    found = read(place).compute(scheduler="sync").reset_index(drop=True)
    pd.testing.assert_frame_equal(found[["a", "s"]], OLD, check_dtype=False)


@pytest.mark.parametrize("single", [False, True])
def test_a_partition_that_ends_after_the_write_has_failed_clears_up(tmp_path, single, monkeypatch):
    jobs = []
    monkeypatch.setattr(writing, "new", lambda expr: jobs.append(expr.job) or new(expr))
    frame = dd.from_pandas(OLD, npartitions=2).map_partitions(failing, meta=OLD.iloc[:0])
    with pytest.raises(ArithmeticError):
        frame.to_csv(str(tmp_path / "out"), single_file=single, compute_kwargs={"scheduler": "sync"})
    writing.write_part(OLD, 0, jobs[0])
    assert listing(tmp_path) == {}


def failing(part):
    """No partition."""
    raise ArithmeticError


def test_a_disk_that_is_full_leaves_lines_as_they_were(tmp_path):
    place = str(tmp_path / "out")
    db.from_sequence(["one", "two"], npartitions=2).to_textfiles(place)
    before = listing(tmp_path)
    lines = new_rows().s.tolist()
    with full_disk(), pytest.raises(OSError, match="large"):
        db.from_sequence(lines, npartitions=2).to_textfiles(place, compute=False)[0].compute(scheduler="sync")
    assert listing(tmp_path) == before


KILLED = """
import os, signal
import pandas as pd
import weft.dataframe as dd
from tests.dataframe.io.test_failures import FORMATS

def last(part, partition_info=None):
    if len(part) and part.a.iloc[-1] == 59:
        os.kill(os.getpid(), signal.SIGKILL)
    return part

frame = dd.from_pandas(pd.DataFrame({"a": range(60), "s": ["new"] * 60}), npartitions=6).map_partitions(last)
FORMATS[KIND][0](frame, PLACE, **({} if KIND == "sql" else {"compute_kwargs": {"scheduler": "sync"}}))
"""


@pytest.mark.parametrize("kind", FORMATS)
def test_a_process_that_is_killed_leaves_the_old_data(tmp_path, kind):
    needed(kind)
    write, read, _ = FORMATS[kind]
    place = str(tmp_path / "out")
    write(dd.from_pandas(OLD, npartitions=2), place)
    before = listing(tmp_path)
    code = textwrap.dedent(KILLED).replace("KIND", repr(kind)).replace("PLACE", repr(place))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    after = listing(tmp_path)
    if kind != "sql":
        assert {name: after[name] for name in before} == before
        assert all("part-written" in name or "/.weft-" in name for name in set(after) - set(before))
    found = read(place).compute(scheduler="sync").reset_index(drop=True)
    pd.testing.assert_frame_equal(found[["a", "s"]], OLD, check_dtype=False)
    write(dd.from_pandas(OLD[:5], npartitions=1), place)  # what was left is in nobody's way
    if kind in ("parquet", "csv in one", "hdf", "sql"):  # others leave files of partitions that there are no more
        assert len(read(place)) == 5


@pytest.fixture
def _closed(monkeypatch):
    """No file of this machine may be opened for writing."""
    opened = fsspec.implementations.local.LocalFileSystem._open

    def refusing(self, path, mode="rb", **options):
        if "w" in mode or "a" in mode:
            raise PermissionError(13, "Permission denied", path)
        return opened(self, path, mode, **options)

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "_open", refusing)


@pytest.mark.usefixtures("_closed")
@pytest.mark.parametrize("kind", [each for each in FORMATS if each not in ("hdf", "sql")])
def test_what_may_not_be_written_says_so(tmp_path, kind):
    frame = dd.from_pandas(OLD, npartitions=2)
    with pytest.raises(PermissionError, match="Permission denied"):
        FORMATS[kind][0](frame, str(tmp_path / "out"), compute_kwargs={"scheduler": "sync"})


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_may_not_be_read_says_so(tmp_path, kind, monkeypatch):
    write, read, _ = FORMATS[kind]
    place = str(tmp_path / "out")
    write(dd.from_pandas(OLD, npartitions=2), place)
    frame = read(place)

    def refusing(self, path, mode="rb", **options):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "_open", refusing)
    with pytest.raises(PermissionError, match="Permission denied"):
        frame.compute(scheduler="sync")


def test_object_stores_that_refuse_say_so():
    memory = fsspec.filesystem("memory")

    class Refusing(type(memory)):
        protocol = ("refusing",)
        cachable = False

        def _open(self, path, mode="rb", **options):
            if "w" in mode:
                raise PermissionError(13, "Permission denied", path)
            return super()._open(path, mode, **options)

        @classmethod
        def _strip_protocol(cls, path):
            return "/" + path.removeprefix("refusing://").strip("/")

    fsspec.register_implementation("refusing", Refusing, clobber=True)
    frame = dd.from_pandas(OLD, npartitions=2)
    for write in (frame.to_parquet, frame.to_csv, frame.to_json):
        with pytest.raises(PermissionError, match="Permission denied"):
            write("refusing://out", compute_kwargs={"scheduler": "sync"})
