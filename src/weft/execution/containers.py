"""Collections inside containers: found, and put back as their results."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from types import GeneratorType
from typing import Any, NamedTuple

from weft.graph.makers import MAKERS

__all__ = ["Containers", "Parts", "is_weft_collection", "taken_apart", "too_deep", "unpack_collections"]

#: Iterators over what is there already: they are read when they are met, and a list stands in their place.
ITERATORS = frozenset(
    map(type, (iter([]), iter(()), iter(set()), iter({}), iter({}.values()), iter({}.items()), reversed([])))
)
#: Views of dicts: likewise.
VIEWS = frozenset(map(type, ({}.keys(), {}.values(), {}.items())))


def is_weft_collection(x: Any) -> bool:
    """Whether an object stands for a computation: whether it has ``__weft_graph__``, and that is not None.

    >>> import weft
    >>> is_weft_collection(weft.delayed(abs)(-1)), is_weft_collection([1])
    (True, False)
    """
    kind = type(x)
    if hasattr(kind, "__weft_expr__"):
        return True  # it holds an expression: its graph need not be made for the answer
    if isinstance(x, type):
        return False
    if hasattr(kind, "__weft_exprs__"):
        return any(map(is_weft_collection, x.__weft_exprs__()))
    return hasattr(kind, "__weft_graph__") and x.__weft_graph__() is not None


class Parts(NamedTuple):
    """What a container is made of, and a function (that can travel) which makes one like it of other items."""

    items: list[Any]
    make: Callable[..., Any]


def taken_apart(value: Any) -> Parts | None:
    """The parts of a container that is looked into; None for everything else.

    Looked into are lists, tuples, sets, dicts, slices, named tuples, dataclass instances, iterators over builtin
    containers, and composites: objects that hold collections and say so with ``__weft_exprs__``.
    """
    kind = type(value)
    if kind in MAKERS:
        return Parts(list(value), MAKERS[kind])
    if kind is dict or kind is OrderedDict:
        return Parts([*value.keys(), *value.values()], MakeDict(kind))
    if kind is slice:
        return Parts([value.start, value.stop, value.step], slice)
    if kind in ITERATORS or kind in VIEWS:
        return Parts(list(value), MAKERS[list])
    if hasattr(kind, "__weft_exprs__"):
        return None if isinstance(value, type) else Parts(list(value.__weft_exprs__()), MakeComposite(value))
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return Parts(list(value), kind)
    if hasattr(kind, "__dataclass_fields__"):
        names = [field.name for field in fields_of(value) if hasattr(value, field.name)]
        return Parts([getattr(value, name) for name in names], MakeDataclass(value, names))
    return None


def fields_of(value: Any) -> tuple[Any, ...]:
    """The fields of a dataclass."""
    from dataclasses import fields  # here, for a quick import

    return fields(value)


def too_deep() -> RecursionError:
    """The error for containers whose inside has no end, or none that the interpreter's stack reaches."""
    return RecursionError(
        "cannot look for collections in an argument: a container in it holds itself, or they are nested too deeply for the "
        "interpreter's stack. Pass traverse=False, give a flatter value, or raise sys.setrecursionlimit."
    )


class MakeDict:
    """Makes a dict: the first half of the items are the keys."""

    __name__ = "dict"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __call__(self, *items: Any) -> Any:
        half = len(items) // 2
        return self.kind(zip(items[:half], items[half:]))


class MakeComposite:
    """Makes a composite like another one, of other collections or their results."""

    def __init__(self, like: Any) -> None:
        self.like = like
        self.__name__ = type(like).__name__

    def __call__(self, *items: Any) -> Any:
        return self.like.__weft_rebuild_from_exprs__(list(items))


class MakeDataclass:
    """Makes an instance like another one, with other field values."""

    def __init__(self, like: Any, names: list[str]) -> None:
        self.kind = type(like)
        self.names = names
        self.by_init = {field.name for field in fields_of(like) if field.init}
        self.__name__ = self.kind.__name__

    def __call__(self, *items: Any) -> Any:
        values = dict(zip(self.names, items))
        try:
            made = self.kind(**{name: item for name, item in values.items() if name in self.by_init})
        except Exception as error:
            raise TypeError(
                f"cannot rebuild the dataclass {self.kind.__name__} from its fields to put results in: {error}. "
                "Give its __init__ the fields as parameters, or pass traverse=False."
            ) from error
        for name in self.names:
            if name not in self.by_init:
                object.__setattr__(made, name, values[name])
        return made


Remake = Callable[[list[Any]], Any]


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
        try:
            self._args = [self._scan(each) for each in args]
        except RecursionError:
            raise too_deep() from None

    def _scan(self, value: Any) -> Remake | Constant:
        """How to make this value again from results."""
        is_composite = hasattr(type(value), "__weft_exprs__")
        if not is_composite and is_weft_collection(value):
            place = self._places.get(id(value))
            if place is None:
                place = self._places[id(value)] = len(self.collections)
                self.collections.append(value)
            return Place(place)
        if not (self._traverse or is_composite):
            return Constant(value)
        parts = Parts(list(value), MAKERS[list]) if type(value) is GeneratorType else taken_apart(value)
        if parts is None:
            return Constant(value)
        remakes = [self._scan(item) for item in parts.items]
        if all(type(each) is Constant for each in remakes):
            used_up = type(value) in ITERATORS or type(value) is GeneratorType
            return Constant(parts.items if used_up else value)
        return lambda results: parts.make(*[each(results) for each in remakes])

    def repack(self, results: Iterable[Any]) -> tuple[Any, ...]:
        """The arguments with each collection replaced by its result."""
        found = list(results)
        return tuple(found) if self._plain else tuple([make(found) for make in self._args])


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
