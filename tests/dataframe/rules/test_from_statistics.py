from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft import config
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.told import Told
from weft.dataframe.ops.reductions import Length
from weft.expr import find, optimize

WHOLE = pd.DataFrame({"a": [3, 1, 2, 5], "f": [0.5, None, -1.0, 2.0], "n": [None] * 4, "w": list("abcd")}).astype(
    {"n": "float64"}
)


@pytest.fixture
def parts(tmp_path):
    WHOLE.to_parquet(tmp_path / "x.parquet", row_group_size=2)
    return dd.read_parquet(tmp_path, blocksize=1)


def told(expr):
    (tree,) = optimize([expr], phases=["simplify", "choose"])
    return isinstance(tree, Told)


def test_what_footers_say_is_not_computed(parts):
    assert told(Length(parts.expr))
    assert told(Length((parts.a + 1).expr))
    assert told(parts.a.min().expr)
    assert told(parts.f.max().expr)
    assert len(parts) == 4
    assert_same(parts.a.min(), np.int64(1))
    assert_same(parts.f.max(), 2.0)
    assert_same(parts.f.min(), -1.0)
    assert type(parts.a.max().compute(scheduler="sync")) is np.int64


def test_what_they_do_not_say_is(parts):
    filtered = parts[parts.a > 1]
    assert not told(Length(filtered.expr))
    assert len(filtered) == 3
    for ours, expected in [
        (parts.w.max(), "d"),
        (filtered.a.min(), 2),
        (parts.n.max(), np.nan),
        (parts.f.min(skipna=False), np.nan),
        ((parts.a + 1).max(), 6),
    ]:
        assert not told(ours.expr)
        assert_same(ours, expected)


def test_keys_of_directories_and_memberships_go_into_the_reader(tmp_path):
    WHOLE.assign(k=[1, 1, 2, 2]).to_parquet(tmp_path / "d", partition_cols=["k"])
    ours = dd.read_parquet(tmp_path / "d")
    expected = WHOLE.assign(k=[1, 1, 2, 2])
    for predicate in [
        lambda frame: frame.k == 2,
        lambda frame: (frame.k == 1) | (frame.a > 3),
        lambda frame: frame.w.isin(["a", "d"]),
        lambda frame: frame.a.isin([1, 7]) & frame.f.isna(),
        lambda frame: frame.f.notna(),
        lambda frame: frame.k != 1,
    ]:
        (tree,) = optimize([ours[predicate(ours)].a.sum().expr], phases=["simplify"])
        (read,) = find(tree, ReadParquet)
        assert read.predicate is not None
        assert_same(ours[predicate(ours)].a.sum(), expected[predicate(expected)].a.sum())
    (read,) = find(optimize([ours[ours.k == 2].a.sum().expr], phases=["simplify"])[0], ReadParquet)
    assert [len(part.pieces[0].groups) for part in read.dataset.planned(read.predicate)] == [0, 1]


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64"]
)
@pytest.mark.parametrize("kind", ["min", "max"])
@pytest.mark.parametrize("engine", ["pandas", "auto"])
def test_columns_made_of_an_extreme_have_the_type_that_pandas_gives_them(tmp_path, dtype, kind, engine):
    whole = pd.DataFrame({"a": np.array([3, 1, 2, 5], dtype)})
    whole.to_parquet(tmp_path / "x.parquet", row_group_size=2)

    def columns(frame):
        made = frame.assign(n=getattr(frame["a"], kind)())
        return made.assign(m=made["n"] * 2, r=made["n"].round(-1))

    with config.set({"dataframe.engine": engine}):
        for ours in (dd.read_parquet(tmp_path), dd.from_pandas(whole, npartitions=2)):
            assert_same(columns(ours), columns(whole))
