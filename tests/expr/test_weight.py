"""Expressions that keep next to nothing alive, and others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft.expr import Held
from weft.expr.weight import is_light

SMALL = 1 << 16


def questions():
    x = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3], "t": ["u", "v", "w"]}), npartitions=2)
    return x, x[x.a > 1].groupby("t").a.sum()


def held(frame):
    return [each for each in frame.expr.operands if isinstance(each, Held)]


def test_operations_on_frames_are_light_and_frames_are_not_weighed():
    x, asked = questions()
    assert is_light(x.expr, held(x), SMALL)
    assert is_light(asked.expr, held(x), SMALL)


def test_functions_that_libraries_make_of_machine_code_are_told_by_their_own_module():
    meta = pd.DataFrame(
        {"t": pd.array([], dtype="str"), "at": pd.DatetimeIndex([])}
    )  # written with functions of Cython
    x, _ = questions()
    made = x.map_partitions(len, meta=meta)
    assert is_light(made.expr, held(x), SMALL)
    assert is_light(x[x.a > pd.Timestamp("2020").year].assign(at=pd.Timestamp("2020")).expr, held(x), SMALL)


def test_large_values_are_heavy():
    x, _ = questions()
    assert not is_light(x.a.isin(list(range(100_000))).expr, held(x), SMALL)


@pytest.mark.parametrize("function", [lambda v: v + 1, eval("lambda v: v + 1", {})], ids=["module", "no module"])
def test_functions_of_users_are_heavy(function):
    x, _ = questions()
    assert not is_light(x.a.map(function, meta=("a", "int64")).expr, held(x), SMALL)
    assert list(x.a.map(function, meta=("a", "int64")).compute()) == [2, 3, 4]


def test_what_cannot_be_written_is_heavy():
    x, _ = questions()
    made = x.map_partitions(lambda part, each: part, (n for n in range(3)), meta=x)
    assert not is_light(made.expr, held(x), SMALL)
    assert np.array_equal(made.a.compute(), [1, 2, 3])
