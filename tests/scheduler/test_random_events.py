"""Random graphs and random event orders: the books stay right, and nothing is run too early or kept too long."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.graph import Graph, Layer, Plan, Program, compile_plan
from weft.scheduler import NOTHING, SPILL, Phase, Scheduler
from weft.scheduler.invariants import check


def nothing(*values):
    return None


ONE = Program.call(nothing)
TWO = Program.call(nothing, noutputs=2)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Random graphs: tasks with up to three inputs, some with two outputs, some data blocks, some wanted."""
    graph = Graph()
    keys: list = []
    for d in range(draw(st.integers(0, 2))):
        graph.data[f"d{d}"] = d
        keys.append(f"d{d}")
    for t in range(draw(st.integers(1, 14))):
        inputs = tuple(draw(st.lists(st.sampled_from(keys), max_size=3))) if keys else ()
        big = draw(st.sampled_from([0, 100, 100_000, 300_000]))
        notes = draw(st.sampled_from([None, None, None, {"retries": 1}, {"workers": 0}, {"priority": 3}]))
        if draw(st.integers(0, 4)) == 0:
            mine = [f"t{t}", f"t{t}b"]
            graph.add(Layer(TWO, [tuple(mine)], [inputs], nbytes=big, annotations=notes))
        else:
            mine = [f"t{t}"]
            graph.add(Layer(ONE, mine, [inputs], nbytes=big, annotations=notes))
        keys += mine
    wanted = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4))
    return compile_plan(graph, wanted)


class Machine:
    """A pretended backend: a dict of blocks, workers that take and finish in any order."""

    def __init__(self, plan: Plan, nworkers: int, limit: int, keep: bool, apart: bool) -> None:
        self.s = Scheduler(nworkers, limit=limit, apart=apart)
        self.plan = plan
        self.memory: set[int] = set(plan.data)
        self.disk: set[int] = set()
        self.s.added(plan, keep=keep)
        self.working: dict[int, int] = {}
        self.check()

    def check(self) -> None:
        check(self.s)

    def drop(self, released: list[int]) -> None:
        for block in released:
            assert block in self.memory or block in self.disk
            self.memory.discard(block)
            self.disk.discard(block)

    def took(self, worker: int, task: int) -> None:
        while task == SPILL:
            for block in self.s.victims:
                assert block in self.memory
                if self.s.spilled(block):
                    self.memory.discard(block)
                self.disk.add(block)
            self.check()
            task = self.s.next(worker)
        for block in self.s.loads:
            assert block in self.disk
            self.memory.add(block)
            self.s.loaded(block)
        self.s.loads = []
        if task == NOTHING:
            self.working.pop(worker, None)
        else:
            assert set(self.s.inputs[task]) <= self.memory, "a task was started without its inputs"
            self.working[worker] = task

    def ask(self, worker: int) -> None:
        self.took(worker, self.s.next(worker))
        self.check()

    def finish(self, worker: int, nbytes: int) -> None:
        task = self.working[worker]
        wanted_still = self.s.phase[task] == Phase.RUNNING
        if wanted_still:
            self.memory.update(self.s.outputs.get(task, (task,)))
        released: list[int] = []
        answer = self.s.finish_and_next(worker, task, nbytes, released, 0.0)
        self.drop(released)
        self.took(worker, answer)
        self.check()


@settings(max_examples=300, deadline=None)
@given(
    plans(), st.integers(1, 4), st.sampled_from([1 << 62, 400_000, 150_000]), st.booleans(), st.booleans(), st.randoms()
)
def test_random_events_never_break_the_books(plan, nworkers, limit, keep, apart, r: random.Random):
    machine = Machine(plan, nworkers, limit, keep, apart)
    s = machine.s
    troubles = r.choice([0, 0, 3])
    for _ in range(2000):
        if not s.left:
            break
        idle = [w for w in range(nworkers) if w not in machine.working]
        event = r.random()
        if troubles and event < 0.2:
            troubles -= 1
            kind = r.choice(["lost", "failed", "returned", "limit", "cancel"])
            released: list[int] = []
            if kind == "lost":
                stored = [b for b, p in enumerate(s.phase) if p in (3, 4) and b not in s.external and b not in s.stored]
                if stored:
                    block = r.choice(stored)
                    s.lost([block], released)
                    released = [b for b in released if b in machine.memory or b in machine.disk]
            elif kind in ("failed", "returned") and machine.working:
                worker, task = r.choice(list(machine.working.items()))
                del machine.working[worker]
                if kind == "failed":
                    s.failed(worker, task, released)
                else:
                    s.returned(worker, task)
            elif kind == "limit":
                s.set_limit(r.choice([100_000, 500_000]))
            elif kind == "cancel":
                s.cancelled([r.randrange(plan.ntasks)], released)
            machine.drop(released)
            machine.check()
        elif machine.working and (not idle or event < 0.7):
            machine.finish(r.choice(list(machine.working)), r.choice([0, 10, 100_000, 200_000]))
        elif idle:
            worker = r.choice(idle) if r.random() < 0.9 else 0
            if worker in machine.working:
                continue
            machine.ask(worker)
        if s.left and not machine.working:
            for worker in range(nworkers):
                machine.ask(worker)
                if machine.working:
                    break
            else:
                pytest.fail(f"deadlock: {s.left} tasks left\n{[Phase(p).name for p in s.phase]}")
    assert not s.left
    for block in plan.wanted:
        assert s.phase[block] in (Phase.DONE, Phase.SPILLED, Phase.FAILED, Phase.CANCELLED)
        if s.phase[block] in (Phase.DONE, Phase.SPILLED):
            assert block in machine.memory or block in machine.disk
