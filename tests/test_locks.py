"""Locks that travel as their token."""

from __future__ import annotations

import gc
import pickle
import threading

import pytest

from weft import locks
from weft.locks import SerializableLock


def test_locks_with_one_token_are_one_lock():
    first, second = SerializableLock("data.h5"), SerializableLock("data.h5")
    with first:
        assert second.locked()
        assert not second.acquire(blocking=False)
        assert not second.acquire(timeout=0.001)
    assert second.acquire()
    assert first.locked()
    first.release()
    assert not second.locked()


def test_locks_without_a_token_are_locks_of_their_own():
    with SerializableLock():
        assert not SerializableLock().locked()


def test_a_lock_pickles_as_its_token_even_while_it_is_held():
    lock = SerializableLock(("file", 1))
    with lock:
        copy = pickle.loads(pickle.dumps(lock))
        assert copy.token == ("file", 1)
        assert copy.locked()
    assert not copy.locked()


def test_a_lock_that_nobody_uses_any_more_is_forgotten():
    lock = SerializableLock("forgotten")
    assert "forgotten" in locks._LOCKS
    del lock
    gc.collect()
    assert "forgotten" not in locks._LOCKS


def test_a_lock_is_given_back_when_the_block_fails():
    lock = SerializableLock()
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    assert not lock.locked()


def test_threads_take_turns():
    counts = []

    def work():
        for _ in range(200):
            with SerializableLock("turns"):
                counts.append(len(counts))

    keeper = SerializableLock("turns")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == list(range(800))
    assert not keeper.locked()
