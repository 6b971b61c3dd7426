"""Users' functions called on partitions, and what they give checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from weft.errors import MetaError

__all__ = ["OneRow", "Whole", "apply_rows", "apply_values", "by_rows", "checked_call", "map_values"]


class Whole:
    """A meta as an argument, not to be looked through."""

    __slots__ = ("meta",)

    def __init__(self, meta: Any) -> None:
        self.meta = meta

    def __weft_tokenize__(self) -> Any:
        return ("meta", self.meta)

    def __reduce__(self) -> Any:
        return Whole, (self.meta,)


def checked_call(function: Callable[..., Any], title: str, whole: Whole, *args: Any, **keywords: Any) -> Any:
    """What a function gives, which must be what the meta says."""
    made, meta = function(*args, **keywords), whole.meta
    if isinstance(made, np.ndarray) and made.ndim:
        made = labelled(made, meta, args)
    if isinstance(meta, pd.DataFrame):
        if not isinstance(made, pd.DataFrame):
            if isinstance(made, pd.Series) and not len(made):
                return meta
            raise MetaError(
                f"{title} gave a {type(made).__name__} where its meta is a DataFrame of {list(meta.columns)}"
            )
        if not made.columns.equals(meta.columns):
            if set(made.columns) == set(meta.columns) and made.columns.is_unique:
                raise MetaError(
                    f"{title} gave the columns {list(made.columns)} in another order than its meta, {list(meta.columns)}. "
                    "Say it with meta=."
                )
            if title == "apply" and made.columns.isin(meta.columns).all():
                lacking = [label for label in meta.columns if label not in made.columns]  # no row here has them
                kinds = {label: kind for label, kind in meta.dtypes[lacking].items() if kind.kind not in "iub"}
                return made.reindex(columns=meta.columns).astype(kinds)
            if len(made) or len(made.columns):
                missing = [label for label in meta.columns if label not in made.columns]
                extra = [label for label in made.columns if label not in meta.columns]
                raise MetaError(
                    f"{title} gave other columns than its meta says: {f'missing {missing}' if missing else ''}"
                    f"{' and ' if missing and extra else ''}{f'extra {extra}' if extra else ''}. Say it with meta=."
                )
            return meta
        return made
    if isinstance(meta, pd.Series):
        if isinstance(made, pd.DataFrame):
            if not len(made):
                return meta
            raise MetaError(f"{title} gave a DataFrame where its meta is a Series. Say it with meta=.")
        if isinstance(made, pd.Series) and not len(made) and not isinstance(meta.dtype, pd.CategoricalDtype):
            # of no values pandas knows no type
            return pd.Series([], dtype=meta.dtype, index=made.index, name=meta.name)
        if isinstance(made, pd.Series) and made.name != meta.name:
            return made.rename(meta.name)
        if not isinstance(made, (pd.Series, pd.Index)):
            if made is None or (not isinstance(made, type) and np.ndim(made)):
                raise MetaError(f"{title} gave a {type(made).__name__} where its meta is a Series. Say it with meta=.")
            return pd.Series([made], dtype=meta.dtype, name=meta.name)
        return made
    return made


def labelled(made: np.ndarray[Any, Any], meta: Any, args: tuple[Any, ...]) -> Any:
    """An array, such as a model's predictions, as the rows that the meta says, with the labels of the rows it was made of."""
    rows = next(
        (each.index for each in args if isinstance(each, (pd.DataFrame, pd.Series)) and len(each) == len(made)), None
    )
    if isinstance(meta, pd.Series) and made.ndim == 1:
        return pd.Series(made, rows, name=meta.name)
    if isinstance(meta, pd.DataFrame) and made.ndim == 2 and made.shape[1] == len(meta.columns):
        return pd.DataFrame(made, rows, meta.columns)
    return made


class OneRow:
    """A function whose single values become series of one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = getattr(function, "__name__", "map_partitions")

    def __weft_tokenize__(self) -> Any:
        return ("one-row", self.function)

    def __call__(self, *args: Any, **keywords: Any) -> pd.Series:
        return pd.Series([self.function(*args, **keywords)])


def apply_rows(frame: pd.DataFrame, function: Callable[..., Any], args: tuple[Any, ...], **keywords: Any) -> Any:
    """A function of each row."""
    return frame.apply(function, axis=1, args=args, **keywords)


def by_rows(frame: pd.DataFrame, method: str, function: Any, args: tuple[Any, ...], **keywords: Any) -> Any:
    """`agg` or `transform` of each row."""
    return getattr(frame, method)(function, 1, *args, **keywords)


def apply_values(column: pd.Series, function: Callable[..., Any], args: tuple[Any, ...], **keywords: Any) -> Any:
    """A function of each value."""
    return column.apply(function, args=args, **keywords)


def map_values(frame: Any, function: Any, **keywords: Any) -> Any:
    """What a function or a mapping gives for each value."""
    if (held := getattr(function, "held", None)) is None:
        return frame.map(function, **keywords)
    table = function.table
    is_kept = isinstance(frame, pd.Series) and (isinstance(frame.dtype, np.dtype) or frame.dtype == "str")
    if not is_kept or not isinstance(table, pd.Series):
        return frame.map(held.value, **keywords)
    if frame.dtype == "str" and len(table) * MANY_TIMES <= len(frame):
        return mapped_once(frame, table, keywords)
    return frame.map(table, **keywords)


#: How many times as many texts as a mapping has keys are looked up once for each different one.
MANY_TIMES = 4


def mapped_once(column: pd.Series, table: pd.Series, keywords: dict[str, Any]) -> pd.Series:
    """Texts that are there many times, each looked up once."""
    codes, different = column.factorize(use_na_sentinel=False)
    made = pd.Series(different.array, dtype=column.dtype).map(table, **keywords).take(codes)
    made.index, made.name = column.index, column.name
    return made
