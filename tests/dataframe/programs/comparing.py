"""Whether two results are the same: values, order, labels, names and types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

#: Operators whose types in pandas depend on the values that are there: gaps make floats of integers.
DATA_DEPENDENT = (
    ".merge(",
    "merge_asof(",
    "cut(",
    ".join(",
    ".map(",
    ".where(",
    ".mask(",
    ".shift(",
    ".str.len",
    ".dt.",
    ".str.find",
    ".str.count",
    "concat(",
    ".astype(",
    ".clip(",
    ".replace(",
    ".set_index(",
)


#: Kinds of types, and what they become in pandas where gaps are among their values.
FILLED = (("i", "f"), ("u", "f"), ("b", "O"))


def known_beforehand(made: Any, ours: Any) -> Any:
    """A result of pandas with the types that are known before there are values: of numbers, if these hold the values."""
    if isinstance(made, pd.DataFrame):
        return made.assign(**{label: held_by(made[label], dtype) for label, dtype in ours.dtypes.items()})
    return held_by(made, ours.dtype) if isinstance(made, pd.Series) else made


def held_by(column: pd.Series, dtype: Any) -> pd.Series:
    """Numbers as another type of them, unless it cannot hold them; no values at all as numbers of any type."""
    if not len(column) and getattr(dtype, "kind", "O") in "iuf":
        return pd.Series([], dtype=dtype, index=column.index, name=column.name)
    if not are_numbers(column.dtype, dtype):
        return column
    if dtype.kind in "iu" and column.dtype.kind == "f":
        numbers = column.astype("float64")
        if not (np.isfinite(numbers) & (numbers % 1 == 0)).all():
            return column
    if dtype.kind in "iu" and column.isna().any():
        return column
    made = column.astype(dtype)
    return column if dtype.kind in "iu" and (made != column).any() else made


#: How far means of times may be off in pandas, which adds them up as floats.
MEAN_TIME = pd.Timedelta(1, "us")


def same(found: Any, wanted: Any, loose: bool = False, is_short: bool = False, is_mean: bool = False) -> None:
    """Fails where two results differ; sums may differ in their last bits.

    With ``loose`` integers may stand for floats of the same values: what pandas gives depends on gaps among the values, and
    partitions may have none. With ``is_short`` numbers of float32 were added up; with ``is_mean`` times.
    """
    close = dict.fromkeys(("rtol", "atol"), 1e-5 if is_short else 1e-12)
    if loose:
        found, wanted = as_floats(found, wanted)
    if is_mean and isinstance(wanted, pd.Series) and pd.api.types.infer_dtype(wanted).startswith("mixed"):
        pd.testing.assert_index_equal(found.index, wanted.index)
        for one, other in zip(found, wanted, strict=True):
            same(one, other, loose, is_short, is_mean)
    elif isinstance(wanted, pd.DataFrame):
        pd.testing.assert_frame_equal(found, wanted, **close)
    elif isinstance(wanted, pd.Series):
        pd.testing.assert_series_equal(found, wanted, **close)
    elif isinstance(wanted, pd.Index):
        pd.testing.assert_index_equal(found, wanted, exact=False if loose and not len(wanted) else "equiv")
    elif pd.isna(wanted):
        assert pd.isna(found), f"{found!r} in place of {wanted!r}"
        for missing in (pd.NaT, pd.NA):
            assert (found is missing) == (wanted is missing), f"{found!r} in place of {wanted!r}"
    elif isinstance(wanted, (float, np.floating)):
        assert np.isclose(found, wanted, **close), f"{found!r} in place of {wanted!r}"
        assert loose or isinstance(found, (float, np.floating)), f"{found!r} in place of {wanted!r}"
    elif is_mean and isinstance(wanted, (pd.Timestamp, pd.Timedelta)):
        assert found.unit == wanted.unit, f"{found!r} in place of {wanted!r}"
        assert abs(found - wanted) < MEAN_TIME, f"{found!r} in place of {wanted!r}"
    else:
        assert found == wanted, f"{found!r} in place of {wanted!r}"
        assert isinstance(found, (bool, np.bool_)) == isinstance(wanted, (bool, np.bool_)), (
            f"{found!r} in place of {wanted!r}"
        )


def types_of(result: Any) -> dict[Any, Any]:
    """The types of columns, or of a series' values."""
    if isinstance(result, pd.DataFrame):
        return {
            None if pd.api.types.is_scalar(label) and pd.isna(label) else label: dtype
            for label, dtype in result.dtypes.items()
        }
    return {None: result.dtype} if isinstance(result, pd.Series) else {}


def has_types(found: Any, wanted: Any, promised: Any, has_gaps: bool = False) -> bool:
    """Whether each column has the type that pandas gives it, or the one that was known beforehand.

    With ``has_gaps`` rows without a match were among the rows once: where none is left, integers may stand for floats, and
    truth values for objects. Where nothing at all is left, numbers may stand for others.
    """
    first, second = types_of(wanted), types_of(promised)

    def may_stand(dtype: Any, other: Any) -> bool:
        kinds = (getattr(dtype, "kind", ""), getattr(other, "kind", ""))
        return (has_gaps and kinds in FILLED) or (not len(found) and are_numbers(dtype, other))

    return all(
        dtype in (first.get(label), second.get(label)) or may_stand(dtype, first.get(label))
        for label, dtype in types_of(found).items()
    )


def as_floats(found: Any, wanted: Any) -> tuple[Any, Any]:
    """Two results with floats where one has integers and the other floats."""
    if not isinstance(wanted, (pd.DataFrame, pd.Series)) or type(found) is not type(wanted):
        return found, wanted
    labels = levels_as_floats(found.index, wanted.index)
    found, wanted = [each.set_axis(index, axis=0) for each, index in zip((found, wanted), labels, strict=True)]
    if isinstance(wanted, pd.Series):
        if not are_alike(found.dtype, wanted.dtype):
            return found, wanted
        kind = "float64" if are_numbers(found.dtype, wanted.dtype) else object
        return found.astype(kind), wanted.astype(kind)
    for label in wanted.columns:
        if label in found and are_alike(found[label].dtype, wanted[label].dtype):
            kind = "float64" if are_numbers(found[label].dtype, wanted[label].dtype) else object
            found, wanted = [each.astype({label: kind}) for each in (found, wanted)]
    return found, wanted


def levels_as_floats(found: pd.Index, wanted: pd.Index) -> tuple[pd.Index, pd.Index]:
    """Labels of two results, alike."""
    if found.nlevels != wanted.nlevels:
        return found, wanted
    if found.nlevels == 1:
        alike = are_numbers(found.dtype, wanted.dtype)
        return (found.astype("float64"), wanted.astype("float64")) if alike else (found, wanted)
    pairs = [
        levels_as_floats(found.get_level_values(place), wanted.get_level_values(place))
        for place in range(found.nlevels)
    ]
    made = [pd.MultiIndex.from_arrays(each, names=whole.names) for each, whole in zip(zip(*pairs), (found, wanted))]
    return made[0], made[1]


def of_promised_types(found: Any, wanted: Any, promised: Any) -> Any:
    """What was expected, of no rows: columns and labels that have the type that was known beforehand may have it."""
    if not isinstance(wanted, (pd.DataFrame, pd.Series)) or len(wanted) or type(found) is not type(wanted):
        return wanted
    if promised is None:
        return wanted
    if found.index.nlevels == 1 and found.index.dtype == promised.index.dtype:
        wanted = wanted.set_axis(found.index.rename(wanted.index.name), axis=0)
    kinds, before = types_of(found), types_of(promised)
    kept = {label: kind for label, kind in kinds.items() if kind == before.get(label)}
    if isinstance(wanted, pd.Series):
        return wanted.astype(object).astype(kept[None]) if kept else wanted
    known = {label: kind for label, kind in kept.items() if label in wanted}
    return wanted.astype(dict.fromkeys(known, object)).astype(known)


def are_alike(one: Any, other: Any) -> bool:
    """Whether two types are different ones of numbers, or objects that gaps make of them, or of truth values."""
    kinds = {getattr(one, "kind", "O"), getattr(other, "kind", "O")}
    return are_numbers(one, other) or (one != other and np.dtype(object) in (one, other) and bool(kinds & set("biu")))


def are_numbers(one: Any, other: Any) -> bool:
    """Whether two types are different ones of numbers."""
    return one != other and {getattr(one, "kind", "O"), getattr(other, "kind", "O")} <= set("iuf")


def without_categories(result: Any) -> Any:
    """A result with plain values: which categories partitions have, and in which order, depends on where they were cut."""
    if isinstance(result, pd.DataFrame):
        plain = {label: result[label].astype(object) for label, dtype in result.dtypes.items() if is_category(dtype)}
        result = result.assign(**plain)
    elif isinstance(result, (pd.Series, pd.Index)) and is_category(result.dtype):
        result = result.astype(object)
    if isinstance(result, (pd.DataFrame, pd.Series)) and is_category(result.index.dtype):
        result = result.set_axis(result.index.astype(object), axis=0)
    return result


def is_category(dtype: Any) -> bool:
    """Whether values are of categories."""
    return isinstance(dtype, pd.CategoricalDtype)
