"""What all shared objects have in common: a name, and a client that is found when it is needed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator
from typing import Any, Self

from weft.distributed.current import current_client
from weft.distributed.pausing import Reply, in_thread

__all__ = ["Shared", "fresh"]

_count = itertools.count()


def fresh(kind: str) -> str:
    return f"{kind}-{os.urandom(6).hex()}-{next(_count)}"


class Shared:
    """What shared objects have in common: a name, and a client that is found when it is needed."""

    def __init__(self, name: str | None, client: Any) -> None:
        self.name = name if name is not None else fresh(type(self).__name__.lower())
        self._client = client if client is not None and hasattr(client, "_ask") else None

    @property
    def client(self) -> Any:
        """The client through which this is shared."""
        client = self._client or current_client()
        if client is None:
            raise ValueError(
                f"a {type(self).__name__} needs a client: make one first, e.g. `client = Client()`, or pass client="
            )
        return client

    def _do(self, function: Callable[..., Any], *args: Any) -> Any:
        if self.client.asynchronous:
            return in_thread(function, *args)
        return function(*args)

    def _ask(self, op: str, *args: Any) -> Any:
        return self.client._ask(op, *args).get()

    def _wait(self, op: str, *args: Any, timeout: float | None = None, wait: bool = True) -> Any:
        """Ask for something that may have to wait; gives False if it did not come in time.

        ``args`` follow a token that says who waits.
        """
        client = self.client
        token = f"{client.id}/{next(_count)}"
        reply: Reply = client._ask(op, token, *args, wait and (timeout is None or timeout > 0))
        comes = reply.comes(timeout if timeout is None or timeout > 0 else None)
        if not comes and client._ask("withdraw", token).get():
            return False
        return reply.get()

    async def _itself(self) -> Self:
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._itself().__await__()

    def __reduce__(self) -> Any:
        return type(self), (self.name,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name}>"
