"""Rows of a frame with the nearest ones of another."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from weft.dataframe.base import new
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, row_needs
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.merge import as_frame, key_labels
from weft.dataframe.ops.merge_nodes import whole
from weft.dataframe.ops.reshaping import reshaped_whole
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["merge_asof", "merge_ordered"]


@node
class MergeAsof(Partitionwise):
    """Each partition of the left with the nearest rows of the whole right, which is put together for it."""

    left: FrameExpr
    right: FrameExpr
    options: Pairs

    @property
    def label(self) -> str:
        return "merge_asof"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options,)

    @property
    def stands_alone(self) -> bool:
        return False

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.left.divisions if dict(self.options).get("left_index") else None

    @derived
    def rows(self) -> Hashable:
        return self.name

    def asks(self, child: Expr, asked: Needs) -> Needs:
        words = dict(self.options)
        needs = row_needs(asked) | VALUES | {Need.ORDER}
        if words.get("left_index") or words.get("right_index"):
            needs |= {Need.INDEX}
        return needs

    def lower(self) -> Expr:
        pick = (0,) if self.npartitions == 1 else (None,)
        sources: list[Any] = [(self.left, (0,)), (whole(self.right), pick)]
        return blockwise(self.outline, KERNELS["pandas"][MergeAsof], sources, [Same(self.options)], cost=Cost.HEAVY)


def merge_asof(
    left: Any,
    right: Any,
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    by: Any = None,
    left_by: Any = None,
    right_by: Any = None,
    suffixes: Any = ("_x", "_y"),
    tolerance: Any = None,
    allow_exact_matches: bool = True,
    direction: str = "backward",
) -> Any:
    """Each row of a frame with the row of another whose key is nearest, as `pandas.merge_asof` finds it.

    Both must be sorted by the key. The right frame is put together in memory for the partitions of the left.

    Parameters
    ----------
    left, right : DataFrame or named Series
        One of them may be pandas' own.
    on, left_on, right_on : label, optional
        The key: a column of numbers or times.
    left_index, right_index : bool
        The index as the key.
    by, left_by, right_by : label or list of labels, optional
        Columns that must be equal.
    tolerance : number or Timedelta, optional
        The greatest distance.
    allow_exact_matches : bool
    direction : {"backward", "forward", "nearest"}

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> left = dd.from_pandas(pd.DataFrame({"t": [1, 5, 10]}), npartitions=2)
    >>> right = pd.DataFrame({"t": [1, 2, 6], "v": ["a", "b", "c"]})
    >>> dd.merge_asof(left, right, on="t").v.compute().tolist()
    ['a', 'b', 'c']
    """
    left, right = as_frame(left, "left"), as_frame(right, "right")
    for frame, key in ((left, left_on or on), (right, right_on or on)):
        if key is not None:
            key_labels(frame, key, False)
    for frame, key in ((left, left_by or by), (right, right_by or by)):
        if key is not None:
            key_labels(frame, key, False)
    words = {
        "on": on,
        "left_on": left_on,
        "right_on": right_on,
        "left_index": bool(left_index),
        "right_index": bool(right_index),
        "by": by,
        "left_by": left_by,
        "right_by": right_by,
        "suffixes": tuple(suffixes),
        "tolerance": tolerance,
        "allow_exact_matches": allow_exact_matches,
        "direction": direction,
    }
    given = Pairs([(word, tuple(each) if isinstance(each, list) else each) for word, each in words.items()])
    expr = MergeAsof(left.expr, right.expr, given)
    _ = expr.meta
    made = new(expr)
    is_numbered = not left_index and not right_index and left.npartitions > 1
    return made.reset_index(drop=True) if is_numbered else made


def merge_ordered(
    left: Any,
    right: Any,
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_by: Any = None,
    right_by: Any = None,
    fill_method: str | None = None,
    suffixes: Any = ("_x", "_y"),
    how: str = "outer",
) -> Any:
    """The rows of two frames with equal keys, in the order of the keys; both are brought to one place.

    Parameters
    ----------
    left, right : DataFrame or named Series
        One of them may be pandas' own.
    on, left_on, right_on : label or list of labels, optional
        The keys.
    left_by, right_by : label or list of labels, optional
        Columns of groups, each of which is merged by itself.
    fill_method : {"ffill"}, optional
        Whether gaps get the last value before.
    suffixes : pair
    how : {"outer", "left", "right", "inner"}

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> left = dd.from_pandas(pd.DataFrame({"t": [1, 3], "a": [1, 2]}), npartitions=2)
    >>> dd.merge_ordered(left, pd.DataFrame({"t": [2], "b": [5]}), on="t").t.compute().tolist()
    [1, 2, 3]
    """
    left, right = as_frame(left, "left"), as_frame(right, "right")
    words = {
        "on": on,
        "left_on": left_on,
        "right_on": right_on,
        "left_by": left_by,
        "right_by": right_by,
        "fill_method": fill_method,
        "suffixes": list(suffixes),
        "how": how,
    }
    for frame, keys in ((left, left_on or on), (right, right_on or on)):
        if keys is not None:
            key_labels(frame, keys, False)
    return reshaped_whole("merge_ordered", left, right, **words)
