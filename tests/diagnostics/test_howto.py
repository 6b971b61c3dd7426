"""The page on diagnostics: its code runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "diagnostics.md"


def test_the_pages_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("bokeh", "graphviz"):
        pytest.importorskip(package, reason="the page draws")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "howto"}

    for code in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(code, str(PAGE), "exec"), names)

    assert {path.name for path in tmp_path.iterdir()} == {"total.dot", "profile.html"}
