from __future__ import annotations

import numpy as np

import weft.array as da
from weft.physical.outlook import outlook

X = da.from_array(np.ones((40, 40)), chunks=(10, 40))


def test_each_stage_is_told():
    found = outlook([((X + 1)[:10] * 2).sum().expr])
    assert "Slice" not in found.simplified
    assert "region=((0, 1, 10), (0, 1, 40))" in found.simplified
    assert found.physical.splitlines()[0].startswith(
        "add-multiply-sum: Fused, 1 block of up to 8 B; add, then multiply, then sum_chunk"
    )
    assert found.rechunks == ()
    assert found.apart == ()


def test_rechunks_are_told_with_what_they_move():
    rows = da.from_array(np.ones((40, 40)), chunks=(10, 40)).cumsum(0)
    inserted = outlook([(X.cumsum(0) + rows.rechunk((40, 10)).cumsum(1)).expr]).rechunks
    assert any(text.startswith("inserted: ") for text in inserted)
    assert any(text.startswith("asked for: 4 x 1 blocks to 1 x 4 blocks") for text in inserted)
    assert any("moves 12.50 kiB" in text for text in inserted)


def test_without_optimising_nothing_is_fused_or_told_apart():
    found = outlook([(X + 1).sum().expr], is_optimized=False)
    assert "Fused" not in found.physical
    assert found.apart == ()
