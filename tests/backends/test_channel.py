"""Messages between driver and worker."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.backends.channel import CHUNK, Channel, channel_pair


@pytest.fixture
def pair():
    ours, theirs = channel_pair()
    theirs = Channel(theirs)
    yield ours, theirs
    ours.close()
    theirs.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=50) | st.integers(0, 3 * CHUNK).map(bytes), max_size=10))
def test_messages_arrive_whole_and_in_order_whoever_waits(messages):
    ours, theirs = channel_pair()
    theirs = Channel(theirs)
    got = []
    reader = threading.Thread(target=lambda: got.extend(theirs.receive() for _ in messages))
    reader.start()
    for message in messages:
        ours.post(message)
    while not ours.flush():
        pass
    reader.join()
    assert got == messages

    writer = threading.Thread(target=lambda: [theirs.send(message) for message in messages])
    writer.start()
    back = []
    while len(back) < len(messages):
        back.extend(ours.arrived())
    writer.join()
    assert back == messages
    ours.close()
    theirs.close()


def test_posting_never_waits_for_a_reader(pair):
    ours, _ = pair
    assert not ours.post(bytes(100 * CHUNK))
    assert ours.arrived() == []
    assert not ours.torn


def test_what_is_held_back_goes_with_the_next_message(pair):
    ours, theirs = pair
    ours.hold_back(b"first")
    assert theirs.receive(wait=False) is None
    ours.post(b"second")
    assert [theirs.receive(), theirs.receive()] == [b"first", b"second"]


def test_the_end_is_told_apart_from_silence(pair):
    ours, theirs = pair
    assert theirs.receive(wait=False) is None
    ours.close()
    with pytest.raises(EOFError):
        theirs.receive()


def test_an_interruption_while_bytes_move_leaves_a_mark(pair):
    ours, _ = pair

    class Interrupting:
        def recv(self, *arguments):
            raise KeyboardInterrupt

        def close(self):
            pass

    real, ours.socket = ours.socket, Interrupting()
    with pytest.raises(KeyboardInterrupt):
        ours.arrived()
    ours.socket = real
    assert ours.torn
