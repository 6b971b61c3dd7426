"""Two frames beside one another: whether they are equal, and where they differ."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, have_same_rows
from weft.dataframe.meta import is_pandas
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.concat import as_collection
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import Filter, filtered
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.repartition import in_partitions
from weft.dataframe.ops.reshaping import reshaped
from weft.dataframe.treewise import EVERYTHING, Treewise
from weft.expr import Expr, Needs, derived, node

__all__: list[str] = []


@node
class Equal(Treewise):
    """Whether the partitions of two frames are equal, types and labels as well."""

    left: FrameExpr
    right: FrameExpr

    @property
    def label(self) -> str:
        return "equals"

    @derived
    def meta(self) -> bool:
        return True

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING


def equals(left: Any, right: Any) -> Any:
    """Whether two frames are equal."""
    if isinstance(right, pd.Index):
        right = as_collection(pd.Series(index=right, dtype=object)).index
    other = as_collection(right) if isinstance(right, (pd.DataFrame, pd.Series)) else right
    if not isinstance(other, FrameBase) or not is_pandas(other.expr.meta):
        return False
    one, two = left.expr, other.expr
    if type(one.meta) is not type(two.meta) and not (isinstance(one.meta, pd.Index) and isinstance(two.meta, pd.Index)):
        return False
    if not have_same_rows(one, two) or one.npartitions != two.npartitions:
        one, two = in_partitions(one, 1), in_partitions(two, 1)
    return new(Equal(one, two))


class EqualityMethods(FrameBase):
    """Whether two collections are equal."""

    __slots__ = ()

    def equals(self, other: Any) -> Any:
        """Whether another has the same values, types and labels; missing values are equal to one another.

        Collections of different rows are each brought to one place.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1.0, None]}), npartitions=2)
        >>> bool(df.equals(df + 0))
        True
        """
        return equals(self, other)


class ComparingMethods(EqualityMethods):
    """Two frames, or two columns."""

    __slots__ = ()

    def compare(
        self,
        other: Any,
        align_axis: Any = 1,
        keep_shape: bool = False,
        keep_equal: bool = False,
        result_names: tuple[Any, Any] = ("self", "other"),
    ) -> Any:
        """Where another with the same labels differs: the values of both, side by side.

        Which columns differ is computed at the call, unless ``keep_shape=True``.

        Parameters
        ----------
        other : DataFrame or Series
        align_axis : {1, 0}
            Whether the two stand in columns or rows beside one another.
        keep_shape : bool
            Whether rows and columns without a difference stay.
        keep_equal : bool
            Whether values that are equal are shown; otherwise they are missing.
        result_names : pair
            What the two are called.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> one = dd.from_pandas(pd.Series([1.0, 2.0, 3.0]), npartitions=2)
        >>> one.compare(one.replace(2.0, 5.0)).compute()
           self  other
        1   2.0    5.0
        """
        if not isinstance(result_names, tuple) or len(result_names) != 2:
            raise TypeError(f"result_names is a pair of names, as a tuple; it is {result_names!r}")
        theirs = as_collection(other)
        if type(theirs.expr.meta) is not type(self.expr.meta):
            raise TypeError(
                f"can only compare '{type(self).__name__}' (not '{type(theirs).__name__}') with '{type(self).__name__}'"
            )
        is_frame = isinstance(self.expr.meta, pd.DataFrame)
        if is_frame and not self.expr.meta.columns.equals(theirs.expr.meta.columns):
            raise ValueError("Can only compare identically-labeled (both index and columns) DataFrame objects")
        left, right = [new(each) for each in align_rows([self.expr, theirs.expr], "compare")]
        words = {"align_axis": align_axis, "keep_equal": bool(keep_equal), "result_names": Names(result_names)}
        if keep_shape:
            return reshaped("compare", left, right, **words)
        differs = elementwise("differs", left, right)
        if is_frame:
            found = differs.any().compute()
            labels = [label for label, differing in found.items() if differing]
            left, right = project(left, labels), project(right, labels)
            differs = differs.any(axis=1)
        if align_axis in (0, "index"):
            return reshaped("compare", filtered(left, differs), filtered(right, differs), **words)
        return new(Filter(reshaped("compare", left, right, **words).expr, differs.expr))


class Names(tuple[Any, ...]):
    """A pair of names as an option, which stays a tuple."""

    __slots__ = ()
