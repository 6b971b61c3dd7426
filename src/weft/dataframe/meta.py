"""Metas: zero-length stand-ins for data, made from descriptions and by trying functions on a few made-up rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from weft.dispatch import Dispatch
from weft.errors import MetaError
from weft.typing import no_default

__all__ = [
    "UNKNOWN",
    "UNKNOWN_CATEGORIES",
    "emulate",
    "is_pandas",
    "make_array_nonempty",
    "make_meta",
    "make_scalar",
    "meta_nonempty",
    "same_kind",
    "tried",
    "with_unknown_categories",
]


#: What stands for the categories of a column where they are not known before it is computed.
UNKNOWN_CATEGORIES = "__UNKNOWN_CATEGORIES__"


#: Functions of extension dtypes that other packages register: an array of two plausible values, and one such value.
make_array_nonempty = Dispatch("make_array_nonempty")
make_scalar = Dispatch("make_scalar")


#: The default where a user may give a meta, or none.
UNKNOWN = no_default


def is_pandas(value: Any) -> bool:
    """Whether a value has rows."""
    return isinstance(value, (pd.DataFrame, pd.Series, pd.Index))


def make_meta(x: Any, index: Any = None, parent_meta: Any = None) -> Any:
    """A meta of a description.

    Parameters
    ----------
    x : pandas object, mapping, sequence of pairs, pair, dtype or value
        A pandas object gives its zero-length form; a mapping of labels to dtypes (or pairs of them) a frame; a pair of name
        and dtype a series; anything else is the meta of a single value.
    index : pandas.Index, optional
        Index of what is made of a description; by default that of ``parent_meta``.
    parent_meta : pandas object, optional

    Examples
    --------
    >>> make_meta({"a": "int64"}).dtypes.to_dict()
    {'a': dtype('int64')}
    >>> make_meta(("x", "f8")).dtype
    dtype('float64')
    """
    if isinstance(x, (pd.DataFrame, pd.Series)):
        return x.iloc[:0]
    if isinstance(x, pd.Index):
        return x[:0]
    if hasattr(x, "__weft_expr__") and hasattr(x, "expr") and is_pandas(getattr(x.expr, "meta", None)):
        return x.expr.meta
    if index is None and isinstance(parent_meta, (pd.DataFrame, pd.Series)):
        index = parent_meta.index
    labels = None if index is None else index[:0]
    if isinstance(x, Mapping):
        return pd.DataFrame({label: empty_column(label, dtype, labels) for label, dtype in x.items()}, index=labels)
    if isinstance(x, (list, tuple)) and x and all(isinstance(each, tuple) and len(each) == 2 for each in x):
        return pd.DataFrame({label: empty_column(label, dtype, labels) for label, dtype in x}, index=labels)
    if isinstance(x, tuple) and len(x) == 2:
        return empty_column(x[0], x[1], labels)
    if isinstance(x, (list, set)):
        raise MetaError(f"{x!r} describes no columns: give {{label: dtype}}, [(label, dtype), ...] or (name, dtype)")
    if isinstance(x, (str, type, np.dtype, pd.api.extensions.ExtensionDtype)):
        try:
            dtype = pd.api.types.pandas_dtype(x)
        except TypeError:
            return x
        return example_value(dtype) if parent_meta is None else empty_column(None, dtype, labels)
    return x


def empty_column(label: Any, dtype: Any, index: pd.Index | None) -> pd.Series:
    """A series without values."""
    if isinstance(dtype, str) and dtype == "category":
        dtype = pd.CategoricalDtype(pd.Index([], dtype=object))
    return pd.Series([], dtype=dtype, name=label, index=index)


def with_unknown_categories(meta: Any) -> Any:
    """A meta in which columns of categories that nobody has said have unknown ones."""
    if isinstance(meta, pd.DataFrame):
        unknown = {
            meta.columns[place]: pd.CategoricalDtype([UNKNOWN_CATEGORIES], dtype.ordered)
            for place, dtype in enumerate(meta.dtypes)
            if isinstance(dtype, pd.CategoricalDtype) and not len(dtype.categories)
        }
        return meta.astype(unknown) if unknown else meta
    is_column = isinstance(meta, (pd.Series, pd.Index)) and isinstance(meta.dtype, pd.CategoricalDtype)
    if is_column and not len(meta.dtype.categories):
        return meta.astype(pd.CategoricalDtype([UNKNOWN_CATEGORIES], meta.dtype.ordered))
    return meta


def example_value(dtype: Any) -> Any:
    """A value of a dtype."""
    found = registered(make_scalar, dtype)
    return two_values(dtype)[0] if found is None else found


def registered(table: Dispatch, dtype: Any) -> Any:
    """What another package says of its dtype, or None."""
    try:
        function = table.dispatch(type(dtype))
    except TypeError:
        return None
    return function(dtype)


#: Values of each kind of NumPy dtype.
EXAMPLES = {
    "i": (1, 2),
    "u": (1, 2),
    "f": (1.0, 2.5),
    "c": (1 + 0j, 2 + 0j),
    "b": (True, False),
    "S": (b"a", b"b"),
    "U": ("a", "b"),
    "M": ("2000-01-01", "2000-01-02"),
    "m": (1, 2),
}


def two_values(dtype: Any) -> Any:
    """An array of two plausible values."""
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories
        if len(categories):
            return pd.Categorical.from_codes([0, min(1, len(categories) - 1)], dtype=dtype)
        values = pd.array(two_values(categories.dtype), dtype=categories.dtype)
        return pd.Categorical(values, categories=values, ordered=dtype.ordered)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(["2000-01-01", "2000-01-02"], tz=dtype.tz).astype(dtype).array
    if isinstance(dtype, pd.PeriodDtype):
        return pd.period_range("2000-01-01", periods=2, freq=dtype.freq).array
    if isinstance(dtype, pd.IntervalDtype):
        return pd.arrays.IntervalArray.from_breaks([0, 1, 2], closed=dtype.closed or "right").astype(dtype)
    if isinstance(dtype, pd.StringDtype):
        return pd.array(["foo", "bar"], dtype=dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return arrow_values(dtype)
    if isinstance(dtype, pd.SparseDtype):
        return pd.arrays.SparseArray(np.asarray(two_values(dtype.subtype)), dtype=dtype)
    if isinstance(dtype, np.dtype):
        if dtype.kind == "O":
            return np.array(["foo", "bar"], dtype=object)
        if dtype.kind == "V":
            return np.zeros(2, dtype=dtype)
        return np.array(EXAMPLES[dtype.kind], dtype=dtype if dtype.kind not in "SU" else None)
    found = registered(make_array_nonempty, dtype)
    if found is not None:
        return found
    kind = getattr(dtype, "kind", "O")
    return pd.array(list(EXAMPLES.get(kind, ("foo", "bar"))), dtype=dtype)


def arrow_values(dtype: pd.ArrowDtype) -> Any:
    """Two values of an Arrow type: of the kinds that pandas' users have, else missing ones."""
    import pyarrow as pa

    kind = dtype.pyarrow_dtype
    values: list[Any] = [None, None]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = ["foo", "bar"]
    elif pa.types.is_boolean(kind):
        values = [True, False]
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = [1, 2]
    elif pa.types.is_temporal(kind):
        width = pa.int64() if kind.bit_width == 64 else pa.int32()
        return pd.array(pa.array([1, 2], width).cast(kind, safe=False), dtype=dtype)
    return pd.array(values, dtype=dtype)


def meta_nonempty(arg: Any) -> Any:
    """Two made-up rows of the types that a meta has: what functions are tried on.

    Examples
    --------
    >>> import pandas as pd
    >>> meta_nonempty(pd.Series([], dtype="int64", name="a")).tolist()
    [1, 2]
    """
    if isinstance(arg, pd.DataFrame):
        index = nonempty_index(arg.index)
        columns = {place: nonempty_column(dtype, index) for place, dtype in enumerate(arg.dtypes.array)}
        made = pd.DataFrame(columns, index=index, copy=False)
        made.columns = arg.columns
        made.attrs = arg.attrs
        return made
    if isinstance(arg, pd.Series):
        return nonempty_series(arg, nonempty_index(arg.index)) if not len(arg) else arg
    if isinstance(arg, pd.Index):
        return nonempty_index(arg) if not len(arg) else arg
    return arg


def tried(function: Callable[..., Any], *metas: Any) -> Any:
    """What a function gives of made-up rows.

    Objects may be texts or numbers: what is refused of the ones may be taken of the others. Where both are taken, columns
    and labels that differ in type are objects again.

    Examples
    --------
    >>> import pandas as pd
    >>> float(tried(pd.Series.mean, pd.Series([], dtype=object)))
    1.5
    """
    examples = [meta_nonempty(each) for each in metas]
    if not any(has_objects(each) for each in metas):
        return function(*examples)
    made, refusals = [], []
    for rows in (examples, list(map(with_numbers, metas, examples))):
        try:
            made.append(function(*rows))
        except Exception as refusal:  # of texts the one, of numbers the other
            refusals.append(refusal)
    if not made:
        raise refusals[0]
    return made[0] if len(made) == 1 else either(*made)


def has_objects(meta: Any) -> bool:
    """Whether values or labels of a meta are objects."""
    if isinstance(meta, pd.MultiIndex):
        return any(map(has_objects, meta.levels))
    if not is_pandas(meta) or len(meta):
        return False
    kinds = list(meta.dtypes) if isinstance(meta, pd.DataFrame) else [meta.dtype]
    return np.dtype(object) in kinds or (not isinstance(meta, pd.Index) and has_objects(meta.index))


def with_numbers(meta: Any, example: Any) -> Any:
    """Made-up rows with numbers in place of the texts that stand for objects."""
    if not has_objects(meta):
        return example
    if isinstance(example, pd.MultiIndex):
        levels = [example.get_level_values(place) for place in range(example.nlevels)]
        return pd.MultiIndex.from_arrays([with_numbers(each[:0], each) for each in levels], names=example.names)
    if isinstance(example, pd.Index):
        return pd.Index([1, 2], dtype=object, name=example.name)
    made = example.set_axis(with_numbers(meta.index, example.index), axis=0)
    if isinstance(made, pd.Series):
        is_object = made.dtype == np.dtype(object)
        return pd.Series([1, 2], made.index, object, made.name) if is_object else made
    for place in np.flatnonzero((meta.dtypes == np.dtype(object)).to_numpy()):
        made.isetitem(place, pd.Series([1, 2], made.index, object))
    return made


def either(one: Any, other: Any) -> Any:
    """What stands for two results of one shape: columns and labels that differ in type are objects."""
    if type(one) is not type(other) or not isinstance(one, (pd.DataFrame, pd.Series)):
        return one
    if isinstance(one, pd.Series):
        made = one if one.dtype == other.dtype else one.astype(object)
    else:
        differ = [label for label, kind in one.dtypes.items() if label in other and other[label].dtype != kind]
        made = one.astype(dict.fromkeys(differ, object)) if one.columns.is_unique and differ else one
    if one.index.nlevels != other.index.nlevels:
        return made
    levels = [each.index.get_level_values for each in (one, other)]
    places = [place for place in range(one.index.nlevels) if levels[0](place).dtype != levels[1](place).dtype]
    if not places:
        return made
    if one.index.nlevels == 1:
        return made.set_axis(one.index.astype(object), axis=0)
    arrays = [
        levels[0](place).astype(object) if place in places else levels[0](place) for place in range(one.index.nlevels)
    ]
    return made.set_axis(pd.MultiIndex.from_arrays(arrays, names=one.index.names), axis=0)


def nonempty_series(column: pd.Series, index: pd.Index) -> pd.Series:
    """Two values of a column's dtype."""
    return pd.Series(two_values(column.dtype), index=index, name=column.name, dtype=column.dtype, copy=False)


def nonempty_column(dtype: Any, index: pd.Index) -> Any:
    """Two values for a column of a frame, which would take objects for text."""
    values = two_values(dtype)
    return (
        values if getattr(dtype, "kind", "O") in "iufcbMm" else pd.Series(values, index=index, dtype=dtype, copy=False)
    )


def nonempty_index(index: pd.Index) -> pd.Index:
    """Two labels of an index's type."""
    if isinstance(index, pd.RangeIndex):
        return pd.RangeIndex(2, name=index.name)
    if isinstance(index, pd.MultiIndex):
        return pd.MultiIndex.from_arrays([nonempty_index(level) for level in index.levels], names=index.names)
    if isinstance(index, pd.DatetimeIndex):
        dates = pd.date_range("1970-01-01", periods=2, freq=index.freq or "D", tz=index.tz, name=index.name)
        return dates.as_unit(index.unit)
    if isinstance(index, pd.TimedeltaIndex):
        return pd.timedelta_range("0 days", periods=2, freq="D", name=index.name).astype(index.dtype)
    return pd.Index(two_values(index.dtype), name=index.name, dtype=index.dtype)


def same_kind(value: Any) -> Any:
    """The meta of a value that a function gave: pandas objects without their rows."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return value.iloc[:0]
    return value[:0] if isinstance(value, pd.Index) else value


def emulate(
    operation: str,
    function: Callable[..., Any],
    trial: Callable[[], Any],
    real: Callable[[], Any],
) -> Any:
    """What a user's function gives: of made-up rows, or, where it cannot take those, of a few real ones.

    Parameters
    ----------
    operation : str
        For errors.
    function : callable
        The user's, for errors.
    trial, real : callable
        Call it on made-up rows; on real ones.

    Raises
    ------
    MetaError
        Both failed.
    """
    try:
        return trial()
    except Exception as first:  # a user's function may raise anything
        try:
            return real()
        except Exception as second:
            name = getattr(function, "__name__", repr(function))
            raise MetaError(
                f"cannot tell what {operation}({name}) gives: it failed on made-up rows with {type(first).__name__}: {first}, "
                f"and on the first rows of the data with {type(second).__name__}: {second}. Say it with meta=, e.g. "
                "meta={'a': 'int64'} for a frame, meta=('a', 'int64') for a series."
            ) from second
