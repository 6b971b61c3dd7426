import errno
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.errors import BlockCorruptError, BlockLostError
from weft.store import blockfile
from weft.store.blockfile import MAP_FROM, copy_block, pack_block, read_block, split_block, unpack_block, write_block
from weft.store.serialize import dumps, loads

SMALL, LARGE = np.arange(100), np.arange(MAP_FROM)


def write(path, value, **options):
    return write_block(path, *dumps(value), **options)


@pytest.fixture(params=[SMALL, LARGE], ids=["read", "mapped"])
def array(request):
    return request.param


def test_a_block_comes_back_read_only(tmp_path, array):
    nbytes = write(tmp_path / "block", array)

    got = read_block(tmp_path / "block")

    assert (got == array).all()
    assert not got.flags.writeable
    assert nbytes == (tmp_path / "block").stat().st_size


def test_a_private_block_can_be_changed_and_the_file_stays_as_it_is(tmp_path, array):
    write(tmp_path / "block", array)

    got = read_block(tmp_path / "block", private=True)
    got[0] = 77

    assert read_block(tmp_path / "block")[0] == 0


def test_a_packed_block_comes_apart_without_being_built():
    header, buffers = split_block(pack_block(dumps(SMALL)))

    assert (loads(header, buffers) == SMALL).all()


def test_only_the_finished_file_is_left(tmp_path):
    write(tmp_path / "block", SMALL)

    assert os.listdir(tmp_path) == ["block"]


def test_buffers_are_aligned(tmp_path):
    write(tmp_path / "block", [LARGE[:i] for i in range(1, 5)] + [LARGE])

    assert [a.ctypes.data % 64 for a in read_block(tmp_path / "block")] == [0] * 5


def test_a_block_may_have_more_buffers_than_one_call_writes(tmp_path):
    write(tmp_path / "block", [np.arange(i % 7) for i in range(3_000)], checksum=True)

    got = read_block(tmp_path / "block", verify=True)

    assert [len(a) for a in got] == [i % 7 for i in range(3_000)]


def test_a_call_that_writes_less_than_asked_is_continued(tmp_path, monkeypatch):
    write_for_real = os.writev
    monkeypatch.setattr(os, "writev", lambda file, pieces: write_for_real(file, [pieces[0][:1000]]))

    write(tmp_path / "block", [SMALL, LARGE[:3000]], checksum=True)

    small, large = read_block(tmp_path / "block", verify=True)
    assert (small == SMALL).all()
    assert (large == LARGE[:3000]).all()


def test_long_buffers_are_written_bit_by_bit(tmp_path, monkeypatch):
    write_for_real, lengths = os.writev, []

    def write(file, pieces):
        lengths.append(sum([len(each) for each in pieces]))
        return write_for_real(file, pieces)

    monkeypatch.setattr(os, "writev", write)
    arrays = [np.arange(3 * blockfile.WRITTEN_AT_ONCE // 8 + 5), np.arange(7), np.arange(1000)]
    write_block(tmp_path / "block", *dumps(arrays), checksum=True)
    assert len(lengths) >= 4
    assert max(lengths) <= blockfile.WRITTEN_AT_ONCE
    for made, array in zip(read_block(tmp_path / "block", verify=True), arrays, strict=True):
        np.testing.assert_array_equal(made, array)


def test_a_missing_file_is_a_lost_block(tmp_path):
    with pytest.raises(BlockLostError, match="the file is gone"):
        read_block(tmp_path / "block")


@given(st.data())
def test_a_truncated_or_extended_file_is_detected(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("blocks") / "block"
    nbytes = write(path, ["text", SMALL])
    os.truncate(path, data.draw(st.integers(0, 2 * nbytes).filter(lambda n: n != nbytes)))

    with pytest.raises(BlockCorruptError, match="Compute it again"):
        read_block(path)


@given(st.data())
def test_any_changed_byte_is_detected_with_a_checksum(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("blocks") / "block"
    write(path, LARGE[:2000], checksum=True)
    content = bytearray(path.read_bytes())
    used = len(content) - LARGE[:2000].nbytes
    end_of_head = blockfile.TABLE_AT + blockfile.ENTRY.size + len(dumps(LARGE[:2000]).header)
    position = data.draw(st.integers(0, end_of_head - 1) | st.integers(used, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    with pytest.raises(BlockCorruptError):
        read_block(path, verify=True)


@pytest.mark.parametrize("page", [0, 5, 16])
def test_zeroed_and_swapped_pages_are_detected(tmp_path, page):
    path = tmp_path / "block"
    write(path, np.random.default_rng(0).random(10_000), checksum=True)
    content = bytearray(path.read_bytes())
    start = len(content) - 80_000 + page * 4096
    for damage in (bytes(4096), content[start + 4096 : start + 8192]):
        path.write_bytes(content[:start] + damage[: len(content) - start] + content[start + len(damage) :])
        with pytest.raises(BlockCorruptError, match="its data has changed"):
            read_block(path, verify=True)


def test_a_changed_byte_of_the_data_passes_without_verification(tmp_path):
    path = tmp_path / "block"
    write(path, LARGE)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    assert read_block(path, verify=True)[-1] != LARGE[-1]  # it was written without a sum


def test_a_foreign_file_is_refused(tmp_path):
    (tmp_path / "block").write_bytes(b"PAR1" * 100)

    with pytest.raises(BlockCorruptError, match="it starts with b'PAR1PAR1'"):
        read_block(tmp_path / "block")


def test_a_later_format_is_refused(tmp_path):
    write(tmp_path / "block", SMALL)
    content = bytearray((tmp_path / "block").read_bytes())
    struct.pack_into("<H", content, 8, 99)
    (tmp_path / "block").write_bytes(content)

    with pytest.raises(BlockCorruptError, match="version 99"):
        read_block(tmp_path / "block")


def test_sums_do_not_need_numpy(tmp_path, monkeypatch):
    header, buffers = dumps(LARGE)
    monkeypatch.delitem(blockfile.sys.modules, "numpy")
    write_block(tmp_path / "block", header, buffers, checksum=True)
    monkeypatch.undo()

    assert (read_block(tmp_path / "block", verify=True) == LARGE).all()


def raise_full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["posix_fallocate", "writev", "close", "rename"])
def test_a_failure_at_any_step_leaves_no_file(tmp_path, monkeypatch, call):
    monkeypatch.setattr(blockfile.os, call, raise_full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "block", LARGE, reserve=True)
    monkeypatch.undo()

    assert os.listdir(tmp_path) == []


def test_an_existing_unfinished_file_is_not_overwritten(tmp_path):
    (tmp_path / "block.tmp").touch()

    with pytest.raises(FileExistsError):
        write(tmp_path / "block", SMALL)


def test_a_copy_has_the_same_value_and_its_own_checksum(tmp_path, array):
    write(tmp_path / "block", array)

    copy_block(tmp_path / "block", tmp_path / "copy", checksum=True)

    os.unlink(tmp_path / "block")
    assert (read_block(tmp_path / "copy", verify=True) == array).all()


def test_a_packed_block_is_the_content_of_its_file(tmp_path, array):
    write(tmp_path / "block", array)
    data = pack_block(dumps(array))

    assert data == (tmp_path / "block").read_bytes()
    assert (unpack_block(data) == array).all()
    assert not unpack_block(data).flags.writeable
