"""Processes: the contract, deaths, what cannot travel, stopping."""

from __future__ import annotations

from weft.backends.processes import Processes
from weft.testing.backends import BackendContract


class TestProcesses(BackendContract):
    @classmethod
    def make(cls):
        return Processes()
