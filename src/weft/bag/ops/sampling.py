"""Records by chance."""

from __future__ import annotations

from random import Random
from typing import Any

from weft.bag.arguments import check_probability
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.kernels.sampling import Bernoulli
from weft.expr import nonce
from weft.physical.blockwise import Listed
from weft.tokenize import tokenize

__all__ = ["seed_of"]


def seed_of(given: Any) -> str:
    """A seed as text: that of a generator is drawn from it; None makes a new one."""
    if given is None:
        return nonce()
    if isinstance(given, Random):
        return str(given.getrandbits(128))
    return tokenize(given, ensure_deterministic=True)


class SamplingMethods(BagBase):
    """Records by chance."""

    __slots__ = ()

    def random_sample(self, prob: float, random_state: Any = None) -> Any:
        """Each record with a probability.

        Parameters
        ----------
        prob : float
            From 0 to 1.
        random_state : int, str, random.Random or tuple, optional
            The same gives the same sample of the same bag. By default every call makes another one.

        Examples
        --------
        >>> import weft.bag as db
        >>> b = db.range(1000, 4).random_sample(0.5, 42)
        >>> b.count().compute(scheduler="sync") == b.count().compute(scheduler="threads")
        True
        """
        check_probability(prob)
        numbers = Listed(tuple(range(self.npartitions)))
        return new_bag(Streamed(Bernoulli(prob, seed_of(random_state)), (self.expr,), (numbers,)))
