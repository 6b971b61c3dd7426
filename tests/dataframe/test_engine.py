"""Which engine computes what: chosen by what it can, by size, by configuration; told by explain()."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft.dataframe.footprint import held_bytes
from weft.dataframe.rules import faster
from weft.errors import EngineError

WHOLE = pd.DataFrame({"k": [1, 2, 1, 3], "v": [1.0, np.nan, 3.0, 4.0], "s": ["a", None, "b", "a"]})


@pytest.fixture
def stored(tmp_path):
    rng = np.random.default_rng(0)
    whole = pd.DataFrame({"k": rng.integers(0, 50, 20_000), "v": rng.random(20_000)})
    whole.to_parquet(tmp_path / "data.parquet")
    return whole, dd.read_parquet(str(tmp_path / "data.parquet"))


def engines(collection):
    """What explain() says of engines."""
    return "\n".join(collection.explain().remarks)


def test_a_relational_program_is_one_query_and_explain_says_so():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    asked = ours[ours.k < 3].groupby("k").agg(total=("v", "sum"))
    assert "polars, as one query" in engines(asked)
    expected = WHOLE[WHOLE.k < 3].groupby("k").agg(total=("v", "sum"))
    pd.testing.assert_frame_equal(asked.compute(), expected)


def test_what_stays_in_pandas_is_told_with_the_reason():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    asked = ours.assign(w=ours.s.map(len, na_action="ignore")).groupby("k").w.sum()
    assert "pandas, since MapPartitions" in engines(asked)


def test_pandas_alone_by_configuration():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    with weft.config.set({"dataframe.engine": "pandas"}):
        assert "as dataframe.engine says" in engines(ours.v.sum())
        assert ours.v.sum().compute() == 8.0


def test_polars_by_configuration_refuses_what_it_cannot_compute():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    with weft.config.set({"dataframe.engine": "polars"}):
        assert ours.v.sum().compute() == 8.0
        with pytest.raises(EngineError, match="cannot be computed by it"):
            ours.v.map(abs).sum().compute()


def test_a_query_that_may_not_fit_the_budget_goes_through_exchanges(stored):
    whole, ours = stored
    asked = ours.sort_values("v")
    assert held_bytes(asked.expr) > 300_000
    with weft.config.set({"memory.budget": "200 kB"}):
        assert "may hold" in engines(asked)
    assert "polars, as one query" in engines(asked)
    assert "polars, as one query" in engines(ours.v.sum())
    pd.testing.assert_frame_equal(asked.compute(), whole.sort_values("v"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: d.groupby("k").v.median(),
        lambda d: d.groupby("k").v.agg(["first", "last"]),
        lambda d: d.groupby("k").v.nunique(),
        lambda d: d.k.value_counts(),
    ],
)
def test_values_that_groups_hold_are_not_asked_of_engines_where_they_may_not_fit(stored, monkeypatch, ask):
    from weft.dataframe.rules import faster

    monkeypatch.setattr(faster, "LARGE", 1)  # as if the file were one that DuckDB is asked of
    whole, ours = stored
    assert "as one query" in engines(ask(ours))
    with weft.config.set({"memory.budget": "200 kB"}):
        assert "as one query" not in engines(ask(ours)).splitlines()[0]
        made = ask(ours).compute()
    same = pd.testing.assert_frame_equal if isinstance(made, pd.DataFrame) else pd.testing.assert_series_equal
    same(made, ask(whole))


def test_groups_by_several_keys_take_more(stored):
    _, ours = stored
    assert held_bytes(ours.groupby(["k", "v"]).size().expr) > 3 * held_bytes(ours.groupby("v").size().expr)


def test_blocks_that_are_kept_are_not_a_query():
    ours = dd.from_pandas(WHOLE, npartitions=2)
    kept = ours[ours.k < 3].persist()
    assert kept.npartitions == 2
    pd.testing.assert_frame_equal((kept.v + kept.k).compute().to_frame(), (WHOLE.v + WHOLE.k)[WHOLE.k < 3].to_frame())


@pytest.mark.parametrize("scheduler", ["threads", "processes", "inline"])
def test_queries_give_the_same_on_every_backend(stored, scheduler):
    whole, ours = stored
    asked = ours[ours.v > 0.5].groupby("k").v.mean()
    expected = whole[whole.v > 0.5].groupby("k").v.mean()
    pd.testing.assert_series_equal(asked.compute(scheduler=scheduler), expected)


def test_several_results_at_once_share_nothing_wrongly(stored):
    whole, ours = stored
    total, rows, frame = weft.compute(ours.v.sum(), ours[ours.k == 3].k.count(), ours.groupby("k").v.max())
    assert np.isclose(total, whole.v.sum())
    assert rows == (whole.k == 3).sum()
    pd.testing.assert_series_equal(frame, whole.groupby("k").v.max())


def test_chains_of_any_length_are_chosen_for_in_linear_time():
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0]}), npartitions=1)
    for step in range(700):
        frame = frame.assign(**{f"c{step % 7}": frame.a + step})
    assert frame.compute(scheduler="inline").c6.tolist() == [700.0 - (700 - 1 - 6) % 7]


def test_chains_of_any_length_are_lowered_for_pandas():
    frame = dd.from_pandas(pd.DataFrame({"a": [1.0]}), npartitions=1)
    for step in range(1500):
        frame = frame.assign(**{f"c{step % 7}": frame.a + step})
    with weft.config.set({"dataframe.engine": "pandas"}):
        (made,) = weft.optimize(frame)
    assert made.columns.tolist() == frame.columns.tolist()


def test_texts_in_memory_are_not_copied_for_methods_of_rows_alone():
    words = dd.from_pandas(pd.Series(["a b", "c", None] * 5), npartitions=2)
    count = words.str.contains("a").sum()
    table = dd.from_pandas(pd.DataFrame({"t": ["a", "b"] * 5, "v": range(10)}), npartitions=2)
    rows = (table[table.v > 3], table[table.t == "a"].v.sum(), table[table.v > 3].head(2, compute=False))
    for asked in (count, words.str.upper(), words.str.upper().str.len(), *rows):
        assert "texts in memory" in str(asked.explain())
    assert count.compute(scheduler="sync") == 5
    counts = words.str.upper().value_counts()
    with weft.config.set({"dataframe.engine": "polars"}):
        assert counts.compute(scheduler="sync").to_dict() == {"A B": 5, "C": 5}


def test_rows_in_memory_with_which_nothing_is_done_are_given_as_they_are():
    table = dd.from_pandas(pd.DataFrame({"u": [0.5, 1.5] * 5, "v": range(10)}), npartitions=2)
    for asked in (table, table[["v"]], table.v.tail(3, compute=False)):
        assert "polars" not in engines(asked)


def test_columns_that_no_engine_has_are_found_before_others_are_handed_over(monkeypatch):
    from weft.dataframe.kernels.polars import sources

    whole = pd.DataFrame({"t": ["a", "b"] * 5, "v": range(10), "c": pd.Categorical(["x", "y"] * 5)})
    monkeypatch.setattr(sources, "handed_over", None)
    found = dd.from_pandas(whole, npartitions=2).sort_values(["t", "v"]).compute()
    pd.testing.assert_frame_equal(found, whole.sort_values(["t", "v"]))


def test_integers_in_memory_that_lie_close_together_are_found_by_position():
    chance = np.random.default_rng(0)
    whole = pd.DataFrame(
        {"k": chance.integers(0, 50, 2_000), "g": chance.integers(3, 9, 2_000), "v": chance.random(2_000)}
    )
    side = pd.DataFrame({"k": np.arange(5, 45), "w": chance.random(40)})
    ours, theirs = dd.from_pandas(whole, npartitions=4), dd.from_pandas(side, npartitions=1)
    distinct, joined, most = ours[["k", "g"]].drop_duplicates(), ours.merge(theirs, on="k"), ours.nlargest(3, "v")
    for asked in (distinct, joined.w.sum()):
        assert "lie close together" in engines(asked)
    assert "a sample" in engines(most)
    pd.testing.assert_frame_equal(distinct.compute(), whole[["k", "g"]].drop_duplicates())
    assert np.isclose(joined.w.sum().compute(), whole.merge(side, on="k").w.sum())
    pd.testing.assert_frame_equal(most.compute(), whole.nlargest(3, "v"))
    far = dd.from_pandas(whole.assign(k=whole.k * 10**9), npartitions=4)
    assert "polars, as one query" in engines(far[["k", "g"]].drop_duplicates())
    with weft.config.set({"dataframe.engine": "polars"}):
        pd.testing.assert_frame_equal(most.compute(), whole.nlargest(3, "v"))


@pytest.mark.skipif(not faster.HAS_NUMBA, reason="rows are looked up by machine code")
def test_large_files_joined_by_integers_that_lie_close_together_are_left_to_pandas(tmp_path, monkeypatch):
    monkeypatch.setattr(faster, "LARGE", 1000)
    rng = np.random.default_rng(0)
    left = pd.DataFrame({"k": rng.permutation(5_000)[:4_000], "v": rng.integers(0, 9, 4_000)})
    right = pd.DataFrame({"k": rng.permutation(5_000)[:4_000], "w": rng.integers(0, 9, 4_000)})
    for name, whole in (("left", left), ("right", right), ("far", right.assign(k=right.k * 10**9))):
        whole.to_parquet(tmp_path / f"{name}.parquet", row_group_size=1000)
    ours, theirs, far = (
        dd.read_parquet(tmp_path / f"{name}.parquet", blocksize=1) for name in ("left", "right", "far")
    )

    def asked(one, two, **options):
        return one.merge(two, on="k", **options)[["v", "w"]].sum()

    lazy = asked(ours, theirs, broadcast=False)
    assert "whole numbers that lie close together" in engines(lazy)
    pd.testing.assert_series_equal(lazy.compute(), asked(left, right))
    for other in (
        asked(ours, far, broadcast=False),
        asked(ours, theirs, broadcast=False, how="left"),
        asked(ours, theirs),
    ):
        assert "whole numbers that lie close together" not in engines(other)
    with weft.config.set({"dataframe.engine": "polars"}):
        assert "whole numbers that lie close together" not in engines(lazy)
