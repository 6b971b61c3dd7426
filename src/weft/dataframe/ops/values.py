"""Values replaced, tested, cast and rounded, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, at_hand, called, changed, for_numpy, new, one_of
from weft.dataframe.expr import have_same_rows
from weft.dataframe.kernels.pandas.elementwise import Pairs, function_named
from weft.dataframe.meta import UNKNOWN, meta_nonempty
from weft.dataframe.ops.arithmetic import OPERATORS, binary
from weft.dataframe.ops.beside import as_series, by_label, by_place, has_rows, is_chunked
from weft.dataframe.ops.categorical import known
from weft.dataframe.ops.elementwise import beside, elementwise, is_of_columns, pairs
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import missing_column
from weft.expr import Held

__all__ = ["SeriesValueMethods", "ValueMethods"]


class ValueMethods(FrameBase):
    """Methods of values, for frames and series."""

    __slots__ = ()

    def abs(self) -> Any:
        """Absolute values."""
        return elementwise("abs", self)

    def isna(self) -> Any:
        """Whether each value is missing."""
        return elementwise("isna", self)

    def isnull(self) -> Any:
        """Whether each value is missing."""
        return elementwise("isna", self)

    def notna(self) -> Any:
        """Whether each value is there."""
        return elementwise("notna", self)

    def notnull(self) -> Any:
        """Whether each value is there."""
        return elementwise("notna", self)

    def astype(self, dtype: Any = UNKNOWN, copy: Any = None, errors: str = "raise", *, dtypes: Any = UNKNOWN) -> Any:
        """Values of another type.

        Parameters
        ----------
        dtype, dtypes : dtype or mapping of labels to dtypes
            Two names of one parameter.
        copy : optional
            Of no effect: nothing is ever changed in place.
        errors : {"raise", "ignore"}
            What happens to values that cannot be cast.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2]), npartitions=2).astype("float64").compute(scheduler="sync").tolist()
        [1.0, 2.0]
        """
        wanted = one_of("astype", dtype=dtype, dtypes=dtypes)
        if errors not in ("raise", "ignore"):
            raise ValueError(f"Expected value of kwarg 'errors' to be one of ['raise', 'ignore']. It is {errors!r}")
        options = {} if errors == "raise" else {"errors": errors}
        if isinstance(wanted, FrameBase):
            wanted = wanted.compute()
        if isinstance(wanted, (dict, pd.Series)):
            pairs_of = dict(wanted)
            if isinstance(self.expr.meta, pd.DataFrame):
                for label in pairs_of:
                    if label not in self.expr.meta.columns:
                        raise KeyError(
                            "Only a column name can be used for the key in a dtype mappings argument. "
                            f"{missing_column(label, self.expr.columns)}"
                        )
                return elementwise("astype", self, tuple(pairs_of.items()), **options)
            if set(pairs_of) != {self.expr.meta.name}:
                raise KeyError("Only the Series name can be used for the key in Series dtype mappings.")
            (wanted,) = pairs_of.values()
        return elementwise("astype", self, wanted, **options)

    def fillna(self, value: Any = UNKNOWN, axis: Any = None, *, inplace: bool = False, limit: int | None = None) -> Any:
        """Missing values replaced.

        Parameters
        ----------
        value : scalar, mapping of labels to values, Series or DataFrame
            A series or frame with the same rows gives each row its own.
        axis : {0, 1}, optional
            Along rows ``limit`` counts within each row, and a series has an entry for each row.
        inplace : bool
            Whether the frame itself stands for the result from then on.
        limit : int, optional
            Of each column, at most so many are replaced; of each row with ``axis=1``.
        """
        if value is UNKNOWN:
            raise TypeError("fillna() must be given a value. To carry values forward use ffill() or bfill().")
        is_frame = isinstance(self.expr.meta, pd.DataFrame)
        if isinstance(value, (list, tuple)):
            raise TypeError(f'"value" parameter must be a scalar or dict, but you passed a "{type(value).__name__}"')
        across = is_frame and axis in (1, "columns")
        is_other = (
            isinstance(value, FrameBase) and np.ndim(value.expr.meta) == 1 and not have_same_rows(value.expr, self.expr)
        )
        if is_frame and not across and is_other and not is_of_columns(value.expr):
            value = value.compute()  # an entry for each column, as in pandas
        if isinstance(value, pd.Series) and is_frame and not across:
            value = value.to_dict()
        if isinstance(value, dict) and is_frame and not across:
            rowed = {label: each for label, each in value.items() if isinstance(each, (pd.Series, FrameBase))}
            if rowed:
                made = new(self.expr)
                for label in [each for each in rowed if each in self.expr.meta.columns]:
                    made[label] = made[label].fillna(rowed[label], limit=limit)
                rest = {label: each for label, each in value.items() if label not in rowed}
                return changed(self, made.fillna(rest, limit=limit) if rest else made, inplace, gives_frame=True)
        if isinstance(value, dict) and not is_frame:
            value = pd.Series(value)
        if isinstance(value, (pd.Series, pd.DataFrame)):
            value = by_label(self, value)
        if across and (limit is not None or isinstance(value, FrameBase)):
            words = {} if limit is None else {"limit": check_limit(limit)}
            made = elementwise("fillna", known(self), value, axis=1, **words)
        elif limit is None:
            made = elementwise("fillna", known(self), value)
        else:
            made = fill_some(self, value, check_limit(limit))
        return changed(self, made, inplace, gives_frame=True)

    @for_numpy
    def clip(self, lower: Any = None, upper: Any = None, axis: Any = None, *, inplace: bool = False) -> Any:
        """Values below ``lower`` become it, values above ``upper`` that.

        Lists and series in memory have an entry for each column; for each row with ``axis=0``, and of series.
        """
        is_frame = isinstance(self.expr.meta, pd.DataFrame)
        bounds: list[Any] = []
        for each in (lower, upper):
            bound = each
            if isinstance(each, pd.DataFrame):
                bound = by_label(self, each)
            elif has_rows(each) and (not is_frame or axis in (0, "index")):
                bound = by_label(self, each) if isinstance(each, pd.Series) else by_place(self, each)
            elif has_rows(each) and not isinstance(each, pd.Series):
                bound = np.asarray(each)
            bounds.append(bound)
        if all(pd.api.types.is_number(each) for each in bounds) and bounds[0] > bounds[1]:
            bounds.reverse()
        words = {} if axis is None else {"axis": axis}
        made = elementwise("clip", self, lower=bounds[0], upper=bounds[1], **words)
        return changed(self, made, inplace, gives_frame=True)

    @for_numpy
    def round(self, decimals: Any = 0) -> Any:
        """Rounded values; ``decimals`` may map labels to numbers."""
        decimals = decimals.compute() if isinstance(decimals, FrameBase) else decimals
        return elementwise(
            "round", self, pairs(dict(decimals)) if isinstance(decimals, (dict, pd.Series)) else decimals
        )

    def isin(self, values: Any) -> Any:
        """Whether each value is among some.

        Parameters
        ----------
        values : sequence, or mapping of labels to sequences
            A series may be one of ours: its different values are brought to one place when they are looked for. Frames
            are matched by label, for which they are computed first.
        """
        values = as_series(values)
        if isinstance(values, FrameBase):
            if self.expr.meta.ndim == 1 and values.expr.meta.ndim == 1:
                return elementwise("isin", self, among_values_of(values))
            values = values.compute()
        if self.expr.meta.ndim == 2 and isinstance(values, (pd.Series, pd.DataFrame)):
            if not values.index.is_unique or (values.ndim == 2 and not values.columns.is_unique):
                raise ValueError("cannot compute isin with a duplicate axis.")
            return elementwise("isin_beside", self, by_label(self, values))
        if isinstance(values, (str, bytes)) or (np.ndim(values) == 0 and not hasattr(values, "__iter__")):
            raise TypeError(f"isin() takes a list of values; it was given a {type(values).__name__}")
        if isinstance(values, dict):
            pairs = [(label, tuple(at_hand(list(each)))) for label, each in values.items()]
            return elementwise("isin", self, Pairs(pairs))
        values = at_hand(list(values) if isinstance(values, (set, Iterator)) else values)
        return elementwise("isin", self, Among.of(values))

    def replace(
        self, to_replace: Any = None, value: Any = UNKNOWN, *, inplace: bool = False, regex: Any = False
    ) -> Any:
        """Values replaced by others; see `pandas.DataFrame.replace` for the forms of the arguments.

        A series stands for a mapping of its labels to its values, which is computed. Columns that may hold what is replaced by
        None are objects afterwards.
        """
        if isinstance(to_replace, FrameBase) and np.ndim(to_replace.expr.meta) == 1:
            to_replace = to_replace.compute()
        if isinstance(to_replace, pd.Series):
            to_replace = to_replace.to_dict()
        if isinstance(value, FrameBase) and np.ndim(value.expr.meta) == 1:
            value = value.compute()
        if isinstance(value, pd.Series):
            value = value.to_dict() if self.expr.meta.ndim == 2 else value.tolist()
        given = [ArgumentOf.of(to_replace)] if value is UNKNOWN else [ArgumentOf.of(to_replace), ArgumentOf.of(value)]
        words = {} if regex is not False else objects_of(self.expr.meta, to_replace, value)
        made = elementwise("replace", self, *given, regex=ArgumentOf.of(regex), **words)
        return changed(self, made, inplace, gives_frame=True)

    def where(
        self, cond: Any, other: Any = np.nan, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Values where a condition holds; elsewhere ``other``.

        Parameters
        ----------
        cond : collection, array or function of the frame
        other : collection, array, scalar or function of the frame
        inplace : bool
            Whether the frame itself stands for the result from then on.
        axis : {0, 1}, optional
            What a series ``other`` is matched with.
        level : not supported
        """
        return changed(self, chosen("where", self, cond, other, axis, level), inplace, gives_frame=True)

    def mask(
        self, cond: Any, other: Any = np.nan, *, inplace: bool = False, axis: Any = None, level: Any = None
    ) -> Any:
        """Values where a condition does not hold; elsewhere ``other``. See `where`."""
        return changed(self, chosen("mask", self, cond, other, axis, level), inplace, gives_frame=True)

    def infer_objects(self, copy: Any = None) -> Any:
        """Objects as the types that they are, as each partition shows them."""
        return elementwise("infer_objects", self)

    def convert_dtypes(
        self,
        infer_objects: bool = True,
        convert_string: bool = True,
        convert_integer: bool = True,
        convert_boolean: bool = True,
        convert_floating: bool = True,
        dtype_backend: str = "numpy_nullable",
    ) -> Any:
        """The types that support missing values."""
        flags = {
            "infer_objects": infer_objects,
            "convert_string": convert_string,
            "convert_integer": convert_integer,
            "convert_boolean": convert_boolean,
            "convert_floating": convert_floating,
        }
        words: dict[str, Any] = {word: each for word, each in flags.items() if each is not True}
        if dtype_backend != "numpy_nullable":
            words["dtype_backend"] = dtype_backend
        return elementwise("convert_dtypes", self, **words)

    def __round__(self, decimals: int = 0) -> Any:
        return self.round(decimals)

    def to_timestamp(self, freq: Any = None, how: str = "start", axis: Any = 0, copy: Any = None) -> Any:
        """A frame whose index (or labels of columns) of periods becomes one of their first (or last) moments."""
        words = {} if axis in (0, "index") else {"axis": axis}
        return elementwise("to_timestamp", self, freq=freq, how=how, **words)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or keywords.get("out") is not None:
            return NotImplemented
        if not keywords and ufunc in OPERATORS:
            return binary(OPERATORS[ufunc], *inputs)
        inputs = tuple([each if isinstance(each, FrameBase) else beside(self, each) for each in inputs])
        if ufunc.nout == 1:
            return elementwise("ufunc", ufunc, *inputs, **keywords)
        return tuple([elementwise("ufunc_part", ufunc, place, *inputs) for place in range(ufunc.nout)])


def check_limit(limit: Any) -> int:
    """How many values are filled at most."""
    if not isinstance(limit, (int, np.integer)):
        raise ValueError("Limit must be an integer")
    if limit <= 0:
        raise ValueError("Limit must be greater than 0")
    return int(limit)


def fill_some(frame: Any, value: Any, limit: int) -> Any:
    """The first so many missing values of each column replaced."""
    gaps = frame.isna()
    return elementwise("where", elementwise("fillna", frame, value), ~gaps | (gaps.astype("int64").cumsum() <= limit))


def chosen(method: str, frame: Any, cond: Any, other: Any, axis: Any, level: Any) -> Any:
    """`where` and `mask`."""
    if level is not None:
        raise NotImplementedError(f"{method}(level=) is not supported: reset_index() and merge instead")
    cond, other = called(cond, frame), called(other, frame)
    across = axis in (1, "columns") and isinstance(frame.expr.meta, pd.DataFrame)
    if across and isinstance(cond, FrameBase) and isinstance(cond.expr.meta, pd.Series):
        cond = at_hand(cond)  # one for each column
    if across and isinstance(cond, pd.Series):
        pass
    elif isinstance(cond, (pd.Series, pd.DataFrame)):
        # labels that a condition does not have count as where it does not hold
        cond = by_label(frame, cond).fillna(method == "mask").astype(bool)
    elif has_rows(cond):
        values = cond if is_chunked(cond) else np.asarray(cond)
        if values.dtype != bool:
            raise TypeError(f"Boolean array expected for the condition, not {values.dtype}")
        if values.ndim != frame.expr.meta.ndim:
            raise ValueError("Array conditional must be same shape as self")
        cond = by_place(frame, values)
    if isinstance(cond, FrameBase):
        kinds = list(cond.expr.meta.dtypes) if cond.expr.meta.ndim == 2 else [cond.expr.meta.dtype]
        if not all(pd.api.types.is_bool_dtype(kind) or kind == np.dtype(object) for kind in kinds):
            raise TypeError(f"Boolean array expected for the condition, not {', '.join(sorted(set(map(str, kinds))))}")
    words: dict[str, Any] = {}
    if across and isinstance(other, FrameBase) and isinstance(other.expr.meta, pd.Series):
        other = at_hand(other)  # a value for each column
    if isinstance(other, (pd.Series, pd.DataFrame)):
        other = other if across and isinstance(other, pd.Series) else by_label(frame, other)
    elif has_rows(other):
        if np.ndim(other) < frame.expr.meta.ndim:
            raise ValueError(f"{method}() takes as other one value, a collection, or an array of the frame's shape")
        other = by_place(frame, other if is_chunked(other) else np.asarray(other))
    if axis is not None:
        words["axis"] = axis
    elif isinstance(other, FrameBase) and 0 < np.ndim(other.expr.meta) < frame.expr.meta.ndim:
        raise ValueError("Must specify axis=0 or 1")
    if np.isscalar(other) and not pd.isna(other):
        frame = known(frame)
    return elementwise(method, frame, cond, other, **words)


class SeriesValueMethods(FrameBase):
    """Methods of values, for series only."""

    __slots__ = ()

    def between(self, left: Any, right: Any, inclusive: str = "both") -> Any:
        """Whether values lie between two others; ``inclusive`` is "both", "neither", "left" or "right"."""
        return elementwise("between", self, left, right, inclusive=inclusive)

    def case_when(self, caselist: Any) -> Any:
        """The replacement of the first condition that holds, or the value itself.

        Parameters
        ----------
        caselist : list of (condition, replacement)
        """
        if not isinstance(caselist, (list, tuple)):
            raise TypeError("case_when() takes a list of pairs: a condition, and what replaces the value there")
        if not caselist:
            raise ValueError("provide at least one boolean condition, with a corresponding replacement.")
        cases = [[beside(self, called(each, self)) for each in case] for case in caselist]
        kind = kind_of_cases(self, [replacement for _, replacement in cases])
        column: Any = self
        made = column if kind == self.expr.meta.dtype else column.astype(kind)
        for condition, replacement in reversed(cases):  # what comes first is put over the others
            made = made.mask(condition, replacement)
        return made


def kind_of_cases(column: Any, replacements: list[Any]) -> Any:
    """The type that a column and what may stand in place of its values have together."""
    examples = [
        meta_nonempty(each.expr.meta).reset_index(drop=True) if isinstance(each, FrameBase) else each
        for each in (column, *replacements)
    ]
    nowhere = np.zeros(len(examples[0]), dtype=bool)
    return examples[0].case_when([(nowhere, each) for each in examples[1:]]).dtype


class ArgumentOf:
    """A list or mapping as an operand that is not looked through."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def of(cls, value: Any) -> Any:
        return cls(value) if isinstance(value, (list, dict, tuple, pd.Series)) else value

    def __weft_tokenize__(self) -> Any:
        return ("argument", self.value)

    def __reduce__(self) -> Any:
        return ArgumentOf, (self.value,)


class Among(ArgumentOf):
    """The values that `isin` looks for: held, and named by identity where they are many."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Any) -> Any:
        values = value if isinstance(value, (np.ndarray, pd.Series, pd.Index)) else list(value)
        return cls(Held.of(values, True if len(values) < 10_000 else None))

    def __weft_tokenize__(self) -> Any:
        return self.value

    def __reduce__(self) -> Any:
        return Among, (self.value,)


def among_values_of(values: Any) -> Any:
    """The values of a series or an index, as one value that is computed."""
    if isinstance(values.expr.meta, pd.Series) and values.expr.meta.dtype != object:  # objects may have no hash
        values = values.drop_duplicates()
    return whole_result(values, "pipe", call_of(Among), meta=Among(values.expr.meta))


def argument_value(given: Any) -> Any:
    """What an operand stands for."""
    value = given.value if isinstance(given, ArgumentOf) else given
    return value.value if isinstance(value, Held) else value


@function_named("isin")
def isin(frame: Any, values: Any) -> Any:
    """Whether values are among some."""
    if not isinstance(values, Pairs):
        return frame.isin(argument_value(values))
    # of a frame whose columns nobody looks at there is nothing to put together
    return frame.isin({label: list(each) for label, each in values}) if len(frame.columns) else frame


@function_named("isin_beside")
def isin_beside(frame: pd.DataFrame, values: Any) -> pd.DataFrame:
    """Whether each value is the one with its labels, which both have in the same order."""
    numbers = pd.RangeIndex(len(frame))
    return frame.set_axis(numbers, axis=0).isin(values.set_axis(numbers, axis=0)).set_axis(frame.index, axis=0)


@function_named("replace")
def replace(frame: Any, *args: Any, regex: Any, objects: Any = ()) -> Any:
    """Values replaced; ``objects`` are the places of columns that are objects afterwards, whether or not something was."""
    given = [dict(each) if isinstance(each, Pairs) else argument_value(each) for each in args]
    made = frame.replace(*given, regex=argument_value(regex))
    if made.ndim == 1:
        return made.astype(object) if objects else made
    return made.astype({made.columns[place]: object for place in objects})


def objects_of(meta: Any, to_replace: Any, value: Any) -> dict[str, Any]:
    """Which columns become objects where a value is replaced by None or NA; nothing is said where it is by others."""
    replacements = values_in(to_replace if value is UNKNOWN else value, with_keys=False)
    if not any(each is None or each is pd.NA for each in replacements):
        return {}
    frame = meta if meta.ndim == 2 else meta.to_frame()
    given = (to_replace,) if value is UNKNOWN else (to_replace, value)
    places = set()
    for key in values_in(to_replace, with_keys=value is UNKNOWN):
        for place, dtype in enumerate(frame.dtypes):
            column = holding(dtype, key)
            if column is not None and dtype != np.dtype(object) and not isinstance(dtype, pd.CategoricalDtype):
                rows = column.rename(meta.name) if meta.ndim == 1 else column.to_frame(frame.columns[place])
                made = rows.replace(*given)
                if (made.dtype if meta.ndim == 1 else made.dtypes.iloc[0]) == np.dtype(object):
                    places.add(place)
    return {"objects": tuple(sorted(places))} if places else {}


def values_in(given: Any, with_keys: bool) -> list[Any]:
    """What an argument of `replace` names: values, or with ``with_keys`` the keys of a mapping (of one for each column, its keys)."""
    if isinstance(given, dict):
        is_nested = any(isinstance(each, dict) for each in given.values())
        if is_nested:
            return [each for inner in given.values() for each in values_in(inner, with_keys)]
        return list(given) if with_keys else [each for item in given.values() for each in values_in(item, False)]
    return list(given) if isinstance(given, (list, tuple)) else [given]


def holding(dtype: Any, value: Any) -> pd.Series | None:
    """A column of a type with a value; None if the type has no such value."""
    try:
        column = pd.Series([value], dtype=object).astype(dtype)
    except (TypeError, ValueError, OverflowError):
        return None
    is_missing = pd.isna(value) is True
    found = column.isna().iloc[0] if is_missing else column.iloc[0] == value
    return column if found is True or (isinstance(found, np.bool_) and found) else None


@function_named("ufunc_part")
def ufunc_part(ufunc: Any, place: int, *inputs: Any) -> Any:
    """One of the results of a function of elements."""
    return ufunc(*inputs)[place]
