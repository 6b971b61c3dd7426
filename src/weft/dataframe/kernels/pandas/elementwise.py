"""Operations on each row, by name: what they are in pandas.

A name is that of a function in `FUNCTIONS`, or of a method or attribute of the first operand, dots for accessors:
``"fillna"``, ``"str.upper"``, ``"dt.year"``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["FUNCTIONS", "apply_operation"]

PANDAS = KERNELS["pandas"]
F = TypeVar("F", bound=Callable[..., Any])

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
#: Functions by the names under which nodes know them.
FUNCTIONS: dict[str, Any] = {
    name: getattr(operator, name)
    for name in (
        *ARITHMETIC,
        *("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor"),
        *("neg", "pos", "invert", "abs"),
    )
}
FUNCTIONS |= {"isna": pd.isna, "notna": pd.notna, "to_datetime": pd.to_datetime, "to_timedelta": pd.to_timedelta}
FUNCTIONS |= {"to_numeric": pd.to_numeric, "divmod": divmod}

#: Of an index they give an array, or an index where some texts are missing.
TESTS_OF_TEXT = frozenset(
    [f"str.{name}" for name in ("contains", "startswith", "endswith", "match", "fullmatch")]
    + [
        f"str.is{kind}"
        for kind in ("alnum", "alpha", "ascii", "decimal", "digit", "lower", "numeric", "space", "title", "upper")
    ]
)


@PANDAS.add("Elementwise")
def apply_operation(operation: str, *inputs: Any, **keywords: Any) -> Any:
    """An operation on partitions and plain values."""
    if operation.startswith("str.") and is_without_texts(inputs[0], operation in NUMBERS_OF_TEXTS):
        label = inputs[0].index[:1]
        longer = pd.concat([inputs[0], pd.Series([""], label, dtype=object, name=inputs[0].name)])
        return apply_operation(operation, longer, *inputs[1:], **keywords).iloc[:-1]
    function = FUNCTIONS.get(operation)
    if function is not None:
        try:
            made = function(*inputs, **keywords)
        except OverflowError:  # a number that the partition's type does not hold, though the column's, of floats, does
            if operation not in ARITHMETIC:
                raise
            made = function(*map(as_floats, inputs), **keywords)
    else:
        value = attrgetter(operation)(inputs[0])
        words = {word: pairs_to_dict(each) for word, each in keywords.items()}
        made = value(*map(pairs_to_dict, inputs[1:]), **words) if callable(value) else value
    if isinstance(made, (np.ndarray, pd.api.extensions.ExtensionArray)) or (
        operation in TESTS_OF_TEXT and isinstance(made, pd.Index)
    ):  # pandas gives an array for an index; rows keep their labels here
        labels = next((each for each in inputs if isinstance(each, pd.Index)), None)
        return made if labels is None else pd.Series(made, index=labels)
    return made


def as_floats(column: Any) -> Any:
    """Integers as the floats that they are in other partitions, where rows of a join had no match; others as they are."""
    if isinstance(column, (pd.Series, pd.Index)) and isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return column.astype(np.float64)
    return column


#: What pandas finds among the objects of which it takes some for texts.
TEXTS = ("string", "empty", "bytes", "mixed", "mixed-integer")
#: Of objects that are all missing pandas makes objects; beside texts they are missing numbers.
NUMBERS_OF_TEXTS = frozenset([f"str.{name}" for name in ("len", "count", "find", "rfind", "index", "rindex")])


def is_without_texts(column: Any, gives_numbers: bool) -> bool:
    """Whether a partition of objects has no texts, while others may: pandas looks at all values before it refuses."""
    if not isinstance(column, pd.Series) or column.dtype != np.dtype(object) or not len(column):
        return False
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind not in TEXTS or (gives_numbers and kind == "empty")


def function_named(name: str) -> Callable[[F], F]:
    """Decorator: the function computes the operation of that name."""

    def register(function: F) -> F:
        if name in FUNCTIONS:
            raise ValueError(f"there is a function for {name!r} already")
        FUNCTIONS[name] = function
        return function

    return register


@function_named("astype")
def astype(frame: Any, dtypes: Any, **options: Any) -> Any:
    """Casts; pairs of label and dtype are for the columns that are there."""
    if type(dtypes) is tuple:
        there = set(frame.columns)
        return frame.astype({label: dtype for label, dtype in dtypes if label in there}, **options)
    if isinstance(frame, pd.Series) and is_known(dtypes) and isinstance(frame.dtype, pd.StringDtype):
        return categorized(frame, dtypes)
    return frame.astype(dtypes, **options)


def is_known(dtype: Any) -> bool:
    """Whether a type is that of known categories."""
    return isinstance(dtype, pd.CategoricalDtype) and dtype.categories is not None


def categorized(texts: pd.Series, dtype: pd.CategoricalDtype) -> pd.Series:
    """Texts as categories: each different one is looked up once, which is faster than to make Python's texts of all."""
    codes, own = pd.factorize(texts)
    places = np.append(dtype.categories.get_indexer(pd.Index(own)), -1)  # the last for those that are missing
    made = pd.Categorical.from_codes(places[codes], dtype=dtype)
    return pd.Series(made, index=texts.index, name=texts.name)


@function_named("fillna")
def fillna(frame: Any, value: Any, **options: Any) -> Any:
    """Missing values replaced; pairs of label and value are for the columns that are there."""
    return frame.fillna(pairs_to_dict(value), **options)


@function_named("round")
def round_values(frame: Any, decimals: Any, *args: Any, **options: Any) -> Any:
    """Rounded values."""
    return frame.round(pairs_to_dict(decimals), *args, **options)


@function_named("ufunc")
def ufunc(function: Any, *inputs: Any, **keywords: Any) -> Any:
    """One of NumPy's functions of elements."""
    return function(*inputs, **keywords)


class Pairs(tuple[tuple[Any, Any], ...]):
    """A mapping as an operand."""

    __slots__ = ()


def pairs_to_dict(value: Any) -> Any:
    """The mapping that pairs stand for; any other value itself."""
    return dict(value) if isinstance(value, Pairs) else value


@function_named("eval")
def evaluate(frame: Any, text: str, **options: Any) -> Any:
    """An expression of columns."""
    for word in ("local_dict", "global_dict"):
        if word in options:
            options[word] = dict(options[word])
    return frame.eval(text, **options)


@function_named("prefix")
def prefix(labels: pd.Index, text: str) -> pd.Index:
    """A text before each label."""
    return labels.map((text + "{}").format)


@function_named("suffix")
def suffix(labels: pd.Index, text: str) -> pd.Index:
    """A text after each label."""
    return labels.map(("{}" + text).format)


@function_named("numbers_of_text")
def numbers_of_text(column: Any, errors: str) -> Any:
    """Numbers out of text: integers, unless some are not."""
    return pd.to_numeric(column, errors=errors)
