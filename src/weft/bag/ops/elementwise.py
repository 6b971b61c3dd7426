"""Operations that go record by record."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any, Literal

from weft.bag.arguments import Arguments, check_function
from weft.bag.base import BagBase, new_bag
from weft.bag.expr import Streamed, streamed
from weft.bag.kernels.elements import (
    Filter,
    Flatten,
    Given,
    ListOfKeys,
    Map,
    MapPartitions,
    MapSafely,
    MatchPattern,
    Pluck,
    Sparing,
    SparingPredicate,
    Starmap,
)
from weft.bag.kernels.pipeline import Stage
from weft.callables import has_keyword
from weft.expr import Expr
from weft.typing import no_default

__all__ = ["OnError", "check_on_error", "map", "map_partitions"]

OnError = Literal["raise", "skip", "collect"]


def check_on_error(on_error: str) -> None:
    """Raise ValueError for a word that says nothing."""
    if on_error not in ("raise", "skip", "collect"):
        raise ValueError(f"on_error is 'raise', 'skip' or 'collect', not {on_error!r}")


def map(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the records of one or more bags.

    Parameters
    ----------
    func : callable
    *args, **kwargs
        Bags, which are gone through side by side and must have partitions of equal lengths; items and delayed values, which
        are one value for all calls, as is everything else.
    on_error : {"raise", "skip", "collect"}
        What to do with records that the function fails for: stop, leave them out, or put a `BadRecord` in their place. Keyword
        only; a function that has a parameter of this name gets it itself.

    Notes
    -----
    A `BadRecord` that an operation before has put in a record's place stays as it is: `map` of one bag, `starmap`, `pluck`,
    `flatten` and the methods of texts go past it. The predicates of `filter` and `remove` are asked about it, and if they fail
    it is kept. For everything else it is a record like others.

    Examples
    --------
    >>> import weft.bag as db
    >>> one, two = db.range(4, 2), db.range(4, 2).map(lambda x: 10 * x)
    >>> db.map(lambda x, y, z: x + y + z, one, two, 100).compute(scheduler="sync")
    [100, 111, 122, 133]
    """
    check_function("map", func)
    on_error = "raise"
    if "on_error" in kwargs and not has_keyword(func, "on_error"):
        on_error = kwargs.pop("on_error")
        check_on_error(on_error)
    given = Arguments("map", args, kwargs)
    stage: Stage = Map(func, given.layout)
    if on_error != "raise":
        stage = MapSafely(Map(func, given.layout), on_error == "collect")
    if sum(each.is_stream for each in given.layout) > 1:
        return new_bag(Streamed(stage, given.sources))
    return by_record(stage, *given.sources)


def by_record(stage: Stage, source: Any, *others: Expr) -> Any:
    """A bag of what a stage makes of each record, past which those go that are bad already."""
    return new_bag(streamed(Sparing(stage) if source.may_hold_bad else stage, source, *others))


def map_partitions(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to whole partitions.

    The function gets a list where there is one already; else a `Partition`, which is a stream that can be looped over once,
    and a list as soon as more is asked of it. What it returns, if it is an iterator, becomes a list at the end of the task.

    Parameters
    ----------
    func : callable
    *args, **kwargs
        Bags with equally many partitions; items, delayed values and everything else are the same for all partitions.

    Examples
    --------
    >>> import weft.bag as db
    >>> db.map_partitions(lambda part, by: [sum(part) * by], db.range(4, 2), 10).compute(scheduler="sync")
    [10, 50]
    """
    check_function("map_partitions", func)
    given = Arguments("map_partitions", args, kwargs)
    return new_bag(Streamed(MapPartitions(func, given.layout), given.sources))


class ElementMethods(BagBase):
    """Operations that go record by record."""

    __slots__ = ()

    def map(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Apply a function to each record; see `weft.bag.map` for further arguments.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(3, 1).map(lambda x, by: x * by, by=2).compute(scheduler="sync")
        [0, 2, 4]
        """
        return map(func, self, *args, **kwargs)

    def starmap(self, func: Callable[..., Any], **kwargs: Any) -> Any:
        """Apply a function to the records' items as its arguments: ``func(*record, **kwargs)``.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence([(1, 2), (3, 4)]).starmap(lambda x, y, z: x + y + z, z=5).compute(scheduler="sync")
        [8, 12]
        """
        check_function("starmap", func)
        given = Arguments("starmap", (self,), kwargs)
        if any(each.is_stream and each.word for each in given.layout):
            raise TypeError("starmap() takes no bags as keyword arguments: zip the bags, and unpack their records")
        return by_record(Starmap(func, given.layout), *given.sources)

    def map_partitions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Apply a function to each partition; see `weft.bag.map_partitions`.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(4, 2).map_partitions(lambda part: [max(part)]).compute(scheduler="sync")
        [1, 3]
        """
        return map_partitions(func, self, *args, **kwargs)

    def filter(self, predicate: Any) -> Any:
        """Keep the records for which a predicate holds.

        Parameters
        ----------
        predicate : callable, None or Bag
            None: the truth of the records themselves. A bag made alike has a truth for each record.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).filter(lambda x: x % 2 == 0).compute(scheduler="sync")
        [0, 2, 4]
        """
        return self._filtered("filter", predicate, True)

    def remove(self, predicate: Any) -> Any:
        """Drop the records for which a predicate holds.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.range(5, 2).remove(lambda x: x % 2 == 0).compute(scheduler="sync")
        [1, 3]
        """
        return self._filtered("remove", predicate, False)

    def _filtered(self, operation: str, predicate: Any, keeps: bool) -> Any:
        if isinstance(predicate, BagBase):
            sources = Arguments(operation, (self, predicate), {}).sources
            return new_bag(Streamed(Filter(None, keeps), sources))
        if predicate is not None:
            check_function(operation, predicate)
            if self.expr.may_hold_bad:
                predicate = SparingPredicate(predicate, keeps)
        return new_bag(streamed(Filter(predicate, keeps), self.expr))

    def flatten(self) -> Any:
        """The records of the records: one level of nesting less.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence([[1], [2, 3]]).flatten().compute(scheduler="sync")
        [1, 2, 3]
        """
        return by_record(Flatten(), self.expr)

    def pluck(self, key: Any, default: Any = no_default) -> Any:
        """An item of each record.

        Parameters
        ----------
        key : object or list
            A key or index; a list of them gives tuples.
        default : object, optional
            Stands where a record has no such item; without it that is an error.

        Examples
        --------
        >>> import weft.bag as db
        >>> b = db.from_sequence([{"name": "Ann", "age": 5}, {"name": "Bo"}])
        >>> b.pluck("name").compute(scheduler="sync"), b.pluck(["name", "age"], 0).compute(scheduler="sync")
        (['Ann', 'Bo'], [('Ann', 5), ('Bo', 0)])
        """
        wanted = ListOfKeys(tuple(key)) if isinstance(key, list) else key
        return by_record(Pluck(wanted, default), self.expr)

    def unzip(self, n: int) -> tuple[Any, ...]:
        """A bag of tuples of length ``n`` as ``n`` bags.

        Examples
        --------
        >>> import weft.bag as db
        >>> letters, numbers = db.from_sequence([("a", 1), ("b", 2)]).unzip(2)
        >>> numbers.compute(scheduler="sync")
        [1, 2]
        """
        return tuple([self.pluck(place) for place in range(n)])

    @property
    def str(self) -> StringMethods:
        """The methods of texts, for bags of texts.

        Examples
        --------
        >>> import weft.bag as db
        >>> db.from_sequence(["Ann Lee", "Bo Yu"]).str.lower().str.split(" ").compute(scheduler="sync")
        [['ann', 'lee'], ['bo', 'yu']]
        >>> db.from_sequence(["Ann", "Bo"]).str.match("A*").compute(scheduler="sync")
        ['Ann']
        """
        return StringMethods(self)


#: The builtin class, which the property of the same name hides within this module's classes.
TEXT = str


class StringMethods:
    """The methods of `str`, each of which gives a bag."""

    __slots__ = ("_bag",)

    def __init__(self, bag: ElementMethods) -> None:
        self._bag = bag

    def __dir__(self) -> list[Any]:
        return sorted({*super().__dir__(), *[name for name in dir(TEXT) if not name.startswith("_")]})

    def __getattr__(self, name: Any) -> Callable[..., Any]:
        if name.startswith("_") or not callable(getattr(TEXT, name, None)):
            raise AttributeError(f"texts have no method {name!r}; bags of texts have those of str, and match")

        def call(*args: Any, **kwargs: Any) -> Any:
            caller = methodcaller(name, *args, **kwargs)
            return by_record(Map(caller, (Given(),)), self._bag.expr)

        call.__name__ = name
        call.__doc__ = f"Apply ``str.{name}`` to each record."
        return call

    def match(self, pattern: Any) -> Any:
        """Keep the texts that match a pattern as the shell's file names do: ``*``, ``?``, ``[...]``."""
        return self._bag.filter(MatchPattern(pattern))
