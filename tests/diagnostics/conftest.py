"""What all tests of what looks at runs share."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import weft


@pytest.fixture(params=["inline", "threads"])
def scheduler(request: pytest.FixtureRequest) -> Iterator[str]:
    with weft.config.set(scheduler=request.param, num_workers=2):
        yield request.param


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Whatever watches a run ends with it; only the workers' own threads stay."""
    before = set(threading.enumerate())
    yield
    left = [each for each in set(threading.enumerate()) - before if not each.name.startswith("weft-worker")]
    assert not left, left
