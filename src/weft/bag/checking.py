"""A check for tests."""

from __future__ import annotations

from typing import Any

from weft.bag.base import Holder

__all__ = ["assert_eq"]


def assert_eq(a: Any, b: Any, scheduler: Any = "sync") -> None:
    """Raise AssertionError unless two bags (or a bag and a list) have the same records, in whatever order.

    Parameters
    ----------
    a, b : Bag, Item or object
        Bags and items are computed.
    scheduler : str or backend
        What computes them.

    Examples
    --------
    >>> import weft.bag as db
    >>> db.assert_eq(db.range(3, 2), [2, 0, 1])
    """
    left, right = [each.compute(scheduler=scheduler) if isinstance(each, Holder) else each for each in (a, b)]
    if isinstance(left, list) or isinstance(right, list):
        rest = list(right)
        for record in left:
            if record not in rest:
                raise AssertionError(f"the record {record!r} is on the left, and not (or less often) on the right")
            rest.remove(record)
        if rest:
            raise AssertionError(f"the record {rest[0]!r} is on the right, and not (or less often) on the left")
    elif left != right:
        raise AssertionError(f"{left!r} is not {right!r}")
