import os

import numpy as np
import pytest

from weft.store import maps
from weft.store.maps import map_private, map_readonly


def mapped(path, nbytes, how=map_readonly):
    file = os.open(path, os.O_RDONLY)
    try:
        return how(file, nbytes)
    finally:
        os.close(file)


def open_files():
    return len(os.listdir("/proc/self/fd"))


def is_mapped(path):
    with open("/proc/self/maps") as lines:
        return any(str(path) in line for line in lines)


def test_a_map_shows_the_file_read_only(tmp_path):
    (tmp_path / "file").write_bytes(b"content")

    view = mapped(tmp_path / "file", 7)

    assert bytes(view) == b"content"
    assert view.readonly
    assert view.format == "B"


@pytest.mark.parametrize("start", [0, 1, 4096, 4100, 9999])
def test_a_map_may_begin_anywhere(tmp_path, start):
    content = np.random.default_rng(0).bytes(10_000)
    (tmp_path / "file").write_bytes(content)

    view = mapped(tmp_path / "file", 10_000 - start, lambda file, nbytes: map_readonly(file, nbytes, start))

    assert bytes(view) == content[start:]
    assert view.readonly


def test_maps_hold_no_descriptors(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    before = open_files()

    views = [mapped(tmp_path / "file", 7) for _ in range(50)]

    assert open_files() == before
    assert len(views) == 50


def test_a_map_lives_as_long_as_any_view_of_it(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    part = mapped(tmp_path / "file", 7)[2:4]

    assert is_mapped(tmp_path / "file")
    assert bytes(part) == b"nt"
    del part
    assert not is_mapped(tmp_path / "file")


def test_an_error_of_the_system_passes_through(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    file = os.open(tmp_path / "file", os.O_WRONLY)
    try:
        maps.map_readonly(file, 7)
    except PermissionError:
        refused = True
    finally:
        os.close(file)

    assert refused


def test_a_private_map_can_be_changed_and_the_file_stays_as_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"content")

    view = mapped(tmp_path / "file", 7, map_private)
    view[0] = ord("C")

    assert bytes(view) == b"Content"
    assert (tmp_path / "file").read_bytes() == b"content"
