"""Users' functions of whole partitions; those of rows and values are in `weft.dataframe.ops.function_methods`.

A user's function is opaque: which columns it looks at is not known unless it is said (``required_columns``), and what it
gives is found out by calling it on two made-up rows of the right types, or else on the first rows of the data. To the
function the layout of partitions is visible, so nothing moves below it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import ROWS, VALUES, FrameExpr, Partitionwise, column_needs, place_pick, row_needs
from weft.dataframe.kernels.calls import Bound, children_of, template_of
from weft.dataframe.kernels.pandas.functions import Whole, checked_call
from weft.dataframe.meta import UNKNOWN, emulate, is_pandas, make_meta, meta_nonempty, same_kind
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.elementwise import rowed_of
from weft.execution import compute, graph_of, is_weft_collection
from weft.expr import Cost, Expr, Fact, Needs, derived, node
from weft.physical.blockwise import Listed, blockwise
from weft.physical.opaque import Foreign
from weft.physical.outside import Outside

__all__ = ["MapPartitions", "argument", "inferred", "map_partitions"]


@node
class MapPartitions(Partitionwise):
    """A user's function of the partitions at each place.

    Parameters
    ----------
    function : callable
    inputs, keywords : tuple
        Frames, plain values, and blocks of other collections.
    given : pandas object or value
        The meta.
    keeps_rows : bool
        Whether the result has the rows of the first frame.
    edges : tuple or None
        Divisions of the result.
    wants : tuple of str
        Which of ``partition_info`` and ``division_info`` the function takes.
    needed : tuple of labels or None
        The columns of the frames that the function looks at; None: all.
    enforce : bool
        Whether a result is checked against the meta.
    title : str
    """

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    given: Any
    keeps_rows: bool = False
    edges: tuple[Any, ...] | None = None
    wants: bool = False
    needed: tuple[Hashable, ...] | None = None
    enforce: bool = True
    title: str = "map_partitions"

    facts = frozenset({Fact.BARRIER})

    @property
    def label(self) -> str:
        return self.title

    @derived
    def blocks(self) -> tuple[Expr, ...]:
        """All that is read."""
        return tuple(children_of(self.inputs, *[value for _, value in self.keywords]))

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return tuple([each for each in self.blocks if isinstance(each, FrameExpr)])

    @derived
    def meta(self) -> Any:
        return self.given

    @derived
    def npartitions(self) -> int:
        return max([each.npartitions for each in self.frames])

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.edges

    @derived
    def rows(self) -> Hashable:
        rowed = rowed_of(self.frames)
        return rowed[0].rows if self.keeps_rows and rowed else self.name

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if self.needed is not None and isinstance(child, FrameExpr) and child.meta.ndim == 2:
            return ROWS | column_needs(self.needed)
        return ROWS | VALUES if not self.keeps_rows or self.title == "map_partitions" else row_needs(asked) | VALUES

    def lower(self) -> Expr:
        template = template_of(self.inputs, self.keywords)
        call: Any = Bound(self.function, template)
        if self.enforce and is_pandas(self.given):
            call = Bound(
                checked_call,
                template_of((self.function, self.title, Whole(self.given), *template.inputs), template.keywords),
            )
        count = self.npartitions
        sources: list[Any] = []
        for each in self.blocks:
            sources.append((each, place_pick(each, count) if isinstance(each, FrameExpr) else ()))
        if not self.wants:
            return blockwise(self.outline, call, sources, cost=self.cost)
        edges = self.frames[0].divisions or (None,) * (count + 1)
        infos = tuple([{"number": number, "division": edges[number]} for number in range(count)])
        return blockwise(self.outline, WithInfo(call, len(sources)), sources, [Listed(infos)], cost=self.cost)


class WithInfo:
    """A call that is also told about its partition."""

    def __init__(self, call: Any, blocks: int) -> None:
        self.call = call
        self.blocks = blocks

    def __weft_tokenize__(self) -> Any:
        return ("with-info", self.call, self.blocks)

    def __call__(self, *values: Any) -> Any:
        template = self.call.template
        inputs, keywords = template.filled(values[: self.blocks])
        return self.call.function(*inputs, **keywords, partition_info=values[-1])


def map_partitions(
    func: Callable[..., Any],
    *args: Any,
    meta: Any = UNKNOWN,
    enforce_metadata: bool = True,
    transform_divisions: bool = True,
    clear_divisions: bool = False,
    align_dataframes: bool = True,
    parent_meta: Any = None,
    required_columns: Sequence[Hashable] | None = None,
    token: str | None = None,
    **kwargs: Any,
) -> Any:
    """A function of each partition, which it gets as a pandas object.

    Parameters
    ----------
    func : callable
        Called with the partitions at one place, and with the other arguments as they are. If it has a parameter
        ``partition_info`` it is told ``{"number": ..., "division": ...}`` of its partition.
    *args, **kwargs
        Frames, series, scalars and delayed values, which the function gets computed; anything else as it is.
    meta : pandas object, array, mapping, pair or value, optional
        What the function gives (see `make_meta`). By default it is found out by trying.
    enforce_metadata : bool
        Whether results are checked: those of other columns or another kind than the meta's are errors.
    transform_divisions : bool
        Where the first argument is an index whose divisions are known: apply the function to them as well.
    clear_divisions : bool
        The index of the results has nothing to do with the divisions of the first frame.
    align_dataframes : bool
        Whether frames of different rows are aligned by their index first; otherwise their partitions are taken as they
        stand, and there must be as many (or one).
    required_columns : list of labels, optional
        Columns of the frames that the function looks at: the others need not be made.
    token : str, optional
        A name for the operation.

    Returns
    -------
    DataFrame, Series, Index or Array
        As the meta says. A function that gives single values makes a series with one of them for each partition; one that
        gives arrays (a model's ``predict``) a chunked array, whose chunks have lengths that are not known.

    Raises
    ------
    MetaError
        The function fails on made-up rows and on the first real ones.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
    >>> dd.map_partitions(lambda part: part.a * 2, frame).compute(scheduler="sync").tolist()
    [2, 4, 6]
    """
    if not callable(func):
        raise TypeError(f"map_partitions() takes a function first; it was given a {type(func).__name__}")
    inputs = [argument(each) for each in args]
    keywords = [(word, argument(each)) for word, each in kwargs.items()]
    frames = [
        each for each in children_of(tuple(inputs), *[value for _, value in keywords]) if isinstance(each, FrameExpr)
    ]
    if not frames:
        raise TypeError("map_partitions() needs a frame, series or index among its arguments")
    rowed = [each for each in frames if is_pandas(each.meta)]
    if align_dataframes and len(rowed) > 1:
        rowed = [each for each in rowed if each.npartitions > 1 or len({one.npartitions for one in rowed}) == 1]
        if any(each.rows != rowed[0].rows for each in rowed):
            moved = dict(zip([each.name for each in rowed], align_rows(rowed)))
            inputs = [moved.get(each.name, each) if isinstance(each, Expr) else each for each in inputs]
            keywords = [
                (word, moved.get(each.name, each) if isinstance(each, Expr) else each) for word, each in keywords
            ]
    counts = {each.npartitions for each in frames}
    if len(counts - {1}) > 1:
        raise ValueError(
            f"cannot take partitions side by side: the frames have {' and '.join(map(str, sorted(counts)))} of them"
        )
    first = next(
        (each for each in [*inputs, *[value for _, value in keywords]] if isinstance(each, FrameExpr)), frames[0]
    )
    wants = takes_info(func)
    extra = {"partition_info": {"number": 0, "division": None}} if wants else {}
    if meta is UNKNOWN or meta is None:
        given = inferred("map_partitions", func, tuple(inputs), tuple(keywords), extra)
    else:
        given = make_meta(meta, parent_meta=parent_meta if parent_meta is not None else first.meta)
    needed = None if required_columns is None else tuple(required_columns)
    title = token or getattr(func, "__name__", "map_partitions").replace("<lambda>", "lambda")
    if is_rows_of_array(given):
        untold = pd.Series([], dtype=object)
        rows = MapPartitions(func, tuple(inputs), tuple(keywords), untold, False, None, wants, needed, False, title)
        blocks = Foreign(graph_of([new(rows)]), tuple(rows.keys()))
        return CONVERSIONS["array-rows"](f"array-{rows.name}", blocks, rows.npartitions, None, given[:0])
    is_scalar = not is_pandas(given)
    if is_scalar:
        kind: Any = object if isinstance(given, (list, tuple, set, dict)) else np.asarray(given).dtype
        kind = "str" if isinstance(given, str) else kind
        given = pd.Series([], dtype=kind)
        func = single_rows(func)
    edges = None if clear_divisions or is_scalar else first.divisions
    if edges is not None and transform_divisions and isinstance(first.meta, pd.Index):
        edges = transformed(func, edges, keywords)
    expr = MapPartitions(
        func,
        tuple(inputs),
        tuple(keywords),
        given,
        False,
        edges,
        wants,
        needed,
        bool(enforce_metadata),
        title,
    )
    return new(expr)


def is_rows_of_array(given: Any) -> bool:
    """Whether a meta is an array with axes, of whatever kind: then the results are blocks of a chunked array."""
    if is_pandas(given) or isinstance(given, pd.api.extensions.ExtensionArray):
        return False
    return hasattr(given, "dtype") and hasattr(given, "shape") and len(given.shape) > 0


def argument(value: Any) -> Any:
    """What stands in a node for an argument: frames and other collections as expressions, large data held."""
    if isinstance(value, FrameBase):
        return value.expr
    if is_weft_collection(value):
        return Outside.of(CONVERSIONS["delayed"](value).__weft_expr__())
    return value


def takes_info(func: Callable[..., Any]) -> bool:
    """Whether a function has a parameter ``partition_info``."""
    try:
        return "partition_info" in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


def transformed(func: Callable[..., Any], edges: tuple[Any, ...], keywords: Any) -> tuple[Any, ...] | None:
    """Divisions as a function of an index changes them; None where they are not sorted any more."""
    made = func(pd.Index(list(edges)), **dict(keywords))
    if not isinstance(made, pd.Index) or len(made) != len(edges) or not made.is_monotonic_increasing:
        return None
    return tuple(made)


def single_rows(func: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose values become series of one."""
    from weft.dataframe.kernels.pandas.functions import OneRow

    return OneRow(func)


#: Rows on which a function is tried that cannot take made-up ones.
SOME_ROWS = 20


def is_numbered(made: Any, source: Any) -> bool:
    """Whether a function of rows or values gave lists: columns with numbers, which are not those of its source."""
    if not isinstance(made, pd.DataFrame) or not made.columns.equals(pd.RangeIndex(made.shape[1])):
        return False
    return source.ndim < 2 or not made.columns.equals(source.columns)


def inferred(
    operation: str,
    func: Callable[..., Any],
    inputs: tuple[Any, ...],
    keywords: tuple[tuple[str, Any], ...],
    extra: dict[str, Any],
    shown: Callable[..., Any] | None = None,
) -> Any:
    """The meta of a call of a user's function."""
    template = template_of(inputs, keywords)
    children = children_of(inputs, *[value for _, value in keywords])

    def call(values: list[Any]) -> Any:
        filled, words = template.filled(values)
        return same_kind(func(*filled, **words, **extra))

    def made_up() -> Any:
        if any(not isinstance(each, FrameExpr) for each in children):
            raise ValueError("a delayed argument is not known before it is computed")
        made = call([meta_nonempty(each.meta) for each in children])  # type: ignore[attr-defined]
        if operation == "apply" and is_numbered(made, children[0].meta):  # type: ignore[attr-defined]
            raise ValueError("the columns have numbers, and how many there are depends on the values")
        return made

    def real() -> Any:
        values: list[Any] = []
        for each in children:
            if not isinstance(each, FrameExpr):
                raise ValueError("a delayed argument is not known before it is computed")
            is_cut = is_pandas(each.meta) and each.npartitions > 1
            values.append(new(each).head(SOME_ROWS) if is_cut else compute(new(each))[0])
        return call(values)

    return emulate(operation, shown or func, made_up, real)
