"""Frames in other shapes, and two frames as one by their index."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, column_needs, row_needs
from weft.dataframe.io.from_pandas import rows_in_memory
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, UNKNOWN_CATEGORIES, meta_nonempty, same_kind
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.assignment import assign
from weft.dataframe.ops.beside import by_place
from weft.dataframe.ops.concat import Concat, as_collection
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.labels import relabelled
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.ops.repartition import in_partitions
from weft.expr import Cost, Expr, Need, Needs, derived, node

__all__ = [
    "CombiningMethods",
    "ReshapingMethods",
    "from_dummies",
    "get_dummies",
    "melt",
    "melted_together",
    "reshaped",
    "reshaped_whole",
]

#: Operations whose result has the divisions of their first operand.
DIVIDED = frozenset({"explode", "combine_first", "combine", "align", "update", "get_dummies", "from_dummies"})
#: Those whose result has the rows of their operands, if these have the same rows.
ROWWISE = frozenset({"get_dummies", "from_dummies", "combine_first", "combine", "align"})


@node
class Reshaped(Partitionwise):
    """An operation by name on partitions that match."""

    operation: str
    sources: tuple[FrameExpr, ...]
    options: Pairs
    given: Any = UNKNOWN

    @property
    def label(self) -> str:
        return self.operation

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.operation, self.options)

    @derived
    def meta(self) -> Any:
        if self.given is not UNKNOWN:
            return self.given
        return same_kind(
            KERNELS["pandas"][Reshaped](*[meta_nonempty(each.meta) for each in self.sources], *self.arguments)
        )

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.sources[0].divisions if self.operation in DIVIDED else None

    @derived
    def rows(self) -> Hashable:
        first = self.sources[0].rows
        keeps = self.operation in ROWWISE and all(each.rows == first for each in self.sources)
        return first if keeps or self.operation == "update" else self.name

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY if self.operation == "combine" else Cost.LIGHT

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = row_needs(asked) | VALUES
        return needs | {Need.INDEX, Need.ORDER} if len(self.sources) > 1 else needs


@node
class Melted(Partitionwise):
    """One column of a frame as rows, beside columns that are repeated."""

    source: FrameExpr
    kept: tuple[Hashable, ...]
    column: Hashable
    options: Pairs

    @property
    def label(self) -> str:
        return "melt"

    @derived
    def meta(self) -> Any:
        return same_kind(KERNELS["pandas"][Reshaped](meta_nonempty(self.source.meta), *self.arguments))

    @property
    def arguments(self) -> tuple[Any, ...]:
        words = Pairs((*self.options, ("id_vars", self.kept), ("value_vars", (self.column,))))
        return ("melt", words)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return None

    @derived
    def rows(self) -> Hashable:
        return self.name

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | column_needs((*self.kept, self.column))

    def lower(self) -> Expr:
        return Reshaped("melt", (self.source,), self.arguments[1])


def reshaped(operation: str, *frames: Any, **options: Any) -> Any:
    """A collection of an operation; what pandas refuses is refused here."""
    words = Pairs([(word, tuple(each) if isinstance(each, list) else each) for word, each in options.items()])
    expr = Reshaped(operation, tuple([each.expr for each in frames]), words)
    _ = expr.meta
    return new(expr)


def reshaped_whole(operation: str, *frames: Any, meta: Any = UNKNOWN, **options: Any) -> Any:
    """The same for frames that are each brought to one place: for operations that no smaller knowledge is enough for."""
    words = Pairs([(word, tuple(each) if isinstance(each, list) else each) for word, each in options.items()])
    expr = Reshaped(operation, tuple([in_partitions(each.expr, 1) for each in frames]), words, meta)
    _ = expr.meta
    return new(expr)


def label_list(frame: Any, given: Any) -> tuple[Hashable, ...]:
    """Labels of columns that a user gives, checked."""
    is_label = isinstance(given, tuple) and given in frame.expr.columns
    several = isinstance(given, (list, tuple, pd.Index, np.ndarray)) and not is_label
    labels = tuple(given) if several else (given,)
    for label in labels:
        if label not in frame.expr.columns:
            raise KeyError(missing_column(label, frame.expr.columns))
    return labels


def melt(
    frame: Any,
    id_vars: Any = None,
    value_vars: Any = None,
    var_name: Any = None,
    value_name: Hashable = "value",
    col_level: Any = None,
    ignore_index: bool = True,
) -> Any:
    """Columns as rows: one row for each value, with the label of its column, in pandas' order.

    The rows of the first column come first, those of all partitions, then those of the second: the partitions are read for
    each of the columns.

    Parameters
    ----------
    frame : DataFrame
    id_vars : label or list of labels, optional
        Columns that stay, repeated.
    value_vars : label or list of labels, optional
        Columns that become rows; all others by default.
    var_name, value_name : label, optional
        Of the column with labels, and of the column with values.
    ignore_index : bool
        Whether rows are numbered anew.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": ["x", "y"], "a": [1, 2], "b": [3, 4]}), npartitions=2)
    >>> df.melt("k").compute()
       k variable  value
    0  x        a      1
    1  y        a      2
    2  x        b      3
    3  y        b      4
    """
    labels = frame.expr.meta.columns
    if isinstance(labels, pd.MultiIndex) and col_level is None:
        for word, given in (("id_vars", id_vars), ("value_vars", value_vars)):
            if given is not None and not isinstance(given, list):
                raise ValueError(f"{word} must be a list of tuples when columns are a MultiIndex")
    if col_level is not None:
        frame = relabelled(frame, labels.get_level_values(col_level))
    kept = label_list(frame, id_vars) if id_vars is not None else ()
    columns = frame.expr.columns
    chosen = label_list(frame, value_vars) if value_vars is not None else tuple([c for c in columns if c not in kept])
    whole = pd.melt(
        meta_nonempty(frame.expr.meta),
        id_vars=list(kept),
        value_vars=list(chosen),
        var_name=var_name,
        value_name=value_name,
    )
    words = Pairs({"var_name": var_name, "value_name": value_name}.items())
    if not chosen:
        raise ValueError("melt() needs at least one column that becomes rows")
    kind = whole.dtypes.iloc[-1]
    parts = tuple([as_kind(Melted(frame.expr, kept, label, words), value_name, kind) for label in chosen])
    made = new(Concat(parts, "outer", tuple(whole.columns)) if len(parts) > 1 else parts[0])
    return made.reset_index(drop=True) if ignore_index else made


def as_kind(part: Melted, label: Hashable, kind: Any) -> FrameExpr:
    """Melted rows with values of the type that all of them have together: one after another they may get another one.

    Numbers that turn out to have gaps, where integers were foreseen, stay floats.
    """
    return part if part.meta.dtypes.iloc[-1] == kind else new(part).astype({label: kind}, errors="ignore").expr


def melted_together(expr: FrameExpr, ignore_index: bool) -> FrameExpr | None:
    """All columns of one frame that become rows one after another, as one operation; None of what is something else."""
    if not isinstance(expr, Concat):
        return None
    sources: tuple[Any, ...] = expr.sources
    given = [each.frames[0] if is_as_kind(each) else each for each in sources]
    parts = [each for each in given if isinstance(each, Melted)]
    first = given[0]
    if len(parts) < len(given) or any(
        (each.source, each.kept, each.options) != (first.source, first.kept, first.options) for each in parts
    ):
        return None
    chosen = tuple([each.column for each in parts])
    words = {"id_vars": first.kept, "value_vars": chosen, "ignore_index": ignore_index}
    made = Reshaped("melt", (first.source,), Pairs((*first.options, *words.items())))
    return made if made.meta.dtypes.equals(expr.meta.dtypes) else None


def is_as_kind(expr: FrameExpr) -> bool:
    """Whether a node is one of `as_kind`."""
    return (
        isinstance(expr, Elementwise)
        and expr.operation == "astype"
        and ("errors", "ignore") in expr.keywords
        and isinstance(expr.frames[0], Melted)
    )


def get_dummies(
    data: Any,
    prefix: Any = None,
    prefix_sep: Any = "_",
    dummy_na: bool = False,
    columns: Any = None,
    sparse: bool = False,
    drop_first: bool = False,
    dtype: Any = None,
) -> Any:
    """A column for each category, true where a row has it.

    Values make the columns: those of columns that are not categorical, or whose categories are not known, are computed at the
    call.

    Parameters
    ----------
    data : DataFrame or Series
    prefix, prefix_sep : text, list of texts, or mapping of labels to them, optional
    dummy_na : bool
        Whether missing values have a column.
    columns : list of labels, optional
        Those that are encoded: texts, objects and categories by default.
    sparse, drop_first : bool
    dtype : optional
        Of the new columns.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> s = dd.from_pandas(pd.Series(["a", "b", "a"], dtype="category"), npartitions=2)
    >>> dd.get_dummies(s).sum().compute().to_dict()
    {'a': 2, 'b': 1}
    """
    if isinstance(data, (pd.DataFrame, pd.Series)):
        return pd.get_dummies(data, prefix, prefix_sep, dummy_na, columns, sparse, drop_first, dtype)
    meta = data.expr.meta
    is_frame = isinstance(meta, pd.DataFrame)
    if columns is not None and not pd.api.types.is_list_like(columns):
        raise TypeError("Input must be a list-like for parameter `columns`")
    if not is_frame:
        chosen: list[Hashable] = [meta.name]
    elif columns is not None:
        chosen = list(label_list(data, list(columns)))
    else:
        chosen = [label for label in data.expr.columns if is_encoded(meta[label].dtype)]
    words = {
        "prefix": [prefix[label] for label in chosen] if isinstance(prefix, dict) else prefix,
        "prefix_sep": [prefix_sep[label] for label in chosen] if isinstance(prefix_sep, dict) else prefix_sep,
        "dummy_na": bool(dummy_na),
        "columns": tuple(chosen) if is_frame else None,
        "sparse": bool(sparse),
        "drop_first": bool(drop_first),
        "dtype": dtype,
    }
    pd.get_dummies(meta, **{**words, "columns": chosen if is_frame else None})  # which raises what pandas raises
    table: Any = None
    for label in chosen:
        column = data[label] if is_frame else data
        kind = column.expr.meta.dtype
        if isinstance(kind, pd.CategoricalDtype) and UNKNOWN_CATEGORIES not in kind.categories:
            continue
        column, found = with_categories(column)
        if is_frame:
            data = assign(data, label, column)
        else:
            options = {"dummy_na": dummy_na, "drop_first": drop_first}
            data, table = column, pd.get_dummies(found, prefix, prefix_sep, dtype=dtype, sparse=sparse, **options)
    if table is None:
        return reshaped("get_dummies", data, **words)
    given = Pairs([(word, tuple(each) if isinstance(each, list) else each) for word, each in words.items()])
    made = new(Reshaped("get_dummies", (data.expr,), given, table.iloc[:0].set_axis(meta.index, axis=0)))
    return relabelled(made, table.columns)


def with_categories(column: Any) -> tuple[Any, pd.Series]:
    """A column as categories that are known, and the different values that it has.

    Of rows in memory it is made at once: to look for the different values is all the work there is.
    """
    if rows_in_memory(column.expr) is None:
        found = column.drop_duplicates().compute()
        return column.astype(pd.CategoricalDtype(pd.Categorical(found).categories)), found
    values = pd.Categorical(column.compute())
    return by_place(column, values, column.name), pd.Series(values.categories, name=column.name)


def is_encoded(kind: Any) -> bool:
    """Whether columns of a type are encoded unless somebody says which are."""
    return (
        kind == np.dtype(object) or isinstance(kind, (pd.StringDtype, pd.CategoricalDtype)) or kind == "string[pyarrow]"
    )


def from_dummies(data: Any, sep: str | None = None, default_category: Any = None) -> Any:
    """The categories that columns of truths stand for; see `pandas.from_dummies`.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [True, False], "y": [False, True]}), npartitions=2)
    >>> dd.from_dummies(df).compute().iloc[:, 0].tolist()
    ['x', 'y']
    """
    default = Pairs(default_category.items()) if isinstance(default_category, dict) else default_category
    words = Pairs({"sep": sep, "default_category": default}.items())
    meta = pd.from_dummies(data.expr.meta, sep=sep, default_category=default_category)
    return new(Reshaped("from_dummies", (data.expr,), words, meta))


class ReshapingMethods(FrameBase):
    """A frame in another shape."""

    __slots__ = ()

    def explode(self, column: Any, ignore_index: bool = False) -> Any:
        """A row for each element of the lists in a column (or several).

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [[1, 2], [3]], "b": [0, 1]}), npartitions=2)
        >>> df.explode("a").b.compute().tolist()
        [0, 0, 1]
        """
        if isinstance(column, list) and (not column or any(isinstance(each, list) for each in column)):
            raise ValueError(
                "column must be nonempty" if not column else "column must be a scalar, tuple, or list thereof"
            )
        labels = label_list(self, column)
        made = reshaped("explode", self, column=labels if len(labels) > 1 else labels[0])
        return made.reset_index(drop=True) if ignore_index else made

    def melt(
        self,
        id_vars: Any = None,
        value_vars: Any = None,
        var_name: Any = None,
        value_name: Hashable = "value",
        col_level: Any = None,
        ignore_index: bool = True,
    ) -> Any:
        """Columns as rows; see `weft.dataframe.melt`."""
        return melt(self, id_vars, value_vars, var_name, value_name, col_level, ignore_index)

    def stack(self, level: Any = -1, dropna: Any = UNKNOWN, sort: Any = UNKNOWN, future_stack: bool = True) -> Any:
        """The columns (or levels of their labels) as the innermost level of the index: with a row for each value.

        ``dropna`` and ``sort`` are of pandas' old way (``future_stack=False``), and refused by the new one.
        """
        words = {"level": tuple(level) if isinstance(level, list) else level, "future_stack": bool(future_stack)}
        words |= {word: each for word, each in (("dropna", dropna), ("sort", sort)) if each is not UNKNOWN}
        return reshaped("stack", self, **words)


class SeriesReshapingMethods(FrameBase):
    """A series in another shape."""

    __slots__ = ()

    def explode(self, ignore_index: bool = False) -> Any:
        """A row for each element of the lists."""
        made = reshaped("explode", self)
        return made.reset_index(drop=True) if ignore_index else made


def matched(operation: str, left: Any, right: Any) -> list[Any]:
    """Two collections in partitions that match."""
    other = as_collection(right)
    return [new(each) for each in align_rows([left.expr, other.expr], operation)]


class CombiningMethods(FrameBase):
    """Two frames as one, by their labels."""

    __slots__ = ()

    def combine_first(self, other: Any) -> Any:
        """The values, and where they are missing those of another frame or series.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = dd.from_pandas(pd.Series([1.0, None, 3.0]), npartitions=2)
        >>> s.combine_first(pd.Series([9.0, 9.0, 9.0])).compute().tolist()
        [1.0, 9.0, 3.0]
        """
        return reshaped("combine_first", *matched("combine_first", self, other))

    def combine(self, other: Any, func: Callable[..., Any], fill_value: Any = None, overwrite: bool = True) -> Any:
        """The columns of two, or the values of two series, combined by a function.

        A function of columns sees whole ones, for which both frames are brought to one place; a ufunc of NumPy goes through
        the rows where they are.
        """
        words: dict[str, Any] = {"func": func, "fill_value": fill_value}
        if np.isscalar(other) and not isinstance(self.expr.meta, pd.DataFrame):
            return reshaped("combine", self, other=other, **words)
        if isinstance(self.expr.meta, pd.DataFrame):
            words["overwrite"] = bool(overwrite)
            if not isinstance(func, np.ufunc):
                return reshaped_whole("combine", self, as_collection(other), **words)
        return reshaped("combine", *matched("combine", self, other), **words)

    def align(
        self,
        other: Any,
        join: str = "outer",
        axis: Any = None,
        level: Any = None,
        copy: Any = None,
        fill_value: Any = None,
    ) -> tuple[Any, Any]:
        """Both with the same labels.

        Parameters
        ----------
        other : DataFrame or Series
        join : {"outer", "inner", "left", "right"}
        axis : {0, 1}, optional
            Labels of rows, of columns, or both.
        level : label or int, optional
            The level in which labels of several levels are matched; both are then brought to one place.
        copy : optional
            Of no effect.
        fill_value : scalar, optional
        """
        if join not in ("outer", "inner", "left", "right"):
            raise ValueError(f"join must be outer, inner, left or right; it is {join!r}")
        words = {"join": join, "axis": axis, "fill_value": fill_value}
        if level is not None:
            whole = (self, as_collection(other))
            return tuple([reshaped_whole("align", *whole, number=each, level=level, **words) for each in (0, 1)])
        pair = matched("align", self, other)
        return tuple([reshaped("align", *pair, number=number, **words) for number in (0, 1)])


class FrameCombiningMethods(CombiningMethods):
    """A frame and another."""

    __slots__ = ()

    def update(
        self, other: Any, join: str = "left", overwrite: bool = True, filter_func: Any = None, errors: str = "ignore"
    ) -> None:
        """Take the values of another frame that are not missing; the frame itself stands for the result from then on."""
        if join != "left":
            raise NotImplementedError("Only left join is supported")
        if errors not in ("ignore", "raise"):
            raise ValueError("The parameter errors must be either 'ignore' or 'raise'")
        if isinstance(other, dict):
            other = pd.DataFrame(other)
        pair = matched("update", self, other)
        words = {"overwrite": bool(overwrite), "filter_func": filter_func, "errors": errors}
        self.expr = reshaped("update", *pair, **words).expr
