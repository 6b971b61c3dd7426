"""State as text."""

from __future__ import annotations

from collections import Counter

from weft.graph import Plan
from weft.scheduler.core import Scheduler
from weft.scheduler.state import Phase

__all__ = ["dump"]


def dump(scheduler: Scheduler, plan: Plan) -> str:
    """The state as text: for the report of a stuck run."""
    return ", ".join(f"{count} {Phase(phase).name.lower()}" for phase, count in Counter(scheduler.phase).items())
