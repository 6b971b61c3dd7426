"""The last step of aggregates: labels as pandas orders them, and columns with pandas' dtypes, made of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.concat import typed
from weft.dataframe.kernels.pandas.decimals import is_decimal, means_of
from weft.dataframe.kernels.pandas.groupby_plan import Request, parts_of
from weft.dataframe.kernels.pandas.grouping import GroupPlan
from weft.dataframe.kernels.pandas.reductions import DAY, days_of, is_of_days

__all__ = ["final_index", "finished_column", "sorted_places", "with_missing"]

#: Ranks of several keys are one number up to here.
MANY = 1 << 62


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
    levels = [level_of(each.array) for each in chosen]
    return pd.MultiIndex.from_arrays(levels, names=[each.name for each in chosen]), order


def level_of(labels: Any) -> Any:
    """Labels of a level; Arrow's zeros of both signs, which are groups of their own there, are one to pandas' indexes."""
    is_odd = isinstance(labels.dtype, pd.ArrowDtype) and labels.dtype.kind == "f"
    return (labels + 0.0).astype(labels.dtype) if is_odd else labels


def sorted_places(keys: Sequence[pd.Series]) -> Any:
    """Positions of keys in their order, missing ones last; keys that are alike stay in the order they have.

    Keys are made numbers and looked at one by one, as long as there are ties.
    """
    first = keys[0]
    if len(first) < 2:
        return np.arange(len(first))
    if len(keys) == 1 and not is_plain_integer(first.dtype):
        if first.is_monotonic_increasing:
            return np.arange(len(first))
        return first.reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    ranks, count = ranks_of(first)
    for key in keys[1:]:
        if not is_plain_integer(key.dtype) and len(np.unique(ranks)) == len(ranks):
            break
        own, many = ranks_of(key)
        if count * many > MANY:
            (ranks, count), (own, many) = dense(ranks), dense(own)
        ranks = ranks * many + own
        count *= many
    order = np.argsort(ranks)  # several times as fast as a stable one
    ordered = ranks[order]
    return np.argsort(ranks, kind="stable") if (ordered[1:] == ordered[:-1]).any() else order


def is_plain_integer(dtype: Any) -> bool:
    """Whether values are whole numbers or truth values of NumPy's."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iub"


def ranks_of(key: pd.Series) -> tuple[Any, int]:
    """Whole numbers from 0 in the order of a key's values, missing ones last, and what they are less than."""
    if is_plain_integer(key.dtype):
        values = key.to_numpy()
        least, greatest = int(values.min()), int(values.max())
        if greatest - least < MANY:
            apart = values - values.dtype.type(least) if values.dtype.kind == "u" else values.astype(np.int64) - least
            return apart.astype(np.int64, copy=False), greatest - least + 1
    codes, different = pd.factorize(key, sort=True)
    return np.where(codes < 0, len(different), codes).astype(np.int64), len(different) + 1


def dense(ranks: Any) -> tuple[Any, int]:
    """Ranks without gaps, and how many there are."""
    different, numbers = np.unique(ranks, return_inverse=True)
    return numbers, len(different)


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
        for name in parts_of(request)
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
        made = with_missing(given[name][0], lacking if lacking.any() else None, dtype)
        return made.where(made.notna(), None) if made.dtype == np.dtype(object) else made  # pandas' gap in objects

    return finish


def finish_total(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        values = given[name][0]
        if name == "prod" and isinstance(values, np.ndarray):
            values = np.where(order < 0, 1, values).astype(values.dtype)
        if name == "sum" and (order < 0).any() and is_joined(dtype):
            values = pd.Series(values).mask(order < 0, "" if dtype != np.dtype(object) else 0).array
        few = given["count"][0] < request.option("min_count", 0) if "count" in given else None
        if few is None or not few.any():
            return with_missing(values, None, dtype if few is None else without_gaps(values, dtype))
        return with_missing(values, few, dtype)

    return finish


def without_gaps(values: Any, dtype: Any) -> Any:
    """The type of totals, none of which is missing: integers where floats were foreseen for gaps."""
    are_integers = isinstance(values, np.ndarray) and values.dtype.kind in "iu"
    return values.dtype if are_integers and dtype == np.float64 else dtype


def is_joined(dtype: Any) -> bool:
    """Whether sums of a type are texts put together, or what objects make of each other."""
    is_text = isinstance(dtype, pd.StringDtype) or (isinstance(dtype, pd.ArrowDtype) and dtype.kind == "O")
    return is_text or dtype == np.dtype(object)


def finish_extreme(name: str) -> Callable[..., pd.Series]:
    def finish(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
        (values,), (counts,) = given[name], given["count"]
        few = counts < max(1, request.option("min_count", -1))
        made = (
            with_missing(values, few, dtype) if few.any() else with_missing(values, None, without_gaps(values, dtype))
        )
        return (
            pd.Series(made.to_numpy()) if made.dtype == np.dtype(object) else made
        )  # texts and times, as pandas finds out

    return finish


def finish_mean(request: Request, given: Any, parts: Any, order: Any, dtype: Any) -> pd.Series:
    *sums, counts = given["mean"]
    if is_decimal(dtype):
        return means_of(sums[0], counts, dtype)
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
    values, labels, lost = given[request.how]
    made = pd.Series(labels) if len(labels) else pd.Series([], dtype=dtype)
    if (order < 0).any():
        raise ValueError(
            f"Can't get {request.how} of an empty group due to unobserved categories. Specify observed=True."
        )
    if pd.isna(values).any():
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
    is_text, is_any = isinstance(dtype, pd.StringDtype), dtype == np.dtype(object)
    if not isinstance(values, np.ndarray) or values.dtype == np.dtype(object) or ((is_text or is_any) and len(values)):
        made = pd.Series(values, dtype=object if is_any else None)
        if missing is not None:
            made = made.mask(missing)
        if is_text and pd.api.types.infer_dtype(made.dropna()) not in ("string", "empty"):
            return made  # objects that are no texts, of which the meta was made up
        return made if isinstance(dtype, np.dtype) else typed(made, dtype)
    if is_of_days(dtype):
        made = days_of(np.trunc(np.nan_to_num(values.astype(np.float64)) / DAY), dtype)
        return made if missing is None else made.mask(missing)
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
        return pd.Series(values, copy=False).astype(holding(values, dtype))
    if isinstance(dtype, np.dtype):
        if dtype.kind in "iub":
            return pd.Series(values).astype(np.float64).mask(missing)
        return pd.Series(values).astype(dtype).mask(missing)
    return pd.Series(np.where(missing, 0, values).astype(values.dtype)).astype(dtype).mask(missing)


def holding(values: np.ndarray, dtype: Any) -> Any:
    """The type of an aggregate; the one that its numbers have if they do not fit: sums of short integers, and floats that
    some partition has where integers were foreseen.
    """
    if dtype.kind not in "iu" or values.dtype.kind not in "iuf" or not len(values):
        return dtype
    if values.dtype.kind == "f":
        return values.dtype if not np.array_equal(values, np.trunc(values)) else dtype
    bounds = np.iinfo(f"{dtype.kind}{dtype.itemsize}")
    if bounds.min <= int(values.min()) and int(values.max()) <= bounds.max:
        return dtype
    if isinstance(dtype, np.dtype):
        return values.dtype
    return (
        f"{values.dtype}[pyarrow]"
        if isinstance(dtype, pd.ArrowDtype)
        else values.dtype.name.replace("i", "I").replace("u", "U")
    )


def unit_of(dtype: Any) -> str:
    """Unit of a dtype of times."""
    return dtype.unit if isinstance(dtype, pd.DatetimeTZDtype) else np.datetime_data(dtype)[0]
