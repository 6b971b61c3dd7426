"""Rows put in the order of some columns."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.kernels.polars import relation
from weft.dataframe.kernels.polars.relation import ordered_by

values = st.none() | st.integers(-3, 3)
texts = st.none() | st.sampled_from(["", "a", "b", "ä"])
floats = st.none() | st.sampled_from([-0.0, 0.0, 1.5, float("inf")])


@given(
    st.lists(st.tuples(values, texts, floats), max_size=8).flatmap(st.permutations), st.permutations(["i", "t", "f"])
)
def test_rows_are_ordered_as_by_all_columns(rows, names):
    frame = pl.DataFrame(rows, {"i": pl.Int64, "t": pl.String, "f": pl.Float64}, orient="row")
    assert ordered_by(frame, names).equals(frame.sort(names, nulls_last=True))


def test_a_first_column_without_equal_values_decides_alone(monkeypatch):
    monkeypatch.setattr(relation, "SAMPLE", 2)  # so that the one pair of equal values is not among those looked at
    frame = pl.DataFrame({"a": [5, 3, 3, 1, 4], "b": ["v", "z", "y", "x", "u"]})
    for rows in (frame, frame[[0, 2, 3, 4]]):
        assert ordered_by(rows, ["a", "b"]).equals(rows.sort("a", "b"))
