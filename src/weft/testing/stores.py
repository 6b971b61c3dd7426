"""What every block store must do, as a test suite: subclass it and say how to make a store.

.. code-block:: python

    class TestMyStore(BlockStoreContract):
        def make_store(self, directory):
            return MyStore(directory)

Stores whose references mean something in other processes are also tried from another process, by :meth:`run_elsewhere`:
a new interpreter by default; a store that lives on a cluster overrides it.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from weft.errors import BlockLostError, SerializationError
from weft.store.store import BlockStore

__all__ = ["BlockStoreContract"]

ELSEWHERE = """
import pickle, sys
function, arguments = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps(function(*arguments)))
"""


class BlockStoreContract:
    """Subclass it as ``Test...`` and define :meth:`make_store`."""

    #: Large enough to be kept by the store itself, not in the reference.
    large = "large" * 50_000

    def make_store(self, directory: Path) -> BlockStore[Any]:
        """A new, empty store; ``directory`` is a place for its files, if it has any."""
        raise NotImplementedError

    def run_elsewhere(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call ``function`` in another process and give its result."""
        import cloudpickle

        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            input=cloudpickle.dumps((function, arguments)),
            stdout=subprocess.PIPE,
            check=True,
        )
        return pickle.loads(done.stdout)

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[BlockStore[Any]]:
        store = self.make_store(tmp_path)
        yield store
        store.close()

    @pytest.mark.parametrize(
        "value",
        [None, 0, "text", b"bytes", [1, (2.5, "three"), {"four": {5}}], len, slice(1, 2), ValueError("six"), large],
        ids=lambda value: type(value).__name__,
    )
    def test_what_was_put_is_got(self, store: BlockStore[Any], value: Any) -> None:
        got = store.get(store.put(value))

        assert type(got) is type(value)
        assert repr(got) == repr(value)

    def test_a_block_can_be_read_many_times(self, store: BlockStore[Any]) -> None:
        ref = store.put(self.large)

        assert [store.get(ref) for _ in range(3)] == [self.large] * 3

    def test_equal_values_are_blocks_of_their_own(self, store: BlockStore[Any]) -> None:
        first, second = store.put(self.large), store.put(self.large)

        store.drop(first)

        assert store.get(second) == self.large

    def test_a_reference_can_be_hashed_and_pickled(self, store: BlockStore[Any]) -> None:
        ref = store.put(self.large)

        travelled = pickle.loads(pickle.dumps(ref))

        assert travelled == ref
        assert hash(travelled) == hash(ref)
        assert store.get(travelled) == self.large

    def test_the_reference_of_a_large_block_is_small(self, store: BlockStore[Any]) -> None:
        assert len(pickle.dumps(store.put(self.large))) < 1_000

    def test_the_size_is_known_from_the_reference_even_after_the_block_is_gone(self, store: BlockStore[Any]) -> None:
        ref = store.put(self.large)
        store.drop(ref)

        assert len(self.large) <= store.nbytes(ref) < 2 * len(self.large)

    def test_a_dropped_block_is_lost(self, store: BlockStore[Any]) -> None:
        ref = store.put(self.large)
        store.drop(ref)

        with pytest.raises(BlockLostError, match="Compute it again"):
            store.get(ref)

    def test_dropping_twice_is_no_error(self, store: BlockStore[Any]) -> None:
        ref = store.put(self.large)
        store.drop(ref)
        store.drop(ref)

    def test_closing_twice_is_no_error(self, store: BlockStore[Any]) -> None:
        store.put(self.large)
        store.close()
        store.close()

    def test_arrays_are_read_only(self, store: BlockStore[Any]) -> None:
        numpy = pytest.importorskip("numpy")
        block = store.get(store.put(numpy.arange(50_000)))

        with pytest.raises(ValueError, match="read-only"):
            block[0] = 1

    def test_a_value_outlives_its_block_and_its_store(self, store: BlockStore[Any]) -> None:
        numpy = pytest.importorskip("numpy")
        ref = store.put(numpy.arange(50_000))
        block = store.get(ref)

        store.drop(ref)
        store.close()

        assert (block == numpy.arange(50_000)).all()

    def test_many_threads_may_put_and_get(self, store: BlockStore[Any]) -> None:
        def round_trip(number: int) -> bool:
            return bool(store.get(store.put([number] * 20_000)) == [number] * 20_000)

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(round_trip, range(40)))

    def test_a_value_that_cannot_be_written_down_is_refused_by_name(self, store: BlockStore[Any]) -> None:
        if not store.shareable:
            pytest.skip("values stay as they are in this process")

        with pytest.raises(SerializationError, match="item 'rows' is a generator"):
            store.put({"rows": (x for x in "abc")})

    def test_another_process_can_read_a_block(self, store: BlockStore[Any]) -> None:
        if not store.shareable:
            pytest.skip("references mean nothing in other processes")
        small, large = store.put("small"), store.put(self.large)

        def read(store: Any, refs: list[Any]) -> list[Any]:
            return [store.get(ref) for ref in refs]

        assert self.run_elsewhere(read, store, [small, large]) == ["small", self.large]

    def test_another_process_can_put_a_block(self, store: BlockStore[Any]) -> None:
        if not store.shareable:
            pytest.skip("references mean nothing in other processes")

        def put(store: Any, text: str) -> Any:
            return store.put(text)

        assert store.get(self.run_elsewhere(put, store, self.large)) == self.large
