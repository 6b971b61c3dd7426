"""Frames one after another, or side by side."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.divisions import is_at_hand
from weft.dataframe.expr import (
    VALUES,
    FrameExpr,
    Partitionwise,
    asked_columns,
    column_needs,
    row_needs,
    schema_of,
)
from weft.dataframe.io.from_pandas import from_pandas, rows_in_memory
from weft.dataframe.kernels.pandas.elementwise import Pairs, function_named
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.assignment import assign
from weft.dataframe.ops.categorical import known
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf, ToFrame
from weft.dataframe.ops.labels import relabelled, with_index
from weft.dataframe.ops.projection import Projection
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.mosaic import Mosaic

__all__ = ["Concat", "concat"]


class Conform:
    """Operation of a kernel: a partition with the columns and types of a meta."""


def row_meta(metas: Sequence[Any], join: str, labels: tuple[Hashable, ...] | None) -> Any:
    """The meta of rows one after another; ``labels`` are the columns, in order."""
    made = pd.concat([meta_nonempty(each) for each in metas], join=join).iloc[:0]
    if labels is not None and isinstance(made, pd.DataFrame):
        made = made[[label for label in labels if label in made.columns]]
    if any(each.index.nlevels > 1 for each in metas):
        return made
    made.index = pd.concat([pd.Series(index=each.index, dtype=object) for each in metas]).index[:0]
    return made


@node
class Concat(FrameExpr):
    """The rows of several frames, one after another."""

    sources: tuple[FrameExpr, ...]
    join: str
    labels: tuple[Hashable, ...] | None

    @derived
    def meta(self) -> Any:
        return row_meta([each.meta for each in self.sources], self.join, self.labels)

    @derived
    def npartitions(self) -> int:
        return sum([each.npartitions for each in self.sources])

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        every = [each.divisions for each in self.sources]
        if any(each is None or not is_at_hand(each) for each in every):
            return None
        return edges_in_order(every)  # type: ignore[arg-type]

    @derived
    def partition_nbytes(self) -> int:
        return max([each.partition_nbytes for each in self.sources])

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if Need.VALUES in asked or child.meta.ndim == 1:  # type: ignore[attr-defined]
            return row_needs(asked) | VALUES
        return row_needs(asked) | column_needs(asked_columns(asked, child.columns))  # type: ignore[attr-defined]

    def lower(self) -> Expr:
        made: list[Expr] = []
        for number, source in enumerate(self.sources):
            if schema_of(source.meta)[0] == schema_of(self.meta)[0]:
                made.append(source)
                continue
            outline = Outline(self.name, f"conform-{number}", source.numblocks, source.partition_nbytes)
            kernel = KERNELS["pandas"][Conform]
            made.append(blockwise(outline, kernel, [(source, (0,))], [Same(self.meta)], cost=Cost.LIGHT))
        return Mosaic(self.outline, tuple(made))


def edges_in_order(every: Sequence[Sequence[Any]]) -> tuple[Any, ...] | None:
    """Divisions of frames one after another, if each begins after the end of the one before."""
    try:
        if any(after[0] <= before[-1] for before, after in pairwise(every)):
            return None
    except TypeError:
        return None
    return (*[edge for each in every[:-1] for edge in each[:-1]], *every[-1])


@node
class ConcatAligned(Partitionwise):
    """Rows of frames with matching partitions: those of each place one after another."""

    sources: tuple[FrameExpr, ...]
    join: str
    labels: tuple[Hashable, ...] | None

    @property
    def label(self) -> str:
        return "concat"

    @derived
    def meta(self) -> Any:
        return row_meta([each.meta for each in self.sources], self.join, self.labels)

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.meta,)

    @derived
    def rows(self) -> Hashable:
        return self.name


@node
class ConcatColumns(Partitionwise):
    """Frames side by side; rows of one place are matched by index."""

    sources: tuple[FrameExpr, ...]
    join: str

    @property
    def label(self) -> str:
        return "concat"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.join,)

    @derived
    def rows(self) -> Hashable:
        first = self.sources[0].rows
        return first if all(each.rows == first for each in self.sources) else self.name

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = row_needs(asked)
        if self.rows == self.name:
            needs |= {Need.INDEX, Need.ORDER}
        if Need.VALUES in asked or child.meta.ndim == 1:  # type: ignore[attr-defined]
            return needs | VALUES
        return needs | column_needs(asked_columns(asked, child.columns))  # type: ignore[attr-defined]


def concat(
    dfs: Any,
    axis: Any = 0,
    join: str = "outer",
    ignore_unknown_divisions: bool = False,
    ignore_order: bool = False,
    interleave_partitions: bool = False,
    ignore_index: bool = False,
    sort: bool = False,
    keys: Any = None,
    names: Any = None,
    verify_integrity: bool = False,
    union_categories: bool = False,
    **kwargs: Any,
) -> Any:
    """Frames one after another (``axis=0``), or side by side with rows matched by index (``axis=1``).

    Parameters
    ----------
    dfs : list of DataFrame and Series, or mapping of keys to them
        Some may be pandas' own.
    axis : {0, 1, "index", "columns"}
    join : {"outer", "inner"}
        Whether labels of the other axis that not all have are kept.
    ignore_unknown_divisions : bool
        Side by side, take it that partitions at the same places match where divisions are not known. Otherwise rows are
        sorted by their index, so that they do.
    ignore_order : bool
        For programs written for Dask.
    interleave_partitions : bool
        Whether rows of frames with known divisions that overlap are put in order of divisions; otherwise they come one frame
        after another, and nothing is known of divisions.
    ignore_index : bool
        Whether rows (or columns) are numbered anew.
    sort : bool
        Whether columns that not all have are sorted.
    keys : list of labels, optional
        What each frame is called: the outermost level of the labels of rows (or columns).
    names : list of labels, optional
        Names of the levels.
    verify_integrity : bool
        Whether labels that are there twice are an error; this computes the labels.
    union_categories : bool
        Whether categories that differ become those of all.

    Raises
    ------
    ValueError
        There is nothing to concatenate; labels are there twice.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> one = dd.from_pandas(pd.DataFrame({"a": [1, 2]}), npartitions=2)
    >>> two = dd.from_pandas(pd.DataFrame({"a": [3], "b": ["x"]}, index=[2]), npartitions=1)
    >>> dd.concat([one, two]).npartitions
    3
    >>> dd.concat([one, two]).a.compute().tolist()
    [1, 2, 3]
    """
    if kwargs.get("levels") is not None:
        raise NotImplementedError("concat(levels=) is not supported: levels are those of the keys")
    if unknown := sorted(set(kwargs) - {"levels"}):
        raise TypeError(f"concat() got unexpected arguments {unknown}")
    if isinstance(dfs, (FrameBase, pd.DataFrame, pd.Series, str)):
        raise TypeError(f"first argument must be an iterable of frames, not a {type(dfs).__name__}: concat([df, ...])")
    if isinstance(dfs, Mapping):
        keys = list(dfs) if keys is None else keys
        dfs = [dfs[key] for key in keys]
    given = list(dfs)
    if keys is not None and len(keys) != len(given):
        raise ValueError(f"The length of the keys ({len(keys)}) must match the length of the objects ({len(given)})")
    if keys is not None and ignore_index:
        raise ValueError("Cannot set ignore_index=True and specify keys. Either should be used.")
    titles = None if keys is None else [key for key, each in zip(keys, given, strict=True) if each is not None]
    if names is None and isinstance(keys, pd.Index) and any(each is not None for each in keys.names):
        names = list(keys.names)
    frames = [as_collection(each) for each in given if each is not None]
    if not frames:
        raise ValueError("All objects passed were None" if given else "No objects to concatenate")
    if axis not in (0, 1, "index", "columns", "rows"):
        raise ValueError(f"No axis named {axis}: it is 0, 'index', 1 or 'columns'")
    if join not in ("inner", "outer"):
        raise ValueError(f"join must be 'inner' or 'outer'; it is {join!r}")
    if axis in (1, "columns"):
        made = side_by_side(frames, join, ignore_unknown_divisions, ignore_index)
        if titles is not None:
            metas = [meta_nonempty(each.expr.meta).set_axis(range(2), axis=0) for each in frames]
            made = relabelled(made, pd.concat(metas, axis=1, keys=titles, names=names).columns)
        if verify_integrity and not made.expr.meta.columns.is_unique:
            raise ValueError(f"Indexes have overlapping values: {list(made.expr.meta.columns)}")
        return made
    if titles is None and join == "outer":
        frames = [each for each in frames if not has_nothing(each)] or frames[:1]
    if union_categories:
        frames = with_all_categories(frames)
    if titles is not None:
        levels = [each.expr.meta.index.nlevels for each in frames]
        if len(set(levels)) > 1:
            raise ValueError(
                f"Cannot concat indices that do not have the same number of levels: with keys=, they have {levels}"
            )
        frames = [under(each, title, names) for each, title in zip(frames, titles, strict=True)]
    made = one_after_another(frames, join, interleave_partitions, ignore_index, sort)
    if verify_integrity and not ignore_index and not has_different_labels(made):
        raise ValueError("Indexes have overlapping values: a label is there more than once")
    return made


def has_nothing(frame: Any) -> bool:
    """Whether a frame has no columns, and is known to have no rows: beside others it changes nothing."""
    source = rows_in_memory(frame.expr)
    return source is not None and frame.expr.meta.ndim == 2 and frame.expr.meta.shape[1] + source.bounds[-1][1] == 0


def with_all_categories(frames: list[Any]) -> list[Any]:
    """The frames with the categories of all in each column that is categorical in all that have it.

    Those that are not known are computed now.
    """
    frames = [with_known_categories(each) for each in frames]
    metas = [each.expr.meta for each in frames]
    if all(isinstance(each, pd.Series) for each in metas):
        kind = common_categories(metas)
        return frames if kind is None else [each.astype(kind) for each in frames]
    for label in dict.fromkeys([label for each in metas if isinstance(each, pd.DataFrame) for label in each.columns]):
        having = [isinstance(each, pd.DataFrame) and label in each.columns for each in metas]
        kind = common_categories([each[label] for each, has in zip(metas, having, strict=True) if has])
        if kind is not None:
            frames = [each.astype({label: kind}) if has else each for each, has in zip(frames, having, strict=True)]
    return frames


def with_known_categories(frame: Any) -> Any:
    """A frame or series with the categories of its columns known."""
    if isinstance(frame.expr.meta, pd.Series):
        return known(frame)
    kinds = frame.expr.meta.dtypes.items()
    return reduce(
        lambda made, label: assign(made, label, known(made[label])),
        [label for label, dtype in kinds if isinstance(dtype, pd.CategoricalDtype)],
        frame,
    )


def common_categories(columns: Sequence[pd.Series]) -> pd.CategoricalDtype | None:
    """The categories of all columns, if all are categorical; of those that differ, in no order."""
    kinds: list[Any] = [each.dtype for each in columns]
    if not all(isinstance(each, pd.CategoricalDtype) for each in kinds):
        return None
    if all(each == kinds[0] for each in kinds):
        return kinds[0]
    found = [pd.Series(each.categories) for each in kinds if len(each.categories)]
    return pd.CategoricalDtype(pd.concat(found, ignore_index=True).unique() if found else None)


def has_different_labels(frame: Any) -> bool:
    """Whether no label of a row is there twice; computes them."""
    if frame.expr.meta.index.nlevels == 1:
        return bool(frame.index.is_unique.compute())
    return not frame.index.to_frame(name=list(range(frame.expr.meta.index.nlevels))).duplicated().any().compute()


def under(frame: Any, title: Any, names: Any) -> Any:
    """A frame whose labels have one more level, which is the same for all rows (or more, for a tuple)."""
    labels = new(IndexOf(frame.expr))
    return with_index(frame, elementwise("under_key", labels, KeyOf(title), None if names is None else tuple(names)))


class KeyOf(NamedTuple):
    """A key as an operand that is not looked through."""

    value: Any


@function_named("under_key")
def under_key(labels: pd.Index, key: KeyOf, names: tuple[Any, ...] | None) -> pd.MultiIndex:
    """Labels with a key before them."""
    outer = key.value if isinstance(key.value, tuple) else (key.value,)
    arrays = [pd.Index([each]).repeat(len(labels)) for each in outer]
    inner = [labels.get_level_values(place) for place in range(labels.nlevels)]
    titles = [*(names or (None,) * len(outer))]
    titles += [None] * (len(outer) - len(titles))
    titles += list(labels.names)[len(titles) - len(outer) :]
    return pd.MultiIndex.from_arrays([*arrays, *inner], names=titles)


def as_collection(value: Any) -> Any:
    """A frame of one that may be pandas' own."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return from_pandas(value, npartitions=1, sort=False)
    if not isinstance(value, FrameBase) or not isinstance(value.expr.meta, (pd.DataFrame, pd.Series)):
        raise TypeError(f"cannot concatenate object of type {type(value)}; only Series and DataFrame objs are valid")
    return value


def one_after_another(frames: list[Any], join: str, interleave: bool, ignore_index: bool, sort: bool) -> Any:
    """Rows of all."""
    metas = [each.expr.meta for each in frames]
    if any(isinstance(each, pd.DataFrame) for each in metas):
        for place, each in enumerate(metas):
            if isinstance(each, pd.Series):
                name = 0 if each.name is None else each.name
                frames[place] = new(ToFrame(frames[place].expr, Pairs({"name": name}.items()), False))
    exprs = tuple([each.expr for each in frames])
    meta = pd.concat([meta_nonempty(each.meta) for each in exprs], join=join, sort=sort)
    labels = tuple(meta.columns) if isinstance(meta, pd.DataFrame) else None
    if len(exprs) == 1:
        made = exprs[0] if labels in (None, tuple(exprs[0].columns)) else Projection(exprs[0], labels)
    else:
        made = Concat(exprs, join, labels)
        if interleave and made.divisions is None and all(each.divisions is not None for each in exprs):
            made = ConcatAligned(tuple(align_rows(exprs, "concat")), join, labels)
        _ = made.meta
    result = new(made)
    return result.reset_index(drop=True) if ignore_index else result


def side_by_side(frames: list[Any], join: str, trusts: bool, ignore_index: bool) -> Any:
    """Columns of all."""
    exprs = [each.expr for each in frames]
    is_divided = all(each.divisions is not None for each in exprs)
    if trusts and not is_divided and len({each.npartitions for each in exprs}) == 1:
        matched = exprs
    else:
        matched = align_rows(exprs, "concat(axis=1)")
    expr = ConcatColumns(tuple(matched), join)
    _ = expr.meta
    made = new(expr)
    if ignore_index:
        return relabelled(made, pd.RangeIndex(made.expr.meta.shape[1]))
    return made
