"""Bags of files, and files of bags."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import lzma
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bag.strategies import bags, value

import weft
import weft.bag as db
from weft.errors import MissingDependencyError, ReadError

try:
    import fastavro
except ImportError:
    fastavro = None


def test_files_are_partitions_blocks_or_bundles(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"{number}\n{number}\n" * 10)
    lines = [f"{number}\n" for number in range(5) for _ in range(20)]
    pattern = str(tmp_path / "*.txt")
    for options, count in [
        ({}, 5),
        ({"blocksize": 16}, 15),
        ({"files_per_partition": 2}, 3),
        ({"blocksize": "1 kB"}, 5),
    ]:
        bag = db.read_text(pattern, **options)
        assert (bag.npartitions, value(bag)) == (count, lines)
        assert value(bag.count()) == 100
    with_paths = value(db.read_text(pattern, include_path=True, files_per_partition=3))
    assert with_paths == [(line, str(tmp_path / f"{line[0]}.txt")) for line in lines]
    with pytest.raises(ValueError, match="not both"):
        db.read_text(pattern, blocksize=5, files_per_partition=2)
    parts = db.read_text(pattern, collection=False)
    assert weft.compute(*parts, scheduler="sync")[4] == ["4\n"] * 20


def test_threads_read_parts_of_one_file_side_by_side(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{number}\n" for number in range(30_000)))
    total = db.read_text(str(path), blocksize=2000).map(int).sum()
    for _ in range(5):
        assert total.compute(scheduler="threads", num_workers=4) == sum(range(30_000))


def test_equal_reads_have_equal_names_until_the_file_changes(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\n")
    before = db.read_text(str(path))
    assert before.name == db.read_text(str(path)).name
    path.write_text("one\ntwo\n")
    assert before.name != db.read_text(str(path)).name


@pytest.mark.parametrize(("ending", "library"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_compressed_files_are_known_by_their_names(tmp_path, ending, library):
    path = tmp_path / f"a.txt.{ending}"
    path.write_bytes(library.compress(b"one\ntwo\n"))
    assert value(db.read_text(str(path))) == ["one\n", "two\n"]
    with pytest.raises(ValueError, match="compressed"):
        db.read_text(str(path), blocksize=4)


def test_zstd_that_is_cut_off_is_noticed_or_refused(tmp_path, monkeypatch):
    whole = [f"line {number}\n" for number in range(20_000)]
    (path,) = db.from_sequence(whole, npartitions=1).to_textfiles(str(tmp_path / "*.txt.zst"), scheduler="sync")
    assert value(db.read_text(path)) == whole
    data = (tmp_path / "0.txt.zst").read_bytes()
    (tmp_path / "twice.txt.zst").write_bytes(data + data)
    assert value(db.read_text(str(tmp_path / "twice.txt.zst"))) == whole + whole
    (tmp_path / "half.txt.zst").write_bytes(data[: len(data) // 2])
    with pytest.raises(ReadError, match="cut off"):
        value(db.read_text(str(tmp_path / "half.txt.zst")))
    monkeypatch.setitem(fsspec.compression.compr, "zstd", lambda file, mode: file)
    with pytest.raises(MissingDependencyError, match=r"weft\[io\]"):
        db.read_text(path)


@settings(max_examples=25)
@given(pair=bags(st.text("ab é", max_size=6)), ending=st.sampled_from(["txt", "gz"]), last=st.booleans())
def test_texts_come_back_from_files(tmp_path_factory, pair, ending, last):
    records, bag = pair
    folder = tmp_path_factory.mktemp("out")
    paths = bag.to_textfiles(str(folder / f"*.{ending}"), last_endline=last, scheduler="sync")
    assert paths == sorted(str(folder / name) for name in os.listdir(folder))
    back = value(db.read_text(paths).str.rstrip("\n"))
    kept = [x for x in records if x]  # an empty last line leaves no trace
    assert [x for x in back if x] == kept
    if last:
        assert back == records


def test_lines_that_end_get_no_second_end(tmp_path):
    db.from_sequence(["a\n", "b"], npartitions=1).to_textfiles(str(tmp_path), scheduler="sync")
    assert (tmp_path / "0.part").read_text() == "a\nb"
    later = db.from_sequence(["x"], npartitions=1).to_textfiles([str(tmp_path / "later")], compute=False)
    assert not (tmp_path / "later").exists()
    weft.compute(*later, scheduler="sync")
    assert (tmp_path / "later").read_text() == "x"
    with pytest.raises(TypeError, match="writes texts, not int"):
        db.range(3, 1).to_textfiles(str(tmp_path / "numbers"), scheduler="sync")
    assert os.listdir(tmp_path / "numbers") == []


def test_bytes_are_written_as_they_are(tmp_path):
    bag = db.from_sequence([b"caf\xe9", b"two\n", b"three"], npartitions=1)
    bag.to_textfiles([tmp_path / "a"], encoding=None, last_endline=True, scheduler="sync")
    assert (tmp_path / "a").read_bytes() == b"caf\xe9\ntwo\nthree\n"
    with pytest.raises(TypeError, match="writes texts, not str"):
        db.from_sequence([b"a", "b"], npartitions=1).to_textfiles([tmp_path / "b"], scheduler="sync")
    with pytest.raises(LookupError, match="nothing"):
        bag.to_textfiles([tmp_path / "b"], encoding="nothing")


def test_json_lines_are_written(tmp_path):
    records = [{"a": "é\n", "b": [1, None]}, 2, "three", datetime.date(2020, 1, 2)]
    bag = db.from_sequence(records, npartitions=2)
    paths = bag.to_json(tmp_path, default=str, scheduler="sync")
    assert paths == [str(tmp_path / "0.jsonl"), str(tmp_path / "1.jsonl")]
    assert value(db.read_json(paths)) == [*records[:3], "2020-01-02"]
    with pytest.raises(TypeError, match="not JSON serializable") as info:
        bag.to_json(str(tmp_path / "again-*.gz"), scheduler="sync")
    assert "number 1 of its partition" in "".join(info.value.__notes__)
    with pytest.raises(TypeError, match="takes a bag"):
        db.to_json([1], tmp_path)


def test_dicts_are_written_as_parquet(tmp_path, monkeypatch):
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("weft.bag.io.parquet.ROWS", 3)
    records = [{"a": n if n % 3 else None, "b": {"c": [str(n)] * (n % 2)}} for n in range(10)]
    bag = db.from_sequence(records, npartitions=2)
    paths = bag.to_parquet(tmp_path / "some", compression="zstd", scheduler="sync")
    assert [os.path.basename(path) for path in paths] == ["0.parquet", "1.parquet"]
    assert pq.read_table(tmp_path / "some").to_pylist() == records
    assert pq.ParquetFile(paths[0]).num_row_groups == 2
    bag.to_parquet([tmp_path / "x", tmp_path / "y"], schema={"a": "float64", "more": "string"}, scheduler="sync")
    assert pq.read_table(tmp_path / "x").to_pylist()[1] == {"a": 1.0, "more": None}
    later = bag.filter(lambda record: False).to_parquet(tmp_path / "z", schema={"a": "int64"}, compute=False)
    weft.compute(*later, scheduler="sync")
    assert pq.read_table(tmp_path / "z").num_rows == 0
    with pytest.raises(ValueError, match="Give schema="):
        bag.filter(lambda record: False).to_parquet(tmp_path / "none", scheduler="sync")
    with pytest.raises(TypeError, match="writes dicts, not int"):
        db.range(3, 1).to_parquet(tmp_path / "none", schema={"a": "int64"}, scheduler="sync")
    odd = db.from_sequence([{"a": 1}, {"a": "x"}], npartitions=2)
    with pytest.raises(ValueError, match="unless you pass schema"):
        odd.to_parquet(tmp_path / "none", scheduler="sync")


def test_nothing_put_together_is_a_bag_without_records():
    assert value(db.concat([])) == value(db.from_delayed([])) == []
    assert value(db.concat([]).count()) == 0


json_values = st.dictionaries(
    st.sampled_from("abc"), st.integers() | st.floats(allow_nan=False) | st.text(), max_size=3
)


@settings(max_examples=25)
@given(records=st.lists(json_values, max_size=20), blocksize=st.one_of(st.none(), st.integers(1, 200)))
def test_json_lines_are_decoded_and_plucked_as_python_does(tmp_path_factory, records, blocksize):
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records))
    bag = db.read_json(str(path), blocksize=blocksize)
    assert value(bag) == records
    assert value(bag.count()) == len(records)
    assert value(bag.pluck("a", None)) == [each.get("a") for each in records]
    mapped = db.read_text(str(path), blocksize=blocksize).map(json.loads)
    assert value(mapped.pluck(["a", "b"], 0)) == [(each.get("a", 0), each.get("b", 0)) for each in records]
    assert mapped.filter(lambda each: "a" in each).compute(scheduler="sync", optimize_graph=False) == [
        each for each in records if "a" in each
    ]


def test_explain_tells_what_decodes_json_and_where_it_plucks(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}\n')
    text = str(db.read_json(str(path)).pluck("a").sum().explain())
    assert "read_text, parse_json(" in text
    assert "pluck 'a'" in text


def test_documents_are_records_or_lists_of_them(tmp_path):
    (tmp_path / "1.json").write_text("[1, 2]")
    (tmp_path / "2.json").write_text('{"a": 3}')
    (tmp_path / "3.json").write_text("{")
    good = [str(tmp_path / "1.json"), str(tmp_path / "2.json")]
    assert value(db.read_json(good, lines=False)) == [1, 2, {"a": 3}]
    every = str(tmp_path / "*.json")
    with pytest.raises(json.JSONDecodeError) as info:
        value(db.read_json(every, lines=False))
    assert "3.json" in info.value.__notes__[0]
    assert value(db.read_json(every, lines=False, on_error="skip")) == [1, 2, {"a": 3}]
    assert value(db.read_json(every, lines=False, on_error="collect"))[-1].path == str(tmp_path / "3.json")


def test_delayed_values_are_partitions_and_partitions_are_delayed_values():
    load = weft.delayed(lambda start: iter([start, start + 1]))
    parts = [load(0), load(10)]
    bag = db.from_delayed(parts)
    assert value(bag.map(lambda x: x + 1)) == [1, 2, 11, 12]
    assert weft.compute(bag.sum(), parts[1], scheduler="sync")[0] == 22
    assert [part.compute(scheduler="sync") for part in bag.map(str).to_delayed()] == [["0", "1"], ["10", "11"]]
    assert bag.count().to_delayed(optimize_graph=False).compute(scheduler="sync") == 4
    assert weft.compute(bag.sum(), bag.count(), bag, scheduler="sync") == (22, 4, [0, 1, 10, 11])
    assert bag.name == db.from_delayed(parts).name
    with pytest.raises(TypeError, match="iterable of records"):
        value(db.from_delayed(weft.delayed(5)))
    assert value(db.range(3, 1).map(lambda x, y: x + y, weft.delayed(10))) == [10, 11, 12]
    assert value(db.Item.from_delayed(weft.delayed(abs)(-2)).apply(str)) == "2"


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/page" else 404)
        self.end_headers()
        self.wfile.write(b"one\ntwo\n")

    def log_message(self, *args):
        pass


def test_web_pages_are_partitions_of_lines():
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert value(db.from_url(f"{address}/page")) == [b"one\n", b"two\n"]
        with pytest.raises(OSError, match="cannot read"):
            value(db.from_url([f"{address}/none"]))
        server.shutdown()


SCHEMA = {"name": "Pair", "type": "record", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}


@pytest.mark.skipif(fastavro is None, reason="fastavro is not installed")
@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_avro_comes_back_in_blocks_of_any_size(tmp_path, codec):
    records = [{"a": i, "b": str(i) * 3} for i in range(1000)]
    bag = db.from_sequence(records, npartitions=3)
    paths = bag.to_avro(str(tmp_path / "*.avro"), SCHEMA, codec=codec, sync_interval=100, scheduler="sync")
    assert len(paths) == 3
    for blocksize in (None, 100, 777, 10**8):
        assert value(db.read_avro(paths, blocksize=blocksize)) == records
    (tmp_path / "bad.avro").write_bytes(b"nothing")
    with pytest.raises(OSError, match="no Avro file"):
        value(db.read_avro(str(tmp_path / "bad.avro")))
    with pytest.raises(ValueError, match="schema"):
        bag.to_avro(str(tmp_path), {"type": "record"})
    with pytest.raises(ValueError, match="codec"):
        bag.to_avro(str(tmp_path), SCHEMA, codec="zip")


@pytest.mark.skipif(fastavro is not None, reason="fastavro is installed")
def test_avro_says_what_to_install():
    with pytest.raises(MissingDependencyError, match="fastavro"):
        db.read_avro("x.avro")


def test_records_are_rows_of_dataframes():
    pd = pytest.importorskip("pandas")
    with weft.config.set(scheduler="sync"):
        rows = [{"a": i, "b": str(i), "c": i / 2} for i in range(10)]
        bag = db.from_sequence(rows, npartitions=3)
        frame = bag.to_dataframe()
        assert frame.npartitions == 3
        pd.testing.assert_frame_equal(frame.compute().reset_index(drop=True), pd.DataFrame(rows))
        pairs = db.from_sequence([(1, "x"), (2, "y")], npartitions=2).to_dataframe(columns=["n", "s"])
        assert pairs.compute().n.tolist() == [1, 2]
        told = bag.filter(lambda row: row["a"] > 7).to_dataframe(meta={"a": "float64", "b": "str"})
        assert told.compute().a.tolist() == [8.0, 9.0]
        with pytest.raises(ValueError, match="Give meta="):
            bag.filter(lambda row: False).to_dataframe()
        with pytest.raises(ValueError, match="not both"):
            bag.to_dataframe(meta={"a": "int64"}, columns=["a"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32", "iso2022_jp"])
def test_long_texts_have_one_byte_order_mark(tmp_path, monkeypatch, encoding):
    monkeypatch.setattr("weft.bag.io.written.CHUNK", 10)
    lines = [f"line {number}\n" for number in range(20)]
    (path,) = db.from_sequence(lines, npartitions=1).to_textfiles(
        [tmp_path / "a.txt"], encoding=encoding, scheduler="sync"
    )
    with open(path, encoding=encoding) as file:
        assert file.read() == "".join(lines)
