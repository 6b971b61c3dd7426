"""Labels of rows turned into labels of columns: levels of the index, or all of it; and numbered columns into rows.

What columns there will be depends on the labels, which are computed at the call. Rows of large data are sorted by the levels
that stay, those of a label into one partition, and become columns there; other rows are brought to one place.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.pandas.functions import Whole
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.reshaping import reshaped_whole
from weft.dataframe.ops.sort_nodes import Sort
from weft.dataframe.spread import MANY, SMALL
from weft.expr import Cost, Expr, Need, Needs, derived, node

__all__ = ["lreshape", "wide_to_long"]


def unstack(frame: Any, level: Any, fill_value: Any, sort: bool) -> Any:
    """`unstack` of frames and series."""
    index = frame.expr.meta.index
    if not isinstance(index, pd.MultiIndex):
        if frame.expr.meta.ndim == 1:
            raise ValueError(f"index must be a MultiIndex to unstack, {type(index)} was passed")
        return columns_below(frame)
    chosen = list(level) if isinstance(level, (list, tuple)) else [level]
    numbers = [index._get_level_number(each) for each in chosen]
    words = {"level": level, "fill_value": fill_value, "sort": bool(sort)}
    rows = with_labels(frame, numbers)
    meta = rows.unstack(**words).iloc[:0]
    staying = [number for number in range(index.nlevels) if number not in numbers]
    if sort and meta.ndim == 2 and is_spread(frame.expr, staying):
        first = rows if rows.ndim == 1 else rows.iloc[:, 0]
        return unstacked_apart(frame, staying, numbers, first.unstack(level=level).columns, fill_value, meta)
    return reshaped_whole("unstack", frame, meta=meta, **words)


def is_spread(expr: FrameExpr, staying: list[int]) -> bool:
    """Whether rows go to several partitions: there are many, and the levels that stay can be ordered."""
    nbytes = expr.partition_nbytes * expr.npartitions
    if expr.npartitions == 1 or (nbytes <= SMALL if nbytes else expr.npartitions < MANY):
        return False
    levels = [expr.meta.index.get_level_values(number) for number in staying]
    return bool(levels) and all(each.dtype != object for each in levels)


def unstacked_apart(
    frame: Any, staying: list[int], numbers: list[int], labels: pd.Index, fill_value: Any, meta: pd.DataFrame
) -> Any:
    """The rows in the order of the levels that stay, and in each partition the other levels as columns."""
    table = frame.to_frame() if frame.expr.meta.ndim == 1 else frame
    table = table.set_axis([f"value{place}" for place in range(len(table.expr.columns))], axis=1)
    levels = frame.index
    keys = {f"row{place}": levels.get_level_values(number) for place, number in enumerate(staying)}
    across = {f"column{place}": levels.get_level_values(number) for place, number in enumerate(numbers)}
    order = Order(tuple(keys), (True,) * len(keys), na_first=True)
    rows = Sort(table.assign(**keys, **across).expr, False, order, frame.npartitions, True)
    return new(Unstacked(rows, labels, fill_value, meta))


@node
class Unstacked(Partitionwise):
    """Columns of labels as columns of values; rows with equal keys are in one partition, in order."""

    source: FrameExpr
    labels: pd.Index
    fill_value: Any
    given: pd.DataFrame

    @property
    def label(self) -> str:
        return "unstack"

    @derived
    def meta(self) -> Any:
        return self.given

    @derived
    def rows(self) -> Hashable:
        return self.name

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels, self.fill_value, Whole(self.given))

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return VALUES | {Need.ORDER}


def with_labels(frame: Any, numbers: list[int]) -> Any:
    """Made-up rows that have all the labels which some levels of the index have."""
    labels = new(IndexOf(frame.expr))
    levels = [elementwise("get_level_values", labels, number) for number in numbers]
    table = levels[0].to_frame(name="0")
    for place, each in enumerate(levels[1:], 1):
        table = table.assign(**{str(place): each})
    found = table.drop_duplicates().compute()
    meta = frame.expr.meta
    example = meta_nonempty(meta).iloc[:1]
    rows = pd.concat([example] * max(1, len(found)))
    arrays = []
    for number in range(meta.index.nlevels):
        if number in numbers and len(found):
            arrays.append(pd.Index(found[str(numbers.index(number))]))
        else:
            arrays.append(rows.index.get_level_values(number))
    return rows.set_axis(pd.MultiIndex.from_arrays(arrays, names=meta.index.names), axis=0)


def columns_below(frame: Any) -> Any:
    """The columns of a frame one below the other, their labels the first level of the index."""
    labels = list(frame.expr.columns)
    return concat(
        [project(frame, label) for label in labels], keys=labels, names=[frame.expr.meta.columns.name]
    ).rename(None)


class UnstackMethods(FrameBase):
    """Levels of the index turned into columns."""

    __slots__ = ()

    def unstack(self, level: Any = -1, fill_value: Any = None, sort: bool = True) -> Any:
        """A level of the index (or several) turned into columns.

        The labels of the level are computed at the call. Rows of large data stay in as many partitions as they are in, unless
        ``sort=False`` asks for their own order, or labels are objects. The columns of a frame whose index has one level come one below
        another.

        Parameters
        ----------
        level : int, name, or list of them
        fill_value : optional
            Stands where there is no row; missing by default.
        sort : bool
            Whether labels are sorted.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1, 2, 3]}), npartitions=2)
        >>> df.groupby(["a", "b"]).v.sum().unstack(fill_value=0).compute().to_dict("list")
        {'x': [1, 3], 'y': [2, 0]}
        """
        return unstack(self, level, fill_value, sort)


class TransposeMethods(UnstackMethods):
    """Rows turned into columns."""

    __slots__ = ()

    def transpose(self) -> Any:
        """Rows as columns, for small frames: the labels of the rows are computed at the call, and all is one partition.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), npartitions=2).T.compute().loc["b"].tolist()
        [3, 4]
        """
        labels = new(IndexOf(self.expr)).compute()
        rows = pd.concat([meta_nonempty(self.expr.meta).iloc[:1]] * len(labels)) if len(labels) else self.expr.meta
        return reshaped_whole("transpose", self, meta=rows.set_axis(labels, axis=0).T.iloc[:0])

    @property
    def T(self) -> Any:  # noqa: N802 (pandas' name)
        """Rows as columns; see `transpose`."""
        return self.transpose()


def wide_to_long(df: Any, stubnames: Any, i: Any, j: Any, sep: str = "", suffix: str = r"\d+") -> Any:
    """Columns whose labels are a name and a number (``"a1"``, ``"a2"``) as rows; the frame is brought to one place.

    Parameters
    ----------
    df : DataFrame
    stubnames : str or list of str
        The names.
    i : label or list of labels
        Columns that tell rows apart.
    j : str
        Name of the numbers.
    sep, suffix : str
        What stands between name and number; a regular expression of the latter.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2], "a1": [3, 4], "a2": [5, 6]}), npartitions=2)
    >>> dd.wide_to_long(df, "a", i="k", j="n").a.compute().tolist()
    [3, 4, 5, 6]
    """
    for label in i if isinstance(i, (list, tuple)) else [i]:
        if label not in df.expr.columns:
            raise KeyError(missing_column(label, df.expr.columns))
    return reshaped_whole("wide_to_long", df, stubnames=stubnames, i=i, j=j, sep=sep, suffix=suffix)


def lreshape(data: Any, groups: dict[Any, list[Any]], dropna: bool = True) -> Any:
    """Groups of columns each as one column; see `pandas.lreshape`. The frame is brought to one place.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2], "x": [3, 4], "y": [5, 6]}), npartitions=2)
    >>> dd.lreshape(df, {"v": ["x", "y"]}).v.compute().tolist()
    [3, 4, 5, 6]
    """
    given = Pairs([(label, list(each)) for label, each in groups.items()])
    return reshaped_whole("lreshape", data, groups=given, dropna=bool(dropna))
