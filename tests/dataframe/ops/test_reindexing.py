from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, agree, in_partitions, numbered_frames

PLAIN = tuple(kind for kind in KINDS if kind != "category")


@settings(max_examples=30, deadline=None)
@given(numbered_frames(PLAIN), st.lists(st.integers(0, 12), max_size=4))
def test_rows_of_given_labels_agree_with_pandas(pair, labels):
    whole, parts = pair
    agree(lambda: parts.reindex(labels), lambda: whole.reindex(labels), check_dtype=False)
    agree(lambda: parts.reindex(columns=["c0", "q"]), lambda: whole.reindex(columns=["c0", "q"]))
    agree(lambda: parts.c0.reindex(labels, method="ffill"), lambda: whole.c0.reindex(labels, method="ffill"))


TIMES = pd.DataFrame({"a": range(9)}, index=pd.date_range("2024-01-01", periods=9, freq="5h", name="when"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda frame: frame.between_time("03:00", "12:00"),
        lambda frame: frame.between_time("22:00", "06:00", inclusive="left"),
        lambda frame: frame.at_time("05:00"),
        lambda frame: frame.a.at_time("05:00"),
        lambda frame: frame.truncate("2024-01-01 06:00", "2024-01-02"),
        lambda frame: frame.take([3, 0]),
        lambda frame: frame.tz_localize("UTC").tz_convert("Europe/Paris"),
        lambda frame: frame.to_period("D"),
        lambda frame: frame.reindex_like(frame.iloc[:3]),
    ],
)
def test_rows_by_time_and_place_agree_with_pandas(ask):
    agree(lambda: ask(in_partitions(TIMES, [2, 2, 7])), lambda: ask(TIMES), check_freq=False)


LEVELS = pd.DataFrame({"a": [1, 1, 2, 2], "b": list("xyxy"), "v": [1, 2, 3, 4]}).set_index(["a", "b"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda frame: frame.swaplevel(),
        lambda frame: frame.reorder_levels(["b", "a"]),
        lambda frame: frame.xs("x", level="b"),
        lambda frame: frame.xs(1),
        lambda frame: frame.xs("x", level=1, drop_level=False),
        lambda frame: frame.v.droplevel("a"),
        lambda frame: frame.sort_index(level="b"),
        lambda frame: frame.sort_index(level=1, ascending=False),
    ],
)
def test_levels_of_labels_agree_with_pandas(ask):
    agree(lambda: ask(in_partitions(LEVELS, [1, 3])), lambda: ask(LEVELS))


def test_what_makes_no_sense_is_refused():
    parts = in_partitions(LEVELS, [1])
    with pytest.raises(KeyError):
        parts.xs("x", level="q")
    with pytest.raises(TypeError, match="DatetimeIndex"):
        parts.at_time("05:00")
    with pytest.raises(ValueError, match="after"):
        in_partitions(TIMES, [2]).truncate("2025", "2024")
