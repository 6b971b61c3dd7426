"""Plugins: what is told of workers that come and go, of tasks that move on, and of graphs that arrive."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from weft.errors import BackendError

__all__ = [
    "CondaInstall",
    "Environ",
    "ForwardOutput",
    "InstallPlugin",
    "NannyPlugin",
    "PipInstall",
    "SchedulerPlugin",
    "SchedulerUploadFile",
    "UploadDirectory",
    "UploadFile",
    "WorkerPlugin",
]

logger = logging.getLogger("weft.distributed")


class SchedulerPlugin:
    """What is told of the cluster as a whole. Override what you want to hear of; register with ``client.register_plugin``.

    Hooks are called in this process, one after the other, soon after what they tell of.

    Examples
    --------
    >>> from weft.distributed import Client, SchedulerPlugin
    >>> class Counter(SchedulerPlugin):
    ...     name = "counter"
    ...     finished = 0
    ...     def transition(self, key, start, finish, *args, stimulus_id=None, **kwargs):
    ...         self.finished += finish == "memory"
    >>> counter = Counter()
    >>> with Client(processes=False) as client:
    ...     client.register_plugin(counter)
    ...     client.submit(abs, -1).result()
    1
    >>> counter.finished
    1
    """

    def start(self, scheduler: Any) -> Any:
        """The plugin was registered."""

    def before_close(self) -> Any:
        """The cluster is going to be closed."""

    def close(self) -> Any:
        """The cluster is closed."""

    def update_graph(
        self,
        scheduler: Any,
        *,
        client: Any,
        keys: Any,
        tasks: Any,
        annotations: Any,
        priority: Any,
        stimulus_id: Any,
        **kwargs: Any,
    ) -> Any:
        """A graph has come, of a collection or written by hand."""

    def restart(self, scheduler: Any) -> Any:
        """All workers were restarted."""

    def transition(self, key: Any, start: str, finish: str, *args: Any, stimulus_id: Any = None, **kwargs: Any) -> Any:
        """A task moved on: ``"released"``, ``"waiting"``, ``"processing"``, ``"memory"``, ``"erred"``."""

    def add_worker(self, scheduler: Any, worker: str) -> Any:
        """A worker came."""

    def remove_worker(self, scheduler: Any, worker: str, *, stimulus_id: Any = None, **kwargs: Any) -> Any:
        """A worker left."""

    def add_client(self, scheduler: Any, client: str) -> Any:
        """A client came."""

    def remove_client(self, scheduler: Any, client: str) -> Any:
        """A client left."""

    def log_event(self, topic: str, msg: Any) -> Any:
        """An event was logged."""

    def valid_workers_downscaling(self, scheduler: Any, workers: Any) -> Any:
        """Those of some workers that may be closed."""
        return workers


class WorkerPlugin:
    """What is told of one worker: each has an instance of its own, in its process.

    Examples
    --------
    >>> from weft.distributed import Client, WorkerPlugin, get_worker
    >>> class Setting(WorkerPlugin):
    ...     name = "setting"
    ...     def setup(self, worker):
    ...         worker.setting = 5
    >>> with Client(processes=False) as client:
    ...     _ = client.register_plugin(Setting())
    ...     client.submit(lambda: get_worker().setting).result()
    5
    """

    def setup(self, worker: Any) -> Any:
        """The worker has started, or the plugin was registered."""

    def teardown(self, worker: Any) -> Any:
        """The worker ends, or the plugin was removed."""

    def transition(self, key: Any, start: str, finish: str, **kwargs: Any) -> Any:
        """A task moved on in this worker: ``"waiting"``, ``"executing"``, ``"memory"``, ``"error"``."""


class NannyPlugin:
    """What is told where worker processes are started: it may set what they inherit.

    ``restart`` as an attribute says that the workers must be started anew when the plugin is registered.
    """

    restart = False

    def setup(self, nanny: Any) -> Any:
        """The plugin was registered."""

    def teardown(self, nanny: Any) -> Any:
        """The plugin was removed."""


class InstallPlugin(SchedulerPlugin):
    """Runs a function that installs something, once for the machine.

    Parameters
    ----------
    install_fn : callable
    restart_workers : bool
        Start the worker processes anew after that.
    """

    def __init__(self, install_fn: Callable[[], None], restart_workers: bool) -> None:
        self.install_fn = install_fn
        self.restart_workers = restart_workers
        self.name = f"{type(self).__name__}-install"

    def start(self, scheduler: Any) -> None:
        self.install_fn()
        if self.restart_workers:
            scheduler.restart_workers()


class PipInstall(InstallPlugin):
    """Installs packages by pip.

    Parameters
    ----------
    packages : list of str
    pip_options : list of str, optional
    restart_workers : bool
    """

    def __init__(
        self, packages: Sequence[str], pip_options: Sequence[str] | None = None, restart_workers: bool = False
    ) -> None:
        self.packages = list(packages)
        self.pip_options = list(pip_options or [])
        super().__init__(self._install, restart_workers)

    def _install(self) -> None:
        _call([sys.executable, "-m", "pip", "install", *self.pip_options, *self.packages], "pip")


class CondaInstall(InstallPlugin):
    """Installs packages by conda.

    Parameters
    ----------
    packages : list of str
    conda_options : list of str, optional
    restart_workers : bool
    """

    def __init__(
        self, packages: Sequence[str], conda_options: Sequence[str] | None = None, restart_workers: bool = False
    ) -> None:
        self.packages = list(packages)
        self.conda_options = list(conda_options or [])
        super().__init__(self._install, restart_workers)

    def _install(self) -> None:
        _call(["conda", "install", "-y", *self.conda_options, *self.packages], "conda")


def _call(command: list[str], name: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackendError(f"cannot install packages: there is no {name} here") from None
    if done.returncode:
        raise RuntimeError(f"{name} failed with exit code {done.returncode}:\n{done.stderr.strip()}")


class UploadFile(WorkerPlugin):
    """Has each worker load a module, an egg or a zip archive.

    Parameters
    ----------
    filepath : path
    load : bool
        Import it at once; otherwise it is only put on ``sys.path``.
    """

    def __init__(self, filepath: str | os.PathLike[str], load: bool = True) -> None:
        self.filename = os.path.basename(filepath)
        self.load = load
        self.name = f"upload-{self.filename}"
        self.data = Path(filepath).read_bytes()

    def setup(self, worker: Any) -> None:
        place_file(worker.local_directory, self.filename, self.data, self.load)


class SchedulerUploadFile(SchedulerPlugin):
    """The same in this process."""

    def __init__(self, filepath: str | os.PathLike[str], load: bool = True) -> None:
        self.upload = UploadFile(filepath, load)
        self.name = f"scheduler-{self.upload.name}"

    def start(self, scheduler: Any) -> None:
        self.upload.setup(scheduler)


def place_file(directory: str, filename: str, data: bytes, load: bool) -> None:
    """Write an uploaded file down, put it on the path, and import it."""
    import importlib

    place = Path(directory) / "uploads"
    place.mkdir(parents=True, exist_ok=True)
    target = place / filename
    waiting = place / f".{filename}.{os.getpid()}.{os.urandom(4).hex()}"
    waiting.write_bytes(data)
    waiting.replace(target)
    name, extension = os.path.splitext(filename)
    entry = str(target) if extension in (".egg", ".zip") else str(place)
    if extension not in (".py", ".pyc", ".egg", ".zip"):
        return
    if entry not in sys.path:
        sys.path.insert(0, entry)
    importlib.invalidate_caches()
    if not load:
        return
    if extension in (".egg", ".zip"):
        with zipfile.ZipFile(target) as archive:
            names = {Path(each).parts[0].removesuffix(".py") for each in archive.namelist() if each.endswith(".py")}
    else:
        names = {name}
    for each in sorted(names):
        if each in sys.modules:
            importlib.reload(sys.modules[each])
        else:
            importlib.import_module(each)


class UploadDirectory(WorkerPlugin):
    """Puts a directory where all workers find it.

    Parameters
    ----------
    path : path
    restart_workers : bool
        Start the workers anew after that.
    update_path : bool
        Put it on ``sys.path``.
    skip_words : sequence of str
        Directories with these names stay behind.
    skip : sequence of callables
        Files for which one is true stay behind.
    mode : {"workers", "all", "scheduler"}
        Not needed on one machine: everybody sees it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        restart_workers: bool = False,
        update_path: bool = False,
        skip_words: Sequence[str] = (".git", ".github", ".pytest_cache", "tests", "docs"),
        skip: Sequence[Callable[[str], bool]] = (lambda name: os.path.splitext(name)[1] == ".pyc",),
        mode: str = "workers",
    ) -> None:
        if mode not in ("workers", "all", "scheduler"):
            raise ValueError(f"mode= takes 'workers', 'all' or 'scheduler', not {mode!r}")
        root = Path(path).expanduser().resolve()
        if not root.is_dir():
            raise ValueError(f"cannot upload {str(path)!r}: it is no directory")
        self.restart = restart_workers
        self.update_path = update_path
        self.name = f"upload-directory-{root.name}"
        self.directory = root.name
        self.files: dict[str, bytes] = {}
        for each in sorted(root.rglob("*")):
            relative = each.relative_to(root)
            if (
                each.is_file()
                and not set(relative.parts) & set(skip_words)
                and not any(test(str(each)) for test in skip)
            ):
                self.files[str(relative)] = each.read_bytes()

    def setup(self, worker: Any) -> None:
        place = Path(worker.local_directory) / "uploads" / self.directory
        for name, data in self.files.items():
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != data:
                waiting = target.with_name(f".{target.name}.{os.getpid()}")
                waiting.write_bytes(data)
                waiting.replace(target)
        if self.update_path and str(place) not in sys.path:
            sys.path.insert(0, str(place))


class Environ(WorkerPlugin):
    """Sets environment variables in the workers.

    Parameters
    ----------
    environ : mapping of str to str
    """

    name = "environ"

    def __init__(self, environ: Mapping[str, Any] | None = None) -> None:
        self.environ = {str(name): str(value) for name, value in (environ or {}).items()}

    def setup(self, worker: Any) -> None:
        os.environ.update(self.environ)


class ForwardOutput(WorkerPlugin):
    """Nothing to do: what worker processes write goes where this process writes."""

    name = "forward-output"
