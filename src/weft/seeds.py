"""Seeds for random numbers that are drawn in several places."""

from __future__ import annotations

from typing import Any

__all__ = ["random_state_data"]

#: Numbers of 32 bits in the state of a Mersenne Twister.
STATE_WORDS = 624


def random_state_data(n: int, random_state: Any = None) -> list[Any]:
    """Data for ``n`` independent ``numpy.random.RandomState`` objects.

    Parameters
    ----------
    n : int
    random_state : int, array or numpy.random.RandomState, optional
        What they are made of; the same gives the same.

    Returns
    -------
    list of arrays of 624 uint32

    Examples
    --------
    >>> first, second = random_state_data(2, 5)
    >>> first.shape, bool((first == second).all())
    ((624,), False)
    """
    import numpy as np

    if not all(hasattr(random_state, name) for name in ("bytes", "shuffle")):
        random_state = np.random.RandomState(random_state)
    data = random_state.bytes(STATE_WORDS * n * 4)
    return list(np.frombuffer(data, dtype=np.uint32).reshape((n, STATE_WORDS)))
