"""Log records of worker processes, sent to their clients as events."""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["Forwarding", "start_forwarding", "stop_forwarding"]


class Forwarding(logging.Handler):
    """Sends log records as events."""

    def __init__(self, level: int, topic: str) -> None:
        super().__init__(level)
        self.topic = topic

    def emit(self, record: logging.LogRecord) -> None:
        from weft.distributed.current import current_client

        said = {**record.__dict__, "msg": record.getMessage(), "args": None, "exc_info": None}
        client = current_client()
        if client is not None:
            client._ask(
                "event_log",
                [self.topic],
                {name: value for name, value in said.items() if isinstance(value, (str, int, float, type(None)))},
            )


_forwarding: dict[Any, Forwarding] = {}


def start_forwarding(name: str | None, level: int, topic: str) -> None:
    """Run in a worker process."""
    stop_forwarding(name)
    handler = _forwarding[name] = Forwarding(level, topic)
    mine = logging.getLogger(name)
    mine.addHandler(handler)
    if (level and mine.level > level) or not mine.level:
        mine.setLevel(level or logging.DEBUG)


def stop_forwarding(name: str | None) -> None:
    """Run in a worker process."""
    handler = _forwarding.pop(name, None)
    if handler is not None:
        logging.getLogger(name).removeHandler(handler)
