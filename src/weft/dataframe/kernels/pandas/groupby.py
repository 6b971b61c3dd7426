"""Aggregates of groups: parts of each partition, then of the partial results.

An aggregate is made of *parts*, by column: numbers that can be added up, or compared, group by group (a mean has a sum and
a count). Numbers and times are parts as NumPy arrays, whatever their dtype was; it comes back at the end. Text, categories
and Python objects go through pandas' own groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.grouping import GroupPlan, Groups, group_rows, key_columns, pandas_groupby
from weft.dataframe.kernels.pandas.reductions import floats_of, integers_of
from weft.dataframe.kernels.table import KERNELS

__all__ = ["PARTS_OF", "AggregatePlan", "Request", "whole_aggregate"]

PANDAS = KERNELS["pandas"]


class Request(NamedTuple):
    """One column of the result.

    Parameters
    ----------
    label : label of the result's column
    column : label of the source's column; None for what needs none
    how : name of the aggregate, or an `Aggregation`
    options : tuple of pairs
    """

    label: Any
    column: Any
    how: Any
    options: tuple[tuple[str, Any], ...] = ()

    def option(self, word: str, default: Any) -> Any:
        """One of the options."""
        return dict(self.options).get(word, default)


class AggregatePlan(NamedTuple):
    """Groups, and what is asked of them.

    Parameters
    ----------
    groups : GroupPlan
    requests : tuple of Request
    labels : Index
        Of the result's columns; of a series its name.
    single : bool
        Whether the result is a series.
    """

    groups: GroupPlan
    requests: tuple[Request, ...]
    labels: Any
    single: bool

    def __weft_tokenize__(self) -> Any:
        return (self.groups, self.requests, self.single)


#: The parts of each aggregate.
PARTS_OF: dict[str, tuple[str, ...]] = {
    "size": ("size",),
    "count": ("count",),
    "sum": ("sum", "count"),
    "prod": ("prod", "count"),
    "min": ("min", "count"),
    "max": ("max", "count"),
    "mean": ("mean",),
    "var": ("moments2",),
    "std": ("moments2",),
    "sem": ("moments2",),
    "skew": ("moments4",),
    "kurt": ("moments4",),
    "first": ("first",),
    "last": ("last",),
    "any": ("truth",),
    "all": ("truth",),
    "idxmin": ("idxmin",),
    "idxmax": ("idxmax",),
    "nunique": ("pairs",),
}


class Part(NamedTuple):
    """How a part comes about, and how several of it become one."""

    make: Callable[[pd.Series, Groups, Any], tuple[Any, ...]]
    merge: Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]


class Partial(NamedTuple):
    """Keys of some groups, and the parts of each: tuples of arrays by column and part."""

    keys: list[pd.Series]
    parts: dict[Any, tuple[Any, ...]]


def wanted_parts(plan: AggregatePlan) -> list[tuple[Any, Any]]:
    """Columns and parts, each once."""
    found: dict[Any, None] = {}
    for each in plan.requests:
        for part in PARTS_OF[each.how] if isinstance(each.how, str) else (each.how,):
            found[(None if part == "size" else each.column, part)] = None
    return list(found)


def is_number(dtype: Any) -> bool:
    """Whether values are numbers, truth values or times, which are added up as NumPy arrays."""
    if isinstance(dtype, pd.ArrowDtype):
        return dtype.kind in "iufb"
    return dtype.kind in "iufbmM" and not isinstance(dtype, (pd.CategoricalDtype, pd.PeriodDtype, pd.SparseDtype))


@PANDAS.add("GroupbyAggregate")
class GroupbyAggregate:
    """Named aggregates of groups."""

    @staticmethod
    def chunk(partition: Any, *values: Any) -> Partial:
        """Parts of one partition."""
        *blocks, plan = values
        keys = key_columns(partition, blocks, plan.groups)
        groups = group_rows(keys, plan.groups.dropna and not has_all_categories(keys, plan.groups))
        order = groups.in_order(plan.groups.sort)
        parts = {}
        for column, name in wanted_parts(plan):
            if name == "size":
                parts[None, "size"] = (groups.sizes[order],)
                continue
            values_ = partition[column] if isinstance(partition, pd.DataFrame) else partition
            parts[column, name] = made_part(name, values_, groups, partition.index, order)
        return Partial(groups.keys_of(order), parts)

    @staticmethod
    def combine(plan: AggregatePlan, *partials: Partial) -> Partial:
        """Parts of several partitions as those of one."""
        if len(partials) == 1:
            return partials[0]
        filled = [each for each in partials if len(each.keys[0])] or [partials[0]]
        if len(filled) == 1:
            return filled[0]
        keys = [concat_keys(each) for each in zip(*[each.keys for each in filled], strict=True)]
        groups = group_rows(keys, False)
        order = groups.in_order(plan.groups.sort)
        parts = {}
        for wanted in filled[0].parts:
            parts[wanted] = merged_part(wanted[1], [each.parts[wanted] for each in filled], filled, groups, order)
        return Partial(groups.keys_of(order), parts)

    @staticmethod
    def finish(partial: Partial, plan: AggregatePlan, meta: Any) -> Any:
        """The aggregates, in the order and with the dtypes that pandas gives them."""
        index, order = final_index(partial.keys, plan.groups)
        columns = []
        # with as_index=False the keys come first among the meta's columns
        metas = [meta] if isinstance(meta, pd.Series) else [meta.iloc[:, place] for place in range(meta.shape[1])]
        metas = metas[-len(plan.requests) :] if plan.requests else []
        for request, like in zip(plan.requests, metas, strict=True):
            columns.append(finished_column(request, partial.parts, order, like.dtype))
        if plan.single and plan.groups.as_index:
            return pd.Series(columns[0].array, index=index, name=meta.name, copy=False)
        made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(index)))
        made.index = index
        if plan.groups.as_index:
            made.columns = meta.columns
            return made
        made = made.reset_index(names=[("key", place) for place in range(index.nlevels)])
        made.columns = meta.columns
        return made


def has_all_categories(keys: list[pd.Series], plan: GroupPlan) -> bool:
    """Whether results have a row for every category with every other key, also of keys that never meet a present one."""
    return not plan.observed and len(keys) > 1 and any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys)


def concat_keys(keys: tuple[pd.Series, ...]) -> pd.Series:
    """Keys of several partitions; categories that differ are united."""
    first = keys[0].dtype
    if isinstance(first, pd.CategoricalDtype) and any(each.dtype != first for each in keys):
        united = pd.api.types.union_categoricals([each.array for each in keys], sort_categories=False)
        return pd.Series(united, name=keys[0].name)
    return pd.concat(keys, ignore_index=True)


def made_part(name: Any, column: pd.Series, groups: Groups, index: Any, order: Any) -> tuple[Any, ...]:
    """A part of one column, for the groups in some order."""
    if not isinstance(name, str):
        return custom_part(name, column, groups, order)
    if name == "pairs":
        return different_pairs(groups, column, order)
    return tuple([each[order] for each in PARTS[name].make(column, groups, index)])


def merged_part(name: Any, given: list[Any], partials: list[Partial], groups: Groups, order: Any) -> tuple[Any, ...]:
    """A part of several partitions."""
    if not isinstance(name, str):
        return merged_custom(name, given, groups, order)
    if name == "pairs":
        return merged_pairs(given, partials, groups, order)
    joined = tuple([concat_arrays(each) for each in zip(*given, strict=True)])
    merge = add_all if name == "size" else PARTS[name].merge
    return tuple([each[order] for each in merge(joined, groups)])


def concat_arrays(arrays: tuple[Any, ...]) -> Any:
    """Arrays one after another."""
    if all(isinstance(each, np.ndarray) for each in arrays):
        return np.concatenate(arrays)
    return pd.concat([pd.Series(each) for each in arrays], ignore_index=True).array


def values_and_missing(column: pd.Series) -> tuple[Any, Any]:
    """Numbers as a NumPy array, and where they are missing (None: nowhere)."""
    dtype = column.dtype
    if dtype.kind in "mM":
        values = integers_of(column)
        missing = column.isna().to_numpy()
        return values, missing if missing.any() else None
    if isinstance(dtype, np.dtype):
        values = column.to_numpy()
        if dtype.kind == "f":
            missing = np.isnan(values)
            return values, missing if missing.any() else None
        return values, None
    missing = column.isna().to_numpy()
    kind = {"f": np.float64, "b": np.bool_, "i": np.int64, "u": np.uint64}[dtype.kind]
    values = column.to_numpy(dtype=kind, na_value=0)
    return values, missing if missing.any() else None


def room(groups: Groups) -> int:
    """Places for all groups, and one for rows that are in none."""
    return groups.count + 1


def add_up(values: Any, groups: Groups, codes: Any = None) -> Any:
    """Sum of each group."""
    codes = groups.codes if codes is None else codes
    if values.dtype.kind == "f":
        return np.bincount(codes, weights=values, minlength=room(groups))[: groups.count]
    kind = np.uint64 if values.dtype.kind == "u" else np.int64
    made = np.zeros(room(groups), kind)
    np.add.at(made, codes, values.astype(kind, copy=False))
    return made[: groups.count]


def add_all(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
    """Sums of each group, for several arrays."""
    return tuple([add_up(each, groups) for each in arrays])


def present_only(values: Any, missing: Any, groups: Groups) -> tuple[Any, Any]:
    """Values that are there, and the groups that they belong to."""
    if missing is None:
        return values, groups.codes
    there = ~missing
    return values[there], groups.codes[there]


def make_count(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
    missing = column.isna().to_numpy()
    if not missing.any():
        return (groups.sizes,)
    return (np.bincount(groups.codes[~missing], minlength=room(groups))[: groups.count],)


def make_sum(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
    if not is_number(column.dtype):
        return (by_pandas(column, groups, "sum"),)
    values, codes = present_only(*values_and_missing(column), groups)
    return (add_up(values, groups, codes),)


def make_prod(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
    if not is_number(column.dtype):
        return (by_pandas(column, groups, "prod"),)
    values, codes = present_only(*values_and_missing(column), groups)
    return (multiply_up(values, groups, codes),)


def multiply_up(values: Any, groups: Groups, codes: Any = None) -> Any:
    """Product of each group."""
    kind = {"f": np.float64, "u": np.uint64}.get(values.dtype.kind, np.int64)
    made = np.ones(room(groups), kind)
    np.multiply.at(made, groups.codes if codes is None else codes, values.astype(kind, copy=False))
    return made[: groups.count]


def make_extreme(which: str) -> Callable[[pd.Series, Groups, Any], tuple[Any, ...]]:
    def make(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
        if not is_number(column.dtype):
            return (by_pandas(column, groups, which),)
        values, codes = present_only(*values_and_missing(column), groups)
        return (extreme_of(which, values, groups, codes),)

    return make


def extreme_of(which: str, values: Any, groups: Groups, codes: Any = None) -> Any:
    """Least or greatest value of each group; anything for those without."""
    codes = groups.codes if codes is None else codes
    made = np.full(room(groups), farthest(values.dtype, which), values.dtype)
    (np.minimum if which == "min" else np.maximum).at(made, codes, values)
    return made[: groups.count]


def farthest(dtype: Any, which: str) -> Any:
    """What no value is beyond."""
    if dtype.kind == "f":
        return np.inf if which == "min" else -np.inf
    if dtype.kind == "b":
        return which == "min"
    limits = np.iinfo(dtype)
    return limits.max if which == "min" else limits.min


def merge_extreme(which: str) -> Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]:
    def merge(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
        (values,) = arrays
        if isinstance(values, np.ndarray) and values.dtype != object:
            return (extreme_of(which, values, groups),)
        return (by_pandas(pd.Series(values), groups, which),)

    return merge


def merge_by_pandas(which: str, numbers: Callable[..., Any]) -> Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]:
    def merge(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
        (values,) = arrays
        if isinstance(values, np.ndarray) and values.dtype != object:
            return (numbers(values, groups),)
        return (by_pandas(pd.Series(values), groups, which),)

    return merge


def by_pandas(column: pd.Series, groups: Groups, method: str) -> Any:
    """A part that pandas computes, by group number; something for numbers without rows as well."""
    made = getattr(column.reset_index(drop=True).groupby(groups.codes, sort=True), method)()
    made = made.reindex(range(groups.count))
    return made.array if not isinstance(made.dtype, np.dtype) else made.to_numpy()


def make_mean(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
    if column.dtype.kind in "mM" and is_number(column.dtype):
        values, codes = present_only(*values_and_missing(column), groups)
        counts = np.bincount(codes, minlength=room(groups))[: groups.count]
        return add_up(values >> 20, groups, codes), add_up(values & 0xFFFFF, groups, codes), counts
    values, codes = present_only(*values_and_missing(column), groups)
    counts = groups.sizes if codes is groups.codes else np.bincount(codes, minlength=room(groups))[: groups.count]
    return np.bincount(codes, weights=values, minlength=room(groups))[: groups.count], counts


def make_moments(order: int) -> Callable[[pd.Series, Groups, Any], tuple[Any, ...]]:
    def make(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
        numbers = floats_of(column)
        missing = np.isnan(numbers)
        numbers, codes = present_only(numbers, missing if missing.any() else None, groups)
        size = room(groups)
        counts = np.bincount(codes, minlength=size)
        with np.errstate(all="ignore"):
            means = np.bincount(codes, weights=numbers, minlength=size) / counts
            away = numbers - means[codes]
            powers = [counts, means]
            power = away
            for _ in range(2, order + 1):
                power = power * away
                powers.append(np.bincount(codes, weights=power, minlength=size))
        return tuple([each[: groups.count] for each in powers])

    return make


def merge_moments(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
    """Moments about a common mean (Pebay 2008)."""
    counts, means, second, *higher = arrays
    total = add_up(counts, groups)
    with np.errstate(all="ignore"):
        known = np.where(counts > 0, means, 0.0)
        mean = add_up(known * counts, groups) / total
        away = np.where(counts > 0, known - mean[groups.codes], 0.0)
        made = [total, mean, add_up(second + counts * away**2, groups)]
        if higher:
            third, fourth = higher
            made.append(add_up(third + 3 * away * second + counts * away**3, groups))
            made.append(add_up(fourth + 4 * away * third + 6 * away**2 * second + counts * away**4, groups))
    return tuple(made)


def make_end(which: str) -> Callable[[pd.Series, Groups, Any], tuple[Any, ...]]:
    def make(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
        places = end_places(which, ~column.isna().to_numpy(), groups)
        return (take_or_missing(column.array, places, groups),)

    return make


def end_places(which: str, there: Any, groups: Groups) -> Any:
    """Position of the first, or last, row of each group that is there; -1 for none."""
    rows = np.flatnonzero(there)
    if which == "first":
        rows = rows[::-1]
    places = np.full(room(groups), -1, np.intp)
    places[groups.codes[rows]] = rows
    return places[: groups.count]


def merge_end(which: str) -> Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]:
    def merge(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
        return make_end(which)(pd.Series(arrays[0]), groups, None)

    return merge


def make_truth(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
    there = ~column.isna().to_numpy()
    codes = groups.codes[there]
    truth = column[there].astype(bool).to_numpy()
    size = room(groups)
    return (
        np.bincount(codes[truth], minlength=size)[: groups.count],
        np.bincount(codes, minlength=size)[: groups.count],
    )


def make_place(which: str) -> Callable[[pd.Series, Groups, Any], tuple[Any, ...]]:
    def make(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
        return first_extremes(which, column, index, groups, None)

    return make


def first_extremes(which: str, column: pd.Series, labels: Any, groups: Groups, lost: Any) -> tuple[Any, ...]:
    """Value and label of the first extreme of each group, and whether something was missing in it."""
    values, missing = values_and_missing(column) if is_number(column.dtype) else ranks_of(column)
    if lost is None:
        lost = np.zeros(len(values), bool) if missing is None else missing
    there, codes = present_only(values, missing, groups)
    best = np.append(
        extreme_of("min" if which == "idxmin" else "max", there, groups, codes), there[:1] if len(there) else [0]
    )
    is_best = values == best[groups.codes]
    if missing is not None:
        is_best &= ~missing
    places = end_places("first", is_best, groups)
    lacking = np.bincount(groups.codes[lost], minlength=room(groups))[: groups.count]
    return take_or_missing(column.array, places, groups), take_or_missing(labels.array, places, groups), lacking > 0


def take_or_missing(array: Any, places: Any, groups: Groups) -> Any:
    """Values by position; missing ones for -1, and anything for numbers without rows."""
    if not len(array):
        return array.to_numpy() if isinstance(array, pd.arrays.NumpyExtensionArray) else array
    places = np.where(groups.sizes == 0, 0, places)
    if (places < 0).any() or not isinstance(array, pd.arrays.NumpyExtensionArray):
        made = pd.Series(array).array.take(places, allow_fill=True)
        return made.to_numpy() if isinstance(made, pd.arrays.NumpyExtensionArray) else made
    return array.to_numpy()[places]


def ranks_of(column: pd.Series) -> tuple[Any, Any]:
    """Numbers in the order of values that are not numbers, and where they are missing."""
    missing = column.isna().to_numpy()
    return column.rank(method="dense").to_numpy(dtype=np.float64, na_value=0.0), missing if missing.any() else None


def merge_place(which: str) -> Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]:
    def merge(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
        values, labels, lost = arrays
        return first_extremes(which, pd.Series(values), pd.Series(labels), groups, lost)

    return merge


def different_pairs(groups: Groups, column: pd.Series, order: Any) -> tuple[Any, ...]:
    """Different values of each group: numbers of groups, by place in an order, and values."""
    there = ~column.isna().to_numpy()
    numbers = places_in(order, groups)[groups.codes[there]]
    return unique_pairs(numbers, column[there])


def places_in(order: Any, groups: Groups) -> Any:
    """Where the number of each group stands in an order; -1 for what is not there."""
    places = np.full(room(groups), -1, np.int64)
    places[order] = np.arange(len(order))
    return places


def unique_pairs(numbers: Any, column: pd.Series) -> tuple[Any, ...]:
    """Pairs of a group and a value, each once."""
    codes, values = pd.factorize(column.array)
    mixed = numbers * max(1, len(values)) + codes
    firsts = ~pd.Series(mixed).duplicated().to_numpy() & (numbers >= 0)
    return numbers[firsts], column.array[firsts] if not isinstance(column.dtype, np.dtype) else column.to_numpy()[
        firsts
    ]


def merged_pairs(given: list[Any], partials: list[Partial], groups: Groups, order: Any) -> tuple[Any, ...]:
    """Pairs of several partitions."""
    places = places_in(order, groups)
    numbers, start = [], 0
    for (own, _), each in zip(given, partials, strict=True):
        length = len(each.keys[0])
        numbers.append(places[groups.codes[start : start + length]][own])
        start += length
    return unique_pairs(np.concatenate(numbers), pd.Series(concat_arrays(tuple([each[1] for each in given]))))


PARTS: dict[str, Part] = {
    "count": Part(make_count, add_all),
    "sum": Part(make_sum, merge_by_pandas("sum", add_up)),
    "prod": Part(make_prod, merge_by_pandas("prod", multiply_up)),
    "min": Part(make_extreme("min"), merge_extreme("min")),
    "max": Part(make_extreme("max"), merge_extreme("max")),
    "mean": Part(make_mean, add_all),
    "moments2": Part(make_moments(2), merge_moments),
    "moments4": Part(make_moments(4), merge_moments),
    "first": Part(make_end("first"), merge_end("first")),
    "last": Part(make_end("last"), merge_end("last")),
    "truth": Part(make_truth, add_all),
    "idxmin": Part(make_place("idxmin"), merge_place("idxmin")),
    "idxmax": Part(make_place("idxmax"), merge_place("idxmax")),
}


def custom_part(how: Any, column: pd.Series, groups: Groups, order: Any) -> tuple[Any, ...]:
    """What a user's first function gives for each group."""
    codes = np.where(groups.codes == groups.count, -1, groups.codes)
    grouped = column.reset_index(drop=True).groupby(pd.Series(codes).where(codes >= 0), sort=True)
    made = how.chunk(grouped)
    return tuple([each.reindex(order).array for each in (made if isinstance(made, tuple) else (made,))])


def merged_custom(how: Any, given: list[Any], groups: Groups, order: Any) -> tuple[Any, ...]:
    """What a user's second function gives for the first one's results."""
    columns = [pd.Series(concat_arrays(each)) for each in zip(*given, strict=True)]
    grouped = [each.groupby(groups.codes, sort=True) for each in columns]
    made = how.agg(grouped[0]) if len(grouped) == 1 else how.agg(*grouped)
    return tuple([each.reindex(order).array for each in (made if isinstance(made, tuple) else (made,))])


def final_index(keys: list[pd.Series], plan: GroupPlan) -> tuple[pd.Index, Any]:
    """Labels of the groups as pandas orders them, and where each stands among the partial's groups; -1 for none."""
    keys = [key.rename(each.name) for key, each in zip(keys, plan.by, strict=True)]
    categorical = any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys)
    if categorical or (plan.sort and any(key.dtype == object for key in keys)):
        return index_by_pandas(keys, plan)
    count = len(keys[0])
    order = np.arange(count)
    if plan.sort and count > 1:
        order = sorted_places(keys)
    chosen = [key.iloc[order] for key in keys]
    if len(chosen) == 1:
        return pd.Index(chosen[0].array, name=chosen[0].name, dtype=chosen[0].dtype), order
    return pd.MultiIndex.from_arrays([each.array for each in chosen], names=[each.name for each in chosen]), order


def sorted_places(keys: list[pd.Series]) -> Any:
    """Positions of keys in their order, missing ones last."""
    if len(keys) == 1:
        key = keys[0]
        if key.is_monotonic_increasing:
            return np.arange(len(key))
        return key.reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    frame = pd.DataFrame({place: key.array for place, key in enumerate(keys)})
    return frame.sort_values(list(frame.columns), kind="stable").index.to_numpy()


def index_by_pandas(keys: list[pd.Series], plan: GroupPlan) -> tuple[pd.Index, Any]:
    """The labels that pandas' own groups have, those of categories without rows too."""
    names = [f"key{place}" for place in range(len(keys))]
    frame = pd.DataFrame({name: key.array for name, key in zip(names, keys, strict=True)})
    frame["place"] = np.arange(len(frame), dtype=np.float64)
    grouped = frame.groupby(
        names if len(names) > 1 else names[0], sort=plan.sort, observed=plan.observed, dropna=plan.dropna
    )["place"]
    found = grouped.first()
    index = found.index.set_names([each.name for each in keys]) if len(names) > 1 else found.index.rename(keys[0].name)
    return index, found.fillna(-1).to_numpy().astype(np.intp)


def finished_column(request: Request, parts: Any, order: Any, dtype: Any) -> pd.Series:
    """One column of the result."""
    how = request.how
    lacking = order < 0

    def taken(values: Any) -> Any:
        if isinstance(values, np.ndarray) and not lacking.any():
            return values[order]
        if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
            made = values[np.where(lacking, 0, order)] if len(values) else np.zeros(len(order), values.dtype)
            made[lacking] = 0
            return made
        return pd.Series(values).array.take(order, allow_fill=True)

    if not isinstance(how, str):
        values = [pd.Series(taken(each)) for each in parts[request.column, how]]
        made = how.finalize(*values) if how.finalize is not None else values[0]
        return pd.Series(made.array)
    given = {
        name: [taken(each) for each in parts[None if name == "size" else request.column, name]]
        for name in PARTS_OF[how]
        if name != "pairs"
    }
    with np.errstate(all="ignore"):
        return FINISH[how](request, given, parts, order, dtype)


def finish_plain(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        return with_missing(given[name][0], None, dtype)

    return finish


def finish_end(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        lacking = order < 0
        return with_missing(given[name][0], lacking if lacking.any() else None, dtype)

    return finish


def finish_total(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        values, (counts,) = given[name][0], given["count"]
        if name == "prod" and isinstance(values, np.ndarray):
            values = np.where(order < 0, 1, values).astype(values.dtype)
        few = counts < request.option("min_count", 0)
        return with_missing(values, few if few.any() else None, dtype)

    return finish


def finish_extreme(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        (values,), (counts,) = given[name], given["count"]
        few = counts < max(1, request.option("min_count", -1))
        return with_missing(values, few if few.any() else None, dtype)

    return finish


def finish_mean(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    *sums, counts = given["mean"]
    none = counts == 0
    if len(sums) == 2:
        high, low = sums
        safe = np.where(none, 1, counts)
        whole, rest = np.divmod(high, safe)
        values = (whole << 20) + ((rest << 20) + low) // safe
    else:
        values = sums[0] / counts
    return with_missing(values, none if none.any() else None, dtype)


def finish_spread(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    counts, _, second = given["moments2"]
    ddof = request.option("ddof", 1)
    few = counts <= ddof
    values = second / np.where(few, np.nan, counts - ddof)
    if request.how != "var":
        values = np.sqrt(values)
    if request.how == "sem":
        values = values / np.sqrt(counts)
    return with_missing(values, few if few.any() else None, dtype)


def finish_shape(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    n, mean, second, third, fourth = given["moments4"]
    nothing = second <= n * (np.finfo(np.float64).eps * np.abs(mean)) ** 2
    if request.how == "skew":
        values = n * np.sqrt(n - 1.0) / (n - 2) * third / second**1.5
        few = n < 3
    else:
        above = n * (n + 1.0) * (n - 1) * fourth
        below = (n - 2.0) * (n - 3) * second**2
        values = above / below - 3 * (n - 1.0) ** 2 / ((n - 2.0) * (n - 3))
        few = n < 4
    few = few | nothing
    return with_missing(np.where(few, np.nan, values), few if few.any() else None, dtype)


def finish_truth(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    true, counts = given["truth"]
    return with_missing(true > 0 if request.how == "any" else true == counts, None, dtype)


def finish_place(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    _, labels, lost = given[request.how]
    made = pd.Series(labels) if len(labels) else pd.Series([], dtype=dtype)
    if (order < 0).any():
        raise ValueError(
            f"Can't get {request.how} of an empty group due to unobserved categories. Specify observed=True."
        )
    if made.isna().any():
        raise ValueError(f"{request.how} with skipna=True encountered all NA values in a group.")
    if lost.any() and not request.option("skipna", True):
        raise ValueError(f"{request.how} with skipna=False encountered an NA value.")
    return made


def finish_different(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    numbers, _ = parts[request.column, "pairs"]
    counts = np.bincount(numbers, minlength=int(order.max(initial=-1)) + 1)
    made = counts[np.where(order < 0, 0, order)] if len(counts) else np.zeros(len(order), np.int64)
    return with_missing(np.where(order < 0, 0, made), None, dtype)


FINISH: dict[str, Callable[..., pd.Series]] = {
    "size": finish_plain("size"),
    "count": finish_plain("count"),
    "sum": finish_total("sum"),
    "prod": finish_total("prod"),
    "min": finish_extreme("min"),
    "max": finish_extreme("max"),
    "mean": finish_mean,
    "var": finish_spread,
    "std": finish_spread,
    "sem": finish_spread,
    "skew": finish_shape,
    "kurt": finish_shape,
    "first": finish_end("first"),
    "last": finish_end("last"),
    "any": finish_truth,
    "all": finish_truth,
    "idxmin": finish_place,
    "idxmax": finish_place,
    "nunique": finish_different,
}


def with_missing(values: Any, missing: Any, dtype: Any) -> pd.Series:
    """Numbers as values of a dtype, some of them missing."""
    if not isinstance(values, np.ndarray) or values.dtype == object:
        made = pd.Series(values)
        if missing is not None:
            made = made.mask(missing)
        return made if made.dtype == dtype or isinstance(dtype, np.dtype) else made.astype(dtype)
    if dtype.kind in "mM" and not isinstance(dtype, pd.ArrowDtype):
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), 0, values).astype(np.int64)
        plain = pd.Series(values.view(f"{dtype.kind}8[{unit_of(dtype)}]"))
        if missing is not None:
            plain = plain.mask(missing)
        if isinstance(dtype, pd.DatetimeTZDtype):
            return plain.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
        return plain
    if missing is None:
        return pd.Series(values, copy=False).astype(dtype)
    if isinstance(dtype, np.dtype):
        if dtype.kind in "iub":
            return pd.Series(values).astype(np.float64).mask(missing)
        return pd.Series(values).astype(dtype).mask(missing)
    return pd.Series(np.where(missing, 0, values).astype(values.dtype)).astype(dtype).mask(missing)


def unit_of(dtype: Any) -> str:
    """Unit of a dtype of times."""
    return dtype.unit if isinstance(dtype, pd.DatetimeTZDtype) else np.datetime_data(dtype)[0]


def whole_aggregate(source: Any, blocks: list[Any], plan: AggregatePlan) -> Any:
    """The aggregates as pandas computes them, in one step: what metas are made with."""
    grouped = pandas_groupby(source, key_columns(source, blocks, plan.groups), plan.groups)
    columns = []
    for request in plan.requests:
        if request.how == "size":
            columns.append(grouped.size() if plan.groups.as_index else grouped.size()["size"])
            continue
        chosen = grouped[request.column] if isinstance(source, pd.DataFrame) else grouped
        if isinstance(request.how, str):
            made = getattr(chosen, request.how)(**dict(request.options))
        else:
            made = chosen.agg("count").rename(request.label) if plan.groups.as_index else chosen.agg("count")
        columns.append(made if isinstance(made, pd.Series) else made.iloc[:, -1])
    if plan.single and plan.groups.as_index:
        return columns[0]
    made = pd.concat(columns, axis=1, ignore_index=True) if columns else grouped.size().to_frame().iloc[:, :0]
    if plan.labels is not None:
        made.columns = plan.labels
    if not plan.groups.as_index:
        sizes = grouped.size()
        keys = sizes.iloc[:, :-1] if isinstance(sizes, pd.DataFrame) else sizes.index.to_frame(index=False)
        for place in range(keys.shape[1] - 1, -1, -1):
            label = keys.columns[place]
            if isinstance(made.columns, pd.MultiIndex):
                label = (label, *[""] * (made.columns.nlevels - 1))
            made.insert(0, label, keys.iloc[:, place].array, allow_duplicates=True)
    return made
