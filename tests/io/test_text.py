"""Lines of files, in any ranges, with any delimiters, encodings and compressions."""

from __future__ import annotations

import io

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.io import text as module
from weft.io.bytes import ByteRange, cut, open_files
from weft.io.text import LineFormat, Lines, is_ascii_based

pieces = st.lists(st.sampled_from(["a", "bc", "é", "\n", "\r", "\r\n", "||", "|", "\u2028", "\x0b", "語"]), max_size=40)


def lines_of(data: bytes, form: LineFormat, chunk: int, blocksize: int | None = None):
    """What is read of bytes in memory, with chunks of a given size."""
    fs = fsspec.filesystem("memory")
    fs.pipe("/text", data)
    (file,), _ = open_files("memory://text", compression=None, storage_options={})
    original, module.CHUNK = module.CHUNK, chunk
    try:
        return [list(Lines([part], form)) for part in cut(file, blocksize)]
    finally:
        module.CHUNK = original


def expected(text: str, delimiter: str | None) -> list[str]:
    if delimiter in (None, "", "\n"):
        return list(io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8", newline=delimiter))
    parts = text.split(delimiter)
    return [part + delimiter for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


@given(pieces, st.sampled_from([None, "", "\n", "\r", "\r\n", "||", "語", "bc"]), st.integers(1, 30))
def test_lines_are_those_of_pythons_reader(parts, delimiter, chunk):
    text = "".join(parts)
    (found,) = lines_of(text.encode(), LineFormat(delimiter=delimiter), chunk)
    assert found == expected(text, delimiter)


@given(pieces, st.sampled_from(["\n", "\r\n", "語"]), st.integers(1, 30), st.integers(1, 30))
def test_blocks_together_have_every_line_once(parts, delimiter, chunk, blocksize):
    text = "".join(parts)
    blocks = lines_of(text.encode(), LineFormat(delimiter=delimiter), chunk, blocksize)
    assert [line for block in blocks for line in block] == expected(text, delimiter)


@given(pieces, st.sampled_from([None, "", "\n", "\r\n", "||"]))
def test_lines_are_counted_as_they_are_made(parts, delimiter):
    data, form = "".join(parts).encode(), LineFormat(delimiter=delimiter)
    assert form.count(data) == len(form.lines(data)) == len(form.raw_lines(data))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "utf-7"]
)
def test_encodings(encoding, tmp_path):
    text = "one\ntwo é\nthree\n" if encoding != "shift_jis" else "one\nテスト\n"
    path = tmp_path / "text"
    path.write_bytes(text.encode(encoding))
    (file,), _ = open_files(str(path), compression=None, storage_options={})
    assert list(Lines([ByteRange(file, 0, None)], LineFormat(encoding))) == text.splitlines(keepends=True)
    assert Lines([ByteRange(file, 0, None)], LineFormat(encoding)).count_records() == len(text.splitlines())


@pytest.mark.parametrize("kind", sorted(filter(None, fsspec.available_compressions())))
def test_every_compression_that_fsspec_knows(kind, tmp_path):
    path = str(tmp_path / "text")
    with fsspec.open(path, "wb", compression=kind) as file:
        file.write(b"one\ntwo\n" * 1000)
    (file,), _ = open_files(path, compression=kind, storage_options={})
    assert list(Lines([ByteRange(file, 0, None)], LineFormat())) == ["one\n", "two\n"] * 1000


def test_the_place_of_a_line_is_its_first_byte(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("é\r\ntwo\nthree".encode())
    (file,), _ = open_files(str(path), compression=None, storage_options={})
    lines = Lines([ByteRange(file, 0, None)], LineFormat())
    assert lines.position() is None
    places = []
    for _ in lines:
        places.append(lines.position())
    assert places[:2] == [(str(path), 0, "é\r\n".encode()), (str(path), 4, b"two\n")]


@given(pieces, st.sampled_from([None, "\r\n", "語"]), st.integers(1, 30), st.integers(1, 30))
def test_a_byte_order_mark_is_at_the_start_of_a_file_only(parts, delimiter, chunk, blocksize):
    text = "\ufeff".join(parts)
    blocks = lines_of(text.encode("utf-8-sig"), LineFormat("utf-8-sig", "strict", delimiter), chunk, blocksize)
    assert [line for block in blocks for line in block] == expected(text, delimiter)


def test_a_file_of_a_byte_order_mark_has_no_lines(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbf")
    (file,), _ = open_files(str(path), compression=None, storage_options={})
    lines = Lines([ByteRange(file, 0, None)], LineFormat("utf-8-sig"))
    assert (list(lines), lines.count_records()) == ([], 0)


def test_encodings_whose_line_ends_are_no_bytes_of_ascii():
    assert [is_ascii_based(each) for each in ("utf-8", "latin-1", "utf-16", "utf-7", "utf-8-sig")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    with pytest.raises(LookupError, match="no encoding 'nothing'"):
        is_ascii_based("nothing")
