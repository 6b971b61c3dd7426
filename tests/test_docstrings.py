"""The examples in docstrings run, of all modules that have some."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import weft

ROOT = Path(weft.__file__).parent
NAMES = [
    ".".join(["weft", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>>" in path.read_text()
]
#: Whose examples run only with a preparation, in their own tests.
APART = {"weft.sizeof"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in APART])
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS).failed == 0
