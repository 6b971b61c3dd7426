"""Users' functions of partitions with rows of their neighbours around them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import FrameExpr, place_pick
from weft.dataframe.kernels.calls import Bound, children_of, template_of
from weft.dataframe.kernels.pandas.functions import Whole, checked_call
from weft.dataframe.kernels.pandas.neighbours import OverlapPlan
from weft.dataframe.meta import UNKNOWN, is_pandas, make_meta
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.map_partitions import argument, inferred
from weft.dataframe.ops.neighbours import is_timelike, needs_rows
from weft.expr import Cost, Expr, Fact, derived, node

__all__ = ["MapOverlap", "map_overlap"]


@node
class MapOverlap(Carried):
    """A user's function of partitions with rows around them; what it gives for those is cut off again."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    before: Any
    after: Any
    given: Any
    edges: tuple[Any, ...] | None
    enforce: bool = True
    title: str = "map_overlap"

    facts = frozenset({Fact.BARRIER})

    @property
    def label(self) -> str:
        return self.title

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return tuple(children_of(self.inputs, *[value for _, value in self.keywords]))  # type: ignore[arg-type]

    @derived
    def meta(self) -> Any:
        return self.given

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.edges

    @derived
    def rows(self) -> Hashable:
        return self.name

    @property
    def plan(self) -> OverlapPlan:
        template = template_of(self.inputs, self.keywords)
        call = Bound(self.function, template)
        if self.enforce:
            whole = (self.function, self.title, Whole(self.given), *template.inputs)
            call = Bound(checked_call, template_of(whole, template.keywords))
        rowed = tuple([is_pandas(each.meta) and place_pick(each, self.npartitions) == (0,) for each in self.frames])
        return OverlapPlan(call, self.before, self.after, rowed, self.title)

    @property
    def looks_before(self) -> bool:
        return needs_rows(self.before)

    @property
    def looks_after(self) -> bool:
        return needs_rows(self.after)

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY


def check_reach(name: str, reach: Any, index: pd.Index) -> Any:
    """Rows before or behind, as a number or as a distance of times."""
    if isinstance(reach, (int, np.integer)) and not isinstance(reach, bool):
        if reach < 0:
            raise ValueError(f"{name} must be positive; it is {reach}")
        return int(reach)
    try:
        distance = pd.Timedelta(reach)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a number of rows or a stretch of time; it is {reach!r}") from None
    if not is_timelike(index):
        raise TypeError(
            f"Must have a `DatetimeIndex` when using string offset for `{name}`; the index is {type(index).__name__} of {index.dtype}"
        )
    if distance < pd.Timedelta(0):
        raise ValueError(f"{name} must be positive; it is {reach!r}")
    return distance


def map_overlap(
    func: Callable[..., Any],
    df: Any,
    before: Any,
    after: Any,
    *args: Any,
    meta: Any = UNKNOWN,
    enforce_metadata: bool = True,
    transform_divisions: bool = True,
    clear_divisions: bool = False,
    align_dataframes: bool = True,
    token: str | None = None,
    **kwargs: Any,
) -> Any:
    """A function of each partition with the last rows before it and the first rows behind it.

    The function must give a row for each that it gets; those of the rows around are cut off again. Neighbours may be shorter
    than what is asked for: rows then come from further away.

    Parameters
    ----------
    func : callable
        Called with the partition of ``df`` and its surroundings, then ``args`` and ``kwargs``.
    df : DataFrame, Series or Index
    before, after : int, Timedelta or str
        How many rows; or, where the index is of times in order, how far away.
    *args, **kwargs
        Further arguments; frames get surroundings, too.
    meta : pandas object, mapping or pair, optional
        What the function gives; found out by trying by default.
    enforce_metadata, clear_divisions, align_dataframes, token
        As for `map_partitions`.
    transform_divisions : bool
        For programs written for Dask; rows keep their labels.

    Raises
    ------
    ValueError
        A negative number of rows; or, when it is computed, a function that gives more or fewer rows than it gets.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 4, 7]}), npartitions=2)
    >>> dd.map_overlap(lambda part: part.diff(), df, 1, 0).a.compute().tolist()
    [nan, 1.0, 2.0, 3.0]
    """
    if not callable(func):
        raise TypeError(f"map_overlap() takes a function first; it was given a {type(func).__name__}")
    if not isinstance(df, FrameBase) or not is_pandas(df.expr.meta):
        raise TypeError(f"map_overlap() takes a frame, series or index, not a {type(df).__name__}")
    index = df.expr.meta if isinstance(df.expr.meta, pd.Index) else df.expr.meta.index
    reach = check_reach("before", before, index), check_reach("after", after, index)
    inputs: list[Any] = [argument(each) for each in (df, *args)]
    keywords = [(word, argument(each)) for word, each in kwargs.items()]
    children = children_of(tuple(inputs), *[value for _, value in keywords])
    rowed = [each for each in children if isinstance(each, FrameExpr) and is_pandas(each.meta)]
    rowed = [each for each in rowed if each.npartitions > 1 or each.npartitions == rowed[0].npartitions]
    if align_dataframes and any(each.rows != rowed[0].rows for each in rowed):
        moved = dict(zip([each.name for each in rowed], align_rows(rowed)))
        inputs = [moved.get(each.name, each) if isinstance(each, Expr) else each for each in inputs]
        keywords = [(word, moved.get(each.name, each) if isinstance(each, Expr) else each) for word, each in keywords]
    if meta is UNKNOWN or meta is None:
        given = inferred("map_overlap", func, tuple(inputs), tuple(keywords), {})
    else:
        given = make_meta(meta, parent_meta=df.expr.meta)
    edges = None if clear_divisions else inputs[0].divisions
    title = token or getattr(func, "__name__", "map_overlap").replace("<lambda>", "overlap-lambda")
    enforce = bool(enforce_metadata) and is_pandas(given)
    return new(MapOverlap(func, tuple(inputs), tuple(keywords), *reach, given, edges, enforce, title))


class OverlapMethods(FrameBase):
    """Functions of partitions with rows around them."""

    __slots__ = ()

    def map_overlap(self, func: Callable[..., Any], before: Any, after: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of each partition with rows around it; see `weft.dataframe.map_overlap`."""
        return map_overlap(func, self, before, after, *args, **kwargs)
