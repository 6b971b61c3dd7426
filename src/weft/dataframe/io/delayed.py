"""Frames of delayed values, and partitions as delayed values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from weft.collection.base import WeftMethodsMixin
from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.meta import make_meta
from weft.execution import graph_of
from weft.expr import Expr, derived, node
from weft.graph.makers import identity
from weft.physical.call import Gathered
from weft.physical.mosaic import Mosaic
from weft.physical.outside import Outside

__all__ = ["DelayedMethods", "FromDelayed", "from_delayed"]


class Promised:
    """A zero-length object and divisions as an operand."""

    def __init__(self, meta: Any, divisions: tuple[Any, ...] | None) -> None:
        self.meta = meta
        self.divisions = divisions

    def __weft_tokenize__(self) -> Any:
        return (repr(self.meta), str(getattr(self.meta, "dtypes", "")), self.divisions)


@node
class FromDelayed(FrameExpr):
    """Partitions that are delayed values."""

    child_fields = ("values",)

    values: tuple[Outside, ...]
    promised: Promised
    prefix: str = "from_delayed"

    @property
    def label(self) -> str:
        return self.prefix

    @derived
    def meta(self) -> Any:
        return self.promised.meta

    @derived
    def npartitions(self) -> int:
        return len(self.values)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.promised.divisions

    def lower(self) -> Expr:
        return Mosaic(self.outline, self.values)


def verified(value: Any, meta: Any) -> Any:
    """A partition that must be what was promised."""
    if type(value) is not type(meta) and not isinstance(value, type(meta)):
        raise ValueError(
            f"a delayed value of from_delayed() is a {type(value).__name__}, where meta says {type(meta).__name__}. Pass the meta= of "
            "all values, or verify_meta=False."
        )
    if isinstance(meta, pd.DataFrame):
        if list(value.columns) != list(meta.columns):
            raise ValueError(
                f"a delayed value of from_delayed() has the columns {list(value.columns)}, where meta has {list(meta.columns)}. "
                "Pass the meta= of all values, or verify_meta=False."
            )
        pairs = [
            (label, found, promised)
            for label, found, promised in zip(meta.columns, value.dtypes.array, meta.dtypes.array, strict=True)
        ]
    else:
        pairs = [(meta.name, value.dtype, meta.dtype)]
    for label, found, promised in pairs:
        if found != promised and not (
            isinstance(found, pd.CategoricalDtype) and isinstance(promised, pd.CategoricalDtype)
        ):
            raise ValueError(
                f"column {label!r} of a delayed value of from_delayed() is {found}, where meta says {promised}. Cast it, pass the "
                "meta= of all values, or verify_meta=False."
            )
    return value


def from_delayed(
    dfs: Any,
    meta: Any = None,
    divisions: Any = None,
    prefix: str | None = None,
    verify_meta: bool = True,
) -> Any:
    """Frame whose partitions are delayed values.

    Parameters
    ----------
    dfs : Delayed, future, or iterable of them
        Pandas objects when they are computed.
    meta : pandas object or mapping, optional
        Columns and types; by default the first value is computed to see them.
    divisions : sequence, optional
        Index values at the edges of the partitions; ``"sorted"``: all are computed once to find them.
    prefix : str, optional
        What the operation is called.
    verify_meta : bool
        Raise, when it is computed, for values that have other columns or types.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft
    >>> import weft.dataframe as dd
    >>> load = weft.delayed(lambda number: pd.DataFrame({"a": [number]}))
    >>> dd.from_delayed([load(1), load(2)]).a.sum().compute(scheduler="sync")
    np.int64(3)
    """
    several = list(dfs) if isinstance(dfs, Iterable) and not isinstance(dfs, WeftMethodsMixin) else [dfs]
    if not several:
        raise TypeError("from_delayed() needs at least one delayed value")
    delayed = CONVERSIONS["delayed"]
    for each in several:
        if isinstance(each, (pd.DataFrame, pd.Series, pd.Index)) or not (
            hasattr(each, "__weft_keys__") or hasattr(each, "key")
        ):
            raise TypeError(f"from_delayed() takes delayed values, not a {type(each).__name__}")
    if meta is None:
        first = delayed(several[0]).compute()
        if not isinstance(first, (pd.DataFrame, pd.Series, pd.Index)):
            raise TypeError(f"the values of from_delayed() are pandas objects; the first is a {type(first).__name__}")
        empty = first[:0] if isinstance(first, pd.Index) else first.iloc[:0]
    else:
        empty = make_meta(meta)
    if isinstance(divisions, str) and divisions != "sorted":
        raise ValueError(f'divisions= takes index values, "sorted" or None, not {divisions!r}')
    is_sorted = isinstance(divisions, str)
    ends = None if divisions is None or is_sorted else tuple(divisions)
    if ends is not None and len(ends) != len(several) + 1:
        raise ValueError(f"divisions are one more than the {len(several)} partitions; there are {len(ends)}")
    if ends is not None and None in ends:
        ends = None
    check = delayed(verified, pure=True)
    values = tuple(
        [Outside.of((check(each, empty) if verify_meta else delayed(each)).__weft_expr__()) for each in several]
    )
    made = new(FromDelayed(values, Promised(empty, ends), prefix or "from_delayed"))
    return made.compute_current_divisions(set_divisions=True) if is_sorted else made


class Partition:
    """One partition of a frame, as `weft.delayed` takes it."""

    def __init__(self, frame: Any, key: Any) -> None:
        self.frame = frame
        self.key = key

    def _weft_node_(self) -> Gathered:
        name, *places = self.key
        return Gathered((f"delayed-{name}", *places), self.frame, [self.key], identity)


class DelayedMethods(FrameBase):
    """Partitions as delayed values."""

    __slots__ = ()

    def to_delayed(self, optimize_graph: bool = True) -> list[Any]:
        """A delayed value for each partition.

        Parameters
        ----------
        optimize_graph : bool
            Whether the frame is optimised before it is computed.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> parts = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2).to_delayed()
        >>> [len(part.compute(scheduler="sync")) for part in parts]
        [1, 1]
        """
        frame = self if optimize_graph else self.with_blocks(graph_of([self], optimize_graph=False))
        delayed = CONVERSIONS["delayed"]
        return [delayed(Partition(frame, key)) for key in frame.__weft_keys__()]
