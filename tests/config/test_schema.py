"""Every option has a type, a default that fits it and a line in the reference page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path

import pytest

import weft
from weft import config
from weft.config.reference import reference_page
from weft.config.schema import OPTIONS, SETTLED, find
from weft.errors import ConfigError, UnknownOptionError
from weft.system import memory_limit

PAGE = Path(weft.__file__).parents[2] / "docs" / "reference" / "configuration.md"


def test_the_reference_page_is_current():
    assert PAGE.read_text() == reference_page(), "run: python -m weft.config > docs/reference/configuration.md"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_is_described_and_its_default_fits_its_type(option):
    option.parse(option.default)
    assert option.doc.endswith(".")
    assert config.collect_env({option.variable: repr(option.default)}) != {}


def test_no_two_options_have_one_name():
    every = [*OPTIONS, *SETTLED]
    assert len({option.name.replace("_", "-") for option in every}) == len(every)


@pytest.mark.parametrize("option", SETTLED, ids=lambda option: option.name)
def test_a_settled_option_takes_what_agrees_and_tells_why_nothing_else(option):
    assert option.parse(None) is None
    with pytest.raises(ConfigError, match=f"cannot set '{option.name}' to 'other': it can only be .*: "):
        config.set({option.name: "other"})


def test_values_that_programs_for_dask_set_are_taken_if_they_agree():
    with config.set({"dataframe.shuffle.method": "p2p", "array": {"slicing": {"split_large_chunks": True}}}):
        assert config.get("dataframe.shuffle.method") == "p2p"
    with pytest.raises(ConfigError, match="by one"):
        config.set({"dataframe.parquet.metadata-task-size-local": 3})


def test_every_option_of_dask_is_known_at_its_default():
    options = {
        "array": {"chunk-size-tolerance": 1.25, "rechunk": {"threshold": 4}, "svg": {"size": 120}},
        "dataframe": {
            "convert-string": None,
            "parquet": {"metadata-task-size-local": 512, "minimum-partition-size": 75_000_000},
            "shuffle": {"compression": None},
        },
        "optimization": {
            "annotations": {"fuse": True},
            "fuse": {"ave-width": 1, "max-height": inf, "max-width": None, "rename-keys": True, "delayed": False},
            "tune": {"active": True},
        },
    }
    with config.set(options):
        assert config.get("optimization.fuse.max-height") == inf


def test_fusing_is_switched_by_the_name_that_it_has_in_dask():
    with config.set({"optimization.fuse.active": False}):
        assert config.value("optimization.fuse.active") is False


@pytest.mark.parametrize(
    ("key", "value", "parsed"),
    [
        ("memory.budget", "4 GiB", 4 * 2**30),
        ("memory.budget", 10**9, 10**9),
        ("memory.budget", "50%", memory_limit() // 2),
        ("memory.budget", 0.5, memory_limit() // 2),
        ("array.chunk_size", "64 MiB", 64 * 2**20),
        ("progress.minimum", "2 min", 120.0),
        ("progress.minimum", 3, 3.0),
        ("num-workers", 4, 4),
        ("num_workers", None, None),
        ("library-threads", "auto", "auto"),
        ("library-threads", 2, 2),
        ("processes.start-method", "forkserver", "forkserver"),
        ("optimization.fuse.active", False, False),
        ("spill.directory", Path("/scratch"), "/scratch"),
        ("spill.directory", None, None),
        ("scheduler", "threads", "threads"),
        ("visualization.engine", "graphviz", "graphviz"),
    ],
)
def test_a_value_is_read_into_its_unit(key, value, parsed):
    with config.set({key: value}):
        assert config.get(key) == value
        assert config.value(key) == parsed
        assert type(config.value(key)) is type(parsed)


def test_a_path_may_start_with_the_home_directory(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    with config.set({"temporary-directory": "~/scratch"}):
        assert config.value("temporary-directory") == "/home/someone/scratch"


def test_a_scheduler_may_be_an_executor():
    with ThreadPoolExecutor(1) as executor, config.set(scheduler=executor):
        assert config.get("scheduler") is executor
        assert config.value("scheduler") is executor


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("memory.budget", "4 GBB", "no unit 'GBB'"),
        ("memory.budget", "200%", "between 0% and 100%"),
        ("memory.budget", 0, "cannot work with 0"),
        ("memory.budget", None, "as a size"),
        ("array.chunk-size", [1], "as a size"),
        ("progress.minimum", "soon", "Units are"),
        ("progress.minimum", -1, "must not be negative"),
        ("num_workers", 0, "1 or more"),
        ("num_workers", -2, "1 or more"),
        ("num_workers", True, "whole number"),
        ("num_workers", 2.5, "whole number"),
        ("num_workers", "four", "whole number"),
        ("library-threads", "many", "'auto' or a whole number, 1 or more"),
        ("library-threads", 0, "1 or more"),
        ("processes.start-method", "thread", "'spawn', 'forkserver', 'fork'"),
        ("optimization.fuse.active", 1, "True or False"),
        ("optimization.fuse.active", "yes", "True or False"),
        ("spill.directory", 3, "as a path"),
        ("spill.directory", "", "as a path"),
        ("scheduler", 4, "name such as 'threads'"),
        ("scheduler", "", "name such as 'threads'"),
        ("memory", "4 GiB", "group of options.*'memory.budget'"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error_that_says_what_would_do(key, value, complaint):
    with pytest.raises(ConfigError, match=f"cannot set .*{complaint}"):
        config.set({key: value})


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("memory.bugdet", "memory.budget"),
        ("array.chunksize", "array.chunk-size"),
        ("array.chunk-size.minimum", "array.chunk-size"),
        ("num_worker", "num_workers"),
        ("schedular", "scheduler"),
        ("processes.start.method", "processes.start-method"),
    ],
)
def test_an_unknown_option_is_an_error_that_names_the_nearest(key, nearest):
    with pytest.raises(UnknownOptionError, match=f"cannot set '{key}'.*Did you mean '{nearest}'"):
        config.set({key: 1})
    with pytest.raises(UnknownOptionError, match=f"cannot get '{key}'.*Did you mean '{nearest}'"):
        config.get(key)


def test_an_unknown_option_is_a_config_error_and_a_key_error():
    with pytest.raises(KeyError):
        config.get("memory.nothing-like-it")
    with pytest.raises(ConfigError):
        config.get("memory.nothing-like-it")


def test_options_are_found_in_any_spelling():
    assert find("num-workers") is find("num_workers")
