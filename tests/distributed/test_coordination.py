"""Locks, semaphores, events, queues, variables, topics, actors: the same on threads and on processes."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading

import pytest

from weft.distributed import (
    Actor,
    ActorFuture,
    Client,
    Event,
    Future,
    Lock,
    MultiLock,
    Pub,
    Queue,
    RLock,
    Semaphore,
    Sub,
    Variable,
    get_client,
    wait,
)


def inc(x):
    return x + 1


def add_guarded(name, i):
    with Lock(name):
        total = Variable(name)
        total.set(total.get() + i)


def test_a_lock_keeps_others_out(client):
    Variable("sum").set(0)
    client.gather(client.map(add_guarded, ["sum"] * 20, range(20)))
    assert Variable("sum").get() == sum(range(20))


def test_locks_can_be_tried(client):
    lock = Lock("tried")
    assert not lock.locked()
    assert lock.acquire()
    assert lock.locked()
    other = Lock("tried")
    assert not other.acquire(blocking=False)
    assert not other.acquire(timeout=0.01)
    lock.release()
    assert other.acquire(timeout="1s")
    other.release()
    with pytest.raises(RuntimeError, match="not taken"):
        lock.release()
    with pytest.raises(ValueError, match="timeout"):
        lock.acquire(blocking=False, timeout=1)
    assert Lock().name != Lock().name
    assert pickle.loads(pickle.dumps(lock)).name == "tried"


def test_an_rlock_may_be_taken_again(client):
    lock = RLock("again")
    with lock, lock:
        assert not client.submit(lambda: RLock("again").acquire(timeout=0.01), pure=False).result()
    assert not lock.locked()

    def nested():
        with RLock("again"), RLock("again"):
            return True

    assert client.submit(nested, pure=False).result()


def test_several_locks_at_once(client):
    with MultiLock(["a", "b"]) as locks:
        assert locks.locked()
        assert Lock("a").locked()
        assert not MultiLock(["b", "c"]).acquire(timeout=0.01)
        assert MultiLock(["b", "c"]).acquire(num_locks=1, blocking=False)
    assert not Lock("a").locked()
    Lock("c").release()
    with pytest.raises(ValueError, match="num_locks"):
        MultiLock(["a"]).acquire(num_locks=2)


def test_a_semaphore_has_so_many_leases(client):
    semaphore = Semaphore(2, "two")
    assert semaphore.acquire()
    assert semaphore.acquire()
    assert semaphore.get_value() == 2
    assert not semaphore.acquire(timeout=0.01)
    assert semaphore.release()
    assert client.submit(lambda s: s.acquire() and s.release(), semaphore, pure=False).result()
    semaphore.release()
    with pytest.raises(RuntimeError, match="no lease"):
        semaphore.release()
    with pytest.raises(ValueError, match="max_leases"):
        Semaphore(3, "two")
    with pytest.raises(ValueError, match="max_leases"):
        Semaphore(0)

    def most(s, name):
        with s:
            return s.get_value()

    assert max(client.gather(client.map(most, [semaphore] * 10, range(10)))) <= 2
    semaphore.close()
    with pytest.raises(RuntimeError, match="closed"):
        semaphore.acquire()


def test_events_wake_who_waits(client):
    event = Event("go")
    waiting = [client.submit(lambda i: Event("go").wait(), i) for i in range(5)]
    assert not event.is_set()
    assert not event.wait(timeout=0.01)
    event.set()
    assert client.gather(waiting) == [True] * 5
    event.clear()
    assert not event.is_set()


def test_queues_carry_values_and_futures(client):
    queue = Queue("q")
    queue.put(1)
    queue.put({"a": [1]})
    future = client.submit(inc, 1)
    queue.put(future)
    del future
    assert queue.qsize() == 3
    assert queue.get() == 1
    assert queue.get() == {"a": [1]}
    assert queue.get().result() == 2
    with pytest.raises(TimeoutError):
        queue.get(timeout=0.01)
    for i in range(5):
        queue.put(i)
    assert queue.get(batch=2) == [0, 1]
    assert queue.get(batch=True) == [2, 3, 4]
    queue.close()


def test_a_full_queue_waits(client):
    queue = Queue("full", maxsize=1)
    queue.put(1)
    with pytest.raises(TimeoutError):
        queue.put(2, timeout=0.01)
    assert queue.get() == 1


def test_producers_and_consumers(client):
    def produce(name, n):
        queue = Queue(name)
        for i in range(n):
            queue.put(get_client().submit(inc, i))

    def consume(name, n):
        queue = Queue(name)
        return sum(queue.get().result() for _ in range(n))

    consumer = client.submit(consume, "line", 20, pure=False)
    producer = client.submit(produce, "line", 20, pure=False)
    wait([consumer, producer])
    assert consumer.result() == sum(range(1, 21))


@pytest.mark.parametrize("comes_back", ["as a future", "submitted again"])
def test_a_future_that_comes_back_while_it_is_being_let_go_hears_of_its_end(comes_back):
    def again():
        mine = get_client()
        future = mine.submit(inc, 41)
        assert future.result() == 42
        key = future.key
        # as another thread finds it that is here before the message by which the process lets go of it
        mine._tickets.pop(key)
        mine._run.tickets.pop(key)
        if comes_back == "as a future":
            return Future(key, mine).result(timeout=20)
        return mine.submit(inc, 41, key=key).result(timeout=20)

    with Client(engine="processes", n_workers=1, threads_per_worker=2) as own:
        assert own.submit(again).result() == 42


def test_variables_hold_values_and_futures(client):
    x = Variable("x")
    with pytest.raises(TimeoutError):
        x.get(timeout=0.01)
    x.set(5)
    assert x.get() == 5
    future = client.submit(inc, 41)
    x.set(future)
    key = future.key
    del future
    assert key in client.who_has() or Variable("x").get().result() == 42
    assert client.submit(lambda: Variable("x").get().result(), pure=False).result() == 42
    x.delete()
    with pytest.raises(TimeoutError):
        x.get(timeout=0.01)


def test_topics(client):
    sub = Sub("news")
    Pub("news").put(1)
    client.submit(lambda: Pub("news").put("from a task"), pure=False).result()
    assert sub.get(timeout=5) == 1
    assert sub.get(timeout=5) == "from a task"
    with pytest.raises(TimeoutError):
        sub.get(timeout=0.01)

    def listen():
        sub = Sub("other news")
        Event("listening").set()
        return sub.get(timeout=10)

    future = client.submit(listen, pure=False)
    Event("listening").wait()
    Pub("other news").put({"a": 1})
    assert future.result() == {"a": 1}


def test_shared_objects_need_a_client(monkeypatch):
    monkeypatch.setattr("weft.distributed.current.CLIENTS", [])
    with pytest.raises(ValueError, match="client"):
        Lock("x").acquire()


def test_a_dead_worker_gives_back_what_it_had():
    def take_and_die(name):
        Lock(name).acquire()
        os._exit(1)

    with Client(n_workers=2, threads_per_worker=1) as client:
        future = client.submit(take_and_die, "mortal")
        assert future.exception(timeout=60) is not None
        assert Lock("mortal").acquire(timeout=30)


class Counter:
    """Counts."""

    def __init__(self, start=0):
        self.n = start
        self.thread = None

    def increment(self, by=1):
        """Add."""
        self.n += by
        self.thread = threading.get_ident()
        return self.n

    def fail(self):
        raise ValueError("no")

    def where(self):
        return os.getpid()

    async def later(self):
        return self.n


def test_an_actor_keeps_its_state(client):
    future = client.submit(Counter, actor=True)
    counter = future.result()
    assert isinstance(counter, Actor)
    calls = [counter.increment() for _ in range(10)]
    assert all(isinstance(call, ActorFuture) for call in calls)
    assert [call.result() for call in calls] == list(range(1, 11))
    assert counter.n == 10
    assert counter.later().result() == 10
    assert counter.increment.__doc__ == "Add."
    assert "increment" in dir(counter)
    assert "Counter" in repr(counter)
    with pytest.raises(ValueError, match="no"):
        counter.fail().result()
    with pytest.raises(AttributeError):
        counter.missing  # noqa: B018
    assert counter.increment(by=5).result() == 15


def test_actors_are_called_from_tasks(client):
    counter = client.submit(Counter, 100, actors=True).result()

    def use(actor, i):
        return actor.increment(i).result()

    client.gather(client.map(use, [counter] * 10, range(10)))
    assert counter.n == 100 + sum(range(10))


class Waiter:
    def __init__(self):
        self.event = asyncio.Event()

    async def set(self):
        self.event.set()

    async def wait(self):
        await self.event.wait()
        return "set"

    async def fail(self):
        raise ValueError("no")


def test_coroutine_methods_of_an_actor_wait_side_by_side(client):
    future = client.submit(Waiter, actor=True)
    waiter = future.result()
    waits = [waiter.wait(), waiter.wait()]
    assert not waits[0].done()
    with pytest.raises(ValueError, match="no"):
        waiter.fail().result(timeout=30)
    waiter.set().result(timeout=30)
    assert [wait.result(timeout=30) for wait in waits] == ["set", "set"]


def test_coroutine_methods_that_wait_hear_of_the_end_of_their_actor(client):
    future = client.submit(Waiter, actor=True)
    waiter = future.result()
    call = waiter.wait()
    future.cancel()
    del future, waiter
    with pytest.raises(ValueError, match="gone"):
        call.result(timeout=30)


def test_an_actor_lives_in_one_worker(client):
    actors = client.gather(client.map(Counter, range(3), actor=True))
    for actor in actors:
        assert len({actor.where().result() for _ in range(3)}) == 1
    with pytest.raises(TypeError, match="class"):
        client.submit(inc, 1, actor=True)


def test_an_actor_goes_with_its_futures(client):
    future = client.submit(Counter, actor=True)
    key, counter = future.key, future.result()
    del future
    assert counter.increment().result() == 1
    assert key in client.who_has()
    del counter
    assert key not in client.who_has()
    assert client.submit(Counter, actor=True).result().increment().result() == 1  # nobody else has it while it answers
    orphan = Actor(Counter, None, key, 0)
    with pytest.raises(ValueError, match="gone"):
        orphan.increment().result()
