"""Rows to the partitions where they belong.

Whoever moves rows says by a `Targets` to which partition each row goes. Where runs would be too many an exchange goes in two
rounds; the first then sends along for each row where it goes in the end, and blocks in the middle stay runs.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.hashing import hash_array, hash_rows, stripe_targets, targets_of
from weft.dataframe.kernels.pandas.runs import Run, frame_of, merged_run, run_of, runs_by_target
from weft.dataframe.kernels.table import KERNELS
from weft.records import record

PANDAS = KERNELS["pandas"]


class Targets(Protocol):
    """Where rows go."""

    def __call__(self, partition: Any, number: int, beside: Any) -> tuple[Any, Any]:
        """The partition (with columns changed, perhaps) and for each row its target, in small unsigned integers."""
        ...


@record
class ByHash:
    """Rows go where the hash of their keys says: columns, or the index (``on`` is None).

    ``split`` has hashes of keys that go to several partitions, and to how many: rows are dealt out to them, or, with ``copies``,
    copied to each.
    """

    on: tuple[Any, ...] | None
    count: int
    split: tuple[tuple[int, int], ...] = ()
    copies: bool = False

    def __call__(self, partition: Any, number: int, beside: Any) -> tuple[Any, Any]:
        hashes = hash_rows(key_columns(partition, self.on))
        targets = targets_of(hashes, self.count)
        if not self.split:
            return partition, targets
        times = np.ones(len(hashes), np.intp)
        wide = targets.astype(np.intp)
        for own, many in self.split:
            rows = np.flatnonzero(hashes == np.uint64(own))
            if self.copies:
                times[rows] = many
            else:
                wide[rows] += (np.arange(len(rows)) + number) % many
        if not self.copies:
            return partition, (wide % self.count).astype(targets.dtype)
        chosen = np.repeat(np.arange(len(hashes)), times)
        turn = np.arange(len(chosen)) - np.repeat(np.cumsum(times) - times, times)
        return partition.take(chosen), ((wide[chosen] + turn) % self.count).astype(targets.dtype)


@record
class ByStripe:
    """Rows go by a column of whole numbers, and those of a partition have keys that lie close together."""

    on: Any
    count: int

    def __call__(self, partition: Any, number: int, beside: Any) -> tuple[Any, Any]:
        return partition, stripe_targets(whole_numbers(partition[self.on]), self.count)


def whole_numbers(keys: pd.Series) -> Any:
    """Keys as whole numbers, also those that are not what was said of them; equal ones for keys that are equal."""
    if isinstance(keys.dtype, np.dtype) and keys.dtype.kind in "iu":
        return keys.to_numpy().astype(np.int64, copy=False)
    try:
        floats = keys.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return hash_array(keys).view(np.int64)
    with np.errstate(invalid="ignore"):
        whole = floats.astype(np.int64)
    return np.where((whole == floats) & (np.abs(floats) < 2.0**63), whole, hash_array(floats).view(np.int64))


def key_columns(partition: Any, on: tuple[Any, ...] | None) -> list[Any]:
    """The columns that are hashed."""
    if isinstance(partition, pd.Index):
        return [partition]
    if on is None:
        index = partition.index
        return [index.get_level_values(place) for place in range(index.nlevels)]
    if isinstance(partition, pd.Series):
        return [partition]
    return [partition[label] for label in on]


@PANDAS.add("ShuffleSplit")
def split_rows(targets: Targets, keep_index: bool, is_first: bool, partition: Any, *told: Any) -> list[Run]:
    """A run of rows for each range of targets; rows keep their order within it.

    ``told`` ends with the number of the partition and the bounds: run ``k`` gets ``bounds[k] <= target < bounds[k + 1]``.
    Before it comes what the exchange has beside its blocks, if anything.
    """
    number, bounds = told[-1]
    if not len(partition):
        own = np.empty(0, np.uint8)
    else:
        partition, own = targets(partition, number, told[0] if len(told) > 1 else None)
    return runs_by(run_of(partition, keep_index), own, bounds, is_first)


@PANDAS.add("ShuffleSplitAgain")
def split_again(run: Run, told: Any) -> list[Run]:
    """The second round: the targets are the last column."""
    *columns, targets = run.columns
    return runs_by(Run(run.length, run.index, tuple(columns)), targets, told[1], False)


def runs_by(run: Run, targets: Any, bounds: tuple[int, ...], with_targets: bool) -> list[Run]:
    """The rows of a run by target."""
    if with_targets:
        run = Run(run.length, run.index, (*run.columns, targets))
    return runs_by_target(run, targets, bounds)


@PANDAS.add("ShuffleMiddle")
def middle(told: Any, *runs: Run) -> Run:
    """Runs of the first round together."""
    return merged_run(runs)


@PANDAS.add("ShuffleMerge")
def merge_runs(meta: Any, told: Any, *runs: Run) -> Any:
    """Runs one after another, as the pandas object that ``meta`` is an example of."""
    return frame_of(runs, meta)
