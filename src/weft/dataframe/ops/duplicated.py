"""Which rows are there more than once, and the numbers of different values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, row_needs
from weft.dataframe.ops.elementwise import Elementwise, elementwise
from weft.dataframe.ops.neighbours import call_of, whole_rows
from weft.dataframe.ops.placed import Duplicated, is_spread_out
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.unique import check_keep, check_subset
from weft.expr import Expr, Needs, node

__all__ = ["factorize"]


@node
class Factorized(Partitionwise):
    """For each value its number among the different ones."""

    source: FrameExpr
    uniques: FrameExpr
    by_first_rows: bool = False
    use_na_sentinel: bool = True

    @property
    def label(self) -> str:
        return "factorize"

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, self.uniques)

    def in_one_piece(self, source: FrameExpr) -> FrameExpr | None:
        """The same of all values in one partition, where the different ones are numbered as they are met."""
        if not self.by_first_rows:
            return None
        return Elementwise("codes_of_values", (source,), (("use_na_sentinel", self.use_na_sentinel),))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES if child == self.source else frozenset(VALUES)


def factorize(values: Any, sort: bool = False, use_na_sentinel: bool = True, size_hint: int | None = None) -> Any:
    """Values as numbers, and the different values that these are the numbers of.

    Parameters
    ----------
    values : Series or Index
    sort : bool
        Whether the different values are sorted; otherwise they come as they first appear.
    use_na_sentinel : bool
        Whether missing values get -1; otherwise they are a value like others.
    size_hint : int, optional
        For programs written for pandas.

    Returns
    -------
    codes : Series
        With the rows of ``values``.
    uniques : Series
        The different values; they are numbered from 0.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> codes, uniques = dd.factorize(dd.from_pandas(pd.Series(["b", None, "a", "b"]), npartitions=2))
    >>> codes.compute().tolist(), uniques.compute().tolist()
    ([0, -1, 1, 0], ['b', 'a'])
    """
    if not isinstance(values, FrameBase) or not isinstance(values.expr.meta, (pd.Series, pd.Index)):
        raise TypeError(f"factorize() takes a Series or Index, not a {type(values).__name__}: use pandas.factorize")
    column: Any = values.to_series() if isinstance(values.expr.meta, pd.Index) else values  # type: ignore[attr-defined]
    different = column.drop_duplicates()
    if use_na_sentinel:
        different = different.dropna()
    if sort:
        different = different.sort_values(npartitions=1)
    different = different.reset_index(drop=True)
    return new(Factorized(column.expr, different.expr, not sort, bool(use_na_sentinel))), different


def duplicated(frame: Any, keep: Any) -> Any:
    """Which rows of a frame, or values of a series, are there more than once."""
    check_keep(keep)
    meta = frame.expr.meta
    dtypes = list(meta.dtypes) if meta.ndim == 2 else [meta.dtype]
    is_known = dtypes and not any(isinstance(each, pd.CategoricalDtype) or each.kind == "O" for each in dtypes)
    if is_known and is_spread_out(frame.expr):
        return new(Duplicated(frame.expr, keep))
    return whole_rows(frame, "duplicated", call_of(keep=keep))


class DuplicateMethods(FrameBase):
    """Rows of a frame that are there more than once."""

    __slots__ = ()

    def duplicated(self, subset: Any = None, keep: Any = "first") -> Any:
        """Whether each row is there more than once.

        Of data that takes more than a small part of the memory budget rows with equal values are brought together, and the
        answers back; of other data, of objects and of categories, the columns that are compared come to one place.

        Parameters
        ----------
        subset : label or list of labels, optional
            Columns that are compared; all by default.
        keep : {"first", "last", False}
            Which of equal rows is not marked, if any.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"a": [1, 2, 1]}), npartitions=2).duplicated().compute().tolist()
        [False, False, True]
        """
        labels = check_subset(self, subset)
        frame = self if labels is None else project(self, list(labels))
        return duplicated(frame, keep)


class SeriesDuplicateMethods(FrameBase):
    """Values that are there more than once."""

    __slots__ = ()

    def duplicated(self, keep: Any = "first") -> Any:
        """Whether each value is there more than once; see `DataFrame.duplicated`."""
        return duplicated(self, keep)

    def factorize(self, sort: bool = False, use_na_sentinel: bool = True) -> Any:
        """Values as numbers, and the different values; see `weft.dataframe.factorize`."""
        return factorize(self, sort, use_na_sentinel)


class IndexDuplicateMethods(FrameBase):
    """Labels that are there more than once."""

    __slots__ = ()

    def duplicated(self, keep: Any = "first") -> Any:
        """Whether each label is there more than once, as a series that has the labels as its index."""
        return duplicated(self.to_series(), keep)  # type: ignore[attr-defined]

    def factorize(self, sort: bool = False, use_na_sentinel: bool = True) -> Any:
        """Labels as numbers, and the different labels; see `weft.dataframe.factorize`."""
        return factorize(self, sort, use_na_sentinel)

    @property
    def has_duplicates(self) -> Any:
        """Whether a label is there twice."""
        return elementwise("eq", self.is_unique, False)  # type: ignore[attr-defined]
