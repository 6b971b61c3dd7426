"""Where implementations are looked up: by name, or by the type of a value.

A `Registry` maps names, such as those of backends, to implementations. One that is not needed is not imported: it may
stand as ``"module:attribute"``, and other packages add theirs as entry points.

A `TypeRegistry` maps classes to implementations that hold for their subclasses too. Libraries whose classes nobody has
used are not imported: what is registered for them waits until a first value of theirs is met.

The modules of the standard library that only rare calls need are imported there, so that ``import weft`` stays fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from weft.errors import RegistryError
from weft.forking import ForkLock
from weft.hints import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

__all__ = ["Registry", "TypeRegistry"]

T = TypeVar("T")
Lazy = TypeVar("Lazy", bound=Callable[[], object])


def entry_points(group: str) -> EntryPoints:
    """What installed packages offer in a group."""
    from importlib.metadata import entry_points

    return entry_points(group=group)


class Registry(Generic[T]):
    """Implementations by name.

    Parameters
    ----------
    kind : str
        What the names stand for, for errors: "backend".
    entry_points : str, optional
        Group in which other packages name implementations; it is read when a name is not known otherwise.
    error : type
        What is raised for a name that is not known, or taken.

    Examples
    --------
    >>> engines = Registry[object]("engine")
    >>> engines.add("fractions", "fractions:Fraction")
    >>> engines["fractions"]
    <class 'fractions.Fraction'>
    >>> engines["fraction"]
    Traceback (most recent call last):
    weft.errors.RegistryError: there is no engine 'fraction'. Known: 'fractions'. Did you mean 'fractions'?
    """

    def __init__(self, kind: str, entry_points: str | None = None, error: type[Exception] = RegistryError) -> None:
        self.kind = kind
        self._group = entry_points
        self._error = error
        self._found: dict[str, T | str] = {}
        self._lock = ForkLock()

    def add(self, name: str, implementation: T | str) -> None:
        """Register an implementation, or where it can be imported from as ``"module:attribute"``.

        Raises
        ------
        RegistryError
            If the name is taken.
        """
        with self._lock:
            if name in self._found:
                raise self._error(
                    f"cannot register {self.kind} {name!r} as {implementation!r}: "
                    f"the name stands for {self._found[name]!r}. Choose another name."
                )
            self._found[name] = implementation

    def __getitem__(self, name: str) -> T:
        """The implementation of that name, imported if need be.

        Raises
        ------
        RegistryError
            (a ValueError and KeyError) if there is none; it names the nearest.
        """
        with self._lock:
            if name not in self._found:
                self._read_entry_points()
            if name not in self._found:
                raise self._error(self._unknown(name))
            found = self._found[name]
            if not isinstance(found, str):
                return found
            loaded: T = self._load(name, found)
            self._found[name] = loaded
            return loaded

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """All known names, in order of registration, those of entry points last."""
        with self._lock:
            self._read_entry_points()
            return list(self._found)

    def _read_entry_points(self) -> None:
        group, self._group = self._group, None
        for entry_point in entry_points(group=group) if group is not None else ():
            self.add(entry_point.name, entry_point.value)

    def _load(self, name: str, path: str) -> Any:
        module, _, attribute = path.partition(":")
        found = import_module(module)
        try:
            for part in attribute.split("."):
                found = getattr(found, part)
        except AttributeError:
            raise self._error(
                f"cannot load the {self.kind} {name!r} from {path!r}: the module has no {attribute!r}. "
                f"Write it as 'module:attribute'."
            ) from None
        return found

    def _unknown(self, name: str) -> str:
        known = self.names()
        listed = ", ".join(map(repr, known)) or "none"
        return f"there is no {self.kind} {name!r}. Known: {listed}.{did_you_mean(name, known)}"


class TypeRegistry(Generic[T]):
    """Implementations by class, found for subclasses along their bases.

    ``found`` maps the classes met so far to what holds for them. It is the same dictionary for ever, so that hot code
    may look there first and call `find` for a class that is missing.

    Parameters
    ----------
    choose : callable
        ``choose(cls, nearest)`` gives what holds for a class for which nothing is registered itself; ``nearest`` is
        what is registered for the nearest of its bases, or None. Asked once for each class.
    entry_points : str, optional
        Group in which other packages name functions. They are called with ``plugin_argument`` when a class is met for
        which nothing is registered.

    Examples
    --------
    >>> names = TypeRegistry[str](lambda cls, nearest: nearest or "thing")
    >>> _ = names.register(int)("number")
    >>> names.find(bool), names.find(str)
    ('number', 'thing')
    """

    def __init__(self, choose: Callable[[type, T | None], T], entry_points: str | None = None) -> None:
        self.found: dict[type, T] = {}
        #: What the functions of the entry points are called with.
        self.plugin_argument: object = self
        self._choose = choose
        self._registered: dict[type, T] = {}
        self._lazy: dict[str, list[Callable[[], object]]] = {}
        self._group = entry_points
        self._lock = ForkLock()

    def register(self, *classes: type) -> Callable[[T], T]:
        """A decorator that registers an implementation for classes and their subclasses, in place of an earlier one."""

        def keep(implementation: T) -> T:
            with self._lock:
                self._registered.update(dict.fromkeys(classes, implementation))
                self._look_up_again()
            return implementation

        return keep

    def register_lazy(self, toplevel: str, func: Lazy | None = None) -> Callable[[Lazy], Lazy]:
        """Have ``func()`` called, to register more, when a first class of that top-level module is met."""

        def keep(register: Lazy) -> Lazy:
            with self._lock:
                self._lazy.setdefault(toplevel, []).append(register)
                self._look_up_again()
            return register

        if func is not None:
            keep(func)
        return keep

    def find(self, cls: type) -> T:
        """What holds for a class."""
        found = self.found.get(cls)
        if found is None:
            with self._lock:
                nearest = self._nearest(cls)
                if nearest is None and self._group is not None:
                    group, self._group = self._group, None
                    for entry_point in entry_points(group=group):
                        entry_point.load()(self.plugin_argument)
                    nearest = self._nearest(cls)
                found = self._registered[cls] if cls in self._registered else self._choose(cls, nearest)
                self.found[cls] = found
        return found

    def _nearest(self, cls: type) -> T | None:
        for module in {base.__module__ for base in cls.__mro__ if isinstance(base.__module__, str)}:
            for register in self._lazy.pop(module.partition(".")[0], ()):
                register()
        return next((self._registered[base] for base in cls.__mro__ if base in self._registered), None)

    def _look_up_again(self) -> None:
        """Forget what was found for subclasses: something registered since may be nearer."""
        self.found.clear()
        self.found.update(self._registered)
