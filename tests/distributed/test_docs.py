"""The programs of the pages about clients, and the examples in docstrings, run."""

from __future__ import annotations

import doctest
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import weft.distributed

PAGES = Path(__file__).parents[2] / "docs" / "howto"


@pytest.mark.parametrize(("page", "count"), [("futures.md", 6), ("executors.md", 2), ("joblib.md", 3)])
def test_the_programs_of_a_page_run(page, count):
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), re.S)
    assert len(blocks) >= count
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, timeout=60, check=False)
        assert not done.returncode, f"{block}\n{done.stderr}"


@pytest.mark.parametrize("name", [each.name for each in pkgutil.iter_modules(weft.distributed.__path__)])
def test_examples_run(name):
    assert doctest.testmod(import_module(f"weft.distributed.{name}"), optionflags=doctest.ELLIPSIS).failed == 0
