"""Small helpers that programs written for Dask import from its `distributed.utils`."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from weft.distributed.refused import sync

__all__ = ["TimeoutError", "get_ip", "log_errors", "sync"]

TimeoutError = TimeoutError

logger = logging.getLogger(__name__)


def log_errors(function: Callable[..., Any] | None = None, /, *, pdb: bool = False) -> Any:
    """Write what a function raises to the log, and let it pass: a decorator, or a context manager if called without one.

    Parameters
    ----------
    function : callable, optional
        A function or coroutine function.
    pdb : bool
        Whether to look at the error in Python's debugger.

    Examples
    --------
    >>> @log_errors
    ... def halve(n):
    ...     return n / 2
    >>> halve(3)
    1.5
    >>> with log_errors():
    ...     halve(2)
    1.0
    """
    if function is None:
        return logged(pdb)
    if iscoroutinefunction(function):

        @wraps(function)
        async def waits(*args: Any, **kwargs: Any) -> Any:
            with logged(pdb):
                return await function(*args, **kwargs)

        return waits

    @wraps(function)
    def calls(*args: Any, **kwargs: Any) -> Any:
        with logged(pdb):
            return function(*args, **kwargs)

    return calls


@contextmanager
def logged(pdb: bool) -> Iterator[None]:
    """Errors are logged, and pass."""
    try:
        yield
    except Exception as error:
        logger.exception(error)
        if pdb:
            import pdb as debugger

            debugger.post_mortem(error.__traceback__)
        raise


def get_ip(host: str = "8.8.8.8", port: int = 80) -> str:
    """The address by which this machine reaches a host; that of the loopback if it reaches none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, port))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
