"""What users attach to tasks: priority, retries, resources, workers, a timeout, or any key of their own.

``annotate`` is a context manager; whatever is made inside it carries the annotations. They belong to the task, not to its
name: the same computation with another priority is still the same computation.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from weft.typing import Annotations, Key
from weft.units import parse_timedelta

__all__ = ["ANNOTATIONS", "annotate", "get_annotations", "resolved"]

#: The annotations in force; None if there are none.
ANNOTATIONS: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("weft-annotations", default=None)


@contextmanager
def annotate(**annotations: Any) -> Iterator[None]:
    """Attach annotations to what is made in the block.

    Parameters
    ----------
    priority : int
        Tasks of a higher priority run earlier; the default is 0.
    retries : int
        How often a task that raises runs again.
    resources : dict of str to number
        What a task uses up while it runs, of what the workers offer: ``{"GPU": 1}``.
    workers : int or list of int
        The workers that may run it.
    allow_other_workers : bool
        Others may run it, too.
    executor : "default"
        Workers have one pool of threads each: other names raise.
    timeout : float or str
        Seconds, or a text such as ``"2 min"``, after which the task is stopped and fails with
        :class:`weft.errors.TaskTimeoutError`. The backend ``inline`` runs tasks in the thread that asks, for a debugger,
        and stops none.
    **annotations
        Anything else is kept for whoever reads it. Values may be functions of the key.

    Raises
    ------
    TypeError, ValueError
        A known annotation has a value that makes no sense.

    Examples
    --------
    >>> import weft
    >>> with weft.annotate(retries=3, priority=10):
    ...     x = weft.delayed(abs)(-1)
    >>> x.compute()
    1
    """
    for name, value in annotations.items():
        if not callable(value):
            check_annotation(name, value)
    token = ANNOTATIONS.set({**(ANNOTATIONS.get() or {}), **annotations})
    try:
        yield
    finally:
        ANNOTATIONS.reset(token)


def get_annotations() -> dict[str, Any]:
    """The annotations in force.

    >>> with annotate(priority=2):
    ...     get_annotations()
    {'priority': 2}
    """
    return dict(ANNOTATIONS.get() or {})


def resolved(annotations: Annotations, key: Key) -> Annotations:
    """Annotations for one task: values that are functions are called with its key."""
    if not any(map(callable, annotations.values())):
        return annotations
    found = {name: value(key) if callable(value) else value for name, value in annotations.items()}
    for name, value in found.items():
        check_annotation(name, value)
    return found


def check_annotation(name: str, value: Any) -> None:
    """Raise for a known annotation whose value makes no sense."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if name == "priority" and not whole:
        raise TypeError(f"priority must be an integer, not {value!r}")
    if name == "retries" and not (whole and value >= 0):
        raise ValueError(f"retries must be an integer, 0 or more, not {value!r}")
    if name == "resources" and not (
        isinstance(value, Mapping)
        and all(isinstance(amount, (int, float)) and amount >= 0 for amount in value.values())
    ):
        raise ValueError(f"resources must map names to amounts, such as {{'GPU': 1}}, not {value!r}")
    if name == "executor" and value not in (None, "default"):
        raise ValueError(
            f"executor={value!r}: workers have one pool of threads each, 'default'. Keep tasks apart with resources=, or workers="
        )
    if name == "timeout" and value is not None and parse_timedelta(value, "s") <= 0:
        raise ValueError(f"timeout must be more than zero, not {value!r}")
