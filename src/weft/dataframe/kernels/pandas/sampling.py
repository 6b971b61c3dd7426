"""Random rows: of each partition, or the rows with the least random numbers of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.neighbours import concatenated
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


def stream(seed: tuple[int, ...], place: int) -> np.random.Generator:
    """Random numbers of one partition: they depend on the seed and its place alone."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([*seed, place])))


@PANDAS.add("SamplePart")
def sample_part(partition: Any, frac: float, replace: bool, seed: tuple[int, ...], place: int) -> Any:
    """A part of a partition's rows, in random order."""
    generator = stream(seed, place)
    count = round(frac * len(partition))
    if not len(partition):
        return partition
    return partition.iloc[generator.choice(len(partition), count, replace=replace)]


@PANDAS.add("SampleRows")
class SampleRows:
    """So many random rows: those with the least of random numbers."""

    @staticmethod
    def draw(partition: Any, n: int, seed: tuple[int, ...], place: int) -> tuple[Any, Any]:
        """Candidates of one partition with their numbers."""
        return least(partition, stream(seed, place).random(len(partition)), n)

    @staticmethod
    def combine(n: int, *partials: tuple[Any, Any]) -> tuple[Any, Any]:
        """Of several."""
        if len(partials) == 1:
            return partials[0]
        return least(concatenated(*[each[0] for each in partials]), np.concatenate([each[1] for each in partials]), n)

    @staticmethod
    def finish(partial: tuple[Any, Any], n: int) -> Any:
        """The rows, in random order."""
        rows, numbers = partial
        if len(rows) < n:
            raise ValueError("Cannot take a larger sample than population when 'replace=False'")
        return rows.iloc[np.argsort(numbers)]


def least(rows: Any, numbers: Any, n: int) -> tuple[Any, Any]:
    """Rows with the least numbers, in their order."""
    if len(numbers) <= n:
        return rows, numbers
    chosen = np.sort(np.argpartition(numbers, n)[:n]) if n else np.empty(0, np.intp)
    return rows.iloc[chosen], numbers[chosen]


@PANDAS.add("RandomSplit")
def random_split(
    partition: Any, fractions: tuple[float, ...], which: int, shuffle: bool, seed: tuple[int, ...], place: int
) -> Any:
    """The rows of a partition that fall to one of several frames."""
    generator = stream(seed, place)
    homes = np.searchsorted(np.cumsum(fractions)[:-1], generator.random(len(partition)), side="right")
    rows = np.flatnonzero(homes == which)
    return partition.iloc[generator.permutation(rows) if shuffle else rows]


@PANDAS.add("Bins")
def binned(partition: pd.Series, bins: Any, options: tuple[tuple[str, Any], ...]) -> pd.Series:
    """Intervals of numbers."""
    return pd.cut(partition, bins, **dict(options))
