"""The fixtures and decorators that tests of programs take start clusters, and close them."""

import pytest

from weft.distributed import Client
from weft.distributed.utils_test import (
    cleanup,  # noqa: F401 (a fixture)
    client,  # noqa: F401 (a fixture)
    cluster,
    cluster_fixture,  # noqa: F401 (a fixture)
    dec,
    gen_cluster,
    gen_test,
    inc,
    loop,  # noqa: F401 (a fixture)
    throws,
)


@gen_cluster(client=True)
async def test_a_client_comes_first(c, s, a, b):
    assert await c.submit(inc, 1) == 2
    assert {a.address, b.address} == set(s.workers)


@gen_cluster()
async def test_without_a_client(s, a, b):
    async with Client(s.address, asynchronous=True) as c:
        assert await c.gather(c.map(dec, range(3))) == [-1, 0, 1]


@pytest.mark.parametrize("x", [1, 2])
@gen_cluster(client=True, nthreads=[("127.0.0.1", 1)])
async def test_fixtures_are_given_after_the_cluster(c, s, a, tmp_path, x):
    assert await c.submit(inc, x) == x + 1
    assert tmp_path.exists()


@gen_cluster(client=True)
async def test_errors_come_through(c, s, a, b):
    with pytest.raises(RuntimeError, match="hello"):
        await c.submit(throws, 1)


@gen_test()
async def test_a_coroutine_function_is_a_test():
    assert inc(1) == 2


def test_a_client_of_two_processes(client):  # noqa: F811 (a fixture)
    assert client.submit(inc, 1).result() == 2
    assert len(client.ncores()) == 2


def test_a_cluster_by_addresses(loop):  # noqa: F811 (a fixture)
    with cluster() as (s, [a, b]), Client(s["address"], loop=loop) as c:
        assert set(c.ncores()) == {a["address"], b["address"]}


def test_what_makes_servers_is_refused():
    with pytest.raises(TypeError, match="Worker"):
        gen_cluster(client=True, Worker=object)
    with pytest.raises(TypeError, match="nanny"), cluster(nanny=True):
        pass
