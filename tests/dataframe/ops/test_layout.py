from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import weft.dataframe as dd
from weft.dataframe.ops.layout import headline

FRAME = pd.DataFrame({"count": [1, 2, 3], "name": list("xyz"), "at": pd.date_range("2024", periods=3)})


def test_a_frame_shows_columns_types_and_divisions() -> None:
    frame = dd.from_pandas(FRAME, npartitions=2)
    first, *table = repr(frame).splitlines()
    assert first == "<DataFrame from_pandas: 3 columns, 2 partitions>"
    assert table[0].split() == ["count", "name", "at"]
    assert table[1] == "npartitions=2"
    assert table[2].split() == ["0", "int64", "str", str(FRAME["at"].dtype)]
    assert [line.split()[0] for line in table[2:]] == [str(edge) for edge in frame.divisions]


@pytest.mark.parametrize("part", [lambda f: f["count"], lambda f: f.index, lambda f: f[[]], lambda f: f["count"] + 1])
def test_every_kind_has_a_text_and_html(part: Callable[[Any], Any]) -> None:
    collection = part(dd.from_pandas(FRAME, npartitions=2))
    assert repr(collection).startswith(headline(collection))
    assert type(collection).__name__ in collection._repr_html_()


def test_wide_and_long_frames_are_cut_short_but_not_in_to_string() -> None:
    wide = dd.from_pandas(pd.DataFrame({f"column{i}": range(20) for i in range(100)}), npartitions=20)
    assert max(map(len, repr(wide).splitlines())) < 120
    assert len(repr(wide).splitlines()) <= 8
    assert "column50" in wide.to_string()
    assert len(wide.to_string(max_rows=50).splitlines()) > 20


def test_unknown_divisions_stay_blank_and_nothing_is_computed() -> None:
    def fail(part: pd.DataFrame) -> pd.DataFrame:
        raise AssertionError("computed")

    lazy = dd.from_pandas(FRAME, npartitions=2, sort=False).map_partitions(fail, meta=FRAME)
    assert "AssertionError" not in repr(lazy)
    assert repr(lazy).count("...") >= 3


def test_groups_and_windows_name_their_frame_in_one_line() -> None:
    frame = dd.from_pandas(FRAME, npartitions=2)
    assert repr(frame.groupby("name")) == "<GroupBy ['name'] of DataFrame from_pandas: 3 columns, 2 partitions>"
    assert repr(frame["count"].rolling(2)) == "<Rolling of Series getitem, 2 partitions>"
    assert repr(frame["count"].sum()) == "<Scalar sum, int64>"
