"""Waiting for results that are on their way."""

from __future__ import annotations

from typing import TypeVar

from weft.execution.current import current_scheduler
from weft.units import parse_timedelta

__all__ = ["wait"]

T = TypeVar("T")


def wait(x: T, timeout: float | str | None = None, return_when: str = "ALL_COMPLETED") -> T:
    """Wait until the blocks of persisted collections are there.

    On the backends of this machine ``persist`` itself waits, so there is nothing left to wait for. A client that persists
    in the background has a method ``wait``, which is asked.

    Parameters
    ----------
    x : collection, or container of collections
    timeout : float or str, optional
        Seconds, or a text such as ``"2 min"``, after which TimeoutError is raised.
    return_when : {"ALL_COMPLETED", "FIRST_COMPLETED"}
        How many of them.

    Returns
    -------
    object
        The argument.

    Examples
    --------
    >>> import weft
    >>> (x,) = weft.persist(weft.delayed(abs)(-1))
    >>> wait(x) is x
    True
    """
    if return_when not in ("ALL_COMPLETED", "FIRST_COMPLETED"):
        raise ValueError(f"return_when must be 'ALL_COMPLETED' or 'FIRST_COMPLETED', not {return_when!r}")
    timeout_s = None if timeout is None else parse_timedelta(timeout, "s")
    waiting = getattr(current_scheduler(), "wait", None)
    if waiting is not None:
        waiting(x, timeout=timeout_s, return_when=return_when)
    return x
