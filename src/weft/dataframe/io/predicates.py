"""Predicates that readers understand: what they mean to Arrow, and what statistics say of them.

A predicate is ``("and" | "or", left, right)`` or ``(operator, column, value)`` with one of `OPERATORS`, and means what pandas
means: a comparison with a missing value is False, ``ne`` is True. Users' own ``filters=`` mean what Arrow means (missing
values never pass); they are made an Arrow expression, and a predicate only to find out what can be left unread.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = [
    "OPERATORS",
    "Bounds",
    "Predicate",
    "arrow_expression",
    "columns_of",
    "filters_of",
    "may_hold",
    "settled",
]

#: ``("and" | "or", left, right)`` or ``(operator, column, value)``.
Predicate = tuple[Any, Any, Any]

#: Comparisons with a value; membership in a tuple of values; tests for missing values, whose value is None.
OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "isin", "isna", "notna")
#: How users write them.
WRITTEN = {"==": "eq", "=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "in": "isin"}


class Bounds(NamedTuple):
    """What statistics say of the values of a column in a part of a file.

    ``exact``: least and greatest are values that occur. ``missing`` is None where nobody counted.
    """

    least: Any
    greatest: Any
    missing: int | None
    exact: bool = True


def columns_of(predicate: Predicate) -> tuple[Hashable, ...]:
    """The columns that a predicate looks at, each once."""
    match predicate:
        case ("and" | "or", left, right):
            return tuple(dict.fromkeys([*columns_of(left), *columns_of(right)]))
        case (_, column, _):
            return (column,)


def arrow_expression(predicate: Predicate, field_of: Callable[[Hashable], str] = str) -> Any:
    """A predicate as Arrow computes it, with pandas' answer for missing values.

    A comparison with a missing value is False in pandas, null in Arrow: a filter drops both. ``!=`` is True in pandas.
    """
    import pyarrow.dataset as pads

    match predicate:
        case ("and", left, right):
            return arrow_expression(left, field_of) & arrow_expression(right, field_of)
        case ("or", left, right):
            return arrow_expression(left, field_of) | arrow_expression(right, field_of)
        case (operator, column, value):
            field = pads.field(field_of(column))
            match operator:
                case "isin":
                    return field.isin(list(value))
                case "isna":
                    return field.is_null(nan_is_null=True)
                case "notna":
                    return ~field.is_null(nan_is_null=True)
            scalar = pads.scalar(value)
            match operator:
                case "eq":
                    return field == scalar
                case "ne":
                    return (field != scalar) | field.is_null()
                case "lt":
                    return field < scalar
                case "le":
                    return field <= scalar
                case "gt":
                    return field > scalar
                case "ge":
                    return field >= scalar
    raise ValueError(f"no reader knows the predicate {predicate!r}")


def holds(operator: str, value: Any, other: Any) -> bool:
    """Whether a comparison holds for one value; None is missing."""
    match operator:
        case "isna":
            return value is None
        case "notna":
            return value is not None
        case "ne":
            return value is None or bool(value != other)
    if value is None:
        return False
    match operator:
        case "eq":
            return bool(value == other)
        case "lt":
            return bool(value < other)
        case "le":
            return bool(value <= other)
        case "gt":
            return bool(value > other)
        case "ge":
            return bool(value >= other)
    return value in other


def settled(predicate: Predicate, known: Mapping[Hashable, Any]) -> Predicate | bool:
    """A predicate where some columns have one known value each: True, False, or what is left to be found out."""
    match predicate:
        case ("and" | "or" as word, left, right):
            first, second = settled(left, known), settled(right, known)
            decisive = word == "or"
            if first is decisive or second is decisive:
                return decisive
            if isinstance(first, bool):
                return second
            return first if isinstance(second, bool) else (word, first, second)
        case (operator, column, value) if column in known:
            return holds(operator, known[column], value)
    return predicate


def may_hold(predicate: Predicate, bounds_of: Callable[[Hashable], Bounds | None]) -> bool:
    """Whether rows may fulfil a predicate, as far as statistics tell. When in doubt they may."""
    match predicate:
        case ("and", left, right):
            return may_hold(left, bounds_of) and may_hold(right, bounds_of)
        case ("or", left, right):
            return may_hold(left, bounds_of) or may_hold(right, bounds_of)
        case (operator, column, value):
            bounds = bounds_of(column)
            if bounds is None:
                return True
            try:
                return within(operator, value, bounds)
            except TypeError:  # values of another kind than the file's
                return True
    return True


def within(operator: str, value: Any, bounds: Bounds) -> bool:
    """Whether a comparison may hold somewhere between two bounds."""
    least, greatest, missing, exact = bounds
    match operator:
        case "isna":
            return missing != 0 or isinstance(least, float)  # statistics do not count NaN
        case "notna":
            return True
        case "ne":
            only = exact and least == greatest == value and missing == 0 and not isinstance(least, float)
            return not only
    if least is None or greatest is None:
        return True
    match operator:
        case "eq":
            return bool(least <= value <= greatest)
        case "lt":
            return bool(least < value)
        case "le":
            return bool(least <= value)
        case "gt":
            return bool(greatest > value)
        case "ge":
            return bool(greatest >= value)
    return any(least <= each <= greatest for each in value)


def filters_of(filters: Any, known: Sequence[Hashable]) -> tuple[Any, Predicate | None]:
    """Users' ``filters=`` as an Arrow expression, and as a predicate that holds wherever they do (None: nothing is known).

    Parameters
    ----------
    filters : pyarrow Expression, list of tuples, or list of lists of tuples
        ``[("a", ">", 1), ("b", "==", "x")]``: all must hold; in lists of lists all of one of the inner lists.
    known : sequence of labels
        The columns there are.

    Raises
    ------
    ValueError, TypeError
        It is none of these, or an operator is not known.
    KeyError
        A column is not there.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if isinstance(filters, pc.Expression):
        return filters, None
    if not isinstance(filters, (list, tuple)) or not filters:
        raise TypeError(
            f"filters is a pyarrow expression or a list such as [('a', '>', 1)], or a list of such lists; it is {filters!r}"
        )
    single = isinstance(filters[0], (list, tuple)) and len(filters[0]) > 0 and isinstance(filters[0][0], str)
    groups = [filters] if single else filters
    either: Predicate | None = None
    for group in groups:
        both: Predicate | None = None
        for each in group:
            made = condition(each, known)
            both = made if both is None else ("and", both, made)
        if both is None:
            raise ValueError(f"filters has an empty list in it: {filters!r}")
        either = both if either is None else ("or", either, both)
    return pq.filters_to_expression([[tuple(each) for each in group] for group in groups]), either


def condition(written: Any, known: Sequence[Hashable]) -> Predicate:
    """One condition as users write it."""
    from weft.dataframe.ops.projection import missing_column

    if not isinstance(written, (list, tuple)) or len(written) != 3:
        raise ValueError(f"a filter is (column, operator, value), such as ('a', '>', 1); it is {written!r}")
    column, operator, value = written
    if column not in known:
        raise KeyError(missing_column(column, tuple(known)))
    if operator == "not in":
        return ("notna", column, None)
    if operator not in WRITTEN:
        raise ValueError(f"a filter's operator is one of {', '.join([*WRITTEN, 'not in'])}, not {operator!r}")
    if WRITTEN[operator] == "isin":
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise TypeError(f"('{column}', 'in', ...) takes a collection of values, not {value!r}")
        return ("isin", column, tuple(value))
    return (WRITTEN[operator], column, value)
