"""Messages over a socket between a driver and one of its workers.

``multiprocessing.Connection`` would do for reading, but its ``send`` waits until the other side has taken everything.
With tasks going one way and results the other, both sides would sooner or later wait for each other with full pipes. So
the driver never waits: what the socket does not take now is kept, and sent when the selector says so; what has arrived
is cut into messages. The worker, which has one thread and one peer, may wait.

An exception may strike anywhere (Ctrl-C). If that happens while bytes are moved, the stream may be cut in the middle of
a message: ``torn`` stays True then, and the worker at the other end is good for nothing but to be replaced.
"""

from __future__ import annotations

import socket
import struct
from collections import deque

__all__ = ["Channel", "channel_pair"]

LENGTH = struct.Struct("!Q")
#: Bytes asked for at once.
CHUNK = 1 << 18
#: Messages up to this size are joined with their head, larger ones sent in two pieces.
JOINED = 1 << 16


class Channel:
    """One end of a stream of messages, each some bytes."""

    __slots__ = ("_in", "_out", "socket", "torn")

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.torn = False
        self._in = bytearray()
        self._out: deque[memoryview] = deque()

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()

    # -- without waiting --------------------------------------------------------------------------------------------

    def post(self, message: bytes) -> bool:
        """Send as much as can be sent now, after what waits already; whether nothing waits any more."""
        self.hold_back(message)
        return self.flush()

    def hold_back(self, message: bytes) -> None:
        """Send this with the next message: each wakes the worker."""
        self.torn = True
        if len(message) <= JOINED:
            self._out.append(memoryview(LENGTH.pack(len(message)) + message))
        else:
            self._out.append(memoryview(LENGTH.pack(len(message))))
            self._out.append(memoryview(message))
        self.torn = False

    def flush(self) -> bool:
        """Send more of what waits; whether nothing waits any more."""
        self.torn = True
        out = self._out
        try:
            if len(out) > 1 and sum(map(len, out)) <= JOINED:
                joined = memoryview(b"".join(out))
                out.clear()
                out.append(joined)
            while out:
                sent = self.socket.send(out[0], socket.MSG_DONTWAIT)
                if sent == len(out[0]):
                    out.popleft()
                else:
                    out[0] = out[0][sent:]
        except BlockingIOError:
            pass
        except OSError:  # the peer is gone; who waits for it notices
            out.clear()
        self.torn = False
        return not out

    def arrived(self) -> list[bytes]:
        """The messages that are complete.

        Raises
        ------
        EOFError
            There is nothing more to come.
        """
        self.torn = True
        try:
            data = self.socket.recv(CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self.torn = False
            return []
        except OSError:
            data = b""
        if not data:
            raise EOFError
        self._in += data
        messages = []
        while (message := self._cut()) is not None:
            messages.append(message)
        self.torn = False
        return messages

    # -- waiting ----------------------------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Send a message, however long that takes."""
        if len(message) <= JOINED:
            self.socket.sendall(LENGTH.pack(len(message)) + message)
        else:
            self.socket.sendall(LENGTH.pack(len(message)))
            self.socket.sendall(message)

    def receive(self, *, wait: bool = True) -> bytes | None:
        """The next message; None if there is none and one should not wait.

        Raises
        ------
        EOFError
            The peer is gone.
        """
        while (message := self._cut()) is None:
            try:
                data = self.socket.recv(CHUNK, 0 if wait or self._in else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except ConnectionResetError:
                data = b""
            if not data:
                raise EOFError
            self._in += data
        return message

    def _cut(self) -> bytes | None:
        """Take the first message off what has arrived, if it is complete."""
        buffer = self._in
        if len(buffer) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(buffer)[0]
        if len(buffer) < end:
            return None
        message = bytes(memoryview(buffer)[LENGTH.size : end])
        del buffer[:end]
        return message


def channel_pair() -> tuple[Channel, socket.socket]:
    """The driver's end, and the socket for the worker's."""
    ours, theirs = socket.socketpair()
    return Channel(ours), theirs
