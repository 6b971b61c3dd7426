"""``weft config``: look at the configuration, and change it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from weft.cli.config import as_text, change_file

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_list_prints_files_and_environment_over_defaults(weft: Run, home: Path):
    (home / "weft.yaml").write_text("num_workers: 3\n")

    result = weft("config", "list", WEFT_ARRAY__CHUNK_SIZE="1 MiB")

    tree = yaml.safe_load(result.stdout)
    assert tree["num_workers"] == 3
    assert tree["array"] == {"chunk-size": "1 MiB", "jit": "auto", "jit-directory": None, "trace": True}
    assert tree["processes"]["start-method"] == "spawn"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("array.chunk-size", "1 MiB"),
        ("array.chunk_size", "1 MiB"),
        ("array", "chunk-size: 1 MiB\njit: auto\njit-directory: null\ntrace: true"),
    ],
)
def test_get_prints_one_value(weft: Run, key: str, text: str):
    result = weft("config", "get", key, WEFT_ARRAY__CHUNK_SIZE="1 MiB")

    assert (result.returncode, result.stdout) == (0, f"{text}\n")


def test_get_of_an_unknown_key_fails(weft: Run):
    result = weft("config", "get", "nothing.like.it")

    assert result.returncode == 1
    assert "cannot get 'nothing.like.it'" in result.stderr


@pytest.mark.parametrize(
    ("key", "value", "read_back"),
    [("memory.budget", "4 GiB", "4 GiB"), ("num_workers", "4", 4), ("optimization.fuse.active", "false", False)],
)
def test_what_is_set_holds_from_then_on(weft: Run, home: Path, key: str, value: str, read_back: object):
    result = weft("config", "set", key, value)

    assert result.returncode == 0, result.stderr
    assert result.stdout == f"Set {key} in {home / 'weft.yaml'}\n"
    assert yaml.safe_load(weft("config", "get", key).stdout) == read_back


def test_set_keeps_the_other_keys_of_a_file(weft: Run, home: Path):
    (home / "weft.yaml").write_text("memory:\n  budget: 1 GiB\nmypackage:\n  colour: blue\n")

    weft("config", "set", "log.length", "10")

    tree = yaml.safe_load((home / "weft.yaml").read_text())
    assert tree == {"memory": {"budget": "1 GiB"}, "mypackage": {"colour": "blue"}, "log": {"length": 10}}


def test_set_changes_the_file_that_has_the_last_word(weft: Run, home: Path):
    (home / "weft.yaml").write_text("num_workers: 1\n")
    (home / "zz.yaml").write_text("num_workers: 2\n")

    weft("config", "set", "num-workers", "3")

    assert yaml.safe_load((home / "zz.yaml").read_text()) == {"num_workers": 3}
    assert weft("config", "get", "num_workers").stdout == "3\n"


def test_set_writes_to_the_file_that_is_named(weft: Run, home: Path, tmp_path: Path):
    file = tmp_path / "new" / "mine.yaml"

    result = weft("config", "set", "num_workers", "3", "--file", str(file))

    assert result.returncode == 0, result.stderr
    assert yaml.safe_load(file.read_text()) == {"num_workers": 3}
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("num_workers", "-1", "it must be a whole number, 1 or more"),
        ("memory.budget", "lots", "lots"),
        ("memory.budgte", "1 GiB", "Did you mean 'memory.budget'?"),
    ],
)
def test_set_refuses_what_weft_cannot_use(weft: Run, home: Path, key: str, value: str, message: str):
    result = weft("config", "set", key, value)

    assert result.returncode == 1
    assert message in result.stderr
    assert list(home.iterdir()) == []


def test_set_refuses_a_file_it_cannot_read_and_leaves_it(weft: Run, home: Path):
    file = home / "weft.yaml"
    file.write_text("num_workers: [\n")

    result = weft("config", "set", "num_workers", "3", "--file", str(file))

    assert result.returncode == 1
    assert "cannot read the configuration file" in result.stderr
    assert file.read_text() == "num_workers: [\n"


def test_a_failure_while_writing_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "weft.yaml"
    file.write_text("num_workers: 1\n")

    def fail(*args: object) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(os, "replace", fail)

    with pytest.raises(OSError, match="disk on fire"):
        change_file(file, [(("num_workers",), 2)])

    assert file.read_text() == "num_workers: 1\n"
    assert list(tmp_path.iterdir()) == [file]


def test_find_prints_the_files_that_set_a_key(weft: Run, home: Path):
    for name in ("a.yaml", "b.yaml"):
        (home / name).write_text("log:\n  length: 10\n")
    (home / "c.yaml").write_text("num_workers: 2\n")

    result = weft("config", "find", "log.length")

    assert (result.returncode, result.stdout.split()) == (0, [str(home / "a.yaml"), str(home / "b.yaml")])


def test_find_fails_where_no_file_sets_the_key(weft: Run, home: Path):
    result = weft("config", "find", "log.length")

    assert result.returncode == 1
    assert f"no configuration file sets 'log.length'; looked in {home / 'none'}" in result.stderr


@pytest.mark.parametrize(
    ("value", "text"),
    [("1 MiB", "1 MiB"), (None, "null"), (True, "true"), ([1, 2], "[1, 2]"), ({}, "{}"), (1.5, "1.5")],
)
def test_values_are_printed_so_that_yaml_reads_them_back(value: object, text: str):
    assert as_text(value) == text
    assert yaml.safe_load(text) == value
