"""What the current thread works on, if it is a worker's of a live run."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["HERE", "Here", "current_key"]


class Here(threading.local):
    """What the current thread works on."""

    run: Any = None
    worker: int = -1
    task: int = -1
    key: Any = None
    seceded: bool = False


HERE = Here()


def current_key() -> Any:
    """The key of the task that the current thread runs; None if it runs none."""
    if HERE.task < 0:
        return None
    if HERE.key is None:
        HERE.key = HERE.run.key_of(HERE.task)
    return HERE.key
