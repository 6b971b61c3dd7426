"""Task nodes: graphs whose references say that they are references.

In a graph of tuples (:mod:`weft.graph.tuples`) a text may be a key or a text. A node leaves no doubt: what it reads are
:class:`TaskRef` objects, and nothing else is. A graph of nodes is a dict of keys to nodes.

>>> node = Task("z", sum, [TaskRef("x"), TaskRef("y"), 1])
>>> sorted(node.dependencies), node({"x": 2, "y": 3})
(['x', 'y'], 6)

Nodes are what users write and read; :mod:`weft.graph.node_graphs` has what can be done with whole graphs of them. Before
anything runs they become programs (:mod:`weft.graph.mapping`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from weft.errors import CycleError
from weft.graph.graph import missing_key
from weft.graph.program import name_of
from weft.typing import Key

__all__ = [
    "Alias",
    "DataNode",
    "Dict",
    "GraphNode",
    "List",
    "NestedContainer",
    "Set",
    "Task",
    "TaskRef",
    "Tuple",
    "in_order",
    "parse_input",
]


class TaskRef:
    """A reference to the result of another task.

    >>> TaskRef("x")
    TaskRef('x')
    """

    __slots__ = ("key",)

    def __init__(self, key: Key) -> None:
        self.key = key

    def __repr__(self) -> str:
        return f"TaskRef({self.key!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is TaskRef and other.key == self.key

    def __hash__(self) -> int:
        return hash((TaskRef, self.key))

    def __reduce__(self) -> tuple[Any, ...]:
        return TaskRef, (self.key,)

    def __weft_tokenize__(self) -> Any:
        return "TaskRef", self.key


class GraphNode:
    """Base of the nodes. A node has a ``key``, knows the keys it reads, and can be called with their values.

    Attributes
    ----------
    key : Key
        Its name in the graph; None for a node inside another one.
    dependencies : frozenset of Key
        What it reads.
    """

    __slots__ = ("_dependencies", "key")

    key: Key

    @property
    def dependencies(self) -> frozenset[Key]:
        found: frozenset[Key] | None = self._dependencies
        if found is None:
            found = self._dependencies = frozenset(self._reads())
        return found

    _dependencies: frozenset[Key] | None

    def __call__(self, values: Mapping[Key, Any] = {}) -> Any:
        """The result, given the values of what it reads."""
        missing = [key for key in self.dependencies if key not in values]
        if missing:
            raise missing_key(missing[0], values, needed_by=self.key)
        return self._run(values)

    def ref(self) -> TaskRef:
        """A reference to this node."""
        return TaskRef(self.key)

    def copy(self) -> GraphNode:
        """The node again."""
        return self.substitute({})

    def substitute(self, subs: Mapping[Key, Any], key: Key | None = None) -> GraphNode:
        """The node with other references.

        Parameters
        ----------
        subs : mapping
            From keys that it reads to other keys, or to nodes that are then part of it.
        key : Key, optional
            Another key for the node itself.
        """
        raise NotImplementedError

    def _reads(self) -> Iterator[Key]:
        raise NotImplementedError

    def _run(self, values: Mapping[Key, Any]) -> Any:
        raise NotImplementedError

    def _identity(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._identity() == self._identity()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.key, self.dependencies))

    def __weft_tokenize__(self) -> Any:
        return (type(self).__name__, *self._identity())


class Alias(GraphNode):
    """A key that stands for another key.

    >>> Alias("y", "x")({"x": 5})
    5
    """

    __slots__ = ("target",)

    def __init__(self, key: Any, target: Any = None) -> None:
        self.key = key.key if isinstance(key, TaskRef) else key
        target = self.key if target is None else target
        self.target: Key = target.key if isinstance(target, (TaskRef, Alias)) else target
        self._dependencies = frozenset((self.target,))

    def substitute(self, subs: Mapping[Key, Any], key: Key | None = None) -> GraphNode:
        found = subs.get(self.target, self.target)
        own = self.key if key is None else key
        if isinstance(found, GraphNode):
            return found.substitute({}, key=own)
        return Alias(own, found)

    def _run(self, values: Mapping[Key, Any]) -> Any:
        return values[self.target]

    def _identity(self) -> tuple[Any, ...]:
        return self.key, self.target

    def __reduce__(self) -> tuple[Any, ...]:
        return Alias, (self.key, self.target)

    def __repr__(self) -> str:
        return f"Alias({self.key!r})" if self.key == self.target else f"Alias({self.key!r}->{self.target!r})"


class DataNode(GraphNode):
    """A value that is there.

    >>> DataNode("x", 5)()
    5
    """

    __slots__ = ("value",)

    def __init__(self, key: Any, value: Any) -> None:
        self.key = key
        self.value = value
        self._dependencies = frozenset()

    def substitute(self, subs: Mapping[Key, Any], key: Key | None = None) -> GraphNode:
        return DataNode(self.key if key is None else key, self.value)

    def _run(self, values: Mapping[Key, Any]) -> Any:
        return self.value

    def _identity(self) -> tuple[Any, ...]:
        return self.key, self.value

    def __reduce__(self) -> tuple[Any, ...]:
        return DataNode, (self.key, self.value)

    def __repr__(self) -> str:
        return f"DataNode({self.value!r})"


class Task(GraphNode):
    """A call.

    Parameters
    ----------
    key : Key
        Its name in the graph; None for a task inside another one.
    func : callable
    *args, **kwargs
        What the function is called with. References to other tasks are :class:`TaskRef`, also inside lists, tuples,
        sets and dicts; other nodes are computed as part of this task.

    Examples
    --------
    >>> task = Task("total", sum, [TaskRef("x"), TaskRef("y"), 1])
    >>> sorted(task.dependencies), task({"x": 2, "y": 3})
    (['x', 'y'], 6)
    """

    __slots__ = ("args", "func", "kwargs")

    def __init__(self, key: Any, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        if not callable(func):
            raise TypeError(
                f"Task({key!r}, {func!r}): the second argument must be a function. Use DataNode for a value."
            )
        self.key = key
        self.func = func
        self.args = tuple([parse_input(arg) for arg in args])
        self.kwargs = {name: parse_input(value) for name, value in kwargs.items()}
        self._dependencies = None

    def _reads(self) -> Iterator[Key]:
        for each in (*self.args, *self.kwargs.values()):
            yield from reads(each)

    def _run(self, values: Mapping[Key, Any]) -> Any:
        args = [value_of(each, values) for each in self.args]
        kwargs = {name: value_of(each, values) for name, each in self.kwargs.items()}
        return self.func(*args, **kwargs)

    def substitute(self, subs: Mapping[Key, Any], key: Key | None = None) -> GraphNode:
        return Task(
            self.key if key is None else key,
            self.func,
            *[replaced(each, subs) for each in self.args],
            **{name: replaced(each, subs) for name, each in self.kwargs.items()},
        )

    @staticmethod
    def fuse(*tasks: GraphNode, key: Key | None = None) -> GraphNode:
        """One task for several, of which all but one are read by others of them.

        >>> Task.fuse(Task("b", abs, TaskRef("a")), Task("c", str, TaskRef("b")))({"a": -1})
        '1'
        """
        known = {task.key: task for task in tasks}
        inner = {read for task in tasks for read in task.dependencies if read in known}
        outer = [task for task in tasks if task.key not in inner]
        if len(outer) != 1:
            raise ValueError(
                f"cannot fuse {[task.key for task in tasks]!r} to one task: "
                f"{len(outer)} of them are read by no other ({[task.key for task in outer]!r}); it must be one."
            )
        made: dict[Key, GraphNode] = {}
        for name, task in in_order(known).items():
            made[name] = task.substitute({read: made[read] for read in task.dependencies if read in made})
        (last,) = outer
        return made[last.key].substitute({}, key=last.key if key is None else key)

    def _identity(self) -> tuple[Any, ...]:
        return self.key, self.func, self.args, tuple(sorted(self.kwargs.items(), key=lambda pair: pair[0]))

    def __reduce__(self) -> tuple[Any, ...]:
        return _task, (self.key, self.func, self.args, self.kwargs)

    def __repr__(self) -> str:
        shown = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"<{type(self).__name__} {self.key!r} {name_of(self.func)}({', '.join(shown)})>"


def _task(key: Any, func: Any, args: Any, kwargs: Any) -> Task:
    return Task(key, func, *args, **kwargs)


class NestedContainer(GraphNode):
    """Base of the nodes that make a container of their arguments."""

    __slots__ = ("args",)

    klass: ClassVar[type]

    def __init__(self, *args: Any) -> None:
        if len(args) == 1 and isinstance(args[0], self.klass):
            items: Any = args[0]
            args = tuple(items)
        self.key = None  # type: ignore[assignment]
        self.args = tuple([parse_input(arg) for arg in args])
        self._dependencies = None

    @classmethod
    def constructor(cls, items: Iterable[Any]) -> Any:
        """The container of these items."""
        return cls.klass(items)

    def _reads(self) -> Iterator[Key]:
        for each in self.args:
            yield from reads(each)

    def _run(self, values: Mapping[Key, Any]) -> Any:
        return self.constructor([value_of(each, values) for each in self.args])

    def substitute(self, subs: Mapping[Key, Any], key: Key | None = None) -> GraphNode:
        made = type(self)(*[replaced(each, subs) for each in self.args])
        made.key = self.key if key is None else key
        return made

    def _identity(self) -> tuple[Any, ...]:
        return self.key, self.args

    def __reduce__(self) -> tuple[Any, ...]:
        return _container, (type(self), self.args, self.key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.args!r})"


def _container(kind: type[NestedContainer], args: Any, key: Any) -> NestedContainer:
    made = kind.__new__(kind)
    made.key = key
    made.args = args
    made._dependencies = None
    return made


class List(NestedContainer):
    """Makes a list.

    >>> List(1, TaskRef("x"))({"x": 2})
    [1, 2]
    """

    __slots__ = ()
    klass = list


class Tuple(NestedContainer):
    """Makes a tuple.

    >>> Tuple(1, TaskRef("x"))({"x": 2})
    (1, 2)
    """

    __slots__ = ()
    klass = tuple


class Set(NestedContainer):
    """Makes a set.

    >>> Set(1, TaskRef("x"))({"x": 1})
    {1}
    """

    __slots__ = ()
    klass = set


class Dict(NestedContainer):
    """Makes a dict: of a mapping, of pairs, of keywords, or of keys and values in turn.

    >>> Dict({"a": TaskRef("x")})({"x": 2})
    {'a': 2}
    >>> Dict("a", 1, "b", TaskRef("x"))({"x": 2})
    {'a': 1, 'b': 2}
    """

    __slots__ = ()
    klass = dict

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1:
            (only,) = args
            pairs = only.items() if isinstance(only, Mapping) else only
            args = tuple([item for pair in pairs for item in pair])
        if len(args) % 2:
            raise ValueError(
                f"Dict() takes keys and values in turn: {len(args)} arguments are one too few or too many."
            )
        super().__init__(*args, *[item for pair in kwargs.items() for item in pair])

    @classmethod
    def constructor(cls, items: Iterable[Any]) -> Any:
        flat = list(items)
        return dict(zip(flat[::2], flat[1::2]))

    def __repr__(self) -> str:
        return f"Dict({', '.join(f'{key}: {value}' for key, value in zip(self.args[::2], self.args[1::2]))})"


CONTAINERS: dict[type, type[NestedContainer]] = {list: List, tuple: Tuple, set: Set, dict: Dict}


def parse_input(obj: Any) -> Any:
    """Containers with references in them as nodes; everything else as it is.

    >>> parse_input([TaskRef("x"), 1]), parse_input([1, 2])
    (List((TaskRef('x'), 1)), [1, 2])
    """
    kind = CONTAINERS.get(type(obj))
    if kind is None or not any(map(_refers, items_of(obj))):
        return obj
    return kind(*items_of(obj))


def items_of(container: Any) -> Iterable[Any]:
    """The items of a container; of a dict its keys and values in turn."""
    if type(container) is dict:
        return [item for pair in container.items() for item in pair]
    return container  # type: ignore[no-any-return]


def _refers(obj: Any) -> bool:
    if isinstance(obj, (TaskRef, GraphNode)):
        return True
    return type(obj) in CONTAINERS and any(map(_refers, items_of(obj)))


def reads(arg: Any) -> Iterable[Key]:
    """The keys that an argument reads."""
    if isinstance(arg, TaskRef):
        return (arg.key,)
    return arg.dependencies if isinstance(arg, GraphNode) else ()


def value_of(arg: Any, values: Mapping[Key, Any]) -> Any:
    """An argument's value."""
    if isinstance(arg, TaskRef):
        return values[arg.key]
    return arg._run(values) if isinstance(arg, GraphNode) else arg


def replaced(arg: Any, subs: Mapping[Key, Any]) -> Any:
    """An argument with other references."""
    if isinstance(arg, TaskRef):
        found = subs.get(arg.key, arg.key)
        if isinstance(found, GraphNode):
            return found.value if isinstance(found, DataNode) else found
        return TaskRef(found)
    return arg.substitute(subs) if isinstance(arg, GraphNode) else arg


def in_order(dsk: Mapping[Key, GraphNode], keys: Iterable[Key] | None = None) -> dict[Key, GraphNode]:
    """A graph of nodes with each node after those it reads; only what ``keys`` need, if keys are given.

    Raises
    ------
    CycleError
        Nodes wait for each other in a circle.
    """
    done: dict[Key, GraphNode] = {}
    on_path: dict[Key, None] = {}
    for start in dsk if keys is None else keys:
        if start not in dsk or start in done:
            continue
        stack = [(start, iter(dsk[start].dependencies))]
        on_path[start] = None
        while stack:
            key, rest = stack[-1]
            for read in rest:
                if read in on_path:
                    path = list(on_path)
                    cycle = path[path.index(read) :]
                    shown = " -> ".join(map(repr, [*cycle, read]))
                    raise CycleError(f"these tasks wait for each other in a circle: {shown}.", cycle)
                if read not in done and read in dsk:
                    on_path[read] = None
                    stack.append((read, iter(dsk[read].dependencies)))
                    break
            else:
                stack.pop()
                del on_path[key]
                done[key] = dsk[key]
    return done
