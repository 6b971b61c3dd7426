"""Nodes of expressions: immutable, named by what they are.

A node's class is an operation, its fields are operands: other nodes (its children), and plain values. Building one stores
the operands and does nothing else; everything that follows from them is *derived* when somebody asks, once. The name is
derived too: a token of class and operands, in which children stand by their names. So equal expressions have one name
however they came about, and common work is shared by construction.

>>> @node
... class Scale(Expr):
...     source: Expr
...     factor: int = 2
>>> @node
... class Start(Expr):
...     '''A leaf without operands.'''
>>> twice = Scale(Start())
>>> twice.name == Scale(Start(), 2).name, twice.children
(True, (Start(),))
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast, dataclass_transform, overload
from weakref import WeakValueDictionary

from weft.expr.facts import Fact, Need, Needs
from weft.expr.naming import nonce, token_of

__all__ = ["Expr", "Held", "derived", "map_nested", "node"]

T = TypeVar("T")
C = TypeVar("C", bound="type[Expr]")
NO_FACTS: frozenset[Fact] = frozenset()
ALL_NEEDS: Needs = frozenset(Need)


class derived(Generic[T]):  # noqa: N801 (a decorator, like property)
    """A property that is computed once and kept in the node.

    Like `functools.cached_property`, but without a lock, and safe on trees of any depth: where the plain way, which asks
    the children, who ask theirs, runs out of stack, the fact is derived from the leaves upwards.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.name = function.__name__
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> derived[T]: ...
    @overload
    def __get__(self, instance: Expr, owner: type) -> T: ...
    def __get__(self, instance: Expr | None, owner: type) -> T | derived[T]:
        if instance is None:
            return self
        try:
            value = self.function(instance)
        except RecursionError:
            for each in walk_objects(instance, known=self.name):
                if each is not instance and hasattr(type(each), self.name):
                    getattr(each, self.name)
            value = self.function(instance)
        instance.__dict__[self.name] = value
        return value


class Expr:
    """Base of all nodes. Subclasses are decorated with `node` and list their operands as annotated fields."""

    fields: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[frozenset[Fact]] = NO_FACTS
    #: The fields that may hold nodes, for classes that say so: the others need not be looked through.
    child_fields: ClassVar[tuple[str, ...] | None] = None
    #: The fields with numbers and data of which no rule, and not lowering either, looks at more than the type: another
    #: number there leads to the same plan. None where nothing is said; see `weft.expr.holes`.
    holes: ClassVar[tuple[str, ...] | None] = None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"cannot set {name!r} of {type(self).__name__}: expressions do not change. "
            f"Make a changed copy, e.g. expr.with_operands({name}=...)."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r} of {type(self).__name__}: expressions do not change.")

    @property
    def label(self) -> str:
        """What people call this operation; the first part of the name."""
        return type(self).__name__.lower()

    @derived
    def name(self) -> str:
        """Deterministic name: label and token of class and operands."""
        stack: list[Expr] = [self]
        while stack:
            unnamed = [child for child in stack[-1].children if "name" not in child.__dict__]
            if unnamed:
                stack.extend(unnamed)
            elif (node := stack.pop()) is not self:
                node.__dict__["name"] = node.name
        kind, values = type(self), self.__dict__
        return f"{self.label}-{token_of(kind.__module__, kind.__qualname__, *[values[field] for field in self.fields])}"

    @derived
    def identity(self) -> Hashable:
        """What the node is known by while trees are rewritten: the name, or something that costs less to make.

        Nodes with one identity are equal. Those of a class that does not go by names may be equal and have two; then
        `kin` is the same for both.
        """
        return self.name

    @property
    def kin(self) -> Hashable:
        """Equal for equal nodes; what costs little and still tells most unequal ones apart."""
        return self.name

    @property
    def operands(self) -> tuple[Any, ...]:
        """Values of the fields, in order."""
        values = self.__dict__
        return tuple([values[field] for field in self.fields])

    @derived
    def children(self) -> tuple[Expr, ...]:
        """Operands that are nodes, also those within tuples, in order."""
        values = self.__dict__
        if self.child_fields is None:
            found: list[Expr] = []
            collect(map(values.__getitem__, self.fields), found)
            return tuple(found)
        if len(self.child_fields) == 1 and isinstance(only := values[self.child_fields[0]], Expr):
            return (only,)
        found = []
        collect([values[field] for field in self.child_fields], found)
        return tuple(found)

    @property
    def signature(self) -> Mapping[str, Any]:
        """What a rewrite must keep: facts about meta and layout, by name."""
        return {}

    def asks(self, child: Expr, asked: Needs) -> Needs:
        """What this node looks at in ``child``, when its own readers ask ``asked`` of it."""
        return ALL_NEEDS

    def with_operands(self: E, **changes: Any) -> E:
        """Copy with some operands changed; the node itself if none is."""
        values = self.__dict__
        if all(values.get(field, self) is value for field, value in changes.items()):
            return self
        return type(self)(**{field: values[field] for field in self.fields} | changes)

    def map_children(self: E, function: Callable[[Expr], Expr]) -> E:
        """Copy with ``function`` applied to each child; the node itself if no child changes."""
        if self.child_fields is not None:
            values = self.__dict__
            own = tuple([values[field] for field in self.child_fields])
            changed = map_nested(own, function)
            return self if changed is own else self.with_operands(**dict(zip(self.child_fields, changed, strict=True)))
        operands = self.operands
        changed = map_nested(operands, function)
        return self if changed is operands else type(self)(*changed)

    def __weft_tokenize__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Expr) and self.name == other.name)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(short, self.operands))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (flatten(self),)


E = TypeVar("E", bound=Expr)


@dataclass_transform(frozen_default=True, eq_default=False)
def node(cls: C) -> C:
    """Make a class a node: its annotated fields, after those of its bases, are its operands.

    The generated ``__init__`` only stores them, which keeps building a node near a microsecond.
    """
    own = [name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)]
    inherited = [field for field in cls.fields if field not in own]
    cls.fields = (*inherited, *own)
    cls.__match_args__ = cls.fields  # type: ignore[attr-defined,misc]
    defaults = {field: getattr(cls, field) for field in cls.fields if hasattr(cls, field)}
    if hidden := [field for field, value in defaults.items() if isinstance(value, property)]:
        raise TypeError(f"{cls.__name__}: the fields {hidden} are properties of a base; make them `derived` there")
    defaults = {field: value for field, value in defaults.items() if not isinstance(value, derived)}
    cls.__init__ = later(cls, defaults)  # type: ignore[method-assign]
    return cls


def later(cls: type[Expr], defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` that is written when the first node of the class is made: most programs use few of the classes."""

    def begin(self: Expr, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = written_init(cls, defaults)  # type: ignore[method-assign]
        cls.__init__(self, *args, **kwargs)

    return begin


def written_init(cls: type[Expr], defaults: dict[str, Any]) -> Callable[..., None]:
    """An ``__init__`` that takes the fields and stores them."""
    names: dict[str, Any] = {f"_default_{field}": value for field, value in defaults.items()}
    parameters = [f"{field}=_default_{field}" if field in defaults else field for field in cls.fields]
    body = [f"_own[{field!r}] = {field}" for field in cls.fields] or ["pass"]
    source = f"def __init__(self, {', '.join(parameters)}):\n _own = self.__dict__\n " + "\n ".join(body)
    exec(source, names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


class Held:
    """Data in memory as an operand: named by a nonce for each wrapped object, never by its content unless asked.

    Hashing ten million rows costs more than most questions about them. `of` gives the same wrapper, hence the same name,
    for the same object, as long as some expression holds it.
    """

    __slots__ = ("__weakref__", "token", "value")

    def __init__(self, value: Any, token: str | None = None) -> None:
        self.value = value
        self.token = token or nonce()

    @classmethod
    def of(cls, value: Any, name: str | bool | None = None) -> Held:
        """The wrapper of an object: named by a nonce, by its content (``name=True``) or by a text."""
        if name is True:
            return cls(value, token_of("content", value))
        if isinstance(name, str):
            return cls(value, token_of("given", name))
        held = HELD.get(id(value)) if name is None else None
        if held is None:
            held = cls(value)
            if name is None:
                HELD[id(value)] = held
        return held

    def __weft_tokenize__(self) -> str:
        return self.token

    def __reduce__(self) -> tuple[Any, ...]:
        return Held, (self.value, self.token)

    def __repr__(self) -> str:
        return f"<held {type(self.value).__name__}>"


#: Wrappers by the id of what they hold; they keep it alive, so an id cannot be taken over while its wrapper is here.
HELD: WeakValueDictionary[int, Held] = WeakValueDictionary()


def collect(operands: Iterable[Any], found: list[Expr]) -> None:
    """Append the nodes among operands and in tuples within them."""
    for each in operands:
        if type(each) is tuple:
            if each:
                collect(each, found)
        elif isinstance(each, Expr):
            found.append(each)


def map_nested(operands: tuple[Any, ...], function: Callable[[Expr], Expr]) -> tuple[Any, ...]:
    """The operands with ``function`` applied to each node in them; the very same tuple if nothing changes."""
    changed: list[Any] | None = None
    for place, each in enumerate(operands):
        if isinstance(each, Expr):
            new: Any = function(each)
        elif type(each) is tuple:
            new = map_nested(each, function)
        else:
            continue
        if new is not each:
            if changed is None:
                changed = list(operands)
            changed[place] = new
    return operands if changed is None else tuple(changed)


def walk_objects(*roots: Expr, known: str | None = None) -> list[Expr]:
    """Each node object once, children before parents. Asks no name; `tree.walk` is the one for general use.

    With ``known``, nodes of which this fact has been derived are left out with all beneath them.
    """
    found: list[Expr] = []
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        each, ready = stack.pop()
        if ready:
            found.append(each)
        elif id(each) not in seen and known not in each.__dict__:
            seen.add(id(each))
            children = each.children
            if children:
                stack.append((each, True))
                stack += [(child, False) for child in reversed(children)]
            else:
                found.append(each)
    return found


class Row(NamedTuple):
    """One node of a flattened tree: children stand as `Place`."""

    kind: type[Expr]
    operands: tuple[Any, ...]
    name: str | None


class Place(NamedTuple):
    """Where in the table a child stands."""

    row: int


def flatten(root: Expr) -> list[Row]:
    """A tree as a table, so that pickling does not recurse into it."""
    places: dict[int, Place] = {}
    table: list[Row] = []
    for each in walk_objects(root):
        operands = map_nested(each.operands, lambda child: cast(Expr, places[id(child)]))
        places[id(each)] = Place(len(table))
        table.append(Row(type(each), operands, each.__dict__.get("name")))
    return table


def restore(table: list[Row]) -> Expr:
    """The tree of a table."""
    nodes: list[Expr] = []

    def fill(value: Any) -> Any:
        if isinstance(value, Place):
            return nodes[value.row]
        return tuple(map(fill, value)) if type(value) is tuple else value

    for kind, operands, name in table:
        made = kind(*map(fill, operands))
        if name is not None:
            made.__dict__["name"] = name
        nodes.append(made)
    return nodes[-1]


def short(operand: Any) -> str:
    """An operand on a line: nodes by label, long values cut."""
    if isinstance(operand, Expr):
        return repr(operand) if not operand.children and len(operand.fields) < 2 else operand.label
    text = repr(operand)
    return text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}"
