"""The page on bags: its code runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import weft

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "bags.md"


def test_the_pages_code_runs(capsys):
    with weft.config.set(scheduler="threads"):
        for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE):
            names: dict[str, Any] = {"__name__": "howto"}
            exec(compile(code, str(PAGE), "exec"), names)
    assert capsys.readouterr().out == "(('two', 3),)\n"
