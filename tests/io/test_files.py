from __future__ import annotations

import zipfile

import fsspec
import pytest

from weft.io.files import filesystem_for, find_files


def test_directories_patterns_and_lists_in_natural_order(tmp_path):
    for name in ["part.10.txt", "part.2.txt", "_hidden.txt", ".secret.txt", "other.csv", "deep/part.1.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    (tmp_path / "part.3.txt.0123.part-written").write_text("half")

    def names(path, **options):
        return [file.path[len(str(tmp_path)) + 1 :] for file in find_files(path, kind="text", **options)[1]]

    assert names(tmp_path, extensions=".txt") == ["deep/part.1.txt", "part.2.txt", "part.10.txt"]
    assert names(str(tmp_path / "part.*")) == ["part.2.txt", "part.10.txt"]
    assert names([tmp_path / "part.10.txt", tmp_path / "other.csv"]) == ["part.10.txt", "other.csv"]


def test_a_file_that_is_written_anew_has_another_stamp():
    memory = fsspec.filesystem("memory")
    memory.pipe("/stamps/x", b"1")
    before = find_files("memory://stamps/x", kind="text")[1]
    memory.pipe("/stamps/x", b"22")
    assert find_files("memory://stamps/x", kind="text")[1] != before
    memory.rm("/stamps", recursive=True)


def test_what_is_not_there_or_no_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no text file"):
        find_files(tmp_path / "nothing*", kind="text")
    with pytest.raises(ValueError, match="empty"):
        find_files([], kind="text")
    with pytest.raises(TypeError, match="int"):
        find_files(3, kind="text")
    with pytest.raises(ValueError, match="filesystem is"):
        filesystem_for("x", filesystem="other")
    with pytest.raises(ValueError, match="together"):
        filesystem_for("x", {"a": 1}, fsspec.filesystem("file"))


def test_files_within_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.csv", "2")
    filesystem, files, _ = find_files(f"zip://*.csv::file://{tmp_path}/x.zip", kind="CSV")
    assert [filesystem.cat(file.path) for file in files] == [b"1", b"2"]
