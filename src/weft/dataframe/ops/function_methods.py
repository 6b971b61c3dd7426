"""Functions of a frame's partitions, rows and values, as methods."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.functions import apply_rows, apply_values, map_values
from weft.dataframe.meta import UNKNOWN, UNKNOWN_CATEGORIES, make_meta, meta_nonempty, tried
from weft.dataframe.ops.map_partitions import MapPartitions, inferred, map_partitions
from weft.dataframe.ops.neighbours import call_of, whole_result, whole_rows
from weft.dataframe.ops.reductions import is_rows
from weft.expr import Held

__all__ = ["FrameFunctionMethods", "FunctionMethods", "SeriesFunctionMethods"]


class FunctionMethods(FrameBase):
    """Functions of partitions, rows and values."""

    __slots__ = ()

    def map_partitions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A function of each partition; see `weft.dataframe.map_partitions`."""
        return map_partitions(func, self, *args, **kwargs)


def row_function(
    frame: Any,
    title: str,
    kernel: Callable[..., Any],
    func: Any,
    meta: Any,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    shown: Any,
) -> Any:
    """A user's function of each row or value: the rows stay."""
    words = tuple(keywords.items())
    inputs = (frame.expr, func, *args)
    if meta is UNKNOWN or meta is None:
        given = inferred(title, kernel, inputs, words, {}, shown)
    else:
        given = make_meta(meta, parent_meta=frame.expr.meta)
    edges = None if isinstance(given, pd.Index) else frame.expr.divisions  # other labels, nobody knows in which order
    return new(MapPartitions(kernel, inputs, words, given, True, edges, title=title))


def applied_to_columns(frame: Any, function: Any, words: dict[str, Any]) -> Any:
    """A function of each column, or of a series: a value for each, or as many rows, or other ones."""
    if isinstance(function, np.ufunc) and not words:
        return function(frame)
    example = tried(methodcaller("apply", function, **words), frame.expr.meta)
    is_rowed = isinstance(example, (pd.DataFrame, pd.Series)) and example.ndim == frame.expr.meta.ndim
    if is_rowed and example.index.equals(meta_nonempty(frame.expr.meta).index):
        return whole_rows(frame, "apply", call_of(function, **words))
    return whole_result(frame, "apply", call_of(function, **words))


def is_of_names(function: Any) -> bool:
    """Whether aggregates are named, one or several, of all columns or of some."""
    if isinstance(function, (list, tuple, dict)):
        return all(map(is_of_names, function.values() if isinstance(function, dict) else function))
    return isinstance(function, str)


def check_by_row(by_row: Any) -> None:
    """Refuse what is no choice between values, or rows, and whole columns."""
    if by_row is not False and by_row != "compat":
        raise ValueError(f"by_row={by_row} not allowed: it is 'compat' or False")


class FrameFunctionMethods(FunctionMethods):
    """Functions of a frame's rows and values."""

    __slots__ = ()

    def apply(
        self,
        function: Any,
        axis: Any = 0,
        raw: bool = False,
        result_type: Any = None,
        args: tuple[Any, ...] = (),
        by_row: Any = "compat",
        engine: Any = None,
        engine_kwargs: Any = None,
        meta: Any = UNKNOWN,
        **kwargs: Any,
    ) -> Any:
        """A function of each row (``axis=1``), or of each column.

        Parameters
        ----------
        function : callable, name, or list or mapping of these
            Called with a row as a series, ``args`` and ``kwargs``.
        axis : {0, 1}
            0: a function of whole columns, which are brought to one place; names of aggregates, and lists of them, go in parts.
        raw : bool
            Whether the function gets arrays.
        result_type : {None, "expand", "reduce", "broadcast"}
            With ``axis=1``: what becomes of lists that the function gives.
        args : tuple
            For the function.
        by_row : {"compat", False}
            As in pandas, of lists of functions.
        engine, engine_kwargs
            As in pandas.
        meta : pandas object, mapping or pair, optional
            What comes out; found out by trying by default.
        """
        check_by_row(by_row)
        is_rows(self, axis)
        if is_of_names(function) and result_type is None and engine is None:
            return self.agg(function, axis, *args, **kwargs)  # type: ignore[attr-defined]
        rowed = None if by_row == "compat" else by_row
        given = {
            "by_row": rowed,
            "result_type": result_type,
            "engine": engine,
            "engine_kwargs": engine_kwargs,
            "raw": raw or None,
        }
        words = {word: value for word, value in given.items() if value is not None} | kwargs
        if axis in (1, "columns"):
            return row_function(self, "apply", apply_rows, function, meta, (args,), words, function)
        return applied_to_columns(self, function, words | ({"args": args} if args else {}))

    def map(self, func: Any, na_action: Any = None, meta: Any = UNKNOWN, **kwargs: Any) -> Any:
        """A function of each value."""
        words = dict(kwargs) | ({} if na_action is None else {"na_action": na_action})
        return row_function(self, "map", map_values, func, meta, (), words, func)

    applymap = map


class SeriesFunctionMethods(FunctionMethods):
    """Functions of the values of a series."""

    __slots__ = ()

    def apply(
        self,
        function: Any,
        args: tuple[Any, ...] = (),
        *,
        by_row: Any = "compat",
        meta: Any = UNKNOWN,
        axis: Any = 0,
        **kwargs: Any,
    ) -> Any:
        """A function of each value, called with ``args`` and ``kwargs`` after it; with ``by_row=False`` of the whole series.

        ``args`` that are no tuple or list are a single argument.
        """
        args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
        check_by_row(by_row)
        is_rows(self, axis)
        if is_of_names(function):
            return self.agg(function, 0, *args, **kwargs)  # type: ignore[attr-defined]
        if not callable(function) or (by_row is False and meta is UNKNOWN):
            return applied_to_columns(self, function, {"by_row": by_row, "args": args, **kwargs})
        return row_function(self, "apply", apply_values, function, meta, (args,), dict(kwargs), function)

    def map(
        self, func: Any = None, na_action: Any = None, meta: Any = UNKNOWN, engine: Any = None, **kwargs: Any
    ) -> Any:
        """What a function, a mapping or a pandas series gives for each value.

        Parameters
        ----------
        func : callable, mapping or pandas.Series
            ``arg``, and ``mapper`` of an index, are other names of it.
        na_action : {None, "ignore"}
        engine : callable, optional
            As in pandas.
        **kwargs
            For the function.
        meta : pair or series, optional
            Name and dtype of the result; found out by default.
        """
        arg = func
        if func is None:
            name = next((each for each in ("arg", "mapper") if each in kwargs), None)
            if name is None:
                raise ValueError("The `func` parameter is required")
            arg = kwargs.pop(name)
        if na_action not in (None, "ignore"):
            raise ValueError(f"na_action must either be 'ignore' or None, {na_action!r} was passed")
        if isinstance(arg, FrameBase):
            arg = arg.compute()
        words = dict(kwargs)
        if na_action is not None:
            words["na_action"] = na_action
        if engine is not None:
            words["engine"] = engine
        given = Mapped.of(arg)
        if meta is UNKNOWN and isinstance(given, Mapped):
            meta = given.meta_for(self.expr.meta)
        return row_function(self, "map", map_values, given, meta, (), words, arg)


def is_from_table(expr: MapPartitions) -> bool:
    """Whether values are looked up in a mapping that pandas reads as a table."""
    return len(expr.inputs) == 2 and isinstance(expr.inputs[1], Mapped) and expr.inputs[1].table is not None


class Mapped:
    """A mapping as an argument of `map`: held, and named by content if it is small."""

    __slots__ = ("held", "table")

    def __init__(self, held: Held) -> None:
        self.held = held
        self.table = as_table(held.value)

    @classmethod
    def of(cls, arg: Any) -> Any:
        if isinstance(arg, (dict, pd.Series)):
            return cls(Held.of(arg, True if len(arg) < 1000 else None))
        return arg

    def meta_for(self, column: Any) -> Any:
        """What the values of a column become."""
        value = self.held.value
        series = self.table if isinstance(self.table, pd.Series) else pd.Series(value)
        if isinstance(column.dtype, pd.CategoricalDtype) and UNKNOWN_CATEGORIES not in column.dtype.categories:
            return column.map(value)  # its categories are mapped
        kind = mapped_with_na(series, column.dtype)
        if kind is None:
            whole = pd.Series(list(series.iloc[:1]) or [np.nan], dtype=series.dtype if len(series) else "float64")
            kind = whole.reindex([0, 1]).dtype  # a value that is not mapped is missing
        if isinstance(column, pd.Index):
            return pd.Index([], dtype=kind, name=column.name)
        return pd.Series([], dtype=kind, name=column.name, index=column.index)

    def __weft_tokenize__(self) -> Any:
        return self.held

    def __reduce__(self) -> Any:
        return Mapped, (self.held,)


def as_table(mapping: Any) -> Any:
    """A mapping as pandas looks values up in it, made once for all partitions; None of one that has an answer to all keys."""
    if isinstance(mapping, pd.Series):
        return mapping
    if hasattr(mapping, "__missing__"):
        return None
    if not mapping:
        return pd.Series(mapping, dtype=np.float64)
    return pd.Series(mapping.values(), index=pd.Index(mapping.keys(), tupleize_cols=False))


def mapped_with_na(series: pd.Series, dtype: Any) -> Any:
    """The type of what a mapping makes of values among which ``pd.NA`` may be; None where there is none, or no such key."""
    if getattr(dtype, "na_value", None) is not pd.NA or not len(series):
        return None
    try:
        return pd.Series([series.index[0], None], dtype=dtype).map(series.iloc[:1]).dtype
    except (TypeError, ValueError, NotImplementedError):  # labels that are no values of this type, which match nothing
        return None
