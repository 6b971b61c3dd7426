from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["docs/explanation/expressions.md", "docs/extending/operator.md", "docs/extending/rule.md"]
PACKAGES = ["weft.expr", "weft.physical", "weft.array", "weft.dataframe"]


@pytest.mark.parametrize("page", PAGES)
def test_code_in_the_pages_runs(page):
    result = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize("package", PACKAGES)
def test_examples_in_docstrings_run(package):
    top = importlib.import_module(package)
    for module in pkgutil.walk_packages(top.__path__, f"{package}."):
        assert not doctest.testmod(importlib.import_module(module.name)).failed
