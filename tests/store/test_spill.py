import errno
import os
import re

import numpy as np
import pytest

from weft.errors import BlockCorruptError, BlockLostError, SpillError
from weft.store import blockfile, places
from weft.store.spill import SpillStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: False)
    store = SpillStore(tmp_path / "spill")
    yield store
    store.close()


def test_damage_on_the_disk_is_noticed_on_reading(store):
    ref = store.put(np.arange(100_000))
    with open(ref.path, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(bytes(8))

    with pytest.raises(BlockCorruptError, match="its data has changed"):
        store.get(ref)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_an_error_that_names_place_need_and_remedy(store, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(blockfile.os, "posix_fallocate", refuse)
    array = np.zeros(100_000)

    with pytest.raises(SpillError) as caught:
        store.put(array)

    message = str(caught.value)
    assert re.search(r"cannot write a block of 800,\d\d\d bytes to ", message)
    assert str(store.directory) in message
    assert re.search(r"800,\d\d\d bytes are needed and [\d,]+ are free", message)
    assert "set `spill.directory` to a larger disk" in message
    assert os.listdir(store.directory) == ["owner.lock"]
    assert array.sum() == 0


def test_a_full_disk_has_room_once_what_was_dropped_is_gone(store, monkeypatch):
    waits, reserve = store.put(np.zeros(100_000)), os.posix_fallocate

    def refuse(*arguments):
        if os.path.exists(waits.path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reserve(*arguments)

    monkeypatch.setattr(blockfile.os, "posix_fallocate", refuse)
    store.drop_soon(waits)

    assert store.get(store.put(np.ones(100_000))).sum() == 100_000


def test_a_store_that_is_closed_has_removed_what_was_dropped(store):
    refs = [store.put(np.zeros(100_000)) for _ in range(10)]
    for ref in refs:
        store.drop_soon(ref)

    store.close()

    assert not any(os.path.exists(ref.path) for ref in refs)
    store.drop_soon(refs[0])


def test_another_failure_of_the_disk_is_a_spill_error_too(store, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(blockfile.os, "writev", refuse)

    with pytest.raises(SpillError, match="Input/output error"):
        store.put("text")


def test_a_directory_in_memory_is_refused_when_first_used(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: True)
    store = SpillStore(tmp_path)

    with pytest.raises(SpillError, match=r"Set `spill\.directory`"):
        store.put("text")


# -- parts -----


@pytest.fixture
def cut(store):
    """A block that has been read, and the reference to it."""
    ref = store.put((np.arange(100_000), np.arange(100_000) / 7))
    return ref, store.get(ref)


@pytest.mark.parametrize("bounds", [(0, 5), (3, 40_000), (99_999, 100_000)])
def test_a_part_is_read_from_the_file_of_the_whole(store, cut, bounds):
    ref, (numbers, sevenths) = cut
    own = slice(*bounds)

    (part,) = store.parts(ref, (numbers, sevenths), [(sevenths[own], 4, numbers[own])])
    read = store.get(part)

    np.testing.assert_array_equal(read[0], sevenths[own])
    np.testing.assert_array_equal(read[2], numbers[own])
    assert read[1] == 4
    assert not read[0].flags.writeable
    assert part.nbytes == store.nbytes(part) == 16 * (bounds[1] - bounds[0])


def test_the_file_stays_until_the_whole_and_all_parts_are_dropped(store, cut):
    ref, whole = cut
    first, second = store.parts(ref, whole, [whole[0][:10], whole[0][10:]])
    (third,) = store.parts(ref, whole, [whole[1]])
    for each in (first, ref, third):
        store.drop(each)
        assert store.get(second)[0] == 10

    store.drop(second)

    assert not os.path.exists(ref.path)
    with pytest.raises(BlockLostError):
        store.get(second)


def test_what_lies_elsewhere_or_has_no_data_is_no_part(store, cut):
    ref, whole = cut
    assert store.parts(ref, whole, [whole[0][:3].copy(), whole[0][:3]]) == [None, None]
    assert store.parts(ref, whole, [5, "text"]) == [None, None]
    empty, full = store.parts(ref, whole, [whole[0][7:7], whole[0][::2][:1]])
    assert empty is None
    assert store.get(full).tolist() == [0]
    store.drop(full)
    store.drop(ref)
    assert not os.path.exists(ref.path)


def test_damage_in_a_part_is_noticed_on_reading_it(store, cut):
    ref, whole = cut
    first, last = store.parts(ref, whole, [whole[1][:50_000], whole[1][50_000:]])
    with open(ref.path, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(bytes(8))

    assert store.get(first)[0] == 0
    with pytest.raises(BlockCorruptError, match="its data has changed"):
        store.get(last)
    os.truncate(ref.path, 1000)
    with pytest.raises(BlockCorruptError, match="shorter"):
        store.get(first)
