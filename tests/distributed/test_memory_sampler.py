"""Memory over time, by block of a program."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pytest

from weft.distributed import Client
from weft.distributed.diagnostics import MemorySampler


@pytest.mark.parametrize("measure", ["process", "managed", "unmanaged"])
def test_each_block_has_a_line_of_its_own(client, measure):
    sampler = MemorySampler()
    with sampler.sample("none", client=client, measure=measure, interval="10 ms"):
        pass
    with sampler.sample("one", client=client, measure=measure, interval=0.01):
        future = client.submit(np.ones, 10**6)
        future.result()
    table = sampler.to_pandas()
    assert table.columns.tolist() == ["none", "one"]
    assert isinstance(table.index, pd.DatetimeIndex)
    assert table.one.dropna().iloc[-1] >= (0 if measure == "unmanaged" else 8 * 10**6)
    aligned = sampler.to_pandas(align=True)
    assert aligned.index[0] == pd.Timedelta(0)
    assert aligned.iloc[0].notna().all()


def test_samples_are_taken_in_asynchronous_programs():
    async def main():
        sampler = MemorySampler()
        async with Client(processes=False, asynchronous=True) as client, sampler.sample("one", interval=0.01):
            await client.submit(abs, -1)
        return sampler.samples

    assert len(asyncio.run(main())["one"]) >= 2


def test_what_cannot_be_measured_is_refused(client):
    with pytest.raises(ValueError, match="choose one of process, managed, unmanaged"):
        MemorySampler().sample(client=client, measure="nope")
