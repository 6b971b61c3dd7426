"""Every move of every task, in all tests of this folder, is held to the table of allowed moves."""

from __future__ import annotations

import pytest

from weft.scheduler import core
from weft.scheduler.state import MOVES, Phase


class Phases(bytearray):
    """A phase column that refuses what ``MOVES`` does not allow."""

    def __setitem__(self, block, phase):
        before, after = Phase(self[block]), Phase(phase)
        assert after == before or after in MOVES[before], f"block {block}: {before.name} -> {after.name}"
        super().__setitem__(block, phase)


@pytest.fixture(autouse=True, scope="session")
def checked_moves():
    core.bytearray = Phases
    yield
    del core.bytearray
