"""Names that programs import and that make no sense without servers on a network: using one says what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.distributed.local_cluster import LocalCluster
from weft.errors import BackendError

__all__ = [
    "CompatibleExecutor",
    "Nanny",
    "SSHCluster",
    "Security",
    "SpecCluster",
    "SubprocessCluster",
    "connect",
    "rpc",
    "sync",
]


NO_TLS = (
    "Security is not offered: workers of one machine are behind pipes of this process. For many machines Ray has TLS of its own "
    "(RAY_USE_TLS)."
)


class SubprocessCluster(LocalCluster):
    """A :class:`LocalCluster` of worker processes, which are plain subprocesses anyway.

    Parameters
    ----------
    worker_kwargs : mapping, optional
        Further options of :class:`LocalCluster`, as are ``**kwargs``.
    """

    def __init__(self, worker_kwargs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**{"processes": True, **(worker_kwargs or {}), **kwargs})


class SSHCluster:
    """Not offered: clusters of several machines are Ray's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "SSHCluster is not offered: clusters of several machines are Ray's. See Client(engine='ray')."
        )


class SpecCluster:
    """Not offered: clusters of several machines are Ray's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "SpecCluster is not offered: LocalCluster(n_workers=..., threads_per_worker=...) makes workers of this machine; for "
            "others see Client(engine='ray')."
        )


class Nanny:
    """Not offered: worker processes are watched by their cluster."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "nannies are not needed: LocalCluster() watches its worker processes and replaces those that die. For other "
            "machines see Client(engine='ray')."
        )


class Security:
    """Not offered: nothing goes over a network, so there is nothing to encrypt."""

    def __init__(self, require_encryption: bool | None = None, **kwargs: Any) -> None:
        raise BackendError(NO_TLS)

    @classmethod
    def temporary(cls, **kwargs: Any) -> Security:
        """Not offered, like the class."""
        return cls()

    def get_connection_args(self, role: str) -> dict[str, Any]:
        """Not offered, like the class."""
        raise BackendError(NO_TLS)

    def get_listen_args(self, role: str) -> dict[str, Any]:
        """Not offered, like the class."""
        raise BackendError(NO_TLS)

    def get_tls_config_for_role(self, role: str) -> dict[str, Any]:
        """Not offered, like the class."""
        raise BackendError(NO_TLS)


class CompatibleExecutor:
    """Not offered: :meth:`Client.get_executor` gives an executor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise BackendError(
            "CompatibleExecutor is not offered: client.get_executor() gives a concurrent.futures executor"
        )


def connect(*args: Any, **kwargs: Any) -> Any:
    """Not offered: there are no servers to connect to."""
    raise BackendError("connect() is not offered: there are no servers to connect to. Use a Client.")


def rpc(*args: Any, **kwargs: Any) -> Any:
    """Not offered: there are no servers to call."""
    raise BackendError(
        "rpc() is not offered: there are no servers to call. Use client.run() or client.run_on_scheduler()."
    )


def sync(loop: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
    """Not offered: clients have no event loop of their own; see :meth:`Client.sync`."""
    raise BackendError(
        "sync() is not offered: clients have no event loop of their own. Use client.sync(func), or asyncio.run()."
    )
