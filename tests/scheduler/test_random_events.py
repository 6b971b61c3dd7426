"""Random graphs that grow, in random event orders: the books stay right, nothing runs too early or is kept too long."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from weft.graph import Graph, Layer, Plan, Program, compile_plan
from weft.scheduler import NOTHING, SPILL, Phase, Scheduler, growing
from weft.scheduler.invariants import check
from weft.scheduler.replay import export, replay
from weft.scheduler.story import dump, why
from weft.scheduler.straight import PLAIN_NBYTES, settled

IN_STORE = (Phase.DONE, Phase.SPILLED)
SIZES = st.sampled_from([0, 10, 1000, 100_000, 200_000])
LIMITS = st.sampled_from([Scheduler.UNLIMITED, 400_000, 150_000])


def nothing(*values):
    return None


ONE = Program.call(nothing)
TWO = Program.call(nothing, noutputs=2)


@st.composite
def plans(draw: st.DrawFn, max_tasks: int = 12) -> Plan:
    """Random graphs: tasks with up to three inputs, some with two outputs, data blocks, annotations, some wanted."""
    graph = Graph()
    keys: list = []
    projected = draw(st.sampled_from([[0], [0, 100, 100_000, 300_000]]))
    for d in range(draw(st.integers(0, 3))):
        graph.data[f"d{d}"] = d
        keys.append(f"d{d}")
    for t in range(draw(st.integers(1, max_tasks))):
        inputs = tuple(draw(st.lists(st.sampled_from(keys), max_size=3))) if keys else ()
        kind = draw(st.integers(0, 9))
        notes = {6: {"retries": 1}, 7: {"workers": 0}, 8: {"priority": 3}, 9: {"resources": {"GPU": 1}}}.get(kind)
        mine = [f"t{t}", f"t{t}b"] if kind == 0 else [f"t{t}"]
        key = tuple(mine) if kind == 0 else mine[0]
        work = 50_000 if kind == 1 else 0
        nbytes = draw(st.sampled_from(projected))
        layer = Layer(TWO if kind == 0 else ONE, [key], [inputs], nbytes=nbytes, workspace=work, annotations=notes)
        graph.add(layer)
        keys += mine
    wanted = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4))
    return compile_plan(graph, wanted)


class Backend(RuleBasedStateMachine):
    """A pretended backend: it knows which blocks exist, and lets its workers take and finish in any order.

    Worker 0 never leaves and has the GPU, so that every task can always run somewhere.
    """

    @initialize(
        nworkers=st.integers(1, 4),
        limit=LIMITS,
        apart=st.booleans(),
        handed_ahead=st.booleans(),
        retries=st.integers(0, 1),
    )
    def begin(self, nworkers, limit, apart, handed_ahead, retries):
        self.s = Scheduler(nworkers, limit=limit, apart=apart, retries=retries, resources={0: {"GPU": 1}})
        self.handed_ahead = handed_ahead
        self.plans: dict[int, Plan] = {}
        self.memory: set[int] = set()
        self.disk: set[int] = set()
        self.holds: Counter[int] = Counter()
        self.grown: set[int] = set()  # numbers of tasks that came one by one, and were not forgotten
        self.work: dict[int, int] = {}  # task to worker, in the order handed out
        self.after: dict[int, set[int]] = {}  # task that follows to those that come before it
        self.workers = list(range(nworkers))
        self.writing: list[int] = []
        self.reading: list[int] = []

    # -- what a backend does with answers -----------------------------------------------------------------------------

    def drop(self, released, lost=()):
        for block in released:
            assert block in self.memory | self.disk | set(lost), f"block {block} released, but it is not there"
            self.memory.discard(block)
            self.reading = [each for each in self.reading if each != block]
            if block not in self.s.stored:
                self.disk.discard(block)

    def got(self, worker, task):
        if task == SPILL:
            assert self.s.victims
            assert self.memory.issuperset(self.s.victims)
            self.writing += self.s.victims
            self.s.victims = []
        elif task != NOTHING:
            for block in self.s.loads:
                assert block in self.disk or block in self.reading, f"block {block} is to be read, but is not on disk"
                self.memory.add(block)
                self.reading.append(block)
            assert self.memory.issuperset(self.s.inputs[task]), f"task {task} was started without its inputs"
            assert task not in self.work, f"task {task} runs twice"
            self.work[task] = worker
        self.s.loads = []
        self.verify()

    def verify(self):
        s = settled(self.s)
        check(s)
        for block in range(len(s.phase)):
            if block in s.external or block in s.foreign:
                continue
            used = self.holds[block] or any(s.phase[d] <= Phase.RUNNING for d in s.dependents[block])
            if s.phase[block] in IN_STORE:
                assert used, f"block {block} is kept after its last use"
                assert block in (self.memory if s.phase[block] == Phase.DONE else self.disk)
            elif block not in s.stored:
                assert block not in self.memory, f"block {block} is {Phase(s.phase[block]).name}, but in memory"

    def idle(self):
        return [w for w in self.workers if w not in self.work.values()]

    def ask(self, worker, ahead=False):
        if self.handed_ahead:
            self.got(worker, self.s.take(worker, ahead=ahead))
        else:
            self.got(worker, self.s.next(worker))

    def end(self, task, nbytes, parts=()):
        """A worker finishes a task; a result that nobody wants any more is thrown away, parts of another are on disk."""
        if parts:
            self.s.on_disk(parts)
        worker, released = self.work.pop(task), []
        self.after.pop(task, None)
        for block in self.s.inputs[task]:
            self.read(block)
        blocks = self.s.outputs.get(task, (task,))
        if settled(self.s).phase[task] == Phase.RUNNING:
            self.memory.update(set(blocks).difference(parts))
            self.disk.update(parts)
        size = [nbytes] * len(blocks) if task in self.s.outputs else nbytes
        if self.handed_ahead:
            self.s.finished(worker, task, size, released, 0.0)
            self.drop(released)
            self.verify()
        else:
            answer = self.finish_straight(task, size, released)
            if answer == NOTHING:
                answer = self.s.finish_and_next(worker, task, size, released, 0.0)
            self.drop(released)
            self.got(worker, answer)

    def finish_straight(self, task, size, released):
        """What the worker of a straight run does without a lock; NOTHING if the core has to be asked."""
        if self.s.straight is not None and self.s.straight.written and size > PLAIN_NBYTES:
            self.s.sort()
            return NOTHING
        blocks = [True] * len(self.s.phase)
        finish = self.s.finisher(blocks)
        answer = NOTHING if finish is None else finish(task, self.s.inputs[task], size, 0.0)
        released += [block for block, there in enumerate(blocks) if not there]
        return answer

    def read(self, block):
        if block in self.reading:
            self.reading = [each for each in self.reading if each != block]
            self.s.loaded(block)

    def write(self, block, success):
        self.writing.remove(block)
        if not success:
            self.s.not_spilled(block)
        elif block in self.memory:
            self.disk.add(block)
            if self.s.spilled(block):
                assert not any(
                    block in self.s.inputs[task] for task in self.work if self.s.phase[task] == Phase.RUNNING
                )
                self.memory.discard(block)
        else:
            assert not self.s.spilled(block)
        self.verify()

    # -- events -------------------------------------------------------------------------------------------------------

    @rule(plan=plans(), keep=st.booleans(), alone=st.booleans(), data=st.data())
    @precondition(lambda self: len(self.plans) < 3)
    def graph_comes(self, plan, keep, alone, data):
        there = [
            b for b, p in enumerate(settled(self.s).phase)
            if p <= Phase.SPILLED and b not in self.s.foreign | self.s.external | self.s.stored
        ]  # fmt: skip
        external, stored = {}, {}
        for block in plan.data:
            kind = data.draw(st.sampled_from(["theirs", "stored", "here"])) if there else "here"
            if kind == "theirs":
                external[block] = data.draw(st.sampled_from(there))
            elif kind == "stored":
                stored[block] = 100_000
        base = self.s.added(plan, keep=keep, external=external, stored=stored, alone=alone)
        self.plans[base] = plan
        for block in dict.fromkeys(plan.wanted):
            self.holds[external.get(block, base + block)] += 1
        self.memory.update(base + b for b in plan.data if b not in external and b not in stored)
        self.disk.update(base + b for b in stored)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.plans and self.idle())
    def worker_asks(self, data):
        self.ask(data.draw(st.sampled_from(self.idle())))

    @rule()
    @precondition(lambda self: self.plans)
    def all_idle_workers_ask(self):
        for worker in self.idle():
            self.ask(worker)

    @rule(data=st.data())
    @precondition(lambda self: self.reading)
    def read_ends(self, data):
        self.read(data.draw(st.sampled_from(self.reading)))
        self.verify()

    @rule(data=st.data(), ahead=st.booleans())
    @precondition(lambda self: self.plans and self.handed_ahead and self.work)
    def busy_worker_takes_another(self, data, ahead):
        self.ask(data.draw(st.sampled_from(self.workers)), ahead)

    @rule(data=st.data())
    @precondition(lambda self: self.plans and self.handed_ahead and self.work)
    def tasks_follow(self, data):
        s, task = settled(self.s), data.draw(st.sampled_from(list(self.work)))
        if s.phase[task] != Phase.RUNNING:
            return
        worker = self.work[task]
        before = {t for t, w in self.work.items() if w == worker and s.phase[t] == Phase.RUNNING}
        made = {block for t in before for block in s.outputs.get(t, (t,))}
        for follower, _, _ in self.s.followers(worker, task, made):
            assert follower not in self.work, f"task {follower} runs twice"
            if self.s.follow(worker, follower):
                self.work[follower] = worker
                self.after[follower] = {s.maker.get(b, b) for b in s.inputs[follower] if b in made}
                for block in self.s.loads:
                    self.memory.add(block)
                    self.reading.append(block)
                self.s.loads = []
                self.verify()

    def at_work(self):
        """Tasks that run now; those that follow wait for the ones before them."""
        return [task for task in self.work if self.after.get(task, set()).isdisjoint(self.work)]

    def taken_back(self, task):
        """A task will not be done by its worker, nor what follows; gives the worker."""
        for each in [each for each, before in self.after.items() if task in before and each in self.work]:
            self.s.returned(self.taken_back(each), each)
        self.after.pop(task, None)
        return self.work.pop(task)

    @rule(data=st.data(), nbytes=SIZES)
    @precondition(lambda self: self.work)
    def task_finishes(self, data, nbytes):
        task = data.draw(st.sampled_from(self.at_work()))
        several = [b for b in self.s.outputs.get(task, ()) if b not in self.s.wanted]
        self.end(task, nbytes, data.draw(st.lists(st.sampled_from(several), unique=True)) if several else ())

    @rule(data=st.data(), retry=st.booleans())
    @precondition(lambda self: self.work)
    def task_fails(self, data, retry):
        task = data.draw(st.sampled_from(self.at_work()))
        released: list[int] = []
        self.s.failed(self.taken_back(task), task, released, retry=retry)
        self.drop(released)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.work)
    def task_comes_back(self, data):
        task = data.draw(st.sampled_from(list(self.work)))
        self.s.returned(self.taken_back(task), task)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: any(self.losable()))
    def blocks_are_lost(self, data):
        self.lose(data.draw(st.lists(st.sampled_from(self.losable()), min_size=1, max_size=3, unique=True)))

    def losable(self):
        s = settled(self.s)
        there = [b for b, p in enumerate(s.phase) if p in IN_STORE and b not in s.external and b not in s.stored]
        return [b for b in there if not (b in self.grown and s.programs[b] is None)]  # data cannot be made again

    def lose(self, blocks):
        self.memory.difference_update(blocks)
        self.disk.difference_update(blocks)
        released: list[int] = []
        self.s.lost(blocks, released)
        self.drop(released, lost=blocks)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: len(self.workers) > 1)
    def worker_dies(self, data):
        worker = data.draw(st.sampled_from(self.workers[1:]))
        self.workers.remove(worker)
        while mine := [task for task, w in self.work.items() if w == worker]:
            self.s.returned(self.taken_back(mine[0]), mine[0])
        if self.s.apart:
            self.lose([b for b, w in self.s.home.items() if w == worker])
        self.s.worker_left(worker)
        self.verify()

    @rule()
    @precondition(lambda self: len(self.workers) < 4)
    def worker_comes(self):
        self.workers.append(self.s.worker_added())
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.tasks())
    def task_is_cancelled(self, data):
        released: list[int] = []
        decided = self.s.cancelled([data.draw(st.sampled_from(self.tasks()))], released)
        self.drop(released)
        assert set(decided.interrupt) <= set(self.work)
        self.verify()

    def tasks(self):
        """Tasks that the core knows: those of plans whose numbers were not given to others, and grown ones."""
        known = [base + t for base, plan in self.plans.items() for t in range(plan.ntasks)]
        known = [t for t in known if self.s.programs[t] is not growing.GONE and t not in self.grown]
        return known + [t for t in self.grown if self.s.programs[t] is not None]

    # -- tasks that come one by one, as clients submit them -----------------------------------------------------------

    @rule(data=st.data(), kind=st.integers(0, 9))
    @precondition(lambda self: self.handed_ahead)
    def task_grows(self, data, kind):
        held = self.held()
        sources = data.draw(st.lists(st.sampled_from(held), max_size=3, unique=True)) if held else []
        notes = {6: {"retries": 1}, 7: {"workers": 0}, 8: {"priority": 3}, 9: {"resources": {"GPU": 1}}}.get(kind)
        task = growing.grow(self.s, ONE, tuple(sources), notes, data.draw(SIZES))
        assert self.s.programs[task] is ONE
        assert not self.holds[task], f"number {task} is used again, though somebody holds it"
        bad = any(self.s.phase[b] in (Phase.FAILED, Phase.CANCELLED) for b in sources)
        assert (self.s.phase[task] == Phase.FAILED) == bad
        self.grown.add(task)
        self.holds[task] += 1
        self.verify()

    @rule(nbytes=SIZES)
    @precondition(lambda self: self.handed_ahead)
    def data_is_scattered(self, nbytes):
        block = growing.grow_data(self.s, nbytes)
        self.grown.add(block)
        self.holds[block] += 1
        self.memory.add(block)
        self.verify()

    @rule()
    @precondition(lambda self: self.handed_ahead and self.s.phase)
    def numbers_are_forgotten(self):
        s = self.s
        readers = {b: [d for d in range(len(s.phase)) if b in s.inputs[d]] for b in range(len(s.phase))}
        stored = set(s.stored)
        for block in growing.forget(s, range(len(s.phase))):
            assert not self.holds[block], f"block {block} is forgotten, though somebody holds it"
            assert block not in self.work, f"task {block} is forgotten while it runs"
            assert block not in self.memory | (self.disk - stored)
            assert all(s.programs[d] is growing.GONE for d in readers[block]), (
                f"{block} is forgotten before its readers"
            )
            self.grown.discard(block)
            self.disk.discard(block)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.handed_ahead and self.given_up())
    def task_is_revived(self, data):
        task = data.draw(st.sampled_from(self.given_up()))
        released: list[int] = []
        growing.revive(self.s, task, released)
        self.drop(released)
        assert self.s.phase[task] <= Phase.RUNNING
        self.verify()

    def given_up(self):
        """Held tasks that failed or were cancelled."""
        return [b for b in self.held() if self.s.phase[b] in (Phase.FAILED, Phase.CANCELLED)]

    @rule(limit=LIMITS)
    @precondition(lambda self: self.plans)
    def limit_changes(self, limit):
        self.s.set_limit(limit)
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.losable())
    def block_is_held(self, data):
        block = data.draw(st.sampled_from(self.losable()))
        self.s.hold(block)
        self.holds[block] += 1
        self.verify()

    @rule(data=st.data())
    @precondition(lambda self: self.held())
    def block_is_let_go(self, data):
        block = data.draw(st.sampled_from(self.held()))
        self.holds[block] -= 1
        released: list[int] = []
        decided = self.s.unhold(block, released)
        self.drop(released)
        assert set(decided.interrupt) <= set(self.work)
        self.verify()

    def held(self):
        return [b for b, n in self.holds.items() if n and b not in self.s.external and b not in self.s.foreign]

    @rule(data=st.data(), success=st.booleans())
    @precondition(lambda self: self.writing)
    def write_ends(self, data, success):
        self.write(data.draw(st.sampled_from(self.writing)), success)

    # -- the end ------------------------------------------------------------------------------------------------------

    def teardown(self):
        if not hasattr(self, "s") or not (self.plans or self.grown):
            return
        for _ in range(10_000):
            while self.writing:
                self.write(self.writing[0], True)
            while self.reading:
                self.read(self.reading[0])
            if not self.s.left:
                break
            if self.work:
                self.end(self.at_work()[0], 100_000)
            for worker in self.idle():
                self.ask(worker)
            if not self.work and not self.writing and self.s.left:
                pytest.fail(f"deadlock:\n{dump(self.s, self.plans)}")
        while self.work:
            self.end(self.at_work()[0], 0)
        assert not self.s.left, dump(self.s, self.plans)
        for block in self.held():
            assert settled(self.s).phase[block] > Phase.RUNNING, (
                f"nobody makes block {block}:\n{dump(self.s, self.plans)}"
            )
        if self.s.grown:
            self.all_numbers_come_back()
            return
        replay(json.loads(json.dumps(export(self.s))))
        assert all(why(self.s, self.plans, key) for plan in self.plans.values() for key in plan.keys[:2])

    def all_numbers_come_back(self):
        """Once nobody holds anything, every number of a grown task is free."""
        for block in self.held():
            released: list[int] = []
            self.holds[block], count = 0, self.holds[block]
            for _ in range(count):
                self.s.unhold(block, released)
            self.drop(released)
        growing.forget(self.s, range(len(self.s.phase)))
        growing.sweep(self.s)
        data = self.s.external | self.s.foreign
        kept = [b for b in range(len(self.s.phase)) if self.s.programs[b] is not growing.GONE and b not in data]
        kept = [
            b for b in kept if not any(b in self.s.inputs[d] or d == b for d in kept if set(self.s.inputs[d]) & data)
        ]
        assert not [b for b in self.grown if b in kept], dump(self.s, self.plans)
        assert sorted(self.s.free) == sorted(set(self.s.free)), "a number is free twice"


class TestBackend(Backend.TestCase):
    settings = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
