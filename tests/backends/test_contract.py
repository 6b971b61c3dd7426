"""The contract, on the backends of this process."""

from __future__ import annotations

from weft.backends.inline import Inline
from weft.backends.threads import Threads
from weft.testing.backends import BackendContract


class TestInline(BackendContract):
    stops = False
    addressed = False

    @classmethod
    def make(cls):
        return Inline()


class TestThreads(BackendContract):
    @classmethod
    def make(cls):
        return Threads()
