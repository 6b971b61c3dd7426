"""Files appear whole or not at all."""

from __future__ import annotations

import gzip
import os

import fsspec
import pytest

from weft.io.writing import paths_for, written_whole


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "deep" / "file.txt.gz"
    with written_whole(str(path), "infer", None) as file:
        file.write(b"text")
        assert not path.exists()
    assert gzip.decompress(path.read_bytes()) == b"text"
    assert os.listdir(path.parent) == ["file.txt.gz"]


def fail_while_writing(path):
    with written_whole(path, None, None) as file:
        file.write(b"half")
        raise KeyError("no more")


def test_nothing_is_left_of_a_file_that_could_not_be_completed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(KeyError):
        fail_while_writing(str(path))
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


def test_other_file_systems_commit_at_the_end():
    fs = fsspec.filesystem("memory")
    with written_whole("memory://folder/one", None, None) as file:
        file.write(b"text")
    assert fs.cat("/folder/one") == b"text"
    with pytest.raises(KeyError):
        fail_while_writing("memory://folder/two")
    assert not fs.exists("/folder/two")


def test_paths_of_partitions():
    assert paths_for("out", 11)[:2] == ["out/00.part", "out/01.part"]
    assert paths_for("a*b", 2, lambda number: "xy"[number]) == ["axb", "ayb"]
    assert paths_for(["p", "q"], 2) == ["p", "q"]
    for path, count, name in [
        ("*/*", 2, None),
        (["p"], 2, None),
        ("a*", 2, lambda n: "x"),
        ("a*", 2, lambda n: str(9 - n)),
    ]:
        with pytest.raises(ValueError, match=r"path|name_function|partitions"):
            paths_for(path, count, name)
