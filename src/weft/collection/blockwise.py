"""Layers in which each output block is made of matching input blocks.

*Indices* say what matches: in ``blockwise(add, "z", "ij", "x", "ij", "y", "i", ...)`` the block ``("z", 3, 5)`` is made
of ``("x", 3, 5)`` and ``("y", 3)``. An index that the output does not have is *contracted*: the function gets a list of
all blocks along it, or these blocks put together. A :class:`Blockwise` layer keeps the recipe, and writes a task only
when somebody asks for its key. Arrays and dataframes have their own way (:mod:`weft.physical`); this is for
collections that users write.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from weft.collection.highlevelgraph import Layer
from weft.errors import GraphError, KeyNotFoundError
from weft.execution import is_weft_collection
from weft.graph.key import flatten_keys
from weft.graph.node_graphs import convert_legacy_task
from weft.graph.spec import DataNode, GraphNode, List, Task, TaskRef
from weft.typing import Key

__all__ = [
    "BlockIndex",
    "Blockwise",
    "BlockwiseDep",
    "BlockwiseDepDict",
    "blockwise",
    "blockwise_token",
]

Indices = tuple[Any, ...]


def blockwise_token(i: int) -> str:
    """What a layer's task calls its argument number ``i``.

    >>> blockwise_token(0)
    '__weft_blockwise__0'
    """
    return f"__weft_blockwise__{i}"


class BlockwiseDep:
    """An argument that differs from block to block without being one; base class.

    ``numblocks`` says how many there are along each axis; ``dep[i, j]`` gives one.
    """

    numblocks: tuple[int, ...]
    produces_tasks = False
    produces_keys = False

    def __getitem__(self, idx: tuple[int, ...]) -> Any:
        raise NotImplementedError

    def get(self, idx: tuple[int, ...], default: Any = None) -> Any:
        """The argument for a block, or a default."""
        try:
            return self[idx]
        except KeyError:
            return default


class BlockwiseDepDict(BlockwiseDep):
    """An argument for each block, from a dict.

    Parameters
    ----------
    mapping : dict of tuple of int to object
    numblocks : tuple of int, optional
        By default what the mapping has.
    produces_tasks : bool
        The values are tasks, to be computed as part of the block's task.
    produces_keys : bool
        The values are keys of other tasks.

    Examples
    --------
    >>> BlockwiseDepDict({(0,): "a", (1,): "b"}).numblocks
    (2,)
    """

    def __init__(
        self,
        mapping: Mapping[tuple[int, ...], Any],
        numblocks: tuple[int, ...] | None = None,
        produces_tasks: bool = False,
        produces_keys: bool = False,
    ) -> None:
        self.mapping = dict(mapping)
        if numblocks is None:
            numblocks = tuple([1 + max(places) for places in zip(*self.mapping, strict=True)])
        self.numblocks = numblocks
        self.produces_tasks = produces_tasks
        self.produces_keys = produces_keys

    def __getitem__(self, idx: tuple[int, ...]) -> Any:
        return self.mapping[idx]

    def __repr__(self) -> str:
        return f"<BlockwiseDepDict: {self.numblocks} blocks>"


class BlockIndex(BlockwiseDep):
    """The place of each block.

    >>> BlockIndex((2, 3))[1, 2]
    (1, 2)
    """

    def __init__(self, numblocks: tuple[int, ...]) -> None:
        self.numblocks = numblocks

    def __getitem__(self, idx: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(idx)

    def __repr__(self) -> str:
        return f"BlockIndex({self.numblocks})"


class Blockwise(Layer):
    """A layer of matching blocks, written when asked for.

    Parameters
    ----------
    output : str
        Name of the output.
    output_indices : sequence
        Its indices.
    task : Task
        The call for one block; :func:`blockwise_token` of ``i`` stands for input number ``i``.
    indices : sequence of (name, indices)
        For each input its name and indices.
    numblocks : mapping of str to tuple of int
        For each input how many blocks it has along each axis.
    concatenate : bool or callable, optional
        Blocks along contracted indices are given as (nested) lists; True: put together with NumPy; or by
        ``concatenate(blocks, axes=...)``.
    new_axes : mapping, optional
        Indices that no input has, to the length of that axis, or to a tuple of the lengths of its blocks.
    output_blocks : set of tuple of int, optional
        The blocks to make; by default all.
    dims : mapping, optional
        Number of blocks for each index, where it is known already.
    annotations : mapping, optional
        What the tasks carry.
    io_deps : mapping of str to BlockwiseDep, optional
        Inputs that are no blocks.
    """

    def __init__(
        self,
        output: str,
        output_indices: Iterable[Any],
        task: GraphNode,
        indices: Iterable[tuple[Any, Iterable[Any] | None]],
        numblocks: Mapping[str, Sequence[int]],
        concatenate: bool | Callable[..., Any] | None = None,
        new_axes: Mapping[Any, Any] | None = None,
        output_blocks: Iterable[tuple[int, ...]] | None = None,
        dims: Mapping[Any, int] | None = None,
        annotations: Mapping[str, Any] | None = None,
        io_deps: Mapping[str, BlockwiseDep] | None = None,
    ) -> None:
        super().__init__(annotations)
        self.output = output
        self.output_indices = tuple(output_indices)
        self.task = task
        self.indices = tuple([(name, None if index is None else tuple(index)) for name, index in indices])
        self.io_deps = dict(io_deps or {})
        self.numblocks = {name: tuple(blocks) for name, blocks in numblocks.items()}
        self.numblocks.update({name: dep.numblocks for name, dep in self.io_deps.items()})
        self.concatenate = concatenate
        self.new_axes = dict(new_axes or {})
        self.output_blocks = None if output_blocks is None else set(output_blocks)
        self.dims = dict(dims) if dims is not None else self._dims()
        if missing := [index for index in self.output_indices if index not in self.dims]:
            raise GraphError(
                f"cannot tell how many blocks {output!r} has along {missing}: no input has these indices. "
                "Say it with new_axes={index: length}."
            )

    def _dims(self) -> dict[Any, int]:
        dims: dict[Any, int] = {}
        for name, index in self.indices:
            if index is None:
                continue
            blocks = self.numblocks[name]
            if len(blocks) != len(index):
                raise GraphError(f"{name!r} has {len(blocks)} axes, but was given the indices {index}.")
            for letter, count in zip(index, blocks):
                known = dims.setdefault(letter, count)
                if known == 1:
                    dims[letter] = count
                elif count not in (1, known):
                    raise GraphError(
                        f"cannot match blocks along {letter!r}: {name!r} has {count} of them, another input {known}."
                    )
        for letter, sizes in self.new_axes.items():
            dims[letter] = len(sizes) if isinstance(sizes, tuple) else 1
        return dims

    # -- the mapping ------------------------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[tuple[int, ...]]:
        every = itertools.product(*[range(self.dims[index]) for index in self.output_indices])
        return every if self.output_blocks is None else (block for block in every if block in self.output_blocks)

    def get_output_keys(self) -> Iterable[Key]:
        return {(self.output, *block) for block in self._blocks()}

    def is_materialized(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Key]:
        for block in self._blocks():
            yield (self.output, *block)

    def __len__(self) -> int:
        return sum(1 for _ in self._blocks())

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, tuple) or len(key) != 1 + len(self.output_indices) or key[0] != self.output:
            return False
        if self.output_blocks is not None and key[1:] not in self.output_blocks:
            return False
        return all(
            isinstance(place, int) and 0 <= place < self.dims[index]
            for place, index in zip(key[1:], self.output_indices)
        )

    def __getitem__(self, key: Key) -> GraphNode:
        if key not in self:
            raise KeyNotFoundError(f"the layer {self.output!r} has no block {key!r}.")
        places = dict(zip(self.output_indices, key[1:]))  # type: ignore[index]
        inputs: dict[Key, Any] = {
            blockwise_token(number): self._input(name, index, places)
            for number, (name, index) in enumerate(self.indices)
        }
        return self.task.substitute(inputs, key=key)

    def _input(self, name: Any, index: Indices | None, places: Mapping[Any, int]) -> Any:
        """What one argument is for one block: a key, or a node."""
        if index is None:
            return name
        contracted = [letter for letter in index if letter not in places]
        counts = dict(zip(index, self.numblocks[name]))

        def block(at: Mapping[Any, int]) -> Any:
            place = tuple([at[letter] if counts[letter] > 1 else 0 for letter in index])
            dep = self.io_deps.get(name)
            if dep is None:
                return TaskRef((name, *place))
            value = dep[place]
            if dep.produces_keys:
                return TaskRef(value)
            return convert_legacy_task(None, value, ()) if dep.produces_tasks else DataNode(None, value)

        def along(letters: list[Any], at: Mapping[Any, int]) -> Any:
            if not letters:
                return block(at)
            return List(*[along(letters[1:], {**at, letters[0]: n}) for n in range(self.dims[letters[0]])])

        found = along(list(dict.fromkeys(contracted)), places)
        if contracted and self.concatenate:
            join = concatenate_blocks if self.concatenate is True else self.concatenate
            return Task(None, join, found, axes=[index.index(letter) for letter in dict.fromkeys(contracted)])
        return found.key if isinstance(found, TaskRef) else found

    # -- parts ------------------------------------------------------------------------------------------------------

    @property
    def inputs(self) -> set[str]:
        """Names of the layers, or keys, that it reads."""
        return {name for name, _ in self.indices if name not in self.io_deps}

    def get_dependencies(self, key: Key, all_hlg_keys: Any = None) -> set[Key]:
        reads = set(self[key].dependencies)
        return reads if all_hlg_keys is None else {read for read in reads if read in all_hlg_keys}

    def cull(self, keys: Iterable[Key], all_hlg_keys: Any = None) -> tuple[Layer, dict[Key, set[Key]]]:
        kept = [key for key in dict.fromkeys(keys) if key in self]
        reads = {key: self.get_dependencies(key, all_hlg_keys) for key in kept}
        if len(kept) == len(self):
            return self, reads
        return self.but(output_blocks=[key[1:] for key in kept]), reads  # type: ignore[index]

    def but(self, **changes: Any) -> Blockwise:
        """The layer with other parameters."""
        names = (
            "output", "output_indices", "task", "indices", "numblocks", "concatenate", "new_axes", "output_blocks",
            "annotations", "io_deps",
        )  # fmt: skip
        same = {name: getattr(self, name) for name in names}
        if not changes.keys() - {"output_blocks", "output", "annotations"}:
            same["dims"] = self.dims
        return Blockwise(**{**same, **changes})

    def __repr__(self) -> str:
        inputs = ", ".join(f"{name}[{''.join(map(str, index or ()))}]" for name, index in self.indices)
        return f"Blockwise<{inputs} -> {self.output}[{''.join(map(str, self.output_indices))}]>"


def concatenate_blocks(blocks: Any, axes: Sequence[int]) -> Any:
    """Put nested lists of arrays together along axes, the outermost list first."""
    import numpy as np

    if len(axes) > 1:
        blocks = [concatenate_blocks(each, axes[1:]) for each in blocks]
    return np.concatenate(blocks, axis=axes[0])


def blockwise(
    func: Callable[..., Any],
    output: str,
    output_indices: Iterable[Any],
    *arrind_pairs: Any,
    numblocks: Mapping[str, Sequence[int]],
    concatenate: bool | Callable[..., Any] | None = None,
    new_axes: Mapping[Any, Any] | None = None,
    dependencies: Sequence[Any] = (),
    **kwargs: Any,
) -> Blockwise:
    """The layer that calls a function on matching blocks.

    Parameters
    ----------
    func : callable
    output : str
        Name of the output.
    output_indices : sequence
        Its indices, such as ``"ij"``.
    *arrind_pairs
        Inputs and their indices in turn: the name of a collection, or a :class:`BlockwiseDep`, with its indices; or any
        value with None, which every call gets as it is.
    numblocks : mapping of str to tuple of int
        For each name how many blocks it has along each axis. An axis of one block matches any number.
    concatenate, new_axes
        As of :class:`Blockwise`.
    dependencies : sequence of collections
        Collections of one key whose keys may stand among the values.
    **kwargs
        Keyword arguments of the function.

    Examples
    --------
    >>> layer = blockwise(max, "z", "ij", "x", "ij", "y", "j", numblocks={"x": (2, 2), "y": (2,)})
    >>> layer["z", 1, 0]
    <Task ('z', 1, 0) max(TaskRef(('x', 1, 0)), TaskRef(('y', 0)))>

    Contracted indices give lists:

    >>> blockwise(sum, "total", "", "x", "i", numblocks={"x": (2,)})["total",]
    <Task ('total',) sum(List((TaskRef(('x', 0)), TaskRef(('x', 1)))))>
    """
    if len(arrind_pairs) % 2:
        raise TypeError("blockwise() takes inputs and their indices in turn; the last input has no indices.")
    known = {key for each in dependencies for key in flatten_keys(each.__weft_keys__())}

    def reference(value: Any) -> Any:
        if is_weft_collection(value):
            keys = list(flatten_keys(value.__weft_keys__()))
            if len(keys) != 1:
                raise TypeError(
                    f"cannot give {value!r} to every block: it has {len(keys)} blocks. Give its name and indices instead."
                )
            return TaskRef(keys[0])
        return convert_legacy_task(None, [value], known).args[0] if mentions(value, known) else value

    indices: list[tuple[Any, Iterable[Any] | None]] = []
    io_deps: dict[str, BlockwiseDep] = {}
    args: list[Any] = []
    for value, index in zip(arrind_pairs[::2], arrind_pairs[1::2]):
        if index is None:
            args.append(reference(value))
            continue
        name = value
        if isinstance(value, BlockwiseDep):
            name = f"{output}-argument-{len(args)}"
            io_deps[name] = value
        entry = (name, tuple(index))
        if entry not in indices:
            indices.append(entry)
        args.append(TaskRef(blockwise_token(indices.index(entry))))
    task = Task(None, func, *args, **{name: reference(value) for name, value in kwargs.items()})
    return Blockwise(output, output_indices, task, indices, numblocks, concatenate, new_axes, io_deps=io_deps)


def mentions(value: Any, known: set[Key]) -> bool:
    """Whether a value is, or holds, one of the keys."""
    if isinstance(value, Hashable):
        try:
            if value in known:
                return True
        except TypeError:
            return False
    return type(value) in (list, tuple, set) and any(mentions(each, known) for each in value)
