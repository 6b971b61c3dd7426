"""Tasks in the caller's thread, one after the other: a debugger steps from ``compute()`` into your function."""

from __future__ import annotations

from typing import Any

from weft.backends.contract import Held, Request
from weft.backends.local import LocalRun
from weft.graph import Plan

__all__ = ["Inline"]


class Inline:
    """The backend that runs everything in the thread that asks."""

    name = "inline"
    fuses_chains = False

    def run(self, plan: Plan, request: Request) -> list[Any]:
        with LocalRun(plan, request, self.name, 1) as run:
            run.work_here()
            return run.results()

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        with LocalRun(plan, request, self.name, 1, keep=True) as run:
            run.work_here()
            return run.held()

    def close(self) -> None:
        """There is nothing to close."""
