"""Run ``weft`` as a user does, in a process of its own, away from the machine's configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The user's configuration directory, empty."""
    path = tmp_path / "config"
    path.mkdir()
    return path


@pytest.fixture
def weft(home: Path) -> Run:
    """Call ``weft`` with arguments; keyword arguments are environment variables."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
        own = {"WEFT_CONFIG": str(home), "WEFT_ROOT_CONFIG": str(home / "none"), "HOME": str(home.parent)}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "weft", *arguments],
            capture_output=True,
            text=True,
            env=inherited | own | environment,
        )

    return run
