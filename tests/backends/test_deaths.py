"""What is said of a task that ends its workers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from weft.backends.deaths import killed_error
from weft.errors import KilledWorkerError, WorkerMemoryError


@pytest.mark.parametrize(
    ("rss", "for_memory", "kind", "said"),
    [
        (3 << 20, False, KilledWorkerError, "it held 3.00 MiB of memory when it was last looked at, 5.00 MiB at most. The cause is"),
        (0, False, KilledWorkerError, "it held 5.00 MiB of memory at most. The cause is"),
        (0, True, WorkerMemoryError, "it held 5.00 MiB of memory at most. The kernel killed it for lack of memory"),
    ],
)  # fmt: skip
def test_the_error_has_the_last_reading_of_memory_if_there_was_one(rss, for_memory, kind, said):
    process = SimpleNamespace(rss=rss, peak=5 << 20)

    error = killed_error("x", 3, 3, process, -11, for_memory=for_memory, fewer="num_workers=")

    assert type(error) is kind
    assert said in str(error)
    assert "3 times (allowed-failures=3), the last time with signal SIGSEGV (exit code -11)" in str(error)
