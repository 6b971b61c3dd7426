"""What is asked of groups: names, lists, mappings and named aggregates as columns of the result."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.groupby_plan import PARTS_OF, Request
from weft.dataframe.known_metas import labels_index
from weft.dataframe.ops.projection import missing_column

__all__ = ["Aggregation", "Spec", "numeric_labels", "parse_requests"]

#: Functions that mean a named aggregate.
NAMES: dict[Any, str] = {
    np.sum: "sum",
    np.mean: "mean",
    np.max: "max",
    np.min: "min",
    np.std: "std",
    np.var: "var",
    np.prod: "prod",
    np.any: "any",
    np.all: "all",
    np.nansum: "sum",
    np.nanmean: "mean",
    np.nanmax: "max",
    np.nanmin: "min",
}
#: Other names of aggregates.
ALIASES = {"kurtosis": "kurt"}


class Aggregation:
    """An aggregate of your own, in parts.

    Parameters
    ----------
    name : str
        What the result's column is called in lists of aggregates.
    chunk : callable
        Is given the groups of one partition's values (as pandas has them), and gives a series with a value for each group, or a
        tuple of those.
    agg : callable
        Is given the groups of what the chunks gave, one argument for each of their series, and gives the same form.
    finalize : callable, optional
        Makes the result of what is left.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> spread = dd.Aggregation(
    ...     "spread",
    ...     lambda groups: (groups.min(), groups.max()),
    ...     lambda least, greatest: (least.min(), greatest.max()),
    ...     lambda least, greatest: greatest - least,
    ... )
    >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1], "v": [1, 2, 5]}), npartitions=2)
    >>> df.groupby("k").v.agg(spread).compute().to_dict()
    {1: 4, 2: 0}
    """

    def __init__(
        self, name: str, chunk: Callable[..., Any], agg: Callable[..., Any], finalize: Callable[..., Any] | None = None
    ) -> None:
        self.name = name
        self.chunk = chunk
        self.agg = agg
        self.finalize = finalize
        self._identity = uuid4()  # parts of groups stand under it, also those that come from other processes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Aggregation) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def __name__(self) -> str:
        return self.name

    def __weft_tokenize__(self) -> Any:
        return (self.name, self.chunk, self.agg, self.finalize)

    def __repr__(self) -> str:
        return f"<Aggregation {self.name}>"


class Spec(NamedTuple):
    """Columns of the result, their labels, and whether it is a series."""

    requests: tuple[Request, ...]
    labels: Any
    single: bool


def numeric_labels(labels: tuple[Hashable, ...], dtype_of: Callable[[Hashable], Any]) -> tuple[Hashable, ...]:
    """The columns of numbers and truth values."""
    return tuple([label for label in labels if dtype_of(label).kind in "biufc"])


def how_of(func: Any) -> Any:
    """The aggregate that a name or function means; None if it does not go in parts."""
    if isinstance(func, Aggregation):
        return func
    if isinstance(func, str):
        name = ALIASES.get(func, func)
        return name if name in PARTS_OF else None
    try:
        return NAMES.get(func)
    except TypeError:
        return None


def title(func: Any) -> Any:
    """What a column of an aggregate is called."""
    return func if isinstance(func, str) else getattr(func, "__name__", repr(func))


def under(label: Any, func: Any) -> tuple[Any, ...]:
    """The label of an aggregate below that of its column, which may have several levels itself."""
    return (*label, title(func)) if isinstance(label, tuple) else (label, title(func))


def parse_requests(
    arg: Any,
    named: dict[str, Any],
    columns: tuple[Hashable, ...],
    is_series: bool,
    known: Sequence[Hashable] | None = None,
) -> Spec | None:
    """Columns of the result; None where something does not go in parts.

    ``columns`` are those that are meant where none is named, ``known`` (by default the same) those that may be named.

    Raises
    ------
    TypeError, KeyError
        Nothing is asked, or columns are not there.
    """
    known = columns if known is None else known
    if arg is None:
        return parse_named(named, known, is_series)
    if is_series:
        if isinstance(arg, Mapping):
            raise pd.errors.SpecificationError("nested renamer is not supported")
        if isinstance(arg, (list, tuple)):
            pairs = [(title(each), columns[0], each) for each in arg]
            return spec_of(pairs, pd.Index([each[0] for each in pairs]), False)
        return spec_of([(columns[0], columns[0], arg)], None, True)
    if isinstance(arg, Mapping):
        return parse_mapping(arg, known)
    if isinstance(arg, (list, tuple)):
        pairs = [(under(label, each), label, each) for label in columns for each in arg]
        return spec_of(pairs, pd.MultiIndex.from_tuples([each[0] for each in pairs]) if pairs else None, False)
    return spec_of([(label, label, arg) for label in columns], pd.Index(columns), False)


def parse_mapping(arg: Mapping[Any, Any], columns: Sequence[Hashable]) -> Spec | None:
    """Aggregates by column."""
    unknown = [label for label in arg if label not in columns]
    if unknown:
        raise KeyError(f"Label(s) {unknown} do not exist: {missing_column(unknown[0], columns)}")
    nested = any(isinstance(each, (list, tuple)) for each in arg.values())
    pairs: list[tuple[Any, Any, Any]] = []
    for label, value in arg.items():
        if isinstance(value, Mapping):
            raise pd.errors.SpecificationError("nested renamer is not supported")
        for each in value if isinstance(value, (list, tuple)) else [value]:
            pairs.append((under(label, each) if nested else label, label, each))
    labels = [each[0] for each in pairs]
    return spec_of(pairs, pd.MultiIndex.from_tuples(labels) if nested else pd.Index(labels), False)


def parse_named(named: dict[str, Any], columns: Sequence[Hashable], is_series: bool) -> Spec | None:
    """Named aggregates."""
    if not named:
        raise TypeError("Must provide 'func' or tuples of 'column, aggfunc'.")
    pairs = []
    for label, given in named.items():
        value: Any = given
        if isinstance(given, pd.NamedAgg):
            if getattr(given, "args", ()) or getattr(given, "kwargs", {}):
                return None
            value = (given.column, given.aggfunc)
        if is_series and not isinstance(value, tuple):
            pairs.append((label, columns[0], value))
            continue
        if is_series or not isinstance(value, tuple) or len(value) < 2:
            raise TypeError("Must provide 'func' or tuples of 'column, aggfunc'.")
        if len(value) > 2:
            return None
        if value[0] not in columns:
            raise KeyError(f"Label(s) {[value[0]]} do not exist: {missing_column(value[0], columns)}")
        pairs.append((label, value[0], value[1]))
    return spec_of(pairs, labels_index([each[0] for each in pairs]), False)


def spec_of(pairs: list[tuple[Any, Any, Any]], labels: Any, single: bool) -> Spec | None:
    """Requests for (label, column, function); None if one of them does not go in parts."""
    hows = [how_of(func) for _, _, func in pairs]
    if any(how is None for how in hows):
        if any(isinstance(func, Aggregation) for _, _, func in pairs):
            others = [title(func) for (_, _, func), how in zip(pairs, hows, strict=True) if how is None]
            raise NotImplementedError(f"cannot compute {others} together with an Aggregation: ask for them apart")
        return None
    if labels is not None and not labels.is_unique:
        raise pd.errors.SpecificationError("Function names must be unique, found multiple of the same name")
    return Spec(
        tuple([Request(label, column, how) for (label, column, _), how in zip(pairs, hows, strict=True)]),
        labels,
        single,
    )
