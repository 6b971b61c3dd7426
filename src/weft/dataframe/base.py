"""What frame methods stand on: a collection with one expression, and `new`, which makes the right one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, TypeVar

import pandas as pd

from weft.collection.base import Collection
from weft.dataframe.engine import Together
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_blocks import FromBlocks
from weft.dataframe.meta import UNKNOWN, is_pandas, meta_nonempty
from weft.execution import compute
from weft.graph.mapping import graph_from_mapping
from weft.typing import Key

__all__ = ["FrameBase", "at_hand", "called", "changed", "for_numpy", "get_collection_type", "is_true", "new", "one_of"]


class FrameBase(Collection):
    """Base of frames, columns and scalars, and of the groups of their methods."""

    __slots__ = ("expr",)

    expr: FrameExpr
    #: The classes that users see by the pandas type they stand for; their modules fill it.
    made: ClassVar[dict[type, Callable[[FrameExpr], Any]]] = {}

    def __init__(self, expr: FrameExpr) -> None:
        if not isinstance(expr, FrameExpr):
            raise TypeError(
                f"a {type(self).__name__} is made of an expression, not of {type(expr).__name__}. "
                "Use from_pandas or read_parquet."
            )
        self.expr = expr

    @property
    def npartitions(self) -> int:
        """Number of partitions."""
        return self.expr.npartitions

    @property
    def divisions(self) -> tuple[Any, ...]:
        """Index values at the edges of the partitions; None in each place where they are not known."""
        edges = self.expr.divisions
        return (None,) * (self.npartitions + 1) if edges is None else tuple(edges)

    @property
    def known_divisions(self) -> bool:
        """Whether index values at the edges of the partitions are known."""
        return self.expr.divisions is not None

    @property
    def _name(self) -> str:
        """The name of the partitions' keys; programs written for Dask look at it."""
        return self.expr.name

    @property
    def _meta(self) -> Any:
        """The pandas object without rows that this is like; programs written for Dask look at it."""
        return self.expr.meta

    @property
    def _meta_nonempty(self) -> Any:
        """The same with made-up rows."""
        return meta_nonempty(self.expr.meta)

    def __weft_expr__(self) -> Any:
        return self.expr

    def __weft_whole__(self) -> Any:
        """What `compute` asks for in place of this: all rows in one block."""
        expr = self.expr
        return self if expr.npartitions == 1 or not is_pandas(expr.meta) else new(Together(expr))

    def __weft_keys__(self) -> list[Key]:
        return self.expr.keys()

    def __weft_tokenize__(self) -> str:
        return self.expr.name

    def __weft_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.expr.assemble, ()

    def __weft_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.with_blocks, ()

    def with_blocks(self, blocks: Mapping[Key, Any], rename: Mapping[str, str] | None = None) -> Any:
        """The same collection with its partitions from a graph, or there already; under another name if there is one."""
        return new(FromBlocks.of(self.expr, graph_from_mapping(blocks), rename))

    def __bool__(self) -> bool:
        raise ValueError(
            f"the truth value of a {type(self).__name__} is ambiguous, and not known before it is computed. Compute it first, "
            "or use & and | in place of and and or."
        )


def changed(frame: Any, made: Any, inplace: bool, *, gives_frame: bool = False) -> Any:
    """What a method with ``inplace=`` returns: what it made; or, if asked, nothing, and the frame at hand stands for it.

    Other handles of the same rows do not change. Methods that fill and replace values give the frame, as pandas' do.
    """
    if not is_true("inplace", inplace):
        return made
    frame.expr = made.expr
    return frame if gives_frame else None


def is_true(name: str, value: Any) -> bool:
    """An argument that is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f'For argument "{name}" expected type bool, received type {type(value).__name__}.')
    return value


def at_hand(value: Any) -> Any:
    """A value for what has to know it when the call is made: one of ours, or several in a list, computed."""
    if isinstance(value, (list, tuple)) and any(isinstance(each, FrameBase) for each in value):
        return compute(*value)
    return value.compute() if isinstance(value, FrameBase) else value


def one_of(method: str, **names: Any) -> Any:
    """The value of a parameter that has several names."""
    given = {name: value for name, value in names.items() if value is not UNKNOWN}
    if len(given) != 1:
        raise TypeError(f"{method}() takes one of {' and '.join(names)}; it was given {', '.join(given) or 'none'}")
    (value,) = given.values()
    return value


Method = TypeVar("Method", bound=Callable[..., Any])


def for_numpy(method: Method) -> Method:
    """A method that NumPy's function of the same name may call, too: ``np.sum(frame)`` gives it ``out=None`` and its like."""

    @wraps(method)
    def taken(self: Any, *args: Any, out: None = None, dtype: None = None, **kwargs: Any) -> Any:
        for word, value in (("out", out), ("dtype", dtype)):
            if value is not None:
                raise ValueError(
                    f"the '{word}' parameter is not supported in the pandas implementation of {method.__name__}()"
                )
        return method(self, *args, **kwargs)

    return taken  # type: ignore[return-value]


def called(value: Any, frame: Any) -> Any:
    """What a function of the frame, or an expression such as ``pandas.col("a") + 1``, stands for; other values themselves."""
    if isinstance(value, FrameBase):
        return value
    evaluate = getattr(value, "_eval_expression", None)
    if evaluate is not None:
        return evaluate(frame)
    return value(frame) if callable(value) else value


def new(expr: FrameExpr) -> Any:
    """The collection of an expression: by the type of its meta."""
    return get_collection_type(expr.meta)(expr)


def get_collection_type(arg: Any) -> Callable[[FrameExpr], Any]:
    """The class of what has a meta: of frames, series, indexes or single values.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.get_collection_type(pd.Series([1])).__name__
    'Series'
    """
    for kind in (pd.DataFrame, pd.Series, pd.Index):
        if isinstance(arg, kind):
            return FrameBase.made[kind]
    return FrameBase.made[object]
