"""Keys go to the same place in every process, whatever their type."""

from __future__ import annotations

import datetime
import enum
import subprocess
import sys
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bag.strategies import value

import weft.bag as db
from weft.bag.kernels.hashing import stable_hash


class Colour(enum.Enum):
    RED = 1


KEYS = [
    *("text", b"bytes", "", 0, -1, 2**70, 1.5, float("inf"), None, True, (1, "a", (None,)), frozenset({1, "b"})),
    *(datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2), datetime.timedelta(1), uuid.UUID(int=5), Colour.RED),
    *(datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC), Decimal("1.5"), np.int64(3), np.str_("x")),
]
SCRIPT = """
from tests.bag.test_keys import KEYS
from weft.bag.kernels.hashing import stable_hash
print([stable_hash(key) for key in KEYS])
"""


def test_hashes_are_the_same_in_another_process():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == str([stable_hash(key) for key in KEYS])


@given(st.integers() | st.floats(allow_nan=False))
def test_equal_numbers_have_equal_hashes(x):
    others = [x, Fraction(x)] if x == x and abs(x) != float("inf") else [x]
    if isinstance(x, int) and abs(x) < 2**53:
        others += [float(x), np.int64(x), Decimal(x)]
    assert len({stable_hash(each) for each in others}) == 1


def test_equal_keys_of_other_types_have_equal_hashes():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    pairs = [
        (True, 1),
        ("a", np.str_("a")),
        (frozenset("abc"), frozenset("cab")),
        ((1, 2.0), (1.0, 2)),
        (datetime.datetime(2020, 1, 1, 2, tzinfo=zone), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
        (datetime.time(2, tzinfo=zone), datetime.time(0, tzinfo=datetime.UTC)),
    ]
    assert all(one == other and stable_hash(one) == stable_hash(other) for one, other in pairs)


def test_hashes_spread():
    for keys in [range(1000), map(str, range(1000)), [(i, "x") for i in range(1000)], [i * 64 for i in range(1000)]]:
        places = [stable_hash(key) % 16 for key in keys]
        assert all(30 < places.count(place) < 100 for place in range(16))


def test_keys_without_a_stable_hash_are_refused():
    class Strange:
        pass

    with pytest.raises(TypeError, match="__weft_tokenize__"):
        value(db.range(3, 1).groupby(lambda x: Strange()))
    with pytest.raises(TypeError, match="unhashable"):
        value(db.range(3, 1).groupby(lambda x: [x]))
