"""Users' own reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, make_meta, meta_nonempty
from weft.dataframe.treewise import EVERYTHING, SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Cost, Expr, Needs, derived, node

__all__ = ["CustomMethods"]


class CustomPlan(NamedTuple):
    """Functions of a user's reduction, with further keyword arguments."""

    chunk: Callable[..., Any]
    aggregate: Callable[..., Any]
    combine: Callable[..., Any] | None
    chunk_keywords: tuple[tuple[str, Any], ...]
    aggregate_keywords: tuple[tuple[str, Any], ...]
    combine_keywords: tuple[tuple[str, Any], ...]


@node
class Custom(Treewise):
    """A user's reduction."""

    source: FrameExpr
    functions: CustomPlan
    given: Any = UNKNOWN
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return getattr(self.functions.chunk, "__name__", "reduction").strip("<>")

    @property
    def plan(self) -> CustomPlan:
        return self.functions

    @property
    def width(self) -> int:
        return self.split_every

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY

    @derived
    def meta(self) -> Any:
        if self.given is not UNKNOWN:
            return make_meta(self.given)
        plan = self.functions
        steps: Any = KERNELS["pandas"][Custom]
        part = steps.chunk(meta_nonempty(self.source.meta), plan)
        return steps.finish(steps.combine(plan, part, part), plan, None)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING


class CustomMethods(FrameBase):
    """Reductions by functions of the user's."""

    __slots__ = ()

    def reduction(
        self,
        chunk: Callable[..., Any],
        aggregate: Callable[..., Any] | None = None,
        combine: Callable[..., Any] | None = None,
        meta: Any = UNKNOWN,
        token: str | None = None,
        split_every: Any = None,
        chunk_kwargs: dict[str, Any] | None = None,
        aggregate_kwargs: dict[str, Any] | None = None,
        combine_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """A reduction of your own.

        Parameters
        ----------
        chunk : callable
            Is given each partition.
        aggregate : callable, optional
            Is given what the chunks gave: frames one after another, series as rows of a frame, values as a series. The chunk's function
            by default.
        combine : callable, optional
            Is given the same of a few neighbours, and gives something of the same form. Without it nothing is combined
            before the end.
        meta : optional
            What comes of it; found by a trial by default.
        token : str, optional
            Of no effect: names come from the functions.
        split_every : int, optional
            How many results are combined at a time.
        chunk_kwargs, aggregate_kwargs, combine_kwargs : dict, optional
            Further arguments of each function.
        **kwargs
            Further arguments of ``chunk``.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = dd.from_pandas(pd.Series([1, 5, 9]), npartitions=2)
        >>> int(s.reduction(lambda part: (part > 3).sum(), aggregate=lambda counts: counts.sum()).compute())
        2
        """
        last = aggregate or chunk
        own = {**(chunk_kwargs or {}), **kwargs}
        plan = CustomPlan(
            chunk,
            last,
            combine,
            tuple(own.items()),
            tuple(((aggregate_kwargs if aggregate else own) or {}).items()),
            tuple((combine_kwargs or {}).items()),
        )
        expr = Custom(self.expr, plan, meta, check_split_every(split_every))
        _ = expr.meta
        return new(expr)
