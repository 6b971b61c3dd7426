"""A run seen as callbacks know it: a mapping of keys to tasks, and a mapping of what stands where.

Both are looked up when somebody looks: they copy nothing, and ``len(state["finished"])`` counts bytes in the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from weft.backends import Held, Run
from weft.backends.packed import unpack
from weft.diagnostics.log import FINISHED
from weft.errors import KeyNotFoundError
from weft.graph import Plan, Task
from weft.graph.graph import IDENTITY
from weft.scheduler import Phase
from weft.typing import Key

__all__ = ["RunState", "TasksByKey", "result_of", "task_of"]


def task_of(plan: Plan, task: int) -> Task:
    """A task of a plan, with keys in place of numbers."""
    keys = plan.keys
    return Task(plan.programs[task], tuple([keys[block] for block in plan.inputs[task]]), plan.constants[task])


def result_of(run: Run, task: int, value: Any) -> Any:
    """What a listener was given of a result, as callbacks see it.

    From other processes small results come packed, and are unpacked; of large ones there is only a reference. Tasks with several outputs have no single result.
    """
    if task in run.plan.outputs:
        return None
    return unpack(value) if type(value) is bytes and not run.shares_memory else value


class TasksByKey(Mapping[Key, Task]):
    """The tasks of a plan by key; data that was given with the graph is a task that returns it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._numbers: dict[Key, int] | None = None

    def number(self, key: Key) -> int:
        """The number of the block with this key; KeyNotFoundError if there is none."""
        if self._numbers is None:
            self._numbers = dict(zip(self.plan.keys, range(self.plan.nblocks), strict=True))
        try:
            return self._numbers[key]
        except (KeyError, TypeError):
            raise KeyNotFoundError(f"this run has no key {key!r}") from None

    def __getitem__(self, key: Key) -> Task:
        block = self.number(key)
        if block in self.plan.data:
            return Task(IDENTITY, (), (self.plan.data[block],))
        return task_of(self.plan, self.plan.maker.get(block, block))

    def __iter__(self) -> Iterator[Key]:
        return iter(self.plan.keys)

    def __len__(self) -> int:
        return self.plan.nblocks

    def __repr__(self) -> str:
        return f"<{self.plan.ntasks} tasks, {len(self.plan.data)} data blocks>"


class KeysIn(Set[Key]):
    """Keys of the tasks that are in one of some phases."""

    def __init__(self, run: Run, tasks: TasksByKey, phases: tuple[Phase, ...]) -> None:
        self._run = run
        self._tasks = tasks
        self._phases = phases

    @classmethod
    def _from_iterable(cls, keys: Any) -> Any:
        return set(keys)

    def __len__(self) -> int:
        now = self._run.core.phase[: self._run.plan.ntasks]
        return sum(now.count(phase) for phase in self._phases)

    def __iter__(self) -> Iterator[Key]:
        now = bytes(self._run.core.phase[: self._run.plan.ntasks])
        return (key for key, phase in zip(self._run.plan.keys, now, strict=False) if phase in self._phases)

    def __contains__(self, key: object) -> bool:
        try:
            block = self._tasks.number(key)  # type: ignore[arg-type]
        except KeyNotFoundError:
            return False
        return block < self._run.plan.ntasks and self._run.core.phase[block] in self._phases

    def __repr__(self) -> str:
        return f"<{len(self)} keys>"


class ByKey(Mapping[Key, Any]):
    """A value for each block, made when asked for."""

    def __init__(
        self, tasks: TasksByKey, value: Callable[[int], Any], has: Callable[[int], bool] | None = None
    ) -> None:
        self._tasks = tasks
        self._value = value
        self._has = has

    def __getitem__(self, key: Key) -> Any:
        block = self._tasks.number(key)
        if self._has is not None and not self._has(block):
            raise KeyNotFoundError(f"{key!r} is not in memory now")
        return self._value(block)

    def __iter__(self) -> Iterator[Key]:
        for block, key in enumerate(self._tasks.plan.keys):
            if self._has is None or self._has(block):
                yield key

    def __len__(self) -> int:
        return self._tasks.plan.nblocks if self._has is None else sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{len(self)} keys>"


class RunState(Mapping[str, Any]):
    """Where the tasks of a run stand.

    ========================== ===========================================================================
    ``ready``, ``running``     keys of tasks that could run, and that do
    ``waiting``                keys of tasks whose inputs are not all there
    ``finished``               keys of tasks that have run, whether or not their result is still needed
    ``released``               keys of those whose result nobody needs any more
    ``failed``                 keys of tasks that failed for good, or need one that did
    ``cache``                  key to result, for those that are in this process's memory now
    ``dependencies``           key to the set of keys that its task reads
    ``dependents``             key to the set of keys whose tasks read it
    ``waiting_data``           key to the set of keys of unfinished tasks that read it
    ========================== ===========================================================================
    """

    def __init__(self, run: Run, tasks: TasksByKey) -> None:
        plan, core = run.plan, run.core
        core.settle()  # before it begins, so that it keeps its columns
        keys, phase = plan.keys, core.phase

        def blocks() -> Any:
            return getattr(run, "blocks", ())

        def readers(block: int) -> set[Key]:
            return {keys[task] for task in plan.dependents[block]}

        self._views: dict[str, Any] = {
            "ready": KeysIn(run, tasks, (Phase.READY,)),
            "running": KeysIn(run, tasks, (Phase.RUNNING,)),
            "waiting": KeysIn(run, tasks, (Phase.WAITING,)),
            "finished": KeysIn(run, tasks, FINISHED),
            "released": KeysIn(run, tasks, (Phase.RELEASED,)),
            "failed": KeysIn(run, tasks, (Phase.FAILED, Phase.CANCELLED)),
            "cache": ByKey(
                tasks,
                lambda block: blocks()[block],
                lambda block: bool(blocks()) and phase[block] == Phase.DONE and not isinstance(blocks()[block], Held),
            ),
            "dependencies": ByKey(tasks, lambda block: set(tasks[keys[block]].inputs)),
            "dependents": ByKey(tasks, readers),
            "waiting_data": ByKey(
                tasks, lambda block: {keys[t] for t in plan.dependents[block] if phase[t] <= Phase.RUNNING}
            ),
        }

    def __getitem__(self, name: str) -> Any:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        counts = ("waiting", "ready", "running", "finished", "failed")
        return "<" + ", ".join(f"{len(self[name])} {name}" for name in counts) + ">"
