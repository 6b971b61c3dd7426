"""What a client can see of its cluster: who has what, what runs and ran, versions, logs, a dump of it all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from time import perf_counter, time
from typing import Any

from weft.distributed.future import later
from weft.distributed.timeline import Timeline, checked_plot
from weft.distributed.waiting import futures_of
from weft.errors import BackendError
from weft.graph.key import key_split

__all__ = ["LookingMethods"]


class LookingMethods:
    """How a client looks at its cluster."""

    cluster: Any
    _ask: Callable[..., Any]

    def _answer(self, op: str, *args: Any) -> Any:
        return later(self, lambda: self._ask(op, *args).get())

    def _keys(self, futures: Any) -> list[Any] | None:
        """The keys of futures, or of what is given as keys."""
        if futures is None:
            return None
        found = futures_of(futures)
        if found:
            return [future.key for future in found]
        return list(futures) if isinstance(futures, (list, tuple, set)) else [futures]

    def scheduler_info(self, n_workers: int = -1) -> Any:
        """The workers, and what is known of them.

        Parameters
        ----------
        n_workers : int
            Tell of so many workers; of all if it is -1.
        """
        info = self._ask("info").get()
        if n_workers >= 0:
            info["workers"] = dict(list(info["workers"].items())[:n_workers])
        return info

    def nthreads(self, workers: Any = None) -> Any:
        """Threads of each worker, by address."""
        return later(self, self._nthreads, workers)

    def _nthreads(self, workers: Any) -> dict[str, int]:
        found = {address: each["nthreads"] for address, each in self._ask("info").get()["workers"].items()}
        if workers is None:
            return found
        chosen = {self.cluster.workers[number].address for number in self.cluster.numbers_of(workers)}
        return {address: count for address, count in found.items() if address in chosen}

    def ncores(self, workers: Any = None) -> Any:
        """Threads of each worker, by address."""
        return self.nthreads(workers)

    def who_has(self, futures: Any = None) -> Any:
        """The worker that made each result, by key; all workers can read it."""
        return self._answer("who_has", self._keys(futures))

    def has_what(self, workers: Any = None) -> Any:
        """The keys of the results that each worker made."""
        return self._answer("has_what", workers)

    def nbytes(self, keys: Any = None, summary: bool = True) -> Any:
        """The bytes of results by key, or with ``summary`` by what the keys begin with."""
        return self._answer("nbytes", self._keys(keys), summary)

    def processing(self, workers: Any = None) -> Any:
        """The keys of the tasks that each worker has."""
        return self._answer("processing", workers)

    def call_stack(self, futures: Any = None, keys: Any = None) -> Any:
        """What running tasks do now: the lines of their stacks, by key."""
        return self._answer("call_stack", self._keys(futures if futures is not None else keys))

    def get_versions(self, check: bool = False, packages: list[str] | None = None) -> Any:
        """Versions of Python and packages; client, scheduler and workers are one installation here.

        Parameters
        ----------
        check : bool
            Raise if they differ; they cannot on one machine.
        packages : list of str, optional
            More packages to tell of.
        """
        return self._answer("versions", packages)

    def get_worker_logs(self, n: int | None = None, workers: Any = None, nanny: bool = False) -> Any:
        """What went wrong in workers: pairs of level and text, by address."""
        if nanny:
            raise BackendError(
                "nanny=True is not offered: worker processes are watched by the cluster; see get_scheduler_logs()"
            )
        chosen = list(self.cluster.workers) if workers is None else self.cluster.numbers_of(workers)
        logs = {self.cluster.workers[number].address: tuple(self.cluster.worker_log(number, n)) for number in chosen}
        return later(self, lambda: logs)

    def get_scheduler_logs(self, n: int | None = None) -> Any:
        """What happened to the cluster: pairs of level and text."""
        return later(self, lambda: tuple((level, text) for _, level, text in self.cluster.run_log(n)))

    def story(self, *keys_or_stimuli: Any, on_error: str = "raise") -> Any:
        """When and where tasks were run: key, worker, how it ended, from when, to when.

        ``on_error`` is what becomes of workers that do not answer: "raise" or "ignore". Here the cluster itself knows.
        """
        if on_error not in ("raise", "ignore"):
            raise ValueError(f"on_error= takes 'raise' or 'ignore', not {on_error!r}")
        return self._answer("story", self._keys(list(keys_or_stimuli)))

    def get_task_stream(
        self,
        start: float | str | None = None,
        stop: float | str | None = None,
        count: int | None = None,
        plot: bool | str = False,
        filename: str = "task-stream.html",
        bokeh_resources: None = None,
    ) -> Any:
        """When tasks began and ended, the latest ones.

        Parameters
        ----------
        start, stop : float or str, optional
            Seconds of the clock, or text such as ``"500ms"``: so long ago.
        count : int, optional
            The last so many.
        plot : bool or "save"
            Give a pair of what was recorded and a page that notebooks show; "save" also writes it.
        filename : str
            Where to, a path or URL.
        bokeh_resources : None
            Not offered: the page loads nothing from elsewhere.
        """
        if bokeh_resources is not None:
            raise BackendError("bokeh_resources= is not offered: the page loads nothing from elsewhere")
        checked_plot(plot)
        return later(self, self._task_stream, _moment(start), _moment(stop), count, plot, filename)

    def _task_stream(self, start: Any, stop: Any, count: Any, plot: Any, filename: str) -> Any:
        rows = self._ask("task_stream", start, stop, count).get()
        if not plot:
            return rows
        timeline = Timeline(rows, self)
        if plot == "save":
            timeline.save(filename)
        return rows, timeline

    def profile(
        self,
        key: Any = None,
        start: Any = None,
        stop: Any = None,
        workers: Any = None,
        merge_workers: bool = True,
        plot: bool = False,
        filename: str | None = None,
        server: bool = False,
        scheduler: bool = False,
    ) -> Any:
        """Time spent in tasks: count and seconds by what the keys begin with.

        Parameters
        ----------
        key : str, optional
            Tell of tasks whose keys begin so.
        start, stop : float or str, optional
            As of :meth:`get_task_stream`.
        workers : str, int or list, optional
            Tell of these workers.
        merge_workers : bool
            Of all workers together; otherwise by address.

        Raises
        ------
        BackendError
            For a plot.
        """
        if plot or filename or server or scheduler:
            raise BackendError("profile() gives figures only: plot=, filename=, server= and scheduler= are not offered")
        chosen = None
        if workers is not None:
            chosen = {self.cluster.workers[number].address for number in self.cluster.numbers_of(workers)}
        return later(self, self._profile, key, _moment(start), _moment(stop), chosen, merge_workers)

    def _profile(
        self, key: Any, start: Any, stop: Any, workers: set[str] | None, merge_workers: bool
    ) -> dict[str, Any]:
        total: dict[str, Any] = {}
        for row in self._ask("task_stream", start, stop, None).get():
            name, worker = key_split(row["key"]), row["worker"]
            if (key is not None and name != key) or (workers is not None and worker not in workers):
                continue
            found = total if merge_workers else total.setdefault(worker, {})
            mine = found.setdefault(name, {"count": 0, "seconds": 0.0})
            mine["count"] += 1
            mine["seconds"] += row["startstops"][0]["stop"] - row["startstops"][0]["start"]
        return total

    def benchmark_hardware(self) -> Any:
        """How fast memory and the spill directory are, in bytes a second by size."""
        return later(self, _measured)

    def dump_cluster_state(
        self,
        filename: str = "weft-cluster-dump",
        write_from_scheduler: bool | None = None,
        exclude: Iterable[str] = (),
        format: str = "yaml",
        **storage_options: Any,
    ) -> Any:
        """Write down how all tasks and workers stand, for people who look for a defect.

        Parameters
        ----------
        filename : str
            A path or URL; the format is added to it.
        format : {"yaml", "json"}
        exclude : iterable of str
            Parts to leave out.
        """
        if format not in ("yaml", "json"):
            raise ValueError(f"format= takes 'yaml' or 'json', not {format!r}")

        def dump() -> None:
            import json

            import fsspec
            import yaml

            state: dict[str, Any] = {
                "scheduler": self._ask("info").get(),
                "tasks": {str(key): how for key, how in self.cluster.states().items()},
                "versions": self._ask("versions", None).get()["client"],
                "events": {
                    topic: [list(each) for each in events] for topic, events in self._ask("events", None).get().items()
                },
            }
            for each in exclude:
                state.pop(each, None)
            text = (
                json.dumps(state, default=str)
                if format == "json"
                else yaml.safe_dump(json.loads(json.dumps(state, default=str)))
            )
            with fsspec.open(f"{filename}.{format}", "w", **storage_options) as file:
                file.write(text)

        return later(self, dump)


def _moment(given: float | str | None) -> float | None:
    """A time of the clock; text says how long ago."""
    from weft.units import parse_timedelta

    if isinstance(given, str):
        return time() - parse_timedelta(given, "s")
    return given


def _measured() -> dict[str, dict[str, float]]:
    import tempfile

    found: dict[str, dict[str, float]] = {"memory": {}, "disk": {}, "network": {}}
    for name, nbytes in (("2 kiB", 2 << 10), ("100 kiB", 100 << 10), ("10 MiB", 10 << 20)):
        data = os.urandom(nbytes)
        began = perf_counter()
        copy = bytearray(data)
        found["memory"][name] = len(copy) / max(perf_counter() - began, 1e-9)
        with tempfile.TemporaryFile() as file:
            began = perf_counter()
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            found["disk"][name] = nbytes / max(perf_counter() - began, 1e-9)
    return found
