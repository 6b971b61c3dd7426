"""Graphs: keys to tasks, kept as layers.

A layer holds the tasks of one program as columns: keys, inputs, constants. That is what expressions write (a layer of
100,000 chunks is one program and 100,000 tuples) and what a plan is compiled from, without an object for each task.
Seen as a mapping, a graph gives a :class:`Task` for each key, made when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

from weft.errors import GraphError, KeyNotFoundError
from weft.graph.makers import identity
from weft.graph.program import Program
from weft.hints import did_you_mean
from weft.typing import Annotations, Key

__all__ = ["Graph", "Layer", "MixedLayer", "Site", "Task", "missing_key"]

#: A place in a program: a code object, and an offset into its bytecode.
Site: TypeAlias = tuple[CodeType, int]


class Task(NamedTuple):
    """A program and what it is run on: the keys of input blocks, then constants."""

    program: Program
    inputs: tuple[Key, ...] = ()
    constants: tuple[Any, ...] = ()


class Layer:
    """Tasks that share a program.

    Parameters
    ----------
    program : Program
        What they run.
    keys : list of Key
        One for each task; if the program has several outputs, a tuple with a key for each output.
    inputs : list of tuples of Key, or None
        The input blocks of each task; None if no task has any.
    constants : list of tuples, or None
        The constants of each task, which follow its inputs; None if no task has any.
    nbytes : int or list of int
        Projected size of the blocks a task makes, in bytes; 0 where nothing is known.
    workspace : int
        Memory that a task needs besides its inputs and outputs while it runs, in bytes.
    annotations : mapping, optional
        What users attached: priority, retries, resources, workers, timeout...
    origin : str, optional
        Name of the expression that the tasks come from.
    sites : list, optional
        For each task the place in the user's program that made it: a code object and an offset into its bytecode
        (cheap to take; turned into file and line only for an error's note).
    """

    __slots__ = ("annotations", "constants", "inputs", "keys", "nbytes", "origin", "program", "sites", "workspace")

    def __init__(
        self,
        program: Program,
        keys: list[Any],
        inputs: list[tuple[Key, ...]] | None = None,
        constants: list[tuple[Any, ...]] | None = None,
        *,
        nbytes: int | list[int] = 0,
        workspace: int = 0,
        annotations: Annotations | None = None,
        origin: str | None = None,
        sites: list[Site | None] | None = None,
    ) -> None:
        self.program = program
        self.keys = keys
        self.inputs = inputs
        self.constants = constants
        self.nbytes = nbytes
        self.workspace = workspace
        self.annotations = annotations
        self.origin = origin
        self.sites = sites

    def __len__(self) -> int:
        return len(self.keys)

    def programs(self) -> Iterable[Program]:
        """The program of each task."""
        return repeat(self.program, len(self.keys))

    def program_of(self, position: int) -> Program:
        """The program of the task at a position of the columns."""
        return self.program

    def task(self, position: int) -> Task:
        """The task at a position of the columns; it makes all outputs of the program."""
        return Task(
            self.program_of(position),
            self.inputs[position] if self.inputs else (),
            self.constants[position] if self.constants else (),
        )

    def annotations_of(self, position: int) -> Annotations | None:
        """What the task at a position of the columns carries."""
        return self.annotations

    def part(self, positions: Sequence[int]) -> Layer:
        """A layer with only some of the tasks."""
        return Layer(
            self.program,
            _part(self.keys, positions),
            _part(self.inputs, positions),
            _part(self.constants, positions),
            nbytes=_part(self.nbytes, positions),
            workspace=self.workspace,
            annotations=self.annotations,
            origin=self.origin,
            sites=_part(self.sites, positions),
        )

    def __repr__(self) -> str:
        return f"<Layer {self.program.name}: {len(self.keys)} tasks>"


def _part(column: Any, positions: Sequence[int]) -> Any:
    """A column's entries at some positions; what is no column stands for all."""
    return [column[position] for position in positions] if isinstance(column, list) else column


class MixedLayer(Layer):
    """Tasks with a program each, in the order in which a user wrote them: delayed calls.

    That order is worth keeping: inputs come before what reads them, and neighbours are near each other, which is what
    the static order goes by.

    Parameters
    ----------
    programs : list of Program
        One for each task, with one output each.
    keys : list of Key
    places : list of tuples of int
        The inputs of each task as positions in ``keys``, and beyond its end in ``outside``: who numbers tasks needs not
        look their keys up.
    outside : sequence of Key
        Keys of blocks from elsewhere that the tasks read.
    notes : mapping of int to annotations, optional
        Annotations of single tasks, by position.
    """

    __slots__ = ("_inputs", "_programs", "notes", "outside", "places")

    def __init__(
        self,
        programs: list[Program],
        keys: list[Any],
        places: list[tuple[int, ...]],
        constants: list[tuple[Any, ...]] | None = None,
        *,
        outside: Sequence[Key] = (),
        sites: list[Site | None] | None = None,
        notes: Mapping[int, Annotations] | None = None,
    ) -> None:
        self._inputs: list[tuple[Key, ...]] | None = None
        super().__init__(MIXED, keys, None, constants, sites=sites)
        self._programs = programs
        self.places = places
        self.outside = outside
        self.notes = notes or {}

    @property
    def inputs(self) -> list[tuple[Key, ...]] | None:
        """The keys of the blocks that each task reads."""
        if self._inputs is None:
            names: list[Key] = [*self.keys, *self.outside]
            key_at = names.__getitem__
            self._inputs = [tuple(map(key_at, each)) if each else () for each in self.places]
        return self._inputs

    @inputs.setter
    def inputs(self, inputs: list[tuple[Key, ...]] | None) -> None:
        self._inputs = inputs

    def programs(self) -> Iterable[Program]:
        return self._programs

    def program_of(self, position: int) -> Program:
        return self._programs[position]

    def annotations_of(self, position: int) -> Annotations | None:
        return self.notes.get(position)

    def part(self, positions: Sequence[int]) -> MixedLayer:
        keys, places = _part(self.keys, positions), _part(self.places, positions)
        known = [*self.keys, *self.outside]
        new = {old: place for place, old in enumerate(positions)}
        for old in dict.fromkeys(each for sources in places for each in sources):
            new.setdefault(old, len(new))
        return MixedLayer(
            _part(self._programs, positions),
            keys,
            [tuple([new[old] for old in sources]) for sources in places],
            _part(self.constants, positions),
            outside=[known[old] for old in list(new)[len(keys) :]],
            sites=_part(self.sites, positions),
            notes={new: self.notes[old] for new, old in enumerate(positions) if old in self.notes},
        )

    def __repr__(self) -> str:
        return f"<MixedLayer: {len(self.keys)} tasks>"


class Graph(Mapping[Key, Task]):
    """Layers, and data that is there from the start.

    Parameters
    ----------
    layers : iterable of Layer
    data : mapping of Key to value, optional
        Blocks that need no task: data in memory, or references to blocks that a backend holds.
    """

    __slots__ = ("_index", "data", "layers")

    def __init__(self, layers: Iterable[Layer] = (), data: Mapping[Key, Any] | None = None) -> None:
        self.layers: list[Layer] = list(layers)
        self.data: dict[Key, Any] = dict(data or {})
        self._index: dict[Key, tuple[Layer, int]] | None = None

    def add(self, layer: Layer) -> None:
        """Append a layer."""
        self.layers.append(layer)
        self._index = None

    def add_task(self, key: Key, task: Task, annotations: Annotations | None = None, origin: str | None = None) -> None:
        """Append a single task."""
        self.add(
            Layer(
                task.program,
                [key],
                [task.inputs] if task.inputs else None,
                [task.constants] if task.constants else None,
                annotations=annotations,
                origin=origin,
            )
        )

    def update(self, other: Graph) -> None:
        """Append another graph's layers and data."""
        self.layers.extend(other.layers)
        self.data.update(other.data)
        self._index = None

    @property
    def ntasks(self) -> int:
        return sum(map(len, self.layers))

    @property
    def index(self) -> dict[Key, tuple[Layer, int]]:
        """Where each key's task stands."""
        if self._index is None:
            index: dict[Key, tuple[Layer, int]] = {}
            for layer in self.layers:
                several = layer.program.noutputs > 1
                for position, key in enumerate(layer.keys):
                    for each in key if several else (key,):
                        if each in index:
                            raise duplicate_key(each)
                        index[each] = (layer, position)
            self._index = index
        return self._index

    def __getitem__(self, key: Key) -> Task:
        try:
            layer, position = self.index[key]
        except KeyError:
            if key in self.data:
                return Task(IDENTITY, (), (self.data[key],))
            raise missing_key(key, self) from None
        task = layer.task(position)
        if layer.program.noutputs > 1:
            return task._replace(program=layer.program.picking(layer.keys[position].index(key)))
        return task

    def __iter__(self) -> Iterator[Key]:
        yield from self.index
        yield from self.data

    def __len__(self) -> int:
        return len(self.index) + len(self.data)

    def dependencies(self) -> dict[Key, tuple[Key, ...]]:
        """The keys that each key's task reads."""
        table: dict[Key, tuple[Key, ...]] = {key: self[key].inputs for key in self.index}
        table.update(dict.fromkeys(self.data, ()))
        return table

    def __repr__(self) -> str:
        return f"<Graph: {self.ntasks} tasks in {len(self.layers)} layers, {len(self.data)} data blocks>"

    def _repr_html_(self) -> str:
        from weft.graph.html import table_html  # for notebooks only

        rows = ((layer.program.name, f"{len(layer):,}", len(layer.program.steps)) for layer in self.layers)
        return table_html(repr(self)[1:-1], ["Layer", "Tasks", "Steps of a task"], rows, len(self.layers))


IDENTITY = Program.call(identity, name="data")
#: Stands for the programs of a layer that has several.
MIXED = Program.call(identity, name="calls")


def missing_key(key: Any, known: Iterable[Any], needed_by: Any = None) -> KeyNotFoundError:
    """The error for a key that a graph does not have, with the nearest one that it has."""
    by = "" if needed_by is None else f" (needed by {needed_by!r})"
    return KeyNotFoundError(f"the graph has no key {key!r}{by}.{did_you_mean(key, islice(known, 10_000))}")


def duplicate_key(key: Any) -> GraphError:
    """The error for a key that two tasks claim."""
    return GraphError(
        f"two different tasks have the key {key!r}. Give one of them another name "
        "(delayed calls: `weft_key_name=`; graphs: another key)."
    )
