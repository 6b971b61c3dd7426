"""``weft info``: what a bug report should say."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path

import weft as package
from weft.cli.info import PACKAGES, package_versions

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_versions_are_json(weft: Run):
    result = weft("info", "versions")

    versions = json.loads(result.stdout)
    assert versions["python"] == platform.python_version()
    assert versions["weft"] == package.__version__
    assert set(PACKAGES) <= set(versions)
    assert re.match(r"\d+\.", versions["click"])


def test_facts_are_json_when_asked(weft: Run, home: Path):
    file = home / "weft.yaml"
    file.write_text("num_workers: 2\n")

    facts = json.loads(weft("info", "--json").stdout)

    assert facts["cores"] >= 1
    assert facts["memory_limit"] > 2**20
    assert facts["config_files"] == [str(file)]
    assert facts["config_problems"] == []
    assert facts["packages"] == package_versions()


def test_facts_are_lines_for_people(weft: Run, home: Path):
    (home / "weft.yaml").write_text("num_workers: 2\n")

    result = weft("info")

    assert result.returncode == 0, result.stderr
    names = [line.split(":")[0] for line in result.stdout.splitlines()]
    assert names == ["Python", "Platform", "Weft", "Cores", "Memory", "Config file", "Installed", "Missing"]
    assert str(home / "weft.yaml") in result.stdout


def test_a_broken_configuration_file_is_told_and_the_rest_still_printed(weft: Run, home: Path):
    (home / "weft.yaml").write_text("num_workers: [\n")

    result = weft("info")

    assert result.returncode == 0
    assert f"Problem:     cannot read the configuration file {home / 'weft.yaml'}" in result.stdout
    assert "Cores:" in result.stdout


def test_every_package_that_weft_asks_for_is_reported():
    asked = {
        re.split(r"[\s\[<>=;]", line)[0].lower()
        for line in requires("weft") or []
        if not re.search(r"extra == '(test|docs|bench)'|extra == \"(test|docs|bench)\"", line)
    }

    assert asked - {"weft", "setuptools"} <= set(PACKAGES)
