"""Frames of a user's function: one call for each partition."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.io.source import Dataset, FileSource, Reading
from weft.dataframe.meta import make_meta
from weft.errors import TokenizationError
from weft.expr import node
from weft.expr.naming import nonce
from weft.tokenize import tokenize

__all__ = ["DataFrameIOFunction", "FromMap", "from_map"]

UNKNOWN = object()


class DataFrameIOFunction:
    """What a function of :func:`from_map` may be, so that it reads some columns only: an example to derive from.

    ``columns`` are those that it reads, and ``project_columns(columns)`` gives a function that reads others.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    @property
    def columns(self) -> list[str] | None:
        """The columns that are read; None: all."""
        return self.kwargs.get("columns")

    def project_columns(self, columns: list[str]) -> Any:
        """The function for some of the columns."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how it reads some columns: give it project_columns"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how it reads a partition: give it __call__")


class MapPart(NamedTuple):
    """Arguments of one call."""

    values: tuple[Any, ...]


class MapReader(NamedTuple):
    """How partitions are made."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: Mapping[str, Any]
    by: str | None
    every: tuple[Hashable, ...]

    def read(self, part: MapPart, how: Reading) -> Any:
        """One partition."""
        function, keywords = self.function, self.keywords
        if how.columns != self.every:
            if self.by == "method":
                function = function.project_columns(list(how.columns))  # type: ignore[attr-defined]
            elif self.by == "keyword":
                keywords = {**keywords, "columns": list(how.columns)}
        return function(*part.values, *self.args, **keywords)


class MapDataset(Dataset):
    """Calls of a function."""

    def __init__(
        self,
        reader: MapReader,
        parts: tuple[MapPart, ...],
        meta: Any,
        divisions: Any,
        label: str,
        token: Any,
        strict: bool,
    ) -> None:
        self.reader = reader
        self.parts = parts
        self.whole = meta
        self.ends = divisions
        self.title = label
        self.token = token
        self.strict = strict

    @property
    def columns(self) -> tuple[Hashable, ...]:
        return (
            tuple(self.whole.columns) if isinstance(self.whole, pd.DataFrame) else (getattr(self.whole, "name", None),)
        )

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> Any:
        if columns is None or not isinstance(self.whole, pd.DataFrame):
            return self.whole
        return self.whole[list(columns)]

    def divisions(self) -> tuple[Any, ...] | None:
        return self.ends  # type: ignore[no-any-return]


@node
class FromMap(FileSource):
    """Some columns of what a function gives."""

    @property
    def label(self) -> str:
        return str(self.dataset.title)  # type: ignore[attr-defined]


def from_map(
    func: Callable[..., Any],
    *iterables: Iterable[Any],
    args: Iterable[Any] | None = None,
    meta: Any = UNKNOWN,
    divisions: Any = None,
    label: str | None = None,
    enforce_metadata: bool = False,
    **kwargs: Any,
) -> Any:
    """Frame whose partitions are calls of a function, one for each element of some iterables.

    A function with an argument ``columns``, or with a method ``project_columns``, is asked only for the columns that a program
    uses.

    Parameters
    ----------
    func : callable
        ``func(*elements, *args, **kwargs)`` gives a pandas frame, series or index.
    *iterables : iterables
        Of one length; partition *i* is made of the *i*-th elements.
    args : iterable, optional
        Further arguments, the same for all.
    meta : pandas object or mapping, optional
        Columns and types; by default the first partition is made to see them.
    divisions : sequence, optional
        Index values at the edges of the partitions, one more than there are partitions.
    label : str, optional
        What the operation is called.
    enforce_metadata : bool
        Hold what the function gives to the meta's types.
    **kwargs
        Arguments by name.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> def make(number, columns=("a", "b")):
    ...     return pd.DataFrame({"a": [number], "b": [-number]})[list(columns)]
    >>> dd.from_map(make, [1, 2]).b.sum().compute(scheduler="sync")
    np.int64(-3)
    """
    if not callable(func):
        raise ValueError(f"from_map() takes a function, not {func!r}")
    lists = []
    for each in iterables:
        if not isinstance(each, Iterable):
            raise ValueError(f"from_map() takes iterables of arguments; {each!r} is none")
        lists.append(list(each))
    if not lists or not lists[0]:
        raise ValueError("from_map() makes a partition for each element, and needs at least one")
    lengths = [len(each) for each in lists]
    if len(set(lengths)) > 1:
        raise ValueError(f"from_map() was given iterables of different lengths, {lengths}")
    parts = tuple([MapPart(values) for values in zip(*lists, strict=True)])
    more = tuple(args or ())
    if meta is UNKNOWN or meta is None:
        made = func(*parts[0].values, *more, **kwargs)
        if not isinstance(made, (pd.DataFrame, pd.Series, pd.Index)):
            raise TypeError(f"the function of from_map() gives pandas objects; it gave a {type(made).__name__}")
        empty = made[:0] if isinstance(made, pd.Index) else made.iloc[:0]
    else:
        empty = make_meta(meta)
    ends = None if divisions is None else tuple(divisions)
    if ends is not None and len(ends) != len(parts) + 1:
        raise ValueError(f"divisions are one more than the {len(parts)} partitions; there are {len(ends)}")
    if ends is not None and None in ends:
        ends = None
    try:
        token = tokenize(func, lists, more, kwargs, repr(empty), ends, ensure_deterministic=True)
    except TokenizationError:
        token = nonce()
    by = None
    if isinstance(empty, pd.DataFrame):
        if hasattr(func, "project_columns"):
            by = "method"
        elif takes_columns(func) and kwargs.get("columns") is None:
            by = "keyword"
    every = tuple(empty.columns) if isinstance(empty, pd.DataFrame) else (getattr(empty, "name", None),)
    name = label or getattr(func, "__name__", None) or "from_map"
    if name == "<lambda>":
        name = "from_map"
    dataset = MapDataset(MapReader(func, more, kwargs, by, every), parts, empty, ends, name, token, enforce_metadata)
    return new(FromMap(dataset, every))


def takes_columns(func: Callable[..., Any]) -> bool:
    """Whether a function has an argument ``columns``."""
    try:
        parameter = inspect.signature(func).parameters.get("columns")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY
