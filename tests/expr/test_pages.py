from __future__ import annotations

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["docs/explanation/expressions.md", "docs/extending/operator.md", "docs/extending/rule.md"]


@pytest.mark.parametrize("page", PAGES)
def test_code_in_the_pages_runs(page):
    result = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted
    assert not result.failed
