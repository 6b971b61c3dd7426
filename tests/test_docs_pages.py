"""Pages of the documentation whose code is said to run run as they stand, a page from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["extending/collection.md", "explanation/arrays.md", "explanation/dataframes.md"]


@pytest.mark.parametrize("page", PAGES)
def test_code_on_the_page_runs(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert blocks
    namespace: dict[str, object] = {"__name__": "example"}
    for block in blocks:
        exec(compile(block, page, "exec"), namespace)
