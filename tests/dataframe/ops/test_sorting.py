from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd

COLUMNS = ["key", "number", "float", "word", "flag"]


@settings(max_examples=40, deadline=None)
@given(
    partitioned(),
    st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique=True),
    st.data(),
)
def test_rows_are_in_pandas_stable_order(pair, by, data):
    whole, parts = pair
    ascending = data.draw(st.lists(st.booleans(), min_size=len(by), max_size=len(by)))
    position = data.draw(st.sampled_from(["first", "last"]))
    count = data.draw(st.integers(1, 6))
    expected = whole.sort_values(by, ascending=ascending, na_position=position, kind="stable")
    ours = parts.sort_values(by, ascending=ascending, na_position=position, npartitions=count)
    assert ours.npartitions == count
    assert_same(ours, expected)


def columns_of_every_type(size):
    """Keys of many dtypes, with few values, some of them missing."""
    rng = np.random.default_rng(3)
    words = np.array(["", None, "a", "ab", "abcdefgh", "abcdefghi", "abcdefghé", "z😀"], dtype=object)
    days = np.array(["2020-01-01", "1960-01-01", None], dtype=object)
    return {
        "int8": rng.integers(-3, 3, size).astype("i1"),
        "uint64": rng.choice(np.array([0, 2**64 - 1, 2**63], dtype="u8"), size),
        "float": rng.choice([np.nan, -1.5, 0.0, -0.0, np.inf, -np.inf], size),
        "bool": rng.random(size) < 0.5,
        "complex": rng.choice([1j, 1.0, -1 - 1j, complex("nan"), complex(1, np.nan), 1 + 2j, 0j], size),
        "text": pd.array(rng.choice(words, size), dtype="str"),
        "objects": pd.Series(rng.choice(words, size), dtype=object),
        "mixed": pd.Series(rng.choice(np.array([1, 2.5, None], dtype=object), size), dtype=object),
        "days": pd.to_datetime(rng.choice(days, size)),
        "zone": pd.to_datetime(rng.choice(days, size)).tz_localize("Europe/Zurich"),
        "span": pd.to_timedelta(rng.choice(np.array([1, None, -5], dtype=object), size), unit="s"),
        "period": pd.PeriodIndex(rng.choice(["2020-01", "2019-05", "NaT"], size), freq="M"),
        "nullable": pd.array(rng.choice(np.array([1, None, -3], dtype=object), size), dtype="Int64"),
        "arrow": pd.array(rng.choice(np.array([1, None, -3], dtype=object), size), dtype="int64[pyarrow]"),
        "category": pd.Categorical(rng.choice(np.array(["x", "y", None], dtype=object), size), categories=["y", "x"]),
    }


@pytest.mark.parametrize("kind", columns_of_every_type(1))
@pytest.mark.parametrize("ascending", [True, False])
def test_every_type_sorts_as_in_pandas(kind, ascending):
    size = 60
    whole = pd.DataFrame({"key": columns_of_every_type(size)[kind], "row": np.arange(size)})
    parts = dd.from_pandas(whole, npartitions=7, sort=False)
    for position in ("first", "last"):
        options = {"ascending": ascending, "na_position": position}
        assert_same(
            parts.sort_values("key", npartitions=4, **options), whole.sort_values("key", kind="stable", **options)
        )
        expected = whole.sort_values("key", kind="stable", **options)["key"]  # a series of objects would become text
        assert_same(parts["key"].sort_values(**options), expected)
        both = {"ascending": [ascending, False], "na_position": position}
        assert_same(parts.sort_values(["key", "row"], **both), whole.sort_values(["key", "row"], **both))


def test_one_key_that_is_everywhere_makes_no_large_partition():
    whole = pd.DataFrame({"key": 1, "row": range(1000)})
    ours = dd.from_pandas(whole, npartitions=10).sort_values("key")
    lengths = ours.map_partitions(len).compute(scheduler="sync")
    assert max(lengths) < 200
    assert_same(ours, whole)


@pytest.mark.parametrize("sizes", [(127, 128), (128, 129), (200, 150)])
def test_large_sorts_go_in_two_rounds(sizes):
    sources, targets = sizes
    rng = np.random.default_rng(0)
    whole = pd.DataFrame({"key": rng.integers(0, 300, 2000), "word": rng.integers(0, 50, 2000).astype(str)})
    parts = dd.from_pandas(whole, npartitions=sources, sort=False)
    expected = whole.sort_values(["key", "word"], kind="stable")
    pd.testing.assert_frame_equal(parts.sort_values(["key", "word"], npartitions=targets).compute(), expected)


def test_a_key_function_and_new_numbers():
    whole = pd.DataFrame({"key": ["b", "A", "a", "B"], "row": range(4)})
    parts = dd.from_pandas(whole, npartitions=2)
    ours = parts.sort_values("key", key=lambda column: column.str.lower(), ignore_index=True)
    assert_same(ours, whole.sort_values("key", key=lambda column: column.str.lower(), kind="stable", ignore_index=True))


@settings(max_examples=30, deadline=None)
@given(partitioned(), st.booleans())
def test_the_index_in_order_has_divisions(pair, ascending):
    whole, parts = pair
    ours = parts.sort_index(ascending=ascending)
    assert_same(ours, whole.sort_index(ascending=ascending, kind="stable"))
    assert_same(
        parts["float"].sort_index(ascending=ascending), whole["float"].sort_index(ascending=ascending, kind="stable")
    )


def test_partitions_of_a_sorted_frame_lie_between_its_divisions():
    rng = np.random.default_rng(1)
    whole = pd.DataFrame({"a": rng.random(200)}, index=rng.integers(0, 50, 200))
    ours = dd.from_pandas(whole, npartitions=5, sort=False).sort_index()
    edges = ours.divisions
    assert ours.known_divisions
    assert len(edges) == 6
    for number in range(5):
        index = ours.partitions[number].compute(scheduler="sync").index
        assert (index >= edges[number]).all()
        assert (index <= edges[number + 1]).all() if number == 4 else (index < edges[number + 1]).all()


def test_what_cannot_be_sorted_is_refused():
    parts = dd.from_pandas(pd.DataFrame({"alpha": [1, 2]}), npartitions=2)
    with pytest.raises(KeyError, match="Did you mean 'alpha'"):
        parts.sort_values("alhpa")
    with pytest.raises(ValueError, match="ascending"):
        parts.sort_values(["alpha"], ascending=[True, False])
    with pytest.raises(ValueError, match="na_position"):
        parts.sort_values("alpha", na_position="middle")
    with pytest.raises(ValueError, match="inplace"):
        parts.sort_values("alpha", inplace=1)


@pytest.mark.parametrize("dtype", ["UInt8", "UInt64", "uint8[pyarrow]", "uint64[pyarrow]", "Int64", "boolean"])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("position", ["first", "last"])
@pytest.mark.parametrize("by", [["a"], ["a", "b"]])
def test_noughts_are_no_missing_values(dtype, ascending, position, by):
    values = pd.array([1, 0, None, 1, 0, None, 1], "Int64")
    whole = pd.DataFrame({"a": pd.Series(values).astype(dtype), "b": range(7)})
    words = {"by": by, "ascending": ascending, "na_position": position, "kind": "stable"}
    assert_same(dd.from_pandas(whole, npartitions=3).sort_values(**words), whole.sort_values(**words))
