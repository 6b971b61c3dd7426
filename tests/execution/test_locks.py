"""Locks that fit where tasks run."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading

import pytest

import weft
from weft.execution.locks import FileLock
from weft.locks import SerializableLock
from weft.utils import get_scheduler_lock


def test_the_lock_fits_the_scheduler():
    assert isinstance(get_scheduler_lock(), SerializableLock)
    assert isinstance(get_scheduler_lock(weft.delayed(abs)(1)), SerializableLock)
    assert isinstance(get_scheduler_lock(scheduler="sync"), SerializableLock)
    assert isinstance(get_scheduler_lock(scheduler="processes"), FileLock)


def test_a_file_lock_is_one_lock_for_all_its_copies():
    lock = FileLock()
    copy = pickle.loads(pickle.dumps(lock))
    with lock:
        assert copy.locked()
        assert not copy.acquire(blocking=False)
    assert copy.acquire(blocking=False)
    copy.release()
    assert not lock.locked()


def test_it_keeps_threads_apart():
    lock, counter = FileLock(), [0]

    def count():
        for _ in range(50):
            with lock:
                value = counter[0]
                os.getpid()
                counter[0] = value + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter == [200]


def held_elsewhere(lock, answers):
    answers.send(lock.acquire(blocking=False))


def test_it_keeps_processes_apart():
    lock = FileLock()
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    with lock:
        process = context.Process(target=held_elsewhere, args=(lock, theirs))
        process.start()
        process.join()
        assert mine.recv() is False


def test_its_file_goes_with_it():
    lock = FileLock()
    path = lock.path
    with lock:
        assert os.path.exists(path)
    del lock
    assert not os.path.exists(path)


def test_only_a_lock_that_is_held_can_be_let_go():
    with pytest.raises(RuntimeError, match="not held here"):
        FileLock().release()
