from __future__ import annotations

import numpy as np
import pytest

from weft.array.core import broadcast_chunks, common_blockdim, getter, slices_from_chunks


def test_slices_cut_blocks_out_of_the_whole():
    whole = np.arange(12).reshape(3, 4)
    parts = [whole[each].tolist() for each in slices_from_chunks(((2, 1), (3, 1)))]
    assert parts == [[[0, 1, 2], [4, 5, 6]], [[3], [7]], [[8, 9, 10]], [[11]]]


def test_common_chunks_refine_all():
    assert common_blockdim([(3,), (2, 1)]) == (2, 1)
    assert common_blockdim([(5, 1), (1,)]) == (5, 1)
    assert common_blockdim([(1,), (1,)]) == (1,)
    assert common_blockdim([]) == ()
    assert common_blockdim([(0,), (0, 0)]) == (0,)
    assert np.isnan(common_blockdim([(np.nan, np.nan)])).all()
    assert common_blockdim([(np.nan, np.nan), (2, 3)]) == (2, 3)
    for wrong in ([(3,), (4,)], [(np.nan,), (2, 3)]):
        with pytest.raises(ValueError, match=r"add up|unknown"):
            common_blockdim(wrong)


def test_chunks_are_broadcast():
    assert broadcast_chunks(((5, 5), (1,)), ((3, 4),)) == ((5, 5), (3, 4))
    assert broadcast_chunks() == ()
    with pytest.raises(ValueError, match="align"):
        broadcast_chunks(((5, 5),), ((10,),))


def test_parts_are_loaded_under_a_lock():
    class Lock:
        used = 0

        def __enter__(self):
            self.used += 1

        def __exit__(self, *error):
            return False

    lock = Lock()
    assert getter([1, 2, 3], slice(1, 3), lock=lock).tolist() == [2, 3]
    assert getter("abc", slice(1, 3), asarray=False) == "bc"
    assert lock.used == 1
