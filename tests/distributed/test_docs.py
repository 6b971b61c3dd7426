"""The programs of the pages about clients run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "howto"


@pytest.mark.parametrize(("page", "count"), [("futures.md", 6), ("executors.md", 2), ("joblib.md", 3)])
def test_the_programs_of_a_page_run(page, count):
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), re.S)
    assert len(blocks) >= count
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, timeout=60, check=False)
        assert not done.returncode, f"{block}\n{done.stderr}"
