"""Statistics as reductions: mean, variance and standard deviation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import islice, tee
from operator import mul
from typing import Any, ClassVar

from weft.bag.kernels.reductions import Reduction

__all__ = ["Moments"]

#: Records that are summed up at a time.
BATCH = 4096


@dataclass(frozen=True, repr=False)
class Moments(Reduction):
    """Mean, variance or standard deviation, from number, mean and sum of squared differences from it.

    Notes
    -----
    Partials are combined by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
    sample variances", 1979), which does not lose digits where the mean is large.
    """

    label: ClassVar[str] = "moments"

    kind: str
    ddof: int = 0

    def partial(self, stream: Any) -> Any:
        number, total = 0, 0
        state = (0, 0, 0)
        for added, batch in summed(stream):
            number += len(batch)
            total += added
            if self.kind != "mean":
                mean = added / len(batch)
                apart = [each - mean for each in batch]
                state = together(state, (len(batch), mean, sum(map(mul, apart, apart))))
        return (number, total) if self.kind == "mean" else state

    def combine(self, *partials: Any) -> Any:
        if self.kind == "mean":
            return sum(each[0] for each in partials), sum(each[1] for each in partials)
        return reduce(together, partials)

    def finish(self, partial: Any) -> Any:
        if self.kind == "mean":
            number, total = partial
            if not number:
                raise ZeroDivisionError("mean() of a bag without records")
            return total / number
        number, _, squares = partial
        if number <= self.ddof:
            raise ZeroDivisionError(
                f"{self.kind}(ddof={self.ddof}) needs more than {self.ddof} records; the bag has {number}"
            )
        variance = squares / (number - self.ddof)
        return variance if self.kind == "var" else math.sqrt(variance)


def summed(stream: Iterable[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Some records at a time with their sum; each is added as soon as it has been read, so that errors tell its place."""
    iterator = iter(stream)
    while True:
        ahead, behind = tee(islice(iterator, BATCH))
        total, batch = sum(ahead), list(behind)
        if not batch:
            return
        yield total, batch


def together(one: Any, other: Any) -> Any:
    """Number, mean and squares of two groups of records as one."""
    if not one[0] or not other[0]:
        return one if one[0] else other
    number = one[0] + other[0]
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / number
    return number, mean, one[2] + other[2] + apart * apart * one[0] * other[0] / number
