"""The memory of a cluster over time: one line for each block of a program, as a table or a picture.

>>> import weft.array as da
>>> from weft.distributed import Client
>>> from weft.distributed.diagnostics import MemorySampler
>>> sampler = MemorySampler()
>>> with Client(processes=False) as client:
...     with sampler.sample("sum", measure="managed", interval=0.01):
...         _ = da.ones(1000, chunks=100).sum().compute()
>>> sampler.to_pandas().columns.tolist()
['sum']
"""

from __future__ import annotations

import os
import threading
import uuid
from time import time
from types import TracebackType
from typing import Any

from weft.distributed.client import Client
from weft.system import pss
from weft.units import parse_timedelta

__all__ = ["MemorySampler"]

#: What can be measured.
MEASURES = ("process", "managed", "unmanaged")


class MemorySampler:
    """Samples of a cluster's memory while blocks of a program run.

    Attributes
    ----------
    samples : dict
        For each label, pairs of the time (seconds since 1970) and bytes.
    """

    def __init__(self) -> None:
        self.samples: dict[str, list[tuple[float, int]]] = {}

    def sample(
        self,
        label: str | None = None,
        *,
        client: Client | None = None,
        measure: str = "process",
        interval: float | str = 0.5,
    ) -> Sampling:
        """Sample while a ``with`` or ``async with`` block runs.

        Parameters
        ----------
        label : str, optional
            The name of the samples; earlier ones of that name are forgotten. By default a name of its own.
        client : Client, optional
            Whose cluster; the current client's by default.
        measure : {"process", "managed", "unmanaged"}
            All that the processes of the workers take, where shared pages count once; the bytes of results in memory; or
            the difference.
        interval : float or str
            Seconds between two samples, or a text such as ``"100 ms"``.

        Raises
        ------
        ValueError
            If there is no such measure, or no client.
        """
        if measure not in MEASURES:
            raise ValueError(f"cannot measure {measure!r}: choose one of {', '.join(MEASURES)}")
        cluster = (Client.current() if client is None else client).cluster
        samples = self.samples[label or str(uuid.uuid4())] = []
        return Sampling(cluster, measure, parse_timedelta(interval), samples)

    def to_pandas(self, *, align: bool = False) -> Any:
        """The samples as a frame: a column for each label, bytes by time, or with ``align`` by the time since the first."""
        import pandas as pd

        columns = {}
        for label, samples in self.samples.items():
            start = samples[0][0] if align and samples else 0.0
            seconds = [moment - start for moment, _ in samples]
            index = pd.to_timedelta(seconds, unit="s") if align else pd.to_datetime(seconds, unit="s")
            column = pd.Series([float(nbytes) for _, nbytes in samples], index=index, dtype="float64")
            columns[label] = column[~column.index.duplicated(keep="last")]
        table = pd.DataFrame(columns)
        return table.ffill().where(table.bfill().notna())

    def plot(self, *, align: bool = False, **kwargs: Any) -> Any:
        """Draw the samples in GiB with pandas and matplotlib; ``kwargs`` are those of :meth:`pandas.DataFrame.plot`."""
        options = {"xlabel": "time", "ylabel": "memory in GiB"} | kwargs
        return (self.to_pandas(align=align) / 2**30).plot(**options)


class Sampling:
    """A block that is being sampled, by a thread."""

    def __init__(self, cluster: Any, measure: str, interval: float, samples: list[tuple[float, int]]) -> None:
        self._cluster = cluster
        self._measure = measure
        self._interval = interval
        self._samples = samples
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="weft-memory-sampler", daemon=True)

    def __enter__(self) -> None:
        self._take()
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._take()

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def _go_on(self) -> None:
        while not self._ended.wait(self._interval):
            self._take()

    def _take(self) -> None:
        held = int(self._cluster.run.core.held)
        if self._measure == "managed":
            nbytes = held
        else:
            nbytes = self._in_processes() - (held if self._measure == "unmanaged" else 0)
        self._samples.append((time(), nbytes))

    def _in_processes(self) -> int:
        """Bytes of all processes that have workers; one that has just ended has none."""
        total = 0
        for pid in {each.get("pid", os.getpid()) for each in self._cluster.run.metrics().values()}:
            try:
                total += pss(pid)
            except ProcessLookupError:
                continue
        return total
