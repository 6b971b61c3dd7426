"""Arguments of functions that go over bags: which are read record by record, which are one value for all, which are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import index
from typing import Any

from weft.bag.base import BagBase, Holder
from weft.bag.kernels.elements import Given, ListOfKeys, picker
from weft.collection.convert import CONVERSIONS
from weft.execution import is_weft_collection
from weft.expr import Expr
from weft.physical.outside import Outside

__all__ = [
    "Arguments",
    "check_count",
    "check_function",
    "check_probability",
    "check_whole",
    "function_of_record",
    "single_block",
    "tree_width",
]


class Arguments:
    """What a function is called with: expressions, and the layout by which a stage gives them to the function.

    Parameters
    ----------
    operation : str
        For errors.
    positional, keywords
        Bags are gone through record by record (or partition by partition); items, delayed values and other collections are
        one value for all calls; so is everything else.
    """

    def __init__(self, operation: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        entries = [*[("", each) for each in positional], *keywords.items()]
        bags = [value for _, value in entries if isinstance(value, BagBase)]
        if not bags:
            raise ValueError(f"{operation}() needs a bag among its arguments. Make one with from_sequence(...).")
        counts = dict.fromkeys(each.npartitions for each in bags)
        if len(counts) > 1:
            raise ValueError(
                f"cannot {operation} bags side by side that have {' and '.join(map(str, counts))} partitions. "
                "They must be made alike."
            )
        sources: list[Expr] = [bags[0].expr]  # what is read as a stream comes first
        layout: list[Given] = []
        is_first = True
        for word, value in entries:
            if isinstance(value, BagBase) and is_first:
                is_first = False
                layout.append(Given(word, 0, True))
            elif is_weft_collection(value):
                is_stream = isinstance(value, BagBase)
                sources.append(value.expr if is_stream else single_block(value))
                layout.append(Given(word, len(sources) - 1, is_stream))
            else:
                layout.append(Given(word, None, False, value))
        self.sources = tuple(sources)
        self.layout = tuple(layout)


def single_block(value: Any) -> Expr:
    """An item, a delayed value, or what another collection will be, as one block."""
    if isinstance(value, Holder) and value.expr.is_item:
        return value.expr
    return Outside.of(CONVERSIONS["delayed"](value).__weft_expr__())


def check_function(operation: str, function: Any) -> None:
    """Raise TypeError for what cannot be called."""
    if not callable(function):
        raise TypeError(f"{operation}() needs a function, not {function!r}")


def function_of_record(operation: str, given: Any) -> Callable[[Any], Any]:
    """A function of a record; what is no function is an item of it, or a list of items, to be plucked."""
    if callable(given):
        return given  # type: ignore[no-any-return]
    return picker(ListOfKeys(tuple(given)) if isinstance(given, list) else given)


def tree_width(split_every: Any, default: int) -> int:
    """How many partials are combined at a time."""
    if split_every is None:
        return default
    if split_every is False:
        return 1 << 30
    try:
        return check_count("split_every", split_every, 2)
    except ValueError as error:
        raise ValueError(f"{error}. Give False for all at once.") from None


def check_whole(operation: str, number: Any) -> int:
    """A whole number as an int; TypeError for what is none."""
    try:
        return index(number)
    except TypeError:
        raise TypeError(f"{operation}() needs a whole number, not {number!r}") from None


def check_count(word: str, number: Any, least: int = 1) -> int:
    """A number of partitions, records or the like as an int.

    Raises
    ------
    ValueError
        It is no whole number, or too small.
    """
    try:
        found = least - 1 if isinstance(number, bool) else index(number)
    except TypeError:
        found = least - 1
    if found < least:
        raise ValueError(f"{word} is a whole number, {least} or more; it is {number!r}")
    return found


def check_probability(prob: Any) -> None:
    """Raise ValueError for what is no probability."""
    if not 0 <= prob <= 1:
        raise ValueError(f"prob is a probability, from 0 to 1; it is {prob!r}")
