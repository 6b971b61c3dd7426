"""Labels of rows turned into labels of columns: levels of the index, or all of it; and numbered columns into rows.

What columns there will be depends on the labels, which are computed at the call; the rows are brought to one place.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.reshaping import reshaped_whole

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
    example = with_labels(frame, numbers).unstack(**words)
    return reshaped_whole("unstack", frame, meta=example.iloc[:0], **words)


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
        """A level of the index (or several) turned into columns; the rows are brought to one place.

        The labels of the level are computed at the call. The columns of a frame whose index has one level come one below
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
