"""Each test has a configuration of its own: defaults only, whatever this machine's files and variables say."""

from __future__ import annotations

import pytest

from weft import config
from weft.config import state


@pytest.fixture(autouse=True)
def fresh_configuration(monkeypatch):
    monkeypatch.setattr(state, "_state", state._State())
    config.refresh(paths=[], env={})
