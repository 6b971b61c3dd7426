"""What a computation is, and what running it will take, as text. Nothing is computed for it."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import islice
from typing import Any

from weft import config
from weft.backends import Held
from weft.diagnostics.forecast import depths, forecast
from weft.execution import Containers, graph_of, request_for, scheduler_for
from weft.execution.graphs import keys_of
from weft.execution.run import in_place_of
from weft.expr import Expr, tree_text
from weft.graph import Graph, Plan, compile_plan
from weft.graph.plan import paused_collector
from weft.physical.outlook import Outlook, outlook
from weft.sizeof import sizeof
from weft.typing import Key
from weft.units import format_bytes

__all__ = ["Explanation", "explain"]

#: Kinds of tasks that are listed one by one.
SHOWN = 12


@dataclass(frozen=True)
class Explanation:
    """What :func:`explain` finds; ``str()`` tells it.

    Sizes are those that are known before anything runs; what delayed functions will return is not.
    """

    written: str  #: the calls or expressions, as the user wrote them
    optimised: str  #: the physical operations that expressions become
    written_tasks: int  #: tasks of the graph as written
    tasks: Mapping[str, int]  #: tasks that will run, by operation, most frequent first
    culled: int  #: tasks that nobody needs
    fused: int  #: tasks that became part of another, since they form a chain with it
    nblocks: int  #: blocks made
    data_blocks: int  #: blocks given
    data_nbytes: int  #: bytes of these
    made_nbytes: int  #: bytes of all blocks made, where known
    unsized: int  #: blocks made of which no size is known
    largest_nbytes: int  #: bytes of the largest block made
    largest_key: Key | None  #: its key
    peak_nbytes: int  #: most bytes of blocks made that are in memory at a time
    peak_blocks: int  #: most blocks made that are in memory at a time
    depth: int  #: tasks of the longest chain
    fan_in: int  #: most blocks that one task reads
    fan_out: int  #: most tasks that read one block
    nworkers: int
    backend: str
    budget: int  #: bytes that results and running tasks may take
    workspace_nbytes: int = (
        0  #: bytes that the task which takes most holds while it runs, besides blocks, as it is estimated
    )
    workspace_task: str = ""  #: what it does
    simplified: str = ""  #: expressions after rewriting, before physical operations are chosen
    rechunks: tuple[str, ...] = ()  #: how arrays are cut anew on the way, with the bytes that moves
    apart: tuple[str, ...] = ()  #: operations that did not fuse, with the reason
    remarks: tuple[str, ...] = ()  #: which engine computes what, and why

    @property
    def ntasks(self) -> int:
        """Tasks that will run."""
        return sum(self.tasks.values())

    def __str__(self) -> str:
        changes = []
        if self.culled:
            changes.append(f"{self.culled:,} of {self.written_tasks:,} tasks left out: nobody needs them")
        if self.fused:
            changes.append(f"{self.fused:,} tasks joined to the task before them: they form chains")
        lines = [
            "As written", *indented(self.written.splitlines()),
            *([] if self.simplified in ("", self.written) else ["As rewritten", *indented(self.simplified.splitlines())]),
            "As optimised", *indented([*self.optimised.splitlines(), *changes] or ["the same"]),
            *(["Rechunks", *indented(self.rechunks)] if self.rechunks else []),
            *(["Not fused", *indented(self.apart)] if self.apart else []),
            *(["Engines", *indented(self.remarks)] if self.remarks else []),
            f"What will run, on {self.backend} with {self.nworkers} worker{'s' * (self.nworkers != 1)}",
            *indented(self._facts()),
        ]  # fmt: skip
        return "\n".join(lines)

    def _facts(self) -> list[str]:
        facts = [("tasks", f"{self.ntasks:,}: {listed(self.tasks)}")]
        if self.ntasks:
            side = self.ntasks / self.depth
            facts.append(("longest chain", f"{counted(self.depth, 'task')}; {side:,.1f} side by side on average"))
            facts.append(
                ("fan", f"in: a task reads up to {counted(self.fan_in, 'block')}; "
                        f"out: a block has up to {counted(self.fan_out, 'reader')}")
            )  # fmt: skip
        if self.data_blocks:
            facts.append(("read", f"{counted(self.data_blocks, 'data block')} of {format_bytes(self.data_nbytes)}"))
        made = counted(self.nblocks, "block")
        if self.made_nbytes:
            made += f" of {format_bytes(self.made_nbytes)}"
            if self.unsized:
                made += f" (the sizes of {self.unsized:,} are not known before they run)"
            made += f"; the largest is {self.largest_key!r} with {format_bytes(self.largest_nbytes)}"
        elif self.ntasks:
            made += "; their sizes are not known before they run"
        facts.append(("made", made))
        peak = f"up to {counted(self.peak_blocks, 'block')} at a time"
        if self.made_nbytes:
            peak += f", {format_bytes(self.peak_nbytes)} of a budget of {format_bytes(self.budget)}"
            if self.peak_nbytes > self.budget:
                peak += ": the rest goes to disk and back"
        facts.append(("in memory", peak))
        if self.workspace_nbytes:
            facts.append(
                ("at work", f"{self.workspace_task} holds about {format_bytes(self.workspace_nbytes)} besides blocks")
            )
        return [f"{name:<15}{text}" for name, text in facts]

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        parts: list[list[str]] = []
        for line in str(self).splitlines():
            if line.startswith(" "):
                parts[-1].append(line)
            else:
                parts.append([line])
        return "".join(
            [
                f"<details open><summary>{escape(head)}</summary><pre>{escape(chr(10).join(lines))}</pre></details>"
                for head, *lines in parts
            ]
        )


def explain(
    *args: Any, optimize_graph: bool = True, scheduler: Any = None, num_workers: int | None = None
) -> Explanation:
    """Tell what a computation is, how it is optimised, and what will run, without running it.

    Parameters
    ----------
    *args
        Collections, or containers with collections in them.
    optimize_graph, scheduler, num_workers
        As in :func:`weft.compute`.

    Returns
    -------
    Explanation
        Prints as text, and has the numbers as attributes.

    Notes
    -----
    What lies in memory at a time is found by going through the plan as the scheduler would, if all tasks took equally
    long. It takes about 10 µs a task, most of it to make the plan.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics import explain
    >>> parts = [weft.delayed(abs)(i) for i in range(4)]
    >>> print(explain(weft.delayed(sum)(parts), scheduler="inline", num_workers=1))
    As written
      abs  4 calls
      sum  1 call
    As optimised
      the same
    What will run, on inline with 1 worker
      tasks          5: abs 4, sum 1
      longest chain  2 tasks; 2.5 side by side on average
      fan            in: a task reads up to 4 blocks; out: a block has up to 1 reader
      made           5 blocks; their sizes are not known before they run
      in memory      up to 5 blocks at a time
    """
    given = Containers(args).collections
    if not given:
        raise TypeError("nothing to explain: give collections, such as what weft.delayed(f)(x) returns")
    backend = scheduler_for(scheduler, given)
    # as if blocks of large results were made, whose sizes one wants to know
    collections = in_place_of(given, backend.name, moves=False) if optimize_graph else given
    request = request_for(num_workers=num_workers)
    nworkers = 1 if backend.name == "inline" else request.nworkers
    fuse = optimize_graph and backend.fuses_chains and config.value("optimization.fuse.active")
    with paused_collector():
        graph = graph_of(collections, optimize_graph=optimize_graph)
        wanted = [key for collection in collections for key in keys_of(collection)]
        plan = compile_plan(graph, wanted)
        needed = plan.ntasks
        if fuse:
            plan = compile_plan(graph, wanted, fuse=True)
        trees = expressions_of(collections)
        written = written_of(given, graph, expressions_of(given))
        ahead = outlook(trees, is_optimized=optimize_graph) if trees else Outlook("", "", (), ())
        found = explained(
            plan, written, ahead.physical, graph.ntasks, needed, nworkers, backend.name, budget=request.budget
        )
        return replace(
            found, simplified=ahead.simplified, rechunks=ahead.rechunks, apart=ahead.apart, remarks=ahead.remarks
        )


def explained(
    plan: Plan,
    written: str,
    optimised: str,
    written_tasks: int,
    needed: int,
    nworkers: int,
    backend: str,
    *,
    budget: int,
) -> Explanation:
    """The numbers of a plan."""
    data = plan.data
    sizes = {block: size for block, size in enumerate(plan.nbytes) if size and block not in data}
    largest = max(sizes, key=sizes.__getitem__, default=None)
    ahead = forecast(plan, nworkers)
    given = list(data.values())
    nblocks = plan.nblocks - len(data)
    busiest = max(plan.workspace, key=plan.workspace.__getitem__, default=None)
    return Explanation(
        written=written,
        optimised=optimised,
        written_tasks=written_tasks,
        tasks=dict(Counter(map(operator.attrgetter("name"), plan.programs)).most_common()),
        culled=written_tasks - needed,
        fused=needed - plan.ntasks,
        nblocks=nblocks,
        data_blocks=len(given),
        data_nbytes=sum(each.nbytes if isinstance(each, Held) else sizeof(each) for each in given),
        made_nbytes=sum(sizes.values()),
        unsized=nblocks - len(sizes),
        largest_nbytes=0 if largest is None else sizes[largest],
        largest_key=None if largest is None else plan.keys[largest],
        peak_nbytes=ahead.nbytes,
        peak_blocks=ahead.nblocks,
        depth=max(depths(plan), default=0),
        fan_in=max(map(len, plan.inputs), default=0),
        fan_out=max(map(len, plan.dependents), default=0),
        nworkers=nworkers,
        backend=backend,
        budget=budget,
        workspace_nbytes=0 if busiest is None else plan.workspace[busiest],
        workspace_task="" if busiest is None else plan.programs[busiest].name,
    )


def expressions_of(collections: Sequence[Any]) -> list[Expr]:
    """The expressions of collections that have one; calls and foreign graphs have none."""
    nodes = [each.__weft_expr__() for each in collections if hasattr(type(each), "__weft_expr__")]
    return [node for node in nodes if isinstance(node, Expr)]


def written_of(collections: Sequence[Any], graph: Graph, trees: Sequence[Expr]) -> str:
    """Expressions as trees; calls and foreign graphs as counts of what they call."""
    if len(trees) == len(collections):
        return tree_text(*trees)
    if trees:
        graph = graph_of([each for each in collections if not expressions_of([each])])
    counts: Counter[str] = Counter()
    for layer in graph.layers:
        counts.update(map(operator.attrgetter("name"), layer.programs()))
    if graph.data:
        counts["(data)"] = len(graph.data)
    wide = max(map(len, counts), default=0)
    calls = [
        f"{name:<{wide}}  {counted(count, 'block' if name == '(data)' else 'call')}"
        for name, count in islice(counts.most_common(), SHOWN)
    ]
    if len(counts) > SHOWN:
        calls.append(f"... and {len(counts) - SHOWN} more kinds")
    return "\n".join([*calls, *([tree_text(*trees)] if trees else [])])


def listed(counts: Mapping[str, int]) -> str:
    """``abs 4, sum 1``, cut when there are many."""
    shown = ", ".join(f"{name} {count:,}" for name, count in islice(counts.items(), SHOWN))
    more = len(counts) - SHOWN
    return shown + (f", and {more:,} more kinds" if more > 0 else "") if counts else "none"


def counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
