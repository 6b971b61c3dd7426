"""Every format on file systems other than this machine's: memory, HTTP, and S3 as a local server speaks it."""

from __future__ import annotations

import functools
import threading
import uuid
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pandas as pd
import pytest

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {"a": range(30), "s": [f"w{number % 4}" for number in range(30)], "f": [number / 4 for number in range(30)]}
)


class RangeHandler(SimpleHTTPRequestHandler):
    """A server that gives parts of files."""

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        try:
            with open(self.translate_path(self.path), "rb") as file:
                data = file.read()
        except OSError:
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        start, stop = 0, len(data)
        if asked:
            low, _, high = asked.removeprefix("bytes=").partition("-")
            start, stop = int(low), min(int(high) + 1 if high else len(data), len(data))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        if body:
            self.wfile.write(data[start:stop])


@pytest.fixture
def web(tmp_path):
    """A directory, and its address on a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(RangeHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def s3_server():
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["memory", "s3"])
def remote(request):
    """A place on a file system without directories, and the options that reach it."""
    name = f"place-{uuid.uuid4().hex[:8]}"
    if request.param == "memory":
        yield f"memory://{name}", {}
        memory = fsspec.filesystem("memory")
        if memory.exists(f"/{name}"):
            memory.rm(f"/{name}", recursive=True)
        return
    options = {
        "key": "any", "secret": "any", "endpoint_url": request.getfixturevalue("s3_server"),
        "client_kwargs": {"region_name": "eu-west-1"},
    }  # fmt: skip
    s3 = fsspec.filesystem("s3", **options)
    s3.mkdir(name)
    yield f"s3://{name}", options
    s3.rm(name, recursive=True)


def same(ours, **options):
    made = ours.compute(scheduler="threads").reset_index(drop=True)
    pd.testing.assert_frame_equal(made, WHOLE, **options)


def test_parquet(remote):
    place, options = remote
    ours = dd.from_pandas(WHOLE, npartitions=3)
    ours.to_parquet(f"{place}/x", storage_options=options, write_metadata_file=True)
    read = dd.read_parquet(f"{place}/x", storage_options=options)
    assert read.npartitions == 3
    same(read)
    assert read[read.a > 20].f.sum().compute(scheduler="threads") == WHOLE[WHOLE.a > 20].f.sum()
    assert len(dd.read_parquet(f"{place}/x/*.parquet", storage_options=options, filters=[("s", "==", "w1")])) == 8
    (read.assign(a=read.a + 0)).to_parquet(f"{place}/x", storage_options=options, overwrite=True)
    same(dd.read_parquet(f"{place}/x", storage_options=options))
    ours.to_parquet(f"{place}/x", storage_options=options, append=True, ignore_divisions=True)
    assert len(dd.read_parquet(f"{place}/x", storage_options=options)) == 60
    ours.to_parquet(f"{place}/k", storage_options=options, partition_on="s")
    assert dd.read_parquet(f"{place}/k", storage_options=options).s.nunique().compute(scheduler="sync") == 4
    fs = fsspec.url_to_fs(place, **options)[0]
    fs.invalidate_cache()
    assert not [path for path in fs.find(place) if "weft" in path]


def broken(part):
    if part.a.max() > 25:
        raise RuntimeError("no more")
    return part


def test_a_write_that_fails_leaves_no_half_file(remote):
    place, options = remote
    dd.from_pandas(WHOLE, npartitions=2).to_parquet(f"{place}/x", storage_options=options)
    wrong = dd.from_pandas(WHOLE, npartitions=3).map_partitions(broken, meta=WHOLE.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        wrong.to_parquet(f"{place}/x", storage_options=options, overwrite=True, compute_kwargs={"scheduler": "sync"})
    same(dd.read_parquet(f"{place}/x", storage_options=options))


def test_text(remote):
    place, options = remote
    ours = dd.from_pandas(WHOLE, npartitions=3)
    paths = ours.to_csv(f"{place}/c-*.csv", index=False, storage_options=options)
    assert len(paths) == 3
    same(dd.read_csv(f"{place}/c-*.csv", storage_options=options, blocksize=60))
    ours.to_csv(f"{place}/one.csv", index=False, single_file=True, storage_options=options)
    same(dd.read_csv(f"{place}/one.csv", storage_options=options))
    ours.to_json(f"{place}/j-*.json", storage_options=options)
    same(dd.read_json(f"{place}/j-*.json", lines=True, blocksize=100, storage_options=options), check_dtype=False)


def test_arrow_files(remote):
    place, options = remote
    ours = dd.from_pandas(WHOLE, npartitions=3)
    ours.to_orc(f"{place}/o", storage_options=options)
    same(dd.read_orc(f"{place}/o", storage_options=options))
    ours.to_feather(f"{place}/f", storage_options=options)
    same(dd.read_feather(f"{place}/f", storage_options=options))


def test_web_pages(web):
    folder, address = web
    WHOLE.to_parquet(folder / "x.parquet", row_group_size=10)
    WHOLE.to_csv(folder / "x.csv", index=False)
    WHOLE.to_json(folder / "x.json", orient="records", lines=True)
    same(dd.read_parquet(f"{address}/x.parquet", split_row_groups=True))
    assert dd.read_parquet(f"{address}/x.parquet", filters=[("a", ">", 20)]).a.sum().compute(
        scheduler="threads"
    ) == sum(range(21, 30))
    same(dd.read_csv(f"{address}/x.csv", blocksize=100))
    same(dd.read_csv(f"{address}/x.csv", blocksize=None))
    same(dd.read_json(f"{address}/x.json", lines=True, blocksize=200), check_dtype=False)
    with pytest.raises(FileNotFoundError):
        dd.read_csv(f"{address}/nothing.csv")


def test_arrow_s_own_file_systems(tmp_path):
    from pyarrow import fs as pafs

    dd.from_pandas(WHOLE, npartitions=2).to_parquet(tmp_path / "x", filesystem=pafs.LocalFileSystem())
    for filesystem in ["arrow", pafs.LocalFileSystem(), fsspec.filesystem("file")]:
        same(dd.read_parquet(str(tmp_path / "x"), filesystem=filesystem))
        assert len(dd.read_parquet(str(tmp_path / "x"), filesystem=filesystem, filters=[("a", "<", 3)])) == 3
