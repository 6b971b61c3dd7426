"""Random choices from bags; one seed gives the same of the same bag on every scheduler."""

from __future__ import annotations

from typing import Any

from weft.bag.arguments import check_count, tree_width
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed
from weft.bag.kernels.reductions import Reduction
from weft.bag.kernels.sampling import Choices, Drawn, Sample
from weft.bag.ops.reductions import NARROW, Reduced
from weft.bag.ops.sampling import seed_of
from weft.physical.blockwise import Listed

__all__ = ["choices", "sample"]


def choices(population: Any, k: int = 1, split_every: int | None = None, seed: Any = None) -> Any:
    """``k`` records drawn with replacement.

    Parameters
    ----------
    population : Bag
    k : int
    split_every : int or False, optional
    seed : int, str, random.Random or tuple, optional
        The same gives the same choice. By default every call makes another one.

    Returns
    -------
    Bag
        Of one partition.

    Examples
    --------
    >>> import weft.bag as db
    >>> from weft.bag import random
    >>> len(random.choices(db.range(5, 2), 10).compute(scheduler="sync"))
    10
    """
    return drawn(population, Choices(check_count("k", k, 0), seed_of(seed)), split_every)


def sample(population: Any, k: int, split_every: int | None = None, seed: Any = None) -> Any:
    """``k`` different records.

    Parameters
    ----------
    population : Bag
    k : int
    split_every : int or False, optional
    seed : int, str, random.Random or tuple, optional
        The same gives the same sample. By default every call makes another one.

    Returns
    -------
    Bag
        Of one partition; computing it raises ValueError if there are fewer than ``k`` records.

    Examples
    --------
    >>> import weft.bag as db
    >>> from weft.bag import random
    >>> sorted(random.sample(db.range(5, 2), 5).compute(scheduler="sync"))
    [0, 1, 2, 3, 4]
    """
    return drawn(population, Sample(check_count("k", k, 0), seed_of(seed)), split_every)


def drawn(population: Any, reduction: Reduction, split_every: Any) -> Any:
    """What a reduction draws from a bag."""
    if not isinstance(population, BagBase):
        raise TypeError(f"population is a bag, not {type(population).__name__}")
    numbers = Listed(tuple(range(population.npartitions)))
    partials = Streamed(Drawn(reduction), (population.expr,), (numbers,))
    return new_bag(Reduced(partials, reduction, tree_width(split_every, NARROW), False))
