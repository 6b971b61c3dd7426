"""Collections inside containers: found, and put back as their results."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Containers", "is_weft_collection", "unpack_collections"]

SEQUENCES = (list, tuple, set, frozenset)


def is_weft_collection(x: Any) -> bool:
    """Whether an object stands for a computation: whether it has ``__weft_graph__``, and that is not None.

    >>> import weft
    >>> is_weft_collection(weft.delayed(abs)(-1)), is_weft_collection([1])
    (True, False)
    """
    if isinstance(x, type):
        return False
    graph = getattr(type(x), "__weft_graph__", None)
    if graph is None:
        return False
    if getattr(type(x), "__weft_expr__", None) is not None:
        return True  # it holds an expression: its graph need not be made for the answer
    return x.__weft_graph__() is not None


class Containers:
    """Arguments, with the collections in them in order of appearance."""

    def __init__(self, args: tuple[Any, ...], traverse: bool = True) -> None:
        self.collections: list[Any] = []
        self._places: dict[int, int] = {}
        self._traverse = traverse
        self._plain = all(hasattr(kind, "__weft_expr__") for kind in set(map(type, args)))
        if self._plain:  # nothing but collections: no need to look into a hundred thousand of them
            self.collections = list(args)
            return
        self._args = [self._scan(each) for each in args]

    def _scan(self, value: Any) -> Callable[[list[Any]], Any]:
        """How to make this value again from results."""
        if is_weft_collection(value):
            place = self._places.get(id(value))
            if place is None:
                place = self._places[id(value)] = len(self.collections)
                self.collections.append(value)
            return Place(place)
        if not self._traverse:
            return Constant(value)
        kind = type(value)
        if kind in SEQUENCES:
            return self._rebuilt(value, list(value), kind)
        if kind in (dict, OrderedDict):
            pairs = [*value.keys(), *value.values()]
            return self._rebuilt(value, pairs, lambda items: kind(zip(items[: len(value)], items[len(value) :])))
        if isinstance(value, Iterator) and kind in (type(iter([])), type(iter(()))):
            items = list(value)
            return self._rebuilt(items, items, list)
        if isinstance(value, slice):
            return self._rebuilt(value, [value.start, value.stop, value.step], lambda items: slice(*items))
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return self._rebuilt(value, list(value), lambda items: kind(*items))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            there = [name for name in names if hasattr(value, name)]
            return self._rebuilt(
                value, [getattr(value, name) for name in there], lambda items: with_fields(value, there, items)
            )
        return Constant(value)

    def _rebuilt(self, value: Any, items: list[Any], make: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
        parts = [self._scan(item) for item in items]
        if all(type(part) is Constant for part in parts):
            return Constant(value)
        return lambda results: make([part(results) for part in parts])

    def repack(self, results: list[Any]) -> tuple[Any, ...]:
        """The arguments with each collection replaced by its result."""
        return tuple(results) if self._plain else tuple([make(results) for make in self._args])


class Place:
    """Stands for a collection."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def __call__(self, results: list[Any]) -> Any:
        return results[self.place]


class Constant:
    """Stands for a value without collections."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, results: list[Any]) -> Any:
        return self.value


def with_fields(value: Any, names: list[str], items: list[Any]) -> Any:
    """A dataclass instance with other field values, whatever its ``__init__`` does."""
    changes = dict(zip(names, items))
    by_init = {field.name for field in dataclasses.fields(value) if field.init}
    try:
        made = type(value)(**{name: item for name, item in changes.items() if name in by_init})
    except Exception as error:
        raise TypeError(
            f"cannot rebuild the dataclass {type(value).__name__} from its fields to put results in: {error}. "
            "Give its __init__ the fields as parameters, or pass traverse=False."
        ) from error
    for name in names:
        if name not in by_init:
            object.__setattr__(made, name, changes[name])
    return made


def unpack_collections(*args: Any, traverse: bool = True) -> tuple[list[Any], Callable[[list[Any]], tuple[Any, ...]]]:
    """Find the collections in arguments, however nested.

    Parameters
    ----------
    *args
        Any objects.
    traverse : bool
        Look into lists, tuples, sets, dicts, slices, named tuples and dataclasses.

    Returns
    -------
    collections : list
        Each collection once, in order of appearance.
    repack : callable
        Takes a list of results, one for each collection, and gives the arguments with the results in place.

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(abs)(-1)
    >>> collections, repack = unpack_collections([x, {"a": x}], 2)
    >>> collections == [x], repack(["result"])
    (True, (['result', {'a': 'result'}], 2))
    """
    found = Containers(args, traverse)
    return found.collections, found.repack
