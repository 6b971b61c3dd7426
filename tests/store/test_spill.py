import errno
import os
import re

import numpy as np
import pytest

from weft.errors import BlockCorruptError, SpillError
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
