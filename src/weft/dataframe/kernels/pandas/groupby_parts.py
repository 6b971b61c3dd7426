"""Parts of aggregates: how each comes about from the rows of groups, and how several of them become one.

A part is a tuple of arrays with an element for each group. Numbers and times are parts as NumPy arrays, whatever their dtype
was; text, categories and Python objects go through pandas' own groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.decimals import is_decimal
from weft.dataframe.kernels.pandas.grouping import Groups
from weft.dataframe.kernels.pandas.reductions import floats_of, integers_of
from weft.dataframe.kernels.pandas.rows import joined

__all__ = ["PLACES", "Partial", "concat_arrays", "is_number", "made_part", "merged_part", "values_and_missing"]


#: The part that says where groups first were.
PLACES = (None, "places")


class Part(NamedTuple):
    """How a part comes about, and how several of it become one."""

    make: Callable[[pd.Series, Groups, Any], tuple[Any, ...]]
    merge: Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]


class Partial(NamedTuple):
    """Keys of some groups, and the parts of each: tuples of arrays by column and part."""

    keys: list[pd.Series]
    parts: dict[Any, tuple[Any, ...]]


def is_number(dtype: Any) -> bool:
    """Whether values are numbers, truth values or times, which are added up as NumPy arrays."""
    if isinstance(dtype, pd.ArrowDtype):
        return dtype.kind in "iufb"
    return dtype.kind in "iufbmM" and not isinstance(dtype, (pd.CategoricalDtype, pd.PeriodDtype, pd.SparseDtype))


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
    return joined([pd.Series(each) for each in arrays]).array


def values_and_missing(column: pd.Series) -> tuple[Any, Any]:
    """Numbers, also those that objects are, as a NumPy array, and where they are missing (None: nowhere)."""
    dtype = column.dtype
    if dtype.kind in "mM":
        values = integers_of(column)
        missing = column.isna().to_numpy()
        return values, missing if missing.any() else None
    if isinstance(dtype, np.dtype):
        values = column.to_numpy() if dtype.kind != "O" else floats_of(column)
        if values.dtype.kind in "fc":
            missing = np.isnan(values)
            return values, missing if missing.any() else None
        return values, None
    missing = column.isna().to_numpy()
    kind = {"f": np.float64, "b": np.bool_, "i": np.int64, "u": np.uint64}[dtype.kind]
    values = column.to_numpy(dtype=kind, na_value=False if column.dtype.kind == "b" else 0)
    return values, missing if missing.any() else None


def room(groups: Groups) -> int:
    """Places for all groups, and one for rows that are in none."""
    return groups.count + 1


def add_up(values: Any, groups: Groups, codes: Any = None) -> Any:
    """Sum of each group."""
    codes = groups.codes if codes is None else codes
    if not isinstance(values, np.ndarray):
        return pd.Series(values).groupby(codes).sum().reindex(range(groups.count)).array
    if values.dtype.kind == "f":
        return np.bincount(codes, weights=values, minlength=room(groups))[: groups.count]
    kind: Any = {"u": np.uint64, "c": np.complex128}.get(values.dtype.kind, np.int64)
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
    if (
        values.dtype.kind == "f" and np.isnan(values).any()
    ):  # where masked numbers have NaN, which is none of the extremes
        made = np.full(room(groups), np.nan, values.dtype)
        (np.fmin if which == "min" else np.fmax).at(made, codes, values)
        return made[: groups.count]
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
        if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
            return (extreme_of(which, values, groups),)
        return (by_pandas(pd.Series(values), groups, which),)

    return merge


def merge_by_pandas(which: str, numbers: Callable[..., Any]) -> Callable[[tuple[Any, ...], Groups], tuple[Any, ...]]:
    def merge(arrays: tuple[Any, ...], groups: Groups) -> tuple[Any, ...]:
        (values,) = arrays
        if isinstance(values, np.ndarray) and values.dtype.kind in "iufbc":
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
    if is_decimal(column.dtype):
        return add_up(column.array, groups), *make_count(column, groups, index)
    values, codes = present_only(*values_and_missing(column), groups)
    counts = groups.sizes if codes is groups.codes else np.bincount(codes, minlength=room(groups))[: groups.count]
    if values.dtype.kind == "c":
        return add_up(values, groups, codes), counts
    return np.bincount(codes, weights=values, minlength=room(groups))[: groups.count], counts


def make_moments(order: int) -> Callable[[pd.Series, Groups, Any], tuple[Any, ...]]:
    def make(column: pd.Series, groups: Groups, index: Any) -> tuple[Any, ...]:
        numbers = floats_of(column)
        missing = np.isnan(numbers) if isinstance(column.dtype, np.dtype) else column.isna().to_numpy()
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
    # where nothing is there any label will do: the missing value tells
    found = labels.array.take(np.where(places < 0, 0, places)) if len(labels) else labels.array
    found = found.to_numpy() if type(found) is pd.arrays.NumpyExtensionArray else found
    return take_or_missing(column.array, places, groups), found, lacking > 0


def take_or_missing(array: Any, places: Any, groups: Groups) -> Any:
    """Values by position; missing ones for -1, and anything for numbers without rows."""
    if not len(array):
        return array.to_numpy() if type(array) is pd.arrays.NumpyExtensionArray else array
    places = np.where(groups.sizes == 0, 0, places)
    if (places < 0).any() or type(array) is not pd.arrays.NumpyExtensionArray:
        made = pd.Series(array).array.take(places, allow_fill=True)
        return made.to_numpy() if type(made) is pd.arrays.NumpyExtensionArray else made
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
    "places": Part(make_extreme("min"), merge_extreme("min")),
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
    where = pd.Index(groups.codes)  # users' functions look at the labels of groups, too
    columns = [pd.Series(concat_arrays(each), index=where) for each in zip(*given, strict=True)]
    grouped = [each.groupby(level=0, sort=True) for each in columns]
    made = how.agg(grouped[0]) if len(grouped) == 1 else how.agg(*grouped)
    return tuple([each.reindex(order).array for each in (made if isinstance(made, tuple) else (made,))])
