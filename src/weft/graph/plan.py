"""Plans: a graph culled to what is wanted, as integer-indexed lists.

Blocks are numbered. Task ``t`` makes block ``t``; further outputs of tasks with several, then data blocks, follow after
the last task. So for nearly every plan the number of a task and of its block are one, and no list of pairs is needed.
A plan is plain data: it can be pickled, logged, simulated, and run by any backend.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from weft.errors import CycleError
from weft.graph.graph import Graph, MixedLayer, Site, duplicate_key, missing_key
from weft.graph.priority import rank_tasks
from weft.graph.program import Program, bare_programs, chain
from weft.graph.side_by_side import side_by_side
from weft.typing import Annotations, Function, Key

__all__ = ["Plan", "compile_plan", "paused_collector"]


#: Ranks that are the same for any number of workers, and ranks from which others are made.
ANY, BY_CHUNKS = 0, -1


class Derived:
    """What follows from a plan's inputs, made when it is first asked for: plans that share a shape share it."""

    __slots__ = ("dependents", "ranks", "uses")

    def __init__(self) -> None:
        self.uses: list[int] | None = None
        self.dependents: list[list[int]] | None = None
        self.ranks: dict[int, list[int]] = {}  # by number of workers, or one of the two below


class Plan:
    """What a scheduler runs. Lists by task have ``ntasks`` entries, lists by block ``nblocks``."""

    __slots__ = (
        "annotations", "constants", "data", "derived", "in_order", "inputs", "keys", "maker", "nbytes", "origins", "outputs",
        "programs", "sites", "wanted", "workspace",
    )  # fmt: skip

    def __init__(
        self,
        keys: list[Key],
        programs: list[Program],
        inputs: list[tuple[int, ...]],
        constants: list[tuple[Any, ...]],
        nbytes: list[int],
        wanted: list[int],
        outputs: dict[int, tuple[int, ...]] | None = None,
        maker: dict[int, int] | None = None,
        data: dict[int, Any] | None = None,
        workspace: dict[int, int] | None = None,
        annotations: dict[int, Annotations] | None = None,
        sites: list[Site | None] | None = None,
        origins: list[tuple[int, str]] | None = None,
        in_order: bool = False,
        derived: Derived | None = None,
    ) -> None:
        self.keys = keys  #: by block
        self.programs = programs  #: by task
        self.inputs = inputs  #: by task: the blocks it reads
        self.constants = constants  #: by task: what follows the inputs
        self.nbytes = nbytes  #: by block: projected size in bytes, 0 if unknown
        self.wanted = wanted  #: blocks that are the answer, in the order asked for
        self.outputs = {} if outputs is None else outputs  #: task to its blocks, where there are several
        self.maker = {} if maker is None else maker  #: block to its task, for blocks after the last task
        self.data = {} if data is None else data  #: blocks that are there from the start
        self.workspace = {} if workspace is None else workspace  #: task to the extra memory it needs while it runs
        self.annotations = {} if annotations is None else annotations  #: task to what users attached
        self.sites = [] if sites is None else sites  #: by task: the user's line that made it; may be empty
        self.origins = [] if origins is None else origins  #: first task of each layer, and the layer's origin
        self.in_order = in_order  #: whether tasks are known to be numbered after all that they read
        self.derived = Derived() if derived is None else derived

    @property
    def uses(self) -> list[int]:
        """By block: how often tasks read it."""
        made = self.derived.uses
        if made is None:
            made = self.derived.uses = _count_uses(self)
        return made

    @property
    def dependents(self) -> list[list[int]]:
        """By block: the tasks that read it, once for each time they do."""
        made = self.derived.dependents
        if made is None:
            made = self.derived.dependents = _dependents(self)
        return made

    @dependents.setter
    def dependents(self, dependents: list[list[int]]) -> None:
        self.derived.dependents = dependents

    @property
    def rank(self) -> list[int]:
        """By task: static order for one worker, lower runs earlier."""
        return self.ranks(1)

    @rank.setter
    def rank(self, rank: list[int]) -> None:
        self.derived.ranks = {ANY: rank}

    def ranks(self, workers: int) -> list[int]:
        """By task: static order where so many workers run side by side, lower runs earlier.

        To work it out takes longer than to run a task that does nothing, so it is left until somebody asks: a core that
        runs straight (:mod:`weft.scheduler.straight`) may never do.
        """
        made = self.derived.ranks
        if ANY not in made and workers not in made:
            _rank(self, workers)
        return made[ANY] if ANY in made else made[workers]

    def bare(self) -> Plan:
        """The plan without the values it works on: no constants, no data, no functions."""
        return self._without(self.keys, bare_programs(self.programs), [()] * self.ntasks, self.sites, self.origins)

    def shape(self) -> Plan:
        """The plan without anything that belongs to others: no keys, programs, constants, data and places."""
        none: list[Any] = [None] * self.ntasks
        return self._without(list(range(self.nblocks)), none, none, [], [])

    def changed(self, **columns: Any) -> Plan:
        """A copy with some columns changed."""
        return Plan(**{name: getattr(self, name) for name in Plan.__slots__} | columns)

    def _without(
        self,
        keys: list[Any],
        programs: list[Any],
        constants: list[Any],
        sites: list[Site | None],
        origins: list[tuple[int, str]],
    ) -> Plan:
        """The plan with these columns, and no data. Written out: each run asks for it, and `replace` takes five times as long."""
        return Plan(
            keys,
            programs,
            self.inputs,
            constants,
            self.nbytes,
            self.wanted,
            self.outputs,
            self.maker,
            dict.fromkeys(self.data),
            self.workspace,
            self.annotations,
            sites,
            origins,
            self.in_order,
            self.derived,
        )

    @property
    def ntasks(self) -> int:
        return len(self.programs)

    @property
    def nblocks(self) -> int:
        return len(self.keys)

    def origin(self, task: int) -> str | None:
        """Name of the expression that a task comes from."""
        found = None
        for first, name in self.origins:
            if first > task:
                break
            found = name
        return found or None

    def line(self, task: int) -> str | None:
        """The user's line that made a task, as ``file:line``."""
        site = self.sites[task] if self.sites else None
        if site is None:
            return None
        code, offset = site
        line = next((number for start, end, number in code.co_lines() if start <= offset < end), code.co_firstlineno)
        return f"{code.co_filename}:{line}"


def compile_plan(graph: Graph, wanted: Sequence[Key], *, fuse: bool = False, between: Function | None = None) -> Plan:
    """Number a graph's tasks, leave out what nobody wants, and give each its place in the static order.

    Parameters
    ----------
    graph : Graph
    wanted : sequence of Key
        The blocks that are the answer; the same key may stand there several times.
    fuse : bool
        Make one task of each linear chain: a task whose only input nobody else reads joins the task that makes it. No
        parallel work is lost (the two could never overlap) and one hand-over is saved, which matters where blocks
        travel between processes. Chains with annotations that differ stay apart.
    between : callable, optional
        What results inside a chain go through on their way to the next task: results of tasks are read-only, whether or
        not they leave the process.

    Raises
    ------
    KeyNotFoundError
        A task needs, or the caller wants, a key that the graph does not have.
    CycleError
        Tasks wait for each other in a circle; the message shows it.
    GraphError
        Two tasks claim one key.
    """
    with paused_collector():
        plan = _number(graph, wanted)
        plan = _cull(plan)
        if fuse:
            plan = _fuse_chains(plan, between)
        if not plan.in_order:
            plan = _without_circles(plan)
    return plan


def _without_circles(plan: Plan) -> Plan:
    """The plan with its static order, without tasks that wait for each other but lead nowhere."""
    try:
        _ = plan.rank
    except CycleError:
        reached = _reached(plan)
        if reached is plan:
            raise
        plan = reached
        _ = plan.rank
    return plan


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the cyclic garbage collector from scanning a million new tuples again and again while they are made."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _number(graph: Graph, wanted: Sequence[Key]) -> Plan:
    keys: list[Any] = []
    programs: list[Program] = []
    constants: list[tuple[Any, ...]] = []
    nbytes: list[int] = []
    several: list[tuple[int, tuple[Key, ...]]] = []
    plan = Plan(keys, programs, [], constants, nbytes, [])
    has_sites = any(layer.sites for layer in graph.layers)
    for layer in graph.layers:
        first, count = len(keys), len(layer.keys)
        if layer.program.noutputs > 1:
            several.extend(zip(range(first, first + count), layer.keys, strict=True))
            keys.extend([outputs[0] for outputs in layer.keys])
        else:
            keys.extend(layer.keys)
        programs.extend(layer.programs())
        constants.extend(layer.constants if layer.constants is not None else repeat((), count))
        nbytes.extend(layer.nbytes if isinstance(layer.nbytes, list) else repeat(layer.nbytes, count))
        if layer.workspace:
            plan.workspace.update(zip(range(first, first + count), repeat(layer.workspace)))
        if layer.annotations:
            plan.annotations.update(zip(range(first, first + count), repeat(layer.annotations)))
        if isinstance(layer, MixedLayer):
            plan.annotations.update({first + position: notes for position, notes in layer.notes.items()})
        if has_sites:
            plan.sites.extend(layer.sites or repeat(None, count))
        plan.origins.append((first, layer.origin or ""))
    for task, outputs in several:
        more = range(len(keys), len(keys) + len(outputs) - 1)
        keys.extend(outputs[1:])
        nbytes.extend(repeat(nbytes[task], len(outputs) - 1))
        plan.outputs[task] = (task, *more)
        plan.maker.update(zip(more, repeat(task)))
    index: dict[Key, int] = dict(zip(keys, range(len(keys)), strict=True))
    if len(index) != len(keys):
        raise duplicate_key(next(key for place, key in enumerate(keys) if index[key] != place))
    for key, value in graph.data.items():
        if key not in index:
            index[key] = len(keys)
            plan.data[len(keys)] = value
            keys.append(key)
            nbytes.append(0)
    numbers = index.__getitem__
    inputs = plan.inputs
    for layer in graph.layers:
        if isinstance(layer, MixedLayer):
            inputs.extend(_renumbered(layer, len(inputs), index))
            continue
        if layer.inputs is None:
            inputs.extend(repeat((), len(layer.keys)))
            continue
        try:
            inputs.extend([tuple(map(numbers, each)) if each else () for each in layer.inputs])
        except KeyError:
            by, key = next(
                (by, key) for by, each in zip(layer.keys, layer.inputs, strict=True) for key in each if key not in index
            )
            raise missing_key(key, index, needed_by=by) from None
    for key in wanted:
        if key not in index:
            raise missing_key(key, index)
        plan.wanted.append(index[key])
    return plan


def _renumbered(layer: MixedLayer, first: int, index: Mapping[Key, int]) -> list[tuple[int, ...]]:
    """The inputs of a layer's tasks as numbers, if its first task has this one."""
    if not first and not layer.outside:
        return layer.places
    try:
        numbers = [*range(first, first + len(layer)), *map(index.__getitem__, layer.outside)]
    except KeyError:
        at, key = next((at, key) for at, key in enumerate(layer.outside, len(layer)) if key not in index)
        by = next(by for by, each in zip(layer.keys, layer.places, strict=True) if at in each)
        raise missing_key(key, index, needed_by=by) from None
    number = numbers.__getitem__
    return [tuple(map(number, each)) if each else () for each in layer.places]


def _cull(plan: Plan) -> Plan:
    """The plan without what does not lead to a wanted block.

    Where every block that nobody reads is wanted, all tasks lead to one (unless they stand in a circle): that is seen
    in passing, and holds for all that collections make.
    """
    unread = {block for block, times in enumerate(plan.uses) if not times}
    return plan if unread.issubset(plan.wanted) else _reached(plan)


def _count_uses(plan: Plan) -> list[int]:
    """How often each block is read; notes in passing whether tasks come after what they read."""
    uses = [0] * plan.nblocks
    late = []
    for task, sources in enumerate(plan.inputs):
        for source in sources:
            uses[source] += 1
            if source >= task:
                late.append((source, task))
    maker, data = plan.maker, plan.data
    plan.in_order = all(block in data or maker.get(block, block) < task for block, task in late)
    return uses


def _dependents(plan: Plan) -> list[list[int]]:
    dependents: list[list[int]] = [[] for _ in range(plan.nblocks)]
    for task, sources in enumerate(plan.inputs):
        for source in sources:
            dependents[source].append(task)
    return dependents


def _reached(plan: Plan) -> Plan:
    """The plan with only what is met on the way down from the wanted blocks."""
    ntasks, inputs, maker = plan.ntasks, plan.inputs, plan.maker
    needed = bytearray(plan.nblocks)
    stack = list(dict.fromkeys(plan.wanted))
    for block in stack:
        needed[block] = 1
    while stack:
        block = stack.pop()
        if block >= ntasks:
            if block in plan.data:
                continue
            block = maker[block]
            if needed[block]:
                continue
            needed[block] = 1
        for source in inputs[block]:
            if not needed[source]:
                needed[source] = 1
                stack.append(source)
    for outputs in plan.outputs.values():
        if needed[outputs[0]]:
            for block in outputs:
                needed[block] = 1
    return plan if all(needed) else _keep(plan, [block for block in range(plan.nblocks) if needed[block]])


def _keep(plan: Plan, kept: list[int]) -> Plan:
    """The plan with only these blocks (and the tasks among them), numbered anew."""
    new = [-1] * plan.nblocks
    for place, block in enumerate(kept):
        new[block] = place
    ntasks = plan.ntasks
    tasks = [block for block in kept if block < ntasks]
    renumber = new.__getitem__
    origins: list[tuple[int, str]] = []
    bounds = [first for first, _ in plan.origins] + [ntasks]
    place = 0
    for (_, name), end in zip(plan.origins, bounds[1:], strict=True):
        origins.append((place, name))
        while place < len(tasks) and tasks[place] < end:
            place += 1
    return Plan(
        keys=[plan.keys[block] for block in kept],
        programs=[plan.programs[task] for task in tasks],
        inputs=[tuple(map(renumber, plan.inputs[task])) for task in tasks],
        constants=[plan.constants[task] for task in tasks],
        nbytes=[plan.nbytes[block] for block in kept],
        wanted=[new[block] for block in plan.wanted],
        outputs={new[task]: tuple(map(renumber, blocks)) for task, blocks in plan.outputs.items() if new[task] >= 0},
        maker={new[block]: new[task] for block, task in plan.maker.items() if new[block] >= 0},
        data={new[block]: value for block, value in plan.data.items() if new[block] >= 0},
        workspace={new[task]: size for task, size in plan.workspace.items() if new[task] >= 0},
        annotations={new[task]: notes for task, notes in plan.annotations.items() if new[task] >= 0},
        sites=[plan.sites[task] for task in tasks] if plan.sites else [],
        origins=origins,
        in_order=plan.in_order,
    )


def _fuse_chains(plan: Plan, between: Function | None) -> Plan:
    """The plan with each linear chain as one task, at the place of the chain's last."""
    ntasks, inputs, dependents = plan.ntasks, plan.inputs, plan.dependents
    stays = set(plan.wanted)

    def predecessor(task: int) -> int:
        """The task that ``task`` may swallow, or -1."""
        sources = set(inputs[task])
        if len(sources) != 1:
            return -1
        (source,) = sources
        if source >= ntasks or source in stays or source in plan.outputs:
            return -1
        if any(reader != task for reader in dependents[source]):
            return -1
        return source if plan.annotations.get(source) == plan.annotations.get(task) else -1

    swallows = [predecessor(task) for task in range(ntasks)]
    gone = bytearray(plan.nblocks)
    for source in swallows:
        if source >= 0:
            gone[source] = 1
    if not any(gone):
        return plan
    programs, constants = plan.programs, plan.constants
    known: dict[tuple[Any, ...], Program] = {}
    for task in range(ntasks):
        if gone[task] or swallows[task] < 0:
            continue
        links = [task]
        while swallows[links[-1]] >= 0:
            links.append(swallows[links[-1]])
        links.reverse()
        shape = tuple((id(programs[each]), len(inputs[each]), len(constants[each])) for each in links)
        if shape not in known:
            known[shape] = chain([(programs[each], len(inputs[each]), len(constants[each])) for each in links], between)
        fused = known[shape]
        brought = tuple([value for each in links for value in constants[each]])
        programs[task], inputs[task], constants[task] = fused, inputs[links[0]], brought
        if extra := sum(plan.workspace.get(each, 0) for each in links):
            plan.workspace[task] = extra
    for task in range(ntasks):
        if gone[task]:
            inputs[task] = ()
    plan = _keep(plan, [block for block in range(plan.nblocks) if not gone[block]])
    return _cull(plan)


def _rank(plan: Plan, workers: int) -> None:
    """Note the static order of the tasks; data blocks are always there, and several outputs are one task."""
    ntasks = plan.ntasks
    if plan.nblocks == ntasks:
        inputs: list[Any] = plan.inputs
        dependents: list[Any] = plan.dependents
        wanted = plan.wanted
    else:
        maker = plan.maker
        inputs = [
            list(dict.fromkeys(maker.get(block, block) for block in sources if block not in plan.data))
            if sources
            else ()
            for sources in plan.inputs
        ]
        dependents = [[] for _ in range(ntasks)]
        for task, sources in enumerate(inputs):
            for source in sources:
                dependents[source].append(task)
        wanted = [maker.get(block, block) for block in plan.wanted if block not in plan.data]
    made = plan.derived.ranks
    try:
        if BY_CHUNKS not in made:
            ranks, by_chunks = rank_tasks(inputs, dependents, wanted)
            made[BY_CHUNKS if by_chunks else ANY] = ranks
        if ANY not in made:
            made[workers] = side_by_side(made[BY_CHUNKS], inputs, dependents, workers)
    except CycleError as error:
        circle = [plan.keys[task] for task in getattr(error, "cycle", ())]
        shown = " -> ".join(map(repr, [*circle, *circle[:1]]))
        raise CycleError(f"these tasks wait for each other in a circle: {shown}. Break it at one of them.") from None
