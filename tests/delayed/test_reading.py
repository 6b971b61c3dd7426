"""Files as delayed blocks of bytes."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft
import weft.io
from weft.bytes import read_bytes
from weft.scratch import tmpdir


@pytest.fixture
def files(tmp_path):
    contents = {f"part-{n}.txt": b"".join(b"%d,%d\n" % (n, line) for line in range(50)) for n in (1, 2, 10)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path, list(contents.values())


def test_the_functions_are_names_of_weft_io_as_well(files):
    directory, contents = files
    opened, paths = weft.io.open_files(f"{directory}/*.txt")
    with opened[2] as file:
        assert file.read() == contents[2]
    assert paths[2] == f"{directory}/part-10.txt"
    assert weft.io.read_bytes is read_bytes
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = weft.io.nothing


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("ab", max_size=6), max_size=12),
    st.sampled_from([b"\n", b"\r\n", b"ab"]),
    st.integers(1, 20),
)
def test_blocks_hold_whole_records_and_together_the_file(records, delimiter, blocksize):
    content = b"".join(record.encode() + delimiter for record in records)
    with tmpdir() as directory:
        path = f"{directory}/data"
        with open(path, "wb") as file:
            file.write(content)
        sample, (blocks,) = read_bytes(path, delimiter=delimiter, blocksize=blocksize, sample=4)
        parts = [part for (part,) in [weft.compute(block, scheduler="inline") for block in blocks]]
    assert b"".join(parts) == content
    assert content.startswith(sample)
    if delimiter not in content.replace(delimiter, b"\0"):
        assert all(not part or part.endswith(delimiter) for part in parts)


def test_files_come_in_natural_order_with_their_paths(files):
    directory, contents = files
    _, blocks, paths = read_bytes(f"{directory}/part-*.txt", delimiter=b"\n", blocksize="100 B", include_path=True)
    assert [path.rpartition("/")[2] for path in paths] == ["part-1.txt", "part-2.txt", "part-10.txt"]
    assert [b"".join(weft.compute(*each)) for each in blocks] == contents
    assert all(len(each) > 1 for each in blocks)


def test_without_delimiter_blocks_are_cut_anywhere(files):
    directory, contents = files
    _, (blocks,) = read_bytes(directory / "part-1.txt", blocksize=64)
    parts = weft.compute(*blocks)
    assert b"".join(parts) == contents[0]
    assert max(map(len, parts)) <= 64


def test_the_first_record_can_be_left_out(files):
    directory, contents = files
    _, (blocks,) = read_bytes(f"{directory}/part-1.txt", delimiter=b"\n", blocksize=64, not_zero=True)
    assert b"".join(weft.compute(*blocks)) == contents[0].split(b"\n", 1)[1]
    with pytest.raises(ValueError, match="needs a delimiter"):
        read_bytes(f"{directory}/part-1.txt", not_zero=True)


def test_the_sample_ends_with_a_record(files):
    directory, contents = files
    assert read_bytes(f"{directory}/part-1.txt", delimiter=b"\n", sample=5)[0] == contents[0][:8]
    assert read_bytes(f"{directory}/part-1.txt", sample=5)[0] == contents[0][:5]
    assert read_bytes(f"{directory}/part-1.txt", sample="1 kiB")[0] == contents[0]
    assert read_bytes(f"{directory}/part-1.txt", sample=False)[0] is False


def test_compressed_files_are_read_whole(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    _, ((block,),) = read_bytes(path, compression="infer", blocksize=None)
    assert block.compute() == b"one\ntwo\n"
    with pytest.raises(ValueError, match="blocksize=None"):
        read_bytes(path, compression="gzip")


def test_keys_stay_as_long_as_the_file(files):
    directory, _ = files
    path = f"{directory}/part-1.txt"

    def keys(**options):
        return [block.key for block in read_bytes(path, blocksize=64, **options)[1][0]]

    assert keys() == keys()
    assert keys() != keys(delimiter=b"\n")


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file has such a name"):
        read_bytes(f"{tmp_path}/*.csv")
    with pytest.raises(FileNotFoundError):
        read_bytes(f"{tmp_path}/missing.csv")
    with pytest.raises(ValueError, match="empty list"):
        read_bytes([])
    with pytest.raises(TypeError, match="must be bytes"):
        read_bytes(f"{tmp_path}/x", delimiter="\n")
    with pytest.raises(ValueError, match="at least one byte"):
        read_bytes(f"{tmp_path}/x", blocksize=0)


def test_an_empty_file_has_no_blocks(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    sample, blocks = read_bytes(tmp_path / "empty", delimiter=b"\n")
    assert (sample, blocks) == (b"", [[]])
