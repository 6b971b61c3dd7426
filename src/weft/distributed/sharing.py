"""What the clients of a cluster share: data sets, metadata, events, log records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from weft.distributed.future import later
from weft.distributed.waiting import futures_of

__all__ = ["Datasets", "SharingMethods"]

_MISSING = object()


class Datasets(MutableMapping[Any, Any]):
    """The published data sets of a client's cluster."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getitem__(self, name: Any) -> Any:
        return self._client._get_dataset(name, _MISSING)

    def __setitem__(self, name: Any, value: Any) -> None:
        self._client._publish({name: value}, False)

    def __delitem__(self, name: Any) -> None:
        self._client._ask("dataset_delete", name).get()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._client._ask("dataset_list").get())

    def __len__(self) -> int:
        return len(self._client._ask("dataset_list").get())

    def __contains__(self, name: Any) -> bool:
        return name in self._client._ask("dataset_list").get()

    def __repr__(self) -> str:
        return f"<Datasets: {list(self)}>"


class SharingMethods:
    """What a client shares with others."""

    _ask: Callable[..., Any]
    asynchronous: bool
    id: str

    # -- data sets ------------------------------------------------------------------------------------------------------

    def publish_dataset(self, *args: Any, name: Any = None, override: bool = False, **kwargs: Any) -> Any:
        """Give results a name under which other clients of the cluster find them.

        Parameters
        ----------
        *args
            One collection, future or value, with ``name=``.
        **kwargs
            Names and what they stand for.
        override : bool
            Replace what has the name.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.publish_dataset(total=client.submit(sum, [1, 2]))
        ...     client.list_datasets(), client.get_dataset("total").result()
        (('total',), 3)
        """
        if len(args) > 1 or bool(args) != (name is not None):
            raise ValueError("publish_dataset() takes one value with name=, or names as keywords: publish_dataset(x=x)")
        values = dict(kwargs)
        if args:
            values[name] = args[0]
        return later(self, self._publish, values, override)

    def _publish(self, values: dict[Any, Any], override: bool) -> None:
        for name, value in values.items():
            keys = [future.key for future in futures_of(value)]
            self._ask("dataset_put", name, self.cluster.as_shared(value), keys, override).get()  # type: ignore[attr-defined]

    def get_dataset(self, name: Any, default: Any = _MISSING) -> Any:
        """What was published under a name.

        Raises
        ------
        KeyError
            Nothing was, and there is no ``default``.
        """
        return later(self, self._get_dataset, name, default)

    def _get_dataset(self, name: Any, default: Any) -> Any:
        found, value = self._ask("dataset_get", name).get()
        if found:
            return self.cluster.as_own(self, value)  # type: ignore[attr-defined]
        if default is _MISSING:
            raise KeyError(f"Dataset {name!r} not found; published are {self._ask('dataset_list').get()}")
        return default

    def list_datasets(self) -> Any:
        """The names of published data sets."""
        return later(self, lambda: self._ask("dataset_list").get())

    def unpublish_dataset(self, name: Any) -> Any:
        """Take a name back."""
        return later(self, lambda: self._ask("dataset_delete", name).get())

    @property
    def datasets(self) -> Datasets:
        """The published data sets as a mapping."""
        return Datasets(self)

    # -- metadata -------------------------------------------------------------------------------------------------------

    def set_metadata(self, key: Any, value: Any) -> Any:
        """Keep a value under a name, or a path of names, for all clients."""
        return later(self, lambda: self._ask("metadata_set", _path(key), value).get())

    def get_metadata(self, keys: Any, default: Any = _MISSING) -> Any:
        """The value under a name, or a path of names."""

        def get() -> Any:
            found, value = self._ask("metadata_get", _path(keys)).get()
            if not found and default is _MISSING:
                raise KeyError(keys)
            return value if found else default

        return later(self, get)

    # -- events ---------------------------------------------------------------------------------------------------------

    def log_event(self, topic: str | list[str], msg: Any) -> Any:
        """Log an event under a topic, or several."""
        topics = [topic] if isinstance(topic, str) else list(topic)
        return later(self, lambda: self._ask("event_log", topics, msg).get())

    def get_events(self, topic: str | None = None) -> Any:
        """The events of a topic, pairs of time and message; of all topics as a dict.

        Examples
        --------
        >>> from weft.distributed import Client
        >>> with Client(processes=False) as client:
        ...     client.log_event("mine", {"x": 1})
        ...     [message for time, message in client.get_events("mine")]
        [{'x': 1}]
        """
        return later(self, lambda: self._ask("events", topic).get())

    def subscribe_topic(self, topic: str, handler: Callable[[Any], Any]) -> Any:
        """Call a function with each event of a topic, from now on."""
        return later(self, lambda: self._listen(topic, handler) and None)  # type: ignore[attr-defined]

    def unsubscribe_topic(self, topic: str) -> Any:
        """Do not call any more."""
        return later(self, lambda: self._ask("unlisten", topic, self.id).get())

    # -- logging --------------------------------------------------------------------------------------------------------

    def forward_logging(self, logger_name: str | None = None, level: int = logging.NOTSET) -> Any:
        """Send what worker processes log to the logger of that name here."""
        return later(self, self._forward, logger_name, level)

    def _forward(self, logger_name: str | None, level: int) -> None:
        topic = f"forwarded-log-{logger_name}"
        self._listen(topic, _handle_record)  # type: ignore[attr-defined]
        self.cluster.forward_logging(logger_name, level, topic)  # type: ignore[attr-defined]
        self._forwarded().append(logger_name)

    def _forwarded(self) -> list[str | None]:
        names: list[str | None] = self.__dict__.setdefault("_forwarded_names", [])
        return names

    def unforward_logging(self, logger_name: str | None = None) -> Any:
        """Do not send any more."""
        return later(self, self._unforward, logger_name)

    def _unforward(self, logger_name: str | None) -> None:
        if logger_name in self._forwarded():
            self._forwarded().remove(logger_name)
            self.cluster.unforward_logging(logger_name)  # type: ignore[attr-defined]
            self._ask("unlisten", f"forwarded-log-{logger_name}", self.id).get()

    def _unforward_all(self) -> None:
        for name in list(self._forwarded()):
            self._unforward(name)


def _handle_record(event: Any) -> None:
    record = logging.makeLogRecord(event[1])
    logging.getLogger(record.name).handle(record)


def _path(keys: Any) -> list[Any]:
    return list(keys) if isinstance(keys, (list, tuple)) else [keys]
