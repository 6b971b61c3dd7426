"""Values replaced, tested, cast and rounded, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called
from weft.dataframe.kernels.pandas.elementwise import Pairs, function_named
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.elementwise import elementwise, pairs
from weft.dataframe.ops.projection import check_columns
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

    def astype(self, dtypes: Any, copy: Any = None, errors: str = "raise") -> Any:
        """Values of another type.

        Parameters
        ----------
        dtypes : dtype or mapping of labels to dtypes
        errors : {"raise", "ignore"}
            What happens to values that cannot be cast.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2]), npartitions=2).astype("float64").compute(scheduler="sync").tolist()
        [1.0, 2.0]
        """
        options = {} if errors == "raise" else {"errors": errors}
        if isinstance(dtypes, (dict, pd.Series)):
            wanted = dict(dtypes)
            if isinstance(self.expr.meta, pd.DataFrame):
                check_columns(self.expr, wanted)
                return elementwise("astype", self, tuple(wanted.items()), **options)
            (dtypes,) = wanted.values()
        return elementwise("astype", self, dtypes, **options)

    def fillna(self, value: Any = None, axis: Any = None) -> Any:
        """Missing values replaced.

        Parameters
        ----------
        value : scalar, mapping of labels to values, Series or DataFrame
            A series or frame with the same rows gives each row its own.
        """
        if value is None:
            raise ValueError("Must specify a fill 'value'. To carry values forward use ffill() or bfill().")
        if isinstance(value, pd.Series) and isinstance(self.expr.meta, pd.DataFrame):
            value = value.to_dict()
        return elementwise("fillna", self, value)

    def clip(self, lower: Any = None, upper: Any = None, axis: Any = None) -> Any:
        """Values below ``lower`` become it, values above ``upper`` that."""
        return elementwise("clip", self, lower=lower, upper=upper, **({} if axis is None else {"axis": axis}))

    def round(self, decimals: Any = 0) -> Any:
        """Rounded values; ``decimals`` may map labels to numbers."""
        return elementwise(
            "round", self, pairs(dict(decimals)) if isinstance(decimals, (dict, pd.Series)) else decimals
        )

    def isin(self, values: Any) -> Any:
        """Whether each value is among some.

        Parameters
        ----------
        values : sequence, or mapping of labels to sequences; a Series is computed first
        """
        if isinstance(values, FrameBase):
            values = values.compute()
        if isinstance(values, (str, bytes)) or (np.ndim(values) == 0 and not hasattr(values, "__iter__")):
            raise TypeError(f"isin() takes a list of values; it was given a {type(values).__name__}")
        if isinstance(values, dict):
            return elementwise("isin", self, Pairs([(label, tuple(each)) for label, each in values.items()]))
        return elementwise("isin", self, Among.of(values))

    def replace(self, to_replace: Any = None, value: Any = UNKNOWN, regex: Any = False) -> Any:
        """Values replaced by others; see `pandas.DataFrame.replace` for the forms of the arguments."""
        given = [ArgumentOf.of(to_replace)] if value is UNKNOWN else [ArgumentOf.of(to_replace), ArgumentOf.of(value)]
        return elementwise("replace", self, *given, regex=ArgumentOf.of(regex))

    def where(self, cond: Any, other: Any = np.nan) -> Any:
        """Values where a condition holds; elsewhere ``other``."""
        cond, other = called(cond, self), called(other, self)
        return elementwise("where", self, cond, other)

    def mask(self, cond: Any, other: Any = np.nan) -> Any:
        """Values where a condition does not hold; elsewhere ``other``."""
        cond, other = called(cond, self), called(other, self)
        return elementwise("mask", self, cond, other)

    def infer_objects(self) -> Any:
        """Objects as the types that they are, as each partition shows them."""
        return elementwise("infer_objects", self)

    def convert_dtypes(self, **options: Any) -> Any:
        """The types that support missing values."""
        return elementwise("convert_dtypes", self, **options)

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Any:
        """A frame whose index of periods becomes one of their first (or last) moments."""
        return elementwise("to_timestamp", self, freq=freq, how=how)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or keywords.get("out") is not None:
            return NotImplemented
        if any(isinstance(each, np.ndarray) and each.ndim for each in inputs):
            raise TypeError(f"cannot compute {ufunc.__name__} with an array, whose rows have no partitions")
        if ufunc.nout == 1:
            return elementwise("ufunc", ufunc, *inputs, **keywords)
        return tuple([elementwise("ufunc_part", ufunc, place, *inputs) for place in range(ufunc.nout)])


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
        if not isinstance(caselist, (list, tuple)) or not caselist:
            raise TypeError(
                "case_when() takes a list of pairs: a condition, and what replaces the value where it holds"
            )
        made: Any = self
        taken: Any = None
        for condition, replacement in caselist:
            holds = called(condition, self)
            value = called(replacement, self)
            fresh = holds if taken is None else holds & ~taken
            made = made.mask(fresh, value)
            taken = holds if taken is None else taken | holds
        return made


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


def argument_value(given: Any) -> Any:
    """What an operand stands for."""
    value = given.value if isinstance(given, ArgumentOf) else given
    return value.value if isinstance(value, Held) else value


@function_named("isin")
def isin(frame: Any, values: Any) -> Any:
    """Whether values are among some."""
    return frame.isin(
        {label: list(each) for label, each in values} if isinstance(values, Pairs) else argument_value(values)
    )


@function_named("replace")
def replace(frame: Any, *args: Any, regex: Any) -> Any:
    """Values replaced."""
    given = [dict(each) if isinstance(each, Pairs) else argument_value(each) for each in args]
    return frame.replace(*given, regex=argument_value(regex))


@function_named("ufunc_part")
def ufunc_part(ufunc: Any, place: int, *inputs: Any) -> Any:
    """One of the results of a function of elements."""
    return ufunc(*inputs)[place]
