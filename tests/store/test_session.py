import errno
import fcntl
import gc
import os
import subprocess
import sys

import pytest

from weft.errors import SpillError
from weft.store import session as module
from weft.store.session import LOCK, SessionDirectory, sweep

#: Tests that fork do so in a process that may have threads by then; their children do next to nothing.
forking = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

OWNER = """
import os, sys
from weft.store.session import SessionDirectory
session = SessionDirectory(sys.argv[1])
(session.path / "a.block").write_bytes(bytes(1000))
print(session.path, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other_owner(tmp_path):
    """Another process with a directory in ``tmp_path``, and that directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process, process.stdout.readline().strip()
        process.kill()


def in_forked_child(function):
    """Run ``function`` in a fork of this process; gives its exit code."""
    child = os.fork()
    if not child:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_directory_is_private_named_after_its_owner_and_goes_on_close(tmp_path):
    session = SessionDirectory(tmp_path)
    (session.path / "a.block").touch()

    assert session.path.name.startswith(f"weft-{os.getpid()}-")
    assert session.path.stat().st_mode & 0o777 == 0o700
    session.close()
    session.close()
    assert os.listdir(tmp_path) == []


def test_the_directory_goes_with_its_object(tmp_path):
    session = SessionDirectory(tmp_path)
    del session
    gc.collect()

    assert os.listdir(tmp_path) == []


def test_the_directory_goes_when_its_process_ends(tmp_path, other_owner):
    process, path = other_owner
    assert os.path.isdir(path)

    process.communicate("\n")

    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_is_swept_at_the_next_start(tmp_path, other_owner):
    process, path = other_owner
    process.kill()
    process.wait()
    assert os.path.exists(f"{path}/a.block")

    session = SessionDirectory(tmp_path)

    assert os.listdir(tmp_path) == [session.path.name]
    session.close()


def test_living_owners_are_left_alone(tmp_path, other_owner):
    _, path = other_owner
    own = SessionDirectory(tmp_path)

    assert sweep(tmp_path) == []
    assert os.path.exists(f"{path}/a.block")
    own.close()


def test_two_sessions_of_one_process_do_not_disturb_each_other(tmp_path):
    first, second = SessionDirectory(tmp_path), SessionDirectory(tmp_path)

    assert sweep(tmp_path) == []
    first.close()
    assert second.path.is_dir()
    second.close()


def test_a_directory_that_never_got_its_lock_is_swept(tmp_path):
    path = tmp_path / "weft-1-2-0123abcd"
    path.mkdir()

    assert sweep(tmp_path) == [path]
    assert not path.exists()


def test_other_names_files_and_links_are_not_touched(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "precious").touch()
    os.symlink(target, tmp_path / "weft-1-2-0123abcd")
    (tmp_path / "weft-1-2-4567abcd").touch()
    (tmp_path / "weft-mine").mkdir()
    before = sorted(os.listdir(tmp_path))

    assert sweep(tmp_path) == []
    assert sorted(os.listdir(tmp_path)) == before
    assert (target / "precious").exists()


def test_sweeping_nowhere_finds_nothing(tmp_path):
    assert sweep(tmp_path / "missing") == []


@forking
def test_a_forked_child_neither_removes_nor_keeps_the_directory(tmp_path):
    session = SessionDirectory(tmp_path)

    assert in_forked_child(session.close) == 0
    assert session.path.is_dir()
    assert sweep(tmp_path) == []  # the child's end did not take the lock along
    session.close()


@forking
def test_a_forked_child_does_not_hold_the_lock(tmp_path):
    session = SessionDirectory(tmp_path)
    born, birth = os.pipe()
    ended, end = os.pipe()
    child = os.fork()
    if not child:
        os.close(end)
        os.write(birth, b"!")
        os.read(ended, 1)  # lives on until the parent closes its end
        os._exit(0)
    os.read(born, 1)
    lock = os.open(session.path / LOCK, os.O_RDWR)
    session.close()

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    os.close(end)
    os.waitpid(child, 0)
    for file in (lock, born, birth, ended):
        os.close(file)


def test_an_owner_that_a_sweeper_overtakes_starts_again(tmp_path, monkeypatch):
    lock_for_real, overtaken = module._try_lock, []

    def sweep_before_locking(lock, *, wait):
        if wait and not overtaken:
            overtaken.append(True)
            assert len(sweep(tmp_path)) == 1
        return lock_for_real(lock, wait=wait)

    monkeypatch.setattr(module, "_try_lock", sweep_before_locking)

    session = SessionDirectory(tmp_path)

    assert overtaken
    assert (session.path / LOCK).exists()
    monkeypatch.undo()
    assert sweep(tmp_path) == []
    session.close()


@pytest.fixture
def no_locks(monkeypatch):
    """A file system that cannot lock."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", refuse)


def test_without_locks_the_process_number_tells(tmp_path, other_owner, no_locks):
    process, path = other_owner
    own = SessionDirectory(tmp_path)
    assert os.path.isdir(path)

    process.kill()
    process.wait()

    assert [str(swept) for swept in sweep(tmp_path)] == [path]
    own.close()


def test_without_locks_the_directory_of_another_machine_stays(tmp_path, no_locks):
    path = tmp_path / "weft-1-2-0123abcd"
    path.mkdir()
    (path / LOCK).write_text("another machine")

    assert sweep(tmp_path) == []


def test_a_parent_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(SpillError, match="cannot make a directory for blocks in"):
        SessionDirectory(tmp_path / "missing")
