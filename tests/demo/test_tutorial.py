"""The tutorial's code runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "flights.md"


def test_the_tutorials_code_runs():
    names: dict[str, Any] = {"__name__": "tutorial"}

    for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(code, str(PAGE), "exec"), names)

    assert names["answer"]["delay"].idxmax() == "Frontier Airlines Inc."
