"""Compiled sources that outlive the process."""

from __future__ import annotations

import os

import numpy as np
import pytest

import weft
import weft.array as da
from weft.array.kernels import jitted, machine_code, tiled
from weft.array.kernels.machine_code import directory_of, is_kept

pytest.importorskip("numba")

SOURCE = """def chain(rows, columns, out, out_step, p0, s0):
 r = view(pointer(out), (columns,), float64)
 a = view(pointer(p0), (columns,), float64)
 for i in range(columns):
  r[i] = a[i] * {factor}
"""


def compiled(directory, factor=2):
    return machine_code.machine_code(SOURCE.format(factor=factor), str(directory))


def assert_multiplies(code, factor=2):
    values, result = np.arange(5.0), np.empty(5)
    code(1, 5, result.ctypes.data, 0, values.ctypes.data, 0)
    np.testing.assert_array_equal(result, values * factor)


def hits(code):
    return sum(code.stats.cache_hits.values())


def test_code_is_found_again(tmp_path):
    directory = tmp_path / "code"
    assert not is_kept(SOURCE.format(factor=2), str(directory))
    assert hits(compiled(directory)) == 0
    assert is_kept(SOURCE.format(factor=2), str(directory))
    again = compiled(directory)
    assert hits(again) == 1
    assert_multiplies(again)
    assert not is_kept(SOURCE.format(factor=3), str(directory))


def test_damaged_files_are_no_harm(tmp_path):
    compiled(tmp_path / "code")
    for path in (tmp_path / "code" / "__pycache__").iterdir():
        path.write_bytes(b"no code")
    assert_multiplies(compiled(tmp_path / "code"))
    for path in (tmp_path / "code").glob("chain_*.py"):
        path.write_text("raise SystemExit")
    assert_multiplies(compiled(tmp_path / "code"))


def test_nothing_is_kept_where_others_may_write(tmp_path):
    directory = tmp_path / "code"
    directory.mkdir()
    directory.chmod(0o777)
    assert_multiplies(compiled(directory))
    assert not list(directory.iterdir())


def test_where_no_directory_can_be_code_is_compiled_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    assert_multiplies(compiled(tmp_path / "file"))


def test_the_oldest_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_code, "MOST_KEPT", 2)
    for factor in range(3):
        compiled(tmp_path / "code", factor)
        for path in (tmp_path / "code").glob("chain_*.py"):
            os.utime(path, (path.stat().st_atime - 60, path.stat().st_mtime - 60))
    assert len(list((tmp_path / "code").glob("chain_*.py"))) == 2
    assert not is_kept(SOURCE.format(factor=0), str(tmp_path / "code"))


def test_the_option_says_where(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert directory_of(False) is None
    assert directory_of(str(tmp_path)) == str(tmp_path)
    if os.name == "posix":
        assert directory_of(None) == str(tmp_path / "weft" / "machine-code")


def test_arrays_leave_code_and_find_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tiled, "SMALL", 0)
    x = da.from_array(np.arange(400_000.0), chunks=100_000)
    expected = (x * 3 + 1).compute()
    with weft.config.set({"array.jit": True, "array.jit-directory": str(tmp_path / "code")}):
        made = (x * 3 + 1).compute()
        assert len(list((tmp_path / "code").glob("chain_*.py"))) == 1
    np.testing.assert_array_equal(made, expected)
    monkeypatch.setattr(jitted, "WARM", 0)
    monkeypatch.setattr(jitted, "STATES", jitted.States())
    with weft.config.set({"array.jit": "auto", "array.jit-directory": str(tmp_path / "code")}):
        np.testing.assert_array_equal((x * 3 + 1).compute(), expected)
        np.testing.assert_array_equal((x * 4 - 1).compute(), x.compute() * 4 - 1)
    found = [state for state in jitted.STATES.known.values() if state.code is not None]
    assert [hits(state.code) for state in found] == [1]
