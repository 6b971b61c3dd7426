"""Partitions in other shapes: lists as rows, columns as rows, categories as columns, two frames as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.elementwise import Pairs, function_named
from weft.dataframe.kernels.pandas.functions import Whole
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


def aligned(left: Any, right: Any, options: dict[str, Any]) -> Any:
    """One of two frames after they have been aligned."""
    number = options.pop("number")
    return left.align(right, **options)[number]


def combined_first(left: Any, right: Any) -> Any:
    """The values of one, and where they are missing those of another; also where a partition of one has no rows."""
    if not isinstance(left, pd.DataFrame) or (len(left) and len(right)):
        return left.combine_first(right)
    some = right if len(right) else left
    return pd.DataFrame(
        {
            label: some[label] if label in some else (left if label in left else right)[label].reindex(some.index)
            for label in left.columns.union(right.columns, sort=False)
        },
        index=some.index,
    )


def updated(frame: pd.DataFrame, other: Any, **options: Any) -> pd.DataFrame:
    """A frame with the values of another where it has any."""
    made = frame.copy()
    made.update(other, **options)
    return made


def melted(frame: pd.DataFrame, ignore_index: bool = False, **options: Any) -> pd.DataFrame:
    """Columns as rows; labels of the rows stay, if nothing else is said."""
    return pd.melt(frame, ignore_index=ignore_index, **options)


@function_named("corr_with_columns")
def with_columns(frame: pd.DataFrame, values: pd.Series, **options: Any) -> pd.Series:
    """Correlation of each row with a series that has a value for each of the columns."""
    if not len(frame):
        return pd.Series(np.nan, index=frame.index, dtype=np.float64)
    return frame.corrwith(values, axis=1, **options)


def rows_with(left: pd.DataFrame, right: pd.DataFrame, **options: Any) -> pd.Series:
    """Correlation of the rows of two frames that have the same label."""
    made = left.corrwith(right, axis=1, drop=True, **options)
    return made.astype(np.float64) if made.dtype == np.dtype(object) else made


def unmatched(left: pd.DataFrame, right: pd.DataFrame, dtype: Any) -> pd.Series:
    """Missing numbers for the labels that only one of two frames has."""
    both = left.index.union(right.index).difference(left.index.intersection(right.index))
    return pd.Series(np.nan, index=both, dtype=dtype)


@function_named("differs")
def differs(left: Any, right: Any) -> Any:
    """Whether values of two frames with the same labels differ; missing ones do not from each other."""
    if not left.index.equals(right.index):
        raise ValueError(f"Can only compare identically-labeled {type(left).__name__} objects")
    return (~((left == right) | (left.isna() & right.isna()))).fillna(True).astype(bool)


def compared(left: Any, right: Any, **options: Any) -> Any:
    """Two frames side by side, all rows and columns kept."""
    return left.compare(right, keep_shape=True, **options)


#: Operations by name: functions of partitions at one place, and keywords.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "explode": lambda frame, **options: frame.explode(**options),
    "stack": lambda frame, **options: frame.stack(**options),
    "melt": melted,
    "get_dummies": lambda frame, **options: pd.get_dummies(frame, **options),
    "from_dummies": lambda frame, **options: pd.from_dummies(frame, **options),
    "combine_first": combined_first,
    "combine": lambda left, *right, other=None, **options: left.combine(*(right or (other,)), **options),
    "align": lambda left, right, **options: aligned(left, right, options),
    "flex": lambda left, right, name, **options: getattr(left, name)(right, **options),
    "corrwith": lambda left, right, **options: left.corrwith(right, **options),
    "corrwith_rows": rows_with,
    "unmatched": unmatched,
    "update": updated,
    "compare": compared,
    "unstack": lambda frame, **options: frame.unstack(**options),
    "transpose": lambda frame: frame.T,
    "reindex": lambda frame, labels, **options: frame.reindex(labels, **options),
    "merge_ordered": lambda left, right, **options: pd.merge_ordered(left, right, **options),
    "wide_to_long": lambda frame, **options: pd.wide_to_long(frame, **options),
    "lreshape": lambda frame, groups, **options: pd.lreshape(frame, groups, **options),
    "union": lambda left, right, **options: left.union(right, **options),
    "intersection": lambda left, right, **options: left.intersection(right, **options),
    "difference": lambda left, right, **options: left.difference(right, **options),
    "symmetric_difference": lambda left, right, **options: left.symmetric_difference(right, **options),
    "join": lambda left, right, **options: left.join(right, **options),
}


@PANDAS.add("Reshaped")
def reshape(*values: Any) -> Any:
    """An operation by name: partitions come first, then the name and the keywords."""
    *partitions, name, keywords = values
    return FUNCTIONS[name](*partitions, **{word: listed(each) for word, each in keywords})


def listed(value: Any) -> Any:
    """A tuple of labels as a list, and pairs as a mapping, as pandas takes them."""
    if isinstance(value, Pairs):
        return dict(value)
    return list(value) if type(value) is tuple else value


@PANDAS.add("Unstacked")
def unstacked(partition: pd.DataFrame, labels: pd.Index, fill_value: Any, whole: Whole) -> pd.DataFrame:
    """Rows in the order of their keys, columns ``row0...``, with a column of values for each of ``labels``.

    A row of its own has a value for each label, so that all columns come about, with the types that they have everywhere.
    """
    meta = whole.meta
    if not len(partition):
        return meta
    keys, across, values = ([label for label in partition if label.startswith(kind)] for kind in KINDS)
    codes, found = pd.factorize(index_from(partition, keys), use_na_sentinel=False)
    places = labels.get_indexer(index_from(partition, across))
    count = len(labels)
    rows = pd.concat([partition[values], partition[values].iloc[[0] * count]])
    codes = np.concatenate([codes, np.full(count, -1)])
    rows.index = pd.MultiIndex.from_arrays([codes, np.concatenate([places, np.arange(count)])])
    made = rows.unstack(level=1, fill_value=fill_value).iloc[1:]
    made.index = found.set_names(meta.index.names)
    made.columns = meta.columns
    return made


#: How columns begin that are keys, labels and values.
KINDS = ("row", "column", "value")


def index_from(frame: pd.DataFrame, labels: list[str]) -> pd.Index:
    """Some columns as an index."""
    if len(labels) == 1:
        return pd.Index(frame[labels[0]])
    return pd.MultiIndex.from_arrays([frame[label].array for label in labels])


@PANDAS.add("Equal")
class Equal:
    """Whether partitions are equal."""

    @staticmethod
    def chunk(left: Any, right: Any, plan: Any) -> bool:
        """Two partitions."""
        return bool(left.equals(right))

    @staticmethod
    def combine(plan: Any, *partials: bool) -> bool:
        """Several pairs."""
        return all(partials)

    @staticmethod
    def finish(partial: bool, plan: Any, meta: Any) -> bool:
        """All of them."""
        return partial


@PANDAS.add("MergeAsof")
def merge_asof(left: pd.DataFrame, right: pd.DataFrame, options: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    """Rows of the left with the nearest of the right."""
    words = {word: listed(each) if word not in ("suffixes",) else each for word, each in options}
    return pd.merge_asof(left, right, **words)


@PANDAS.add("SortedEnds")
def sorted_ends(partition: pd.DataFrame, on: Any) -> tuple[Any, Any]:
    """First and last value of a column, or of the index."""
    values = partition.index if on is None else partition[on]
    if not len(values):
        return (None, None)
    return (values[0], values[-1]) if on is None else (values.iloc[0], values.iloc[-1])
