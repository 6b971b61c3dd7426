"""Which rows belong together: keys of a partition as numbers of groups.

Grouping hashes each key once at most, and often not at all: whole numbers that lie close together and categories are
group numbers already, less their least. What is computed of groups can then be added up by position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

__all__ = ["By", "GroupPlan", "Groups", "group_rows", "key_columns", "pandas_groupby"]

#: Group numbers may be so many times as many as rows before they are made dense.
SPARSE = 4
#: Or as many as this, whatever the number of rows.
FEW = 1 << 16


class By(NamedTuple):
    """Where a key comes from.

    Parameters
    ----------
    kind : {"column", "level", "block", "function"}
    value : label of a column, number of an index level, place among further blocks, or function of labels
    name : label
        Of the result's index level.
    """

    kind: str
    value: Any
    name: Any


class GroupPlan(NamedTuple):
    """How rows are grouped, and how groups come out."""

    by: tuple[By, ...]
    sort: bool
    observed: bool
    dropna: bool
    as_index: bool
    group_keys: bool
    is_listed: bool


class Groups(NamedTuple):
    """Rows by group.

    Parameters
    ----------
    codes : array
        Number of each row's group; ``count`` for rows that are in none.
    count : int
        Numbers there may be, some of them without rows.
    sizes : array
        Rows of each group.
    keys_of : callable
        Gives the keys of some groups, as a list of series.
    """

    codes: Any
    count: int  # type: ignore[assignment]
    sizes: Any
    keys_of: Callable[[Any], list[pd.Series]]

    @property
    def present(self) -> Any:
        """Numbers of the groups that have rows."""
        return np.flatnonzero(self.sizes)

    def in_order(self, sort: bool) -> Any:
        """Numbers of the groups that have rows; in the order of first rows unless they will be sorted anyway."""
        if sort:
            return self.present
        present = self.present
        firsts = np.empty(self.count + 1, np.intp)
        firsts[self.codes[::-1]] = np.arange(len(self.codes) - 1, -1, -1)
        return present[np.argsort(firsts[present], kind="stable")]


def key_columns(partition: Any, blocks: Sequence[Any], plan: GroupPlan) -> list[pd.Series]:
    """The keys of a partition's rows."""
    found = []
    for each in plan.by:
        match each.kind:
            case "column":
                key = partition[each.value].rename(each.name)
            case "level":
                key = partition.index.get_level_values(each.value).to_series()
            case "function":
                key = partition.index.map(each.value).to_series()
            case _:
                key = blocks[each.value]
                key = key.to_series() if isinstance(key, pd.Index) else key
        found.append(key)
    return found


def pandas_groupby(partition: Any, keys: list[pd.Series], plan: GroupPlan) -> Any:
    """pandas' own groups of a partition, whose keys are columns of it, or stand beside it."""
    by: list[Any] = []
    for each, key in zip(plan.by, keys, strict=True):
        if each.kind == "column":
            by.append(each.name)  # as which pandas finds it, under labels of several levels, too
        elif each.kind == "level":
            by.append(partition.index.get_level_values(each.value))  # a Grouper would not sort, and lose categories
        else:
            by.append(key.set_axis(partition.index, axis=0).rename(each.name))
    single = len(by) == 1 and not plan.is_listed
    return partition.groupby(
        by[0] if single else by,
        sort=plan.sort,
        observed=plan.observed,
        dropna=plan.dropna,
        as_index=plan.as_index,
        group_keys=plan.group_keys,
    )


def group_rows(keys: Sequence[pd.Series], dropna: bool) -> Groups:
    """Group numbers of rows."""
    coded = [codes_of(key, dropna) for key in keys]
    length = len(keys[0])
    codes, count, take = coded[0]
    if len(coded) == 1:
        return finished(codes, count, lambda numbers: [take(numbers)])
    counts = [max(1, each[1]) for each in coded]
    total = 1
    for each in counts:
        total *= each
    if total >= 1 << 62:
        return group_hashed(coded, counts)
    dropped = np.zeros(length, bool)
    mixed = np.zeros(length, np.int64)
    for (own, limit, _), many in zip(coded, counts, strict=True):
        missing = own >= limit
        if missing.any():
            dropped |= missing
            own = np.where(missing, 0, own)
        mixed = mixed * many + own
    takes = [each[2] for each in coded]
    if total <= max(FEW, SPARSE * length):
        codes = mixed.astype(np.intp, copy=False)
        if dropped.any():
            codes = np.where(dropped, total, codes)
        return finished(codes, total, lambda numbers: parted(numbers, counts, takes))
    codes, different = pd.factorize(mixed)
    if dropped.any():
        codes = np.where(dropped, len(different), codes)
    return finished(codes, len(different), lambda numbers: parted(different[numbers], counts, takes))


def finished(codes: Any, count: int, keys_of: Callable[[Any], list[pd.Series]]) -> Groups:
    """Groups with their sizes."""
    return Groups(codes, count, np.bincount(codes, minlength=count + 1)[:count], keys_of)


def parted(numbers: Any, counts: list[int], takes: list[Callable[[Any], pd.Series]]) -> list[pd.Series]:
    """Keys of groups whose number is made of one for each key."""
    found = []
    for many, take in zip(reversed(counts), reversed(takes), strict=True):
        numbers, own = np.divmod(numbers, many)
        found.append(take(own))
    return found[::-1]


def group_hashed(coded: list[Any], counts: list[int]) -> Groups:
    """Groups by so many keys that their numbers do not fit one integer: made dense key by key."""
    codes, count, _take = coded[0]
    dropped = codes >= count
    codes = np.where(dropped, 0, codes)
    firsts = [(codes, count)]
    for (own, limit, _), many in zip(coded[1:], counts[1:], strict=True):
        missing = own >= limit
        dropped |= missing
        own = np.where(missing, 0, own)
        firsts.append((own, limit))
        codes, _ = pd.factorize(codes.astype(np.int64) * many + own)
    rows = np.empty(int(codes.max()) + 1 if len(codes) else 0, np.intp)
    rows[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    if dropped.any():
        codes = np.where(dropped, len(rows), codes)
    takes = [each[2] for each in coded]
    return finished(
        codes,
        len(rows),
        lambda numbers: [take(own[rows[numbers]]) for take, (own, _) in zip(takes, firsts, strict=True)],
    )


def codes_of(key: pd.Series, dropna: bool) -> tuple[Any, int, Callable[[Any], pd.Series]]:
    """Numbers of a key's values, how many there may be, and what gives the values of some."""
    dtype, name = key.dtype, key.name
    if isinstance(dtype, pd.CategoricalDtype):
        codes = key.cat.codes.to_numpy().astype(np.intp)
        count = len(dtype.categories)
        missing = codes < 0
        if missing.any():
            codes = np.where(missing, count, codes)
        if dropna:
            return codes, count, lambda numbers: categories_at(numbers, dtype, name)
        return codes, count + 1, lambda numbers: categories_at(np.where(numbers == count, -1, numbers), dtype, name)
    if isinstance(dtype, np.dtype) and dtype.kind in "iub" and len(key):
        values = key.to_numpy()
        least, greatest = int(values.min()), int(values.max())
        if greatest - least < max(FEW, SPARSE * len(values)):
            wide = (
                values.astype(np.intp, copy=False)
                if dtype != np.uint64
                else (values - np.uint64(least)).astype(np.intp)
            )
            codes = wide - least if least and dtype != np.uint64 else wide
            return (
                codes,
                greatest - least + 1,
                lambda numbers: pd.Series((np.asarray(numbers) + least).astype(dtype), name=name),
            )
    codes, values = pd.factorize(key.array, use_na_sentinel=dropna)
    codes = codes.astype(np.intp, copy=False)
    if dropna and (missing := codes < 0).any():
        codes = np.where(missing, len(values), codes)
    if dtype.kind == "O" and isinstance(dtype, np.dtype) and not dropna and len(values):
        values = np.asarray(values, dtype=object)
        values[pd.isna(values)] = np.nan  # None and NaT are one key with it
    return codes, len(values), lambda numbers: pd.Series(values[numbers], name=name, dtype=dtype)


def categories_at(codes: Any, dtype: pd.CategoricalDtype, name: Any) -> pd.Series:
    """Categories by number."""
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), name=name)
