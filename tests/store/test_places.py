import os

import pytest

from weft.errors import SpillError
from weft.store import places
from weft.store.places import free_nbytes, is_in_memory, shared_parent, spill_parent

MOUNTS = r"""
22 1 253:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:20 / /tmp rw - tmpfs tmpfs rw
24 23 253:1 / /tmp/disk rw shared:3 - xfs /dev/vdb rw
25 22 0:21 / /with\040space rw - tmpfs tmpfs rw
26 22 253:2 / /data rw - ext4 /dev/vdc rw
27 22 0:22 / /data rw - tmpfs tmpfs rw
""".strip()


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(places, "MOUNTS", tmp_path / "mountinfo")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/tmp", False),
        ("/tmp", True),
        ("/tmp/deeper", True),
        ("/tmpfs", False),
        ("/tmp/disk/deeper", False),
        ("/with space/x", True),
        ("/data", True),
    ],
)
def test_the_innermost_and_latest_mount_decides(mounts, path, expected):
    assert is_in_memory(path) == expected


def test_links_are_followed(mounts, tmp_path):
    os.symlink("/with space", tmp_path / "link")

    assert is_in_memory(tmp_path / "link")


def test_where_the_system_does_not_tell_it_is_a_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "MOUNTS", tmp_path / "missing")

    assert not is_in_memory("/tmp")


def test_spilling_into_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: True)

    with pytest.raises(SpillError, match=r"lies in memory.*Set `spill\.directory` to a directory on a disk"):
        spill_parent(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_without_any_disk_the_error_says_what_was_tried(monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: True)

    with pytest.raises(SpillError, match=r"tried .*/var/tmp.*Set `spill\.directory`"):
        spill_parent()


def test_by_default_the_first_place_on_a_disk_is_taken(monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: path != "/var/tmp")

    assert str(spill_parent()) == "/var/tmp"


def test_the_spill_directory_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: False)

    assert spill_parent(tmp_path / "a" / "b").is_dir()


def test_a_spill_directory_that_cannot_be_made_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_in_memory", lambda path: False)
    (tmp_path / "file").touch()

    with pytest.raises(SpillError, match=r"cannot make the spill directory .*Set `spill\.directory`"):
        spill_parent(tmp_path / "file" / "below")


def test_shared_blocks_go_elsewhere_when_shared_memory_is_small_or_missing(tmp_path, monkeypatch):
    assert shared_parent(room_nbytes=2**62) != places.SHARED_MEMORY
    monkeypatch.setattr(places, "SHARED_MEMORY", tmp_path / "missing")
    assert shared_parent().is_dir()


def test_free_space_is_known_and_zero_where_there_is_nothing(tmp_path):
    assert free_nbytes(tmp_path) > 0
    assert free_nbytes(tmp_path / "missing") == 0
