import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from weft.errors import BlockLostError, SharedMemoryFullError, SpillError
from weft.store.files import FileRef, InlineRef
from weft.store.shared import INLINE_NBYTES, SharedStore

SHARER = """
import pickle, sys
store, ref = pickle.load(sys.stdin.buffer)

def private_kb():
    with open("/proc/self/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))

import numpy
numpy.arange(10).sum()
before = private_kb()
array = store.get(ref)
total = array.sum()
pickle.dump((float(total), private_kb() - before), sys.stdout.buffer)
"""

FULL = """
import os, resource, sys
import numpy as np
from weft.errors import SharedMemoryFullError
from weft.store.shared import SharedStore

store = SharedStore(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
kept = store.put(np.arange(100_000))
try:
    store.put(np.zeros(1_000_000))
except SharedMemoryFullError as error:
    print(error)
print(int(store.get(kept).sum()), len(os.listdir(store.directory)))
"""


@pytest.fixture
def store():
    store = SharedStore()
    yield store
    store.close()


def test_a_second_process_reads_200_mb_without_memory_of_its_own(store):
    array = np.ones(25_000_000)
    ref = store.put(array)
    mine = store.get(ref)
    assert mine.sum() == 25_000_000

    done = subprocess.run(
        [sys.executable, "-c", SHARER], input=pickle.dumps((store, ref)), stdout=subprocess.PIPE, check=True
    )

    total, private_kb = pickle.loads(done.stdout)
    assert total == 25_000_000
    assert private_kb < 5_000


def test_a_store_that_is_not_used_makes_nothing(tmp_path):
    SharedStore(tmp_path).close()

    assert os.listdir(tmp_path) == []


def test_small_blocks_travel_in_their_reference(tmp_path):
    store = SharedStore(tmp_path)

    assert isinstance(store.put(np.zeros(100)), InlineRef)
    assert os.listdir(tmp_path) == []
    assert isinstance(store.put(np.zeros(INLINE_NBYTES)), FileRef)
    store.close()


def test_an_attached_store_writes_beside_and_leaves_the_directory_alone(store):
    attached = pickle.loads(pickle.dumps(store))
    ref = attached.put(np.arange(100_000))

    attached.close()

    assert os.path.dirname(ref.path) == str(store.directory)
    assert store.get(ref).sum() == 4999950000


def test_a_closed_store_says_so(tmp_path):
    store = SharedStore(tmp_path)
    store.close()

    with pytest.raises(SpillError, match="closed SharedStore"):
        store.put(np.zeros(100_000))


def test_closing_removes_the_files(tmp_path):
    store = SharedStore(tmp_path)
    ref = store.put(np.zeros(100_000))
    store.close()

    assert os.listdir(tmp_path) == []
    with pytest.raises(BlockLostError):
        store.get(ref)


def test_what_a_dead_worker_left_is_reclaimed_but_what_it_reported_is_kept(store):
    reported, unreported = store.put(np.arange(50_000)), store.put(np.arange(60_000))
    unfinished = store.directory / f"{os.getpid()}-99.block.tmp"
    unfinished.write_bytes(bytes(1_000))
    others = store.directory / "1-99.block"
    others.touch()

    assert store.reclaim(os.getpid(), keep={reported}) == unreported.nbytes + 1_000

    assert store.get(reported).sum() == np.arange(50_000).sum()
    assert not os.path.exists(unreported.path)
    assert not unfinished.exists()
    assert others.exists()


def test_a_full_file_system_is_an_error_that_leaves_nothing_behind(tmp_path):
    """A limit on file sizes stands in for a full file system; the process must survive it."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.splitlines()

    assert "cannot write a block of 8,000," in done[0]
    assert "are free (File too large). Lower `memory.budget`" in done[0]
    assert done[1] == "4999950000 2"  # the block from before, and the lock
    assert os.listdir(tmp_path) == []


def test_a_full_shared_memory_is_a_memory_error_too():
    assert issubclass(SharedMemoryFullError, MemoryError)
    assert issubclass(SharedMemoryFullError, OSError)
