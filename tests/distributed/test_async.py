"""Asynchronous clients: whatever waits is awaited."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError

import pytest

import weft
from weft.distributed import Client, Event, LocalCluster, Lock, Queue, Semaphore, Variable, as_completed, wait


def inc(x):
    return x + 1


def fail():
    raise ValueError("bad")


@pytest.fixture(params=["threads", "processes"])
def options(request):
    return {"engine": request.param, "n_workers": 1, "threads_per_worker": 2}


def run(program, options):
    async def main():
        async with Client(asynchronous=True, **options) as client:
            return await program(client)

    return asyncio.run(main())


def test_results_are_awaited(options):
    async def program(client):
        future = client.submit(inc, 1)
        assert await future == 2
        assert await future.result() == 2
        assert await client.gather([future, [future]]) == [2, [2]]
        assert await client.gather(client.map(inc, range(3)), asynchronous=True) == [1, 2, 3]
        bad = client.submit(fail)
        with pytest.raises(ValueError, match="bad"):
            await bad
        assert isinstance(await bad.exception(), ValueError)
        assert await bad.traceback() is not None
        data = await client.scatter([1, 2])
        assert await client.gather(data) == [1, 2]
        assert await client.compute(weft.delayed(inc)(1)) == 2
        assert await client.compute(weft.delayed(inc)(1), sync=True) == 2
        assert await client.get({"x": (inc, 1)}, "x") == 2
        with pytest.raises(asyncio.TimeoutError):
            await client.submit(Event("never").wait).result(timeout=0.01)
        await Event("never").set()

    run(program, options)


def test_completions_are_awaited(options):
    async def program(client):
        seen = [await future async for future in as_completed(client.map(inc, range(5)))]
        assert sorted(seen) == [1, 2, 3, 4, 5]
        pairs = [pair async for pair in as_completed(client.map(inc, range(3)), with_results=True)]
        assert sorted(result for _, result in pairs) == [1, 2, 3]
        done, not_done = await wait(client.map(inc, range(3)))
        assert (len(done), len(not_done)) == (3, 0)
        called = asyncio.Event()
        client.submit(inc, 9).add_done_callback(lambda future: called.set())
        await called.wait()

    run(program, options)


def test_what_is_shared_is_awaited(options):
    async def program(client):
        async with Lock("x") as lock:
            assert await lock.locked()
            assert not await Lock("x").acquire(timeout=0.01)
        queue = Queue("q")
        waiting = asyncio.ensure_future(_get(queue))
        await queue.put(5)
        assert await waiting == 5
        x = Variable("x")
        await x.set(client.submit(inc, 1))
        assert await (await x.get()) == 2
        event = Event("e")
        waiting = asyncio.ensure_future(_wait(event))
        await event.set()
        assert await waiting
        semaphore = Semaphore(1, "s")
        assert await semaphore.acquire()
        assert not await semaphore.acquire(timeout=0.01)
        await semaphore.release()

    run(program, options)


def test_what_is_shared_may_be_awaited_itself(options):
    async def program(client):
        queue = await Queue("q")
        await queue.put(5)
        assert await queue.get() == 5
        for kind, name in ((Lock, "l"), (Event, "e"), (Variable, "v")):
            shared = kind(name)
            assert await shared is shared
        semaphore = await Semaphore(1, "s")
        assert await semaphore.acquire()

    run(program, options)


async def _get(queue):
    return await queue.get()


async def _wait(event):
    return await event.wait()


class Counter:
    n = 0

    def increment(self):
        self.n += 1
        return self.n


def test_actors_are_awaited(options):
    async def program(client):
        counter = await client.submit(Counter, actor=True)
        assert await counter.increment() == 1
        assert await counter.increment() == 2
        assert await counter.n == 2

    run(program, options)


def test_the_cluster_is_asked(options):
    async def program(client):
        assert len(await client.run(inc, 1)) == 1
        assert await client.who_has(client.submit(inc, 1)) is not None
        await client.publish_dataset(x=5)
        assert await client.list_datasets() == ("x",)
        assert await client.get_dataset("x") == 5
        future = client.submit(inc, 1)
        await client.cancel(future)
        with pytest.raises(CancelledError):
            await future
        await client.wait_for_workers(1)

    run(program, options)


def test_a_client_may_be_awaited(options):
    async def main():
        async with LocalCluster(asynchronous=True, **options) as cluster:
            client = await Client(cluster, asynchronous=True)
            assert await client.submit(inc, 1) == 2
            await client.close()
            assert client.status == "closed"
        assert cluster.status == "closed"

    asyncio.run(main())


def test_a_client_is_one_or_the_other(options):
    with Client(**options) as client:
        assert not client.asynchronous
        assert asyncio.run(_gather(client)) == [2]

    async def main():
        async with Client(asynchronous=True, **options) as client:
            with pytest.raises(TypeError, match="async with"), client:
                pass

    asyncio.run(main())


async def _gather(client):
    return await client.gather([client.submit(inc, 1)], asynchronous=True)


def test_a_coroutine_that_a_client_runs_awaits_its_methods(options):
    with Client(**options) as client:

        async def program(start):
            first = client.submit(inc, start)
            assert client.asynchronous
            many = client.map(inc, range(await first))
            return await client.gather(many), await many[0].result(), await client.compute(weft.delayed(inc)(5))

        assert client.sync(program, 2) == ([1, 2, 3], 1, 6)
        assert not client.asynchronous
        assert client.gather([client.submit(inc, 1)]) == [2]

        async def inside_a_loop():
            return client.sync(program, 1)

        assert asyncio.run(inside_a_loop()) == ([1, 2], 1, 6)
        with pytest.raises(asyncio.TimeoutError):
            client.sync(asyncio.sleep, 60, callback_timeout="10 ms")
