"""Joins of two frames, by the values of columns or of the index, as users ask for them."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.divisions import checked_count
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.pandas.merge import JoinPlan
from weft.dataframe.known_metas import remembered, types_of
from weft.dataframe.ops.label_nodes import ToFrame
from weft.dataframe.ops.merge_arrays import has_arrays, merge_by_arrays
from weft.dataframe.ops.merge_levels import differs_in_levels, merge_by_levels
from weft.dataframe.ops.merge_nodes import Merge, aligned_edges, levels_of
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.ops.repartition import in_partitions
from weft.dataframe.ops.shuffle import check_method

__all__ = ["MergeMethods", "merge"]

HOWS = ("left", "right", "inner", "outer", "left_anti", "right_anti", "leftsemi", "cross")


def as_frame(value: Any, role: str) -> Any:
    """A side of a join as a frame."""
    if isinstance(value, pd.Series) and value.name is None:
        raise ValueError("Cannot merge a Series without a name")
    if isinstance(value, (pd.DataFrame, pd.Series)):
        value = from_pandas(value, npartitions=1, sort=False)
    if not isinstance(value, FrameBase) or not isinstance(value.expr.meta, (pd.DataFrame, pd.Series)):
        raise TypeError(f"Can only merge Series or DataFrame objects, a {type(value)} was passed ({role})")
    if isinstance(value.expr.meta, pd.Series):
        if value.expr.meta.name is None:
            raise ValueError("Cannot merge a Series without a name")
        return new(ToFrame(value.expr, Pairs(), False))
    return value


def key_labels(frame: Any, on: Any, is_index: bool) -> tuple[Any, tuple[Hashable, ...] | None]:
    """The frame with its keys as columns, and their labels; None for the index."""
    if is_index:
        return frame, None
    given = list(on) if isinstance(on, (list, pd.Index)) else [on]
    labels: list[Hashable] = []
    for each in given:
        if isinstance(each, FrameBase):
            each = each.expr.meta.name
        if each not in frame.expr.columns and not is_level(frame, each):
            raise KeyError(missing_column(each, frame.expr.columns))
        labels.append(each)
    levels = [each for each in labels if each not in frame.expr.columns]
    if not levels:
        return frame, tuple(labels)
    order = list(frame.expr.columns)
    for place, each in enumerate(labels):
        if each in levels:
            order.insert(place, each)
    return frame.reset_index(level=levels)[order], tuple(labels)


def is_level(frame: Any, label: Any) -> bool:
    """Whether a label is not one of columns, but the name of a level of the index."""
    return label is not None and label not in frame.expr.columns and label in frame.expr.meta.index.names


def merge(
    left: Any,
    right: Any,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    sort: bool = False,
    suffixes: Any = ("_x", "_y"),
    copy: bool | None = None,
    indicator: Any = False,
    validate: str | None = None,
    shuffle_method: str | None = None,
    npartitions: int | None = None,
    broadcast: Any = None,
) -> Any:
    """Two frames joined by the values of columns or of the index, as `pandas.merge` joins them.

    Rows are in pandas' order. Where that is not the order of the partitions that the join makes, rows travel once more; that
    is saved where nobody looks at the order.

    Parameters
    ----------
    left, right : DataFrame or named Series
        One of them may be pandas' own. As a method of a frame, that is the left one.
    how : {"inner", "left", "right", "outer", "cross", "left_anti", "right_anti", "leftsemi"}
        ``leftsemi`` gives the left rows that have a match, each once.
    on : label or list of labels, optional
        Columns of both; by default those that both have.
    left_on, right_on : label, values for the rows, or list of these, optional
    left_index, right_index : bool
        Join by the index of a side.
    sort : bool
        Whether the result is in the order of its keys.
    suffixes : pair
        Ends of labels that both sides have.
    copy : bool, optional
        For programs written for earlier versions of pandas: nothing is copied before it is changed.
    indicator : bool or str
        Add a column (``_merge``) that says which side a row comes from.
    validate : str, optional
        ``"1:1"``, ``"1:m"``, ``"m:1"``: keys that must not stand twice.
    shuffle_method : {"tasks", "disk", "p2p"}, optional
        For programs written for Dask.
    npartitions : int, optional
        Of the result; by default as many as the longer side has.
    broadcast : bool, optional
        Whether to put a small side together for all partitions of the other; by default if that moves less.

    Raises
    ------
    KeyError
        A key is not there.
    ValueError
        Keys of types that do not match, or labels that would stand twice.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> left = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2], "a": [1, 2, 3]}), npartitions=2)
    >>> right = dd.from_pandas(pd.DataFrame({"k": [2, 3], "b": ["x", "y"]}), npartitions=2)
    >>> dd.merge(left, right, on="k").compute()
       k  a  b
    0  3  1  y
    1  2  3  x
    """
    check_method(shuffle_method)
    left, right = as_frame(left, "left"), as_frame(right, "right")
    how = {"left_semi": "leftsemi", "semi": "leftsemi", "anti": "left_anti", "leftanti": "left_anti"}.get(how, how)
    if how not in HOWS:
        raise ValueError(f"{how!r} is not a valid Merge type: {', '.join(HOWS)}")
    count = max(left.npartitions, right.npartitions) if npartitions is None else checked_count(npartitions)
    left_on, right_on = sides_of_keys(left, right, how, on, left_on, right_on, bool(left_index), bool(right_index))
    if how == "cross":
        lkeys: Any = None
        rkeys: Any = None
        kept: list[Hashable] = []
    else:
        if left_index and right_index and differs_in_levels(left, right) and how in ("left", "right", "inner", "outer"):
            words = {"sort": sort, "indicator": indicator, "validate": validate}
            return merge_by_levels(
                merge, left, right, how, suffixes, **words, npartitions=npartitions, broadcast=broadcast
            )
        if has_arrays(left, left_on) or has_arrays(right, right_on):
            return merge_by_arrays(
                merge,
                left,
                right,
                how,
                left_on,
                right_on,
                left_index=left_index,
                right_index=right_index,
                sort=sort,
                suffixes=suffixes,
                indicator=indicator,
                validate=validate,
                npartitions=npartitions,
                broadcast=broadcast,
            )
        kept = levels_of_both(left, right, left_on, right_on)
        side = left if right_index else right
        if (left_index or right_index) and side.expr.meta.index.nlevels > 1:
            given = left_on if right_index else right_on
            keys = list(given) if isinstance(given, (list, pd.Index)) else [given]
            if any(is_level(side, each) for each in keys):  # its labels stay beside those of the other's index
                names = list(side.expr.meta.index.names)
                whole = side.reset_index()
                left, right = (whole, right) if right_index else (left, whole)
                words = {"sort": sort, "suffixes": suffixes, "indicator": indicator, "validate": validate}
                keyed = {"left_on": left_on, "right_on": right_on, "left_index": left_index, "right_index": right_index}
                joined = merge(left, right, how, **keyed, **words, npartitions=npartitions, broadcast=broadcast)
                return joined.set_index(names, sort=False)
        left, lkeys = key_labels(left, left_on, left_index)
        right, rkeys = key_labels(right, right_on, right_index)
        check_widths(left, lkeys, right, rkeys)
        left, right = same_categories(left, right, lkeys, rkeys)
    asked = (how, lkeys, rkeys, suffixes, indicator, validate, bool(sort))
    metas = left.expr.meta, right.expr.meta
    plan: JoinPlan = remembered(partial(plan_of, *metas, *asked), "plan of a join", asked, *metas)
    expr = Merge(left.expr, right.expr, plan, 0, None if broadcast is None else bool(broadcast))
    if expr.way == "sorted" and have_categories_apart(expr):  # these have no common order to be divided by
        sides = [in_partitions(each.expr, 1) for each in (left, right)]
        expr = expr.with_operands(left=sides[0], right=sides[1])
    made: FrameExpr = expr.with_operands(count=partitions_of(expr, count))
    _ = made.meta
    if npartitions is not None:
        made = in_partitions(made, count)
    if how == "cross" or (lkeys is not None and rkeys is not None):
        made = numbered(made)
    return new(made).set_index(kept, sort=False) if kept else new(made)


def sides_of_keys(
    left: Any, right: Any, how: str, on: Any, left_on: Any, right_on: Any, left_index: bool, right_index: bool
) -> tuple[Any, Any]:
    """``left_on`` and ``right_on``, with ``on=`` and the columns of both put there; refuses what contradicts itself."""
    if how == "cross":
        if on is not None or left_on is not None or right_on is not None or left_index or right_index:
            raise ValueError(
                "Can not pass on, right_on, left_on or set right_index=True or left_index=True with how='cross'"
            )
        return None, None
    if on is None and left_on is None and right_on is None and not left_index and not right_index:
        on = [label for label in left.expr.columns if label in right.expr.columns]
        if not on:
            raise ValueError(
                f"No common columns to perform merge on: {list(left.expr.columns)} and {list(right.expr.columns)}. "
                "Give on=, left_on= and right_on=, or left_index= and right_index="
            )
    if on is not None:
        if left_on is not None or right_on is not None:
            raise ValueError('Can only pass argument "on" OR "left_on" and "right_on", not a combination of both.')
        if left_index or right_index:
            raise ValueError(
                'Can only pass argument "on" OR "left_index" and "right_index", not a combination of both.'
            )
        return on, on
    for side, keys, index in (("left", left_on, left_index), ("right", right_on, right_index)):
        if keys is None and not index:
            raise ValueError(f'Must pass "{side}_on" OR "{side}_index".')
    for side, keys, index in (("left", left_on, left_index), ("right", right_on, right_index)):
        if keys is not None and index:
            raise ValueError(f'Can only pass argument "{side}_on" OR "{side}_index" not both.')
    return left_on, right_on


def check_widths(left: Any, lkeys: Any, right: Any, rkeys: Any) -> None:
    """Raise unless both sides have equally many keys."""
    wide, other = [
        len(keys) if keys is not None else side.expr.meta.index.nlevels
        for keys, side in ((lkeys, left), (rkeys, right))
    ]
    if wide != other:
        raise ValueError(
            f"len(right_on) must equal len(left_on): there are {wide} keys on the left and {other} on the right"
        )


def partitions_of(expr: Merge, count: int) -> int:
    """How many partitions a join gives by itself: ``count``, if it may choose."""
    match expr.way:
        case "broadcast right":
            return expr.left.npartitions
        case "broadcast left":
            return expr.right.npartitions
        case "aligned":
            return len(aligned_edges(expr) or ()) - 1
    return count


def have_categories_apart(expr: Merge) -> bool:
    """Whether keys that are matched have categories of which the other side has others, or plain values."""
    plan = expr.plan
    sides = [
        [side.meta[label].dtype for label in on]
        if on is not None
        else [each.dtype for each in levels_of(side.meta.index)]
        for side, on in ((expr.left, plan.left_on), (expr.right, plan.right_on))
    ]
    return any(
        one != two and (isinstance(one, pd.CategoricalDtype) or isinstance(two, pd.CategoricalDtype))
        for one, two in zip(*sides, strict=True)
    )


def levels_of_both(left: Any, right: Any, left_on: Any, right_on: Any) -> list[Hashable]:
    """Keys that are levels of the index on both sides: they stay levels."""
    if left_on is None or right_on is None:
        return []
    sides = [list(each) if isinstance(each, (list, pd.Index)) else [each] for each in (left_on, right_on)]
    if any(isinstance(each, FrameBase) for side in sides for each in side):
        return []
    return [
        one for one, two in zip(*sides, strict=False) if one == two and is_level(left, one) and is_level(right, two)
    ]


def same_categories(left: Any, right: Any, lkeys: Any, rkeys: Any) -> tuple[Any, Any]:
    """Both sides, with keys of one label as plain values where their categories differ: as such they come out."""
    for one, two in zip(lkeys or (), rkeys or (), strict=False):
        if one != two:
            continue
        kinds = [left.expr.meta[one].dtype, right.expr.meta[two].dtype]
        if all(isinstance(each, pd.CategoricalDtype) for each in kinds) and kinds[0] != kinds[1]:
            plain = [each.categories.dtype for each in kinds]
            left, right = left.astype({one: plain[0]}), right.astype({two: plain[1]})
    return left, right


def numbered(expr: FrameExpr) -> FrameExpr:
    """Rows numbered over all partitions."""
    return new(expr).reset_index(drop=True).expr if expr.npartitions > 1 else expr


def plan_of(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str,
    left_on: tuple[Hashable, ...] | None,
    right_on: tuple[Hashable, ...] | None,
    suffixes: Any,
    indicator: Any,
    validate: str | None,
    sort: bool,
) -> JoinPlan:
    """The plan of a join; pandas itself says what columns are called, and refuses what it refuses."""
    if indicator is False and validate is None and are_apart(left, right, how, left_on, right_on, suffixes):
        ours, theirs = left.columns.tolist(), right.columns.tolist()
        theirs = [label for label in theirs if label not in ours]
        left_names, right_names = [tuple([(label, label) for label in labels]) for labels in (ours, theirs)]
        return JoinPlan(how, left_on, right_on, left_names, right_names, None, validate, sort)
    options: dict[str, Any] = {
        "how": "inner" if how == "leftsemi" else how,
        "suffixes": suffixes,
        "indicator": indicator,
    }
    if validate is not None:
        options["validate"] = validate
    if how == "cross":
        options.pop("indicator")
    else:
        options |= {"left_index": True} if left_on is None else {"left_on": list(left_on)}
        options |= {"right_index": True} if right_on is None else {"right_on": list(right_on)}
    made = pd.merge(left, right, **options)
    shared = (
        {a for a, b in zip(left_on or (), right_on or (), strict=False) if a == b} if left_on and right_on else set()
    )
    names = list(made.columns)
    theirs = [label for label in right.columns if label not in shared]
    left_names = tuple(zip(left.columns, names[: left.shape[1]], strict=True))
    right_names = tuple(zip(theirs, names[left.shape[1] : left.shape[1] + len(theirs)], strict=True))
    label = "_merge" if indicator is True else indicator or None
    if how == "leftsemi":
        left_names, right_names = tuple([(label, label) for label in left.columns]), ()
    elif len(names) != left.shape[1] + len(theirs) + (label is not None):  # a key of its own comes before all others
        return JoinPlan(how, left_on, right_on, (), (), label, validate, sort, tuple(suffixes))
    return JoinPlan(how, left_on, right_on, left_names, right_names, label, validate, sort)


def are_apart(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str,
    left_on: tuple[Hashable, ...] | None,
    right_on: tuple[Hashable, ...] | None,
    suffixes: Any,
) -> bool:
    """Whether a join by columns of the same types has nothing that pandas would refuse or call otherwise.

    Then pandas need not be asked, which takes a millisecond.
    """
    if how not in ("inner", "left", "right", "outer") or not left_on or not right_on or len(left_on) != len(right_on):
        return False
    if left.columns.nlevels > 1 or right.columns.nlevels > 1 or suffixes != ("_x", "_y"):
        return False
    if not left.columns.is_unique or not right.columns.is_unique:
        return False
    ours, theirs = types_of(left), types_of(right)
    if len(set(left_on)) < len(left_on) or len(set(right_on)) < len(right_on):
        return False
    shared = {one for one, two in zip(left_on, right_on, strict=True) if one == two}
    kinds = [(ours.get(one), theirs.get(two)) for one, two in zip(left_on, right_on, strict=True)]
    return not (ours.keys() & theirs.keys()) - shared and all(one is not None and one == two for one, two in kinds)


class MergeMethods(FrameBase):
    """Joins."""

    __slots__ = ()

    merge = merge

    def join(
        self,
        other: Any,
        on: Any = None,
        how: str = "left",
        lsuffix: str = "",
        rsuffix: str = "",
        sort: bool = False,
        validate: str | None = None,
        shuffle_method: str | None = None,
        npartitions: int | None = None,
        suffixes: Any = None,
    ) -> Any:
        """Join with other frames by their index.

        Parameters
        ----------
        other : DataFrame, named Series, or list of them
        on : label or list of labels, optional
            Columns of this frame to join by; its index by default.
        how : {"left", "right", "inner", "outer", "cross"}
        lsuffix, rsuffix : str
            Ends of labels that both have.
        suffixes : pair, optional
            The same, as `merge` has it.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
        >>> df.join(pd.Series([10, 30], index=[0, 2], name="b")).b.compute().tolist()
        [10.0, nan, 30.0]
        """
        if isinstance(other, list):
            if on is not None:
                raise ValueError("Joining multiple DataFrames only supported for joining on index")
            if lsuffix or rsuffix:
                raise ValueError("Suffixes not supported when joining multiple DataFrames")
            made = self
            for each in other:
                made = made.join(each, how=how, sort=sort, npartitions=npartitions)
            return made
        right = as_frame(other, "other")
        keys: dict[str, Any] = {"left_index": on is None, "left_on": on, "right_index": True} if how != "cross" else {}
        if suffixes is None:
            suffixes = (lsuffix or None, rsuffix or None)
        elif lsuffix or rsuffix:
            raise ValueError("join() takes suffixes= or lsuffix= and rsuffix=, not both")
        made = merge(
            self,
            right,
            how,
            sort=sort,
            suffixes=suffixes,
            validate=validate,
            shuffle_method=shuffle_method,
            npartitions=npartitions,
            **keys,
        )
        given = list(on) if isinstance(on, (list, pd.Index)) else [on]
        levels = [each for each in given if isinstance(each, Hashable) and is_level(self, each)]
        levels = [each for each in levels if each in made.expr.columns]
        # levels that are keys stay in the index, as in pandas, unless they meet those of the other frame
        return made.set_index(levels if len(levels) > 1 else levels[0], sort=False) if levels else made
