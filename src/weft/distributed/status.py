"""How clusters and workers stand."""

from __future__ import annotations

import enum

__all__ = ["Status"]


class Status(enum.StrEnum):
    """How a cluster or worker stands: a text, and a member of this enumeration.

    Examples
    --------
    >>> Status.running == "running", Status.running.name
    (True, 'running')
    """

    undefined = "undefined"
    created = "created"
    init = "init"
    starting = "starting"
    running = "running"
    paused = "paused"
    stopping = "stopping"
    stopped = "stopped"
    closing = "closing"
    closing_gracefully = "closing_gracefully"
    closed = "closed"
    failed = "failed"
