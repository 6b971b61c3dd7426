"""Tables with a column for each value of a key.

What columns there will be depends on the data. Where the key is a column of known categories, they are known; otherwise its
different values are computed when the table is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from weft.callables import also_called
from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.kernels.pandas.pivot import table_of_counts
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.pivot_keys import labels_of, with_key_columns
from weft.dataframe.ops.projection import missing_column, project
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["crosstab", "pivot", "pivot_table"]

#: Aggregates of which cells are made group by group.
CELLS = ("mean", "sum", "count", "min", "max", "first", "last", "std", "var", "prod", "size", "nunique", "median")


@node
class FromGroups(FrameExpr):
    """Base of tables that are made of one partition of aggregates."""

    source: FrameExpr
    options: tuple[Any, ...]
    given: Any

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options,)

    @derived
    def meta(self) -> Any:
        return self.given

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return frozenset(Need) | VALUES

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        return blockwise(self.outline, kernel, [(self.source, (0,))], [Same(each) for each in self.arguments])


@node
class PivotTable(FromGroups):
    """A table of aggregates."""


def in_memory(found: Any) -> Any:
    """A table that is computed already, as a collection of one partition."""
    return from_pandas(found, npartitions=1, sort=False)


@also_called(df="data")
def pivot_table(
    data: Any,
    values: Any = None,
    index: Any = None,
    columns: Any = None,
    aggfunc: Any = "mean",
    fill_value: Any = None,
    margins: bool = False,
    dropna: bool = True,
    margins_name: str = "All",
    observed: bool = True,
    sort: bool = True,
    **kwargs: Any,
) -> Any:
    """A table of aggregates, with rows and columns by keys.

    Parameters
    ----------
    data : DataFrame
    values : label or list of labels, optional
        Columns that are aggregated; all others by default.
    index, columns : label or list of labels
        Keys of rows, and of columns; also series and arrays with an entry for each row, functions of the labels of rows, and
        ``pandas.Grouper``.
    aggfunc : str
        Name of an aggregate; others, lists, and ``margins=True`` bring the columns to one place.
    fill_value : optional
        Stands in cells without rows.
    margins, dropna, margins_name, observed, sort
        As in pandas.
    **kwargs
        Arguments of ``aggfunc``.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1, 2, 3]}), npartitions=2)
    >>> dd.pivot_table(df, values="v", index="a", columns="b", aggfunc="sum").compute().fillna(0).values.tolist()
    [[1.0, 2.0], [3.0, 0.0]]
    """
    if not isinstance(data, FrameBase):
        raise TypeError(f"pivot_table() takes a DataFrame of Weft, not a {type(data).__name__}: use pandas.pivot_table")
    own = data.expr.columns
    data, index, row_names = with_key_columns(data, index, "row")
    data, columns, column_names = with_key_columns(data, columns, "column")
    if any(label not in own for label in data.expr.columns):
        if values is None:
            values = [label for label in own if label not in (*labels_of(index), *labels_of(columns))]
        words: dict[str, Any] = {"dropna": dropna, "margins_name": margins_name, "observed": observed, "sort": sort}
        made = pivot_table(data, values, index, columns, aggfunc, fill_value, margins, **words, **kwargs)
        made = made.rename_axis(index=row_names if len(row_names) > 1 else row_names[0]) if row_names else made
        across = made.expr.meta.columns.nlevels - len(column_names)
        axis = [*made.expr.meta.columns.names[:across], *column_names]
        return made.rename_axis(columns=axis if len(axis) > 1 else axis[0]) if column_names else made
    keys = [*labels_of(index), *labels_of(columns)]
    if not keys:
        raise ValueError("No group keys passed!")
    known = data.expr.columns
    for label in [*keys, *labels_of(values)]:
        if label not in known:
            raise KeyError(missing_column(label, known))
    chosen = labels_of(values) if values is not None else [label for label in known if label not in keys]
    options: dict[str, Any] = {
        "values": values if values is None or pd.api.types.is_scalar(values) or isinstance(values, tuple) else chosen,
        "index": index,
        "columns": columns,
        "aggfunc": aggfunc,
        "fill_value": fill_value,
        "margins": margins,
        "dropna": dropna,
        "margins_name": margins_name,
        "observed": observed,
        "sort": sort,
        **kwargs,
    }
    used = project(data, list(dict.fromkeys([*keys, *chosen])))
    if (
        not isinstance(aggfunc, str)
        or aggfunc not in CELLS
        or aggfunc == "size"
        or margins
        or not observed
        or not dropna
        or not chosen
        or kwargs
        or not set(keys).isdisjoint(chosen)
    ):
        return whole_result(used, "pivot_table", call_of(**options), meta=table_meta(used, options, columns))
    groups = getattr(used.groupby(list(dict.fromkeys(keys)), sort=sort, observed=True)[chosen], aggfunc)()
    cells = dict(options, aggfunc="first")  # each is there once; sums of infinities are missing, and stay so
    return new(PivotTable(groups.expr, tuple(cells.items()), table_meta(used, options, columns)))


def table_meta(frame: Any, options: Mapping[str, Any], columns: Any) -> Any:
    """The table without rows: its columns are computed, unless they are known."""
    from weft.dataframe.meta import meta_nonempty

    keys = labels_of(columns)
    if not keys:
        return meta_nonempty(frame.expr.meta).pivot_table(**options).iloc[:0]
    different = project(frame, keys).drop_duplicates().compute()
    example = pd.concat([meta_nonempty(frame.expr.meta).iloc[:1]] * max(1, len(different)), ignore_index=True)
    for label in keys:
        if len(different):
            example[label] = (
                different[label].to_numpy() if different[label].dtype.kind != "O" else different[label].array
            )
    return example.pivot_table(**options).iloc[:0]


def pivot(data: Any, *, columns: Any, index: Any = None, values: Any = None) -> Any:
    """Rows turned into a table, a cell for each; the frame is brought to one place.

    Parameters
    ----------
    data : DataFrame
    columns, index, values : label or list of labels
        Where columns, rows and cells come from; without ``index`` the frame's own labels are taken.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"day": [1, 1, 2], "who": ["a", "b", "a"], "n": [3, 4, 5]}), npartitions=2)
    >>> dd.pivot(df, columns="who", index="day", values="n").compute().a.tolist()
    [3.0, 5.0]
    """
    words: dict[str, Any] = {"columns": columns}
    if index is not None:
        words["index"] = index
    if values is not None:
        words["values"] = values
    from weft.dataframe.meta import meta_nonempty

    different = project(data, labels_of(columns)).drop_duplicates().compute()
    example = pd.concat([meta_nonempty(data.expr.meta).iloc[:1]] * max(1, len(different)), ignore_index=True)
    for label in labels_of(columns):
        if len(different):
            example[label] = different[label].array
    return whole_result(data, "pivot", call_of(**words), meta=example.pivot(**words).iloc[:0])


def crosstab(
    index: Any,
    columns: Any,
    values: Any = None,
    rownames: Any = None,
    colnames: Any = None,
    aggfunc: Any = None,
    margins: bool = False,
    margins_name: str = "All",
    dropna: bool = True,
    normalize: Any = False,
) -> Any:
    """How often values of series come together, as a table; it is counted at once, since what there is makes its columns.

    Parameters
    ----------
    index, columns : Series, or list of them
        Of the same rows.
    values : Series, optional
        What is aggregated, in place of counting; all are then brought to one place.
    aggfunc : function or name
        How ``values`` are aggregated.
    rownames, colnames : list of labels, optional
    margins, margins_name, dropna, normalize
        As in pandas.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"who": ["a", "b", "a"], "what": ["x", "x", "y"]}), npartitions=2)
    >>> dd.crosstab(df.who, df.what).compute().loc["a"].tolist()
    [1, 1]
    """
    rows, across = (
        list(index) if isinstance(index, (list, tuple)) else [index],
        (list(columns) if isinstance(columns, (list, tuple)) else [columns]),
    )
    keys = [*rows, *across]
    for each in keys:
        if not isinstance(each, FrameBase):
            raise TypeError(f"crosstab() takes Series of Weft, not {type(each).__name__}: use pandas.crosstab")
    frame = keys[0].to_frame("key0")
    for place, key in enumerate(keys[1:], 1):
        frame = frame.assign(**{f"key{place}": key})
    if (values is None) != (aggfunc is None):
        raise ValueError(
            "values cannot be used without an aggfunc." if aggfunc is None else "aggfunc cannot be used without values."
        )
    if values is not None:
        words = {"margins": margins, "margins_name": margins_name, "dropna": dropna, "normalize": normalize}
        whole = frame.assign(values=values).compute()
        names_of = [key.name for key in keys]
        series = [whole[f"key{place}"].rename(name) for place, name in enumerate(names_of)]
        made = pd.crosstab(
            series[: len(rows)], series[len(rows) :], whole["values"], rownames, colnames, aggfunc, **words
        )
        return in_memory(made)
    counts = frame.groupby([f"key{place}" for place in range(len(keys))], dropna=dropna).size()
    names = (
        tuple(rownames if rownames is not None else [named(key, f"row_{place}") for place, key in enumerate(rows)]),
        tuple(colnames if colnames is not None else [named(key, f"col_{place}") for place, key in enumerate(across)]),
    )
    words = {"margins": margins, "margins_name": margins_name, "dropna": dropna, "normalize": normalize}
    return in_memory(table_of_counts(counts.compute(), names, words))


def named(key: Any, otherwise: str) -> Any:
    """The name of a series."""
    return otherwise if key.expr.meta.name is None else key.expr.meta.name


class PivotMethods(FrameBase):
    """Tables of a frame."""

    __slots__ = ()

    def pivot_table(
        self,
        values: Any = None,
        index: Any = None,
        columns: Any = None,
        aggfunc: Any = "mean",
        fill_value: Any = None,
        margins: bool = False,
        dropna: bool = True,
        margins_name: str = "All",
        observed: bool = True,
        sort: bool = True,
        **kwargs: Any,
    ) -> Any:
        """A table of aggregates, with rows and columns by keys; see `weft.dataframe.pivot_table`."""
        return pivot_table(
            self, values, index, columns, aggfunc, fill_value, margins, dropna, margins_name, observed, sort, **kwargs
        )

    def pivot(self, *, columns: Any, index: Any = None, values: Any = None) -> Any:
        """Rows turned into a table; see `weft.dataframe.pivot`."""
        return pivot(self, columns=columns, index=index, values=values)
