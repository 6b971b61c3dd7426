"""Text that Polars writes is pandas' text."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.io.csv import rendering
from weft.dataframe.io.csv.rendering import csv_text

FLOATS = st.one_of(
    st.floats(width=64),
    st.sampled_from([0.0, -0.0, 1e-4, 9.9e-5, -1.5e-7, 1e15, 1e16, 1e22, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3]),
)
WORDS = st.one_of(
    st.none(),
    st.sampled_from(["", "a", 'say "hi"', "x,y", "two\nlines", " led", "é", "'", "a;b", "NaN"]),
    st.text(max_size=4),
)
TIMES = st.one_of(st.none(), st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2100-01-01")))
DAYS = st.one_of(st.none(), st.dates().filter(lambda day: 1700 < day.year < 2200))


@st.composite
def frames(draw):
    """Frames of the types that are written quickly."""
    size = draw(st.integers(1, 8))

    def column(elements, dtype):
        return pd.Series(draw(st.lists(elements, min_size=size, max_size=size)), dtype=dtype)

    seconds = column(TIMES, "datetime64[ns]").dt.floor("s")
    every = {
        "a": column(st.integers(-(2**63), 2**63 - 1), "int64"),
        "b": column(st.integers(0, 255), "uint8"),
        "x": column(FLOATS, "float64"),
        "w": column(WORDS, "str"),
        "f": column(st.booleans(), "bool"),
        "t": column(DAYS, "datetime64[s]") if draw(st.booleans()) else seconds,
        "u": seconds if draw(st.booleans()) else column(TIMES, "datetime64[us]"),
        5: column(st.floats(width=32), "float32") if draw(st.booleans()) else column(FLOATS, "float64"),
    }
    chosen = draw(st.lists(st.sampled_from(list(every)), min_size=1, unique=True))
    made = pd.DataFrame({label: every[label] for label in chosen})
    if draw(st.booleans()):
        made.index = pd.Index(every[draw(st.sampled_from(list(every)))], name=draw(st.sampled_from([None, "i", 'n"m'])))
    return made


@given(
    frames(),
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "sep": st.sampled_from([",", ";", "\t", " ", "é"]),
            "na_rep": st.sampled_from(["", "NA", "-", "a,b"]),
            "header": st.booleans(),
            "quoting": st.sampled_from([None, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
            "float_format": st.sampled_from([None, "%.2f"]),
        },
    ),
)
def test_it_is_pandas_text(frame, with_index, options):
    made = csv_text(frame, with_index, options)
    if made is None:
        return
    expected = io.StringIO(newline="")
    frame.to_csv(expected, index=with_index, **options)
    assert made.decode() == expected.getvalue()


@pytest.mark.parametrize("days", [False, True])
def test_common_frames_are_written_quickly(days, monkeypatch):
    """And stretches, for each of which pandas settles how times are written."""
    rng = np.random.default_rng(0)
    rows = 40_000
    seconds = rng.integers(0, 10**6, rows)
    frame = pd.DataFrame(
        {
            "a": rng.integers(0, 9, rows),
            "x": rng.normal(size=rows),
            "small": rng.random(rows) * 1e-4,
            "gaps": np.where(rng.random(rows) < 0.5, np.nan, rng.normal(size=rows).round(3)),
            "word": rng.choice(["a", "b,c", 'd"'], rows),
            "time": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(seconds // 86400 * 86400 if days else seconds, unit="s"),
        }
    )
    for each in (frame, frame.set_index("time"), frame.set_index("word").x, frame[["x", "a"]]):
        assert csv_text(each, True, {}) == each.to_csv().encode()
        assert (
            csv_text(each, False, {"sep": ";", "na_rep": "?"}) == each.to_csv(index=False, sep=";", na_rep="?").encode()
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(x=frame.x.astype(object)),
        lambda frame: frame.assign(w=frame.w.astype("category")),
        lambda frame: frame.assign(t=frame.t.mask(frame.index < 150_000 // 4, frame.t.dt.floor("D"))),
        lambda frame: frame.assign(t=frame.t + pd.Timedelta("1ms")),
        lambda frame: frame.assign(u=frame.t.dt.floor("D")),
        lambda frame: frame.assign(t=frame.t.dt.tz_localize("UTC")),
        lambda frame: frame.assign(w="a\rb"),
        lambda frame: frame.set_index(["x", "w"]),
        lambda frame: frame.iloc[:0],
    ],
    ids=["objects", "categories", "days in a stretch", "parts of seconds", "days beside", "zones", "returns", "levels", "empty"],
)  # fmt: skip
def test_what_is_left_to_pandas(change):
    rows = 50_000
    frame = pd.DataFrame({"x": np.arange(rows) / 3, "w": "word", "t": pd.Timestamp("2020-01-01 00:00:01")})
    assert csv_text(frame, False, {}) == frame.to_csv(index=False).encode()
    assert csv_text(change(frame), False, {}) is None


def test_a_single_column_with_gaps_is_left_to_pandas():
    for values in (["a", ""], ["a", None], [0.5, np.nan]):
        frame = pd.DataFrame({"x": values})
        assert csv_text(frame, False, {}) is None
        assert csv_text(frame, True, {}) == frame.to_csv().encode()


def test_options_are_those_of_pandas():
    import inspect

    assert set(rendering.OPTIONS) < set(inspect.signature(pd.DataFrame.to_csv).parameters)
