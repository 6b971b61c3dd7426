"""Sums side by side in one number come out as each of them alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weft.dataframe as dd
from weft import config
from weft.dataframe.kernels.duckdb.packing import BITS, Total, packed
from weft.dataframe.kernels.duckdb.query import DuckQuery
from weft.execution.pipeline import plan_of


@pytest.fixture(autouse=True)
def asked():
    with config.set({"dataframe.engine": "duckdb"}):
        yield


def statement(asked):
    """The statement that a question becomes."""
    plan, _ = plan_of([asked])
    (query,) = [
        step.function for program in plan.programs for step in program.steps if isinstance(step.function, DuckQuery)
    ]
    return query.written()[0]


@given(st.lists(st.integers(0, 70), max_size=8))
def test_no_sum_takes_more_bits_than_there_are(bits):
    packs = packed({f"t{place}": Total(f"v{place}", each) for place, each in enumerate(bits)})
    for pack in packs:
        parts = list(pack.parts.values())
        assert len(parts) > 1
        assert sum(width for _, width in parts) <= BITS
        assert [shift for shift, _ in parts] == [0, *np.cumsum([width for _, width in parts])[:-1]]
    names = [name for pack in packs for name in pack.parts]
    assert len(names) == len(set(names))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lows=st.lists(st.sampled_from([0, 0, 0, 3, -2]), min_size=3, max_size=3),
    widths=st.lists(st.integers(0, 58), min_size=3, max_size=3),
    seed=st.integers(0, 1000),
    sort=st.booleans(),
    step=st.integers(-3, 3),
)
def test_sums_of_numbers_of_all_sizes(tmp_path, lows, widths, seed, sort, step):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 60))
    frame = pd.DataFrame({"k": rng.integers(0, 5, size), "f": rng.random(size) < 0.5})
    for label, low, width in zip("abc", lows, widths, strict=True):
        frame[label] = rng.integers(low, low + (1 << width) + 1, size) // 2
    place = str(tmp_path / "rows.parquet")
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), place, row_group_size=16)

    def asked(x):
        x = x.assign(d=x.b - step)
        named = {name: (name, "sum") for name in ("a", "b", "c", "d", "f")}
        return x.groupby("k", sort=sort).agg(**named, n=("a", "count"), m=("k", "size"))

    ours = asked(dd.read_parquet(place)).compute()
    pd.testing.assert_frame_equal(ours, asked(frame))


def test_sums_of_products_share_a_number(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"k": rng.integers(0, 5, 500), "a": rng.integers(0, 9, 500), "b": rng.integers(1, 99, 500)})
    frame.to_parquet(tmp_path / "rows.parquet", index=False)

    def asked(x):
        x = x.assign(ab=x.a * x.b, more=2 * x.b - 1)
        return x[x.b > 10].groupby("k").agg(a=("a", "sum"), ab=("ab", "sum"), more=("more", "sum"), n=("a", "size"))

    ours = asked(dd.read_parquet(str(tmp_path / "rows.parquet")))
    assert statement(ours).count("sum(") == 1
    pd.testing.assert_frame_equal(ours.compute(), asked(frame))


def test_numbers_below_nought_and_missing_ones_stand_alone(tmp_path):
    frame = pd.DataFrame({"k": [1, 1, 2], "a": [1, -2, 3], "b": [4, 5, 6], "x": [1.0, np.nan, 2.0]})
    frame.to_parquet(tmp_path / "rows.parquet", index=False)

    def asked(x):
        return x.groupby("k").agg(a=("a", "sum"), b=("b", "sum"), x=("x", "count"))

    ours = asked(dd.read_parquet(str(tmp_path / "rows.parquet")))
    assert "weft_pack" not in statement(ours)
    pd.testing.assert_frame_equal(ours.compute(), asked(frame))
