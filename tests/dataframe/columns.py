"""Columns of every type, with missing values, cut into any partitions, empty ones too."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from weft.dataframe.base import new
from weft.dataframe.io.from_pandas import FromPandas
from weft.expr import Held

SMALL = st.integers(-4, 9)
HALVES = SMALL.map(lambda value: value / 2)
DAYS = st.integers(0, 5).map(lambda day: pd.Timestamp("2024-02-27") + pd.Timedelta(days=day, hours=day))
SPANS = SMALL.map(lambda value: pd.Timedelta(hours=value))
WORDS = st.sampled_from(["b", "a", "cc", "", "é"])

#: Elements of each type; ``None`` is missing.
NUMBERS = {
    "int64": SMALL,
    "int32": SMALL,
    "uint8": st.integers(0, 9),
    "float64": st.none() | HALVES,
    "float32": st.none() | HALVES,
    "bool": st.booleans(),
    "Int64": st.none() | SMALL,
    "Float64": st.none() | HALVES,
    "boolean": st.none() | st.booleans(),
    "int64[pyarrow]": st.none() | SMALL,
    "double[pyarrow]": st.none() | HALVES,
}
TIMES = {
    "datetime64[us]": st.none() | DAYS,
    "datetime64[ns, Europe/Paris]": st.none() | DAYS,
    "timedelta64[us]": st.none() | SPANS,
}
TEXTS = {
    "str": st.none() | WORDS,
    "object": st.none() | WORDS,
    "string[pyarrow]": st.none() | WORDS,
}
CATEGORIES = {"category": st.none() | WORDS}
KINDS = {**NUMBERS, **TIMES, **TEXTS, **CATEGORIES}


@st.composite
def series(draw, kinds=tuple(KINDS), min_size=0, max_size=10, name="x"):
    """A pandas series of one of some types."""
    kind = draw(st.sampled_from(kinds))
    values = draw(st.lists(KINDS[kind], min_size=min_size, max_size=max_size))
    return made(values, kind).rename(name)


def made(values, kind):
    """A series of a type."""
    if kind == "datetime64[ns, Europe/Paris]":
        return pd.Series(values, dtype="datetime64[ns]").dt.tz_localize("Europe/Paris")
    if kind == "category":
        return pd.Series(pd.Categorical(values, categories=["a", "b", "cc", "", "é", "never"], ordered=True))
    return pd.Series(values, dtype=kind)


@st.composite
def frames(draw, kinds=tuple(KINDS), min_columns=1, max_columns=4, min_size=0, max_size=10, keys=()):
    """A pandas frame with columns of some types; those of ``keys`` have few values."""
    size = draw(st.integers(min_size, max_size))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=min_columns, max_size=max_columns))
    data = {
        f"c{place}": made(draw(st.lists(KINDS[kind], min_size=size, max_size=size)), kind)
        for place, kind in enumerate(chosen)
    }
    for place, kind in enumerate(keys):
        data[f"k{place}"] = made(draw(st.lists(KINDS[kind], min_size=size, max_size=size)), kind)
    return pd.DataFrame(data, index=pd.RangeIndex(size))


@st.composite
def cut(draw, data, max_partitions=4, indexes=True):
    """The same rows in partitions, some of them empty; sometimes with an index that has labels twice."""
    if indexes and draw(st.booleans()):
        labels = draw(st.lists(st.integers(0, 5), min_size=len(data), max_size=len(data)))
        data = data.set_axis(pd.Index(labels, dtype="int64", name="i"), axis=0)
    return data, in_partitions(data, draw(st.lists(st.integers(0, len(data)), max_size=max_partitions - 1)))


def in_partitions(data, edges):
    """Rows cut at some places."""
    ends = [0, *sorted(edges), len(data)]
    return new(FromPandas(Held.of(data), tuple(itertools.pairwise(ends)), False))


@st.composite
def cut_series(draw, kinds=tuple(KINDS), **options):
    """A series, and the same in partitions."""
    return draw(cut(draw(series(kinds, **options))))


@st.composite
def cut_frames(draw, kinds=tuple(KINDS), **options):
    """A frame, and the same in partitions."""
    return draw(cut(draw(frames(kinds, **options))))


@st.composite
def numbered_frames(draw, kinds=tuple(KINDS), **options):
    """A frame whose rows are numbered, and the same in partitions."""
    return draw(cut(draw(frames(kinds, **options)), indexes=False))


def outcome(function):
    """What a function gives, or the type of what it raises."""
    try:
        return function()
    except Exception as error:  # any error of pandas may be expected of us
        return type(error)


def agree(ours, expected, **options):
    """Whether both do the same: ``ours`` and ``expected`` are functions; results and errors are compared."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' own
        wanted = outcome(expected)
    for optimize in (True, False):
        found = outcome(lambda: computed(ours(), optimize))  # noqa: B023
        if isinstance(wanted, type):
            assert isinstance(found, type), (found, wanted)
            assert issubclass(found, wanted) or issubclass(wanted, found), (found, wanted)
        else:
            if isinstance(found, type):
                computed(ours(), optimize)
            same(found, wanted, **options)


def computed(value, optimize=True):
    """The value of something lazy."""
    return value.compute(scheduler="sync", optimize_graph=optimize) if hasattr(value, "compute") else value


def same(found, wanted, **options):
    """Whether two results are the same to pandas."""
    if isinstance(wanted, pd.DataFrame):
        pd.testing.assert_frame_equal(found, wanted, **options)
    elif isinstance(wanted, pd.Series):
        pd.testing.assert_series_equal(found, wanted, **options)
    elif isinstance(wanted, pd.Index):
        pd.testing.assert_index_equal(found, wanted, **options)
    elif isinstance(wanted, (np.ndarray, pd.api.extensions.ExtensionArray)):
        same(pd.Series(found), pd.Series(wanted), **options)
    elif pd.isna(wanted):
        assert pd.isna(found)
        assert [found is each for each in (pd.NA, pd.NaT)] == [wanted is each for each in (pd.NA, pd.NaT)]
    elif isinstance(wanted, (float, np.floating)):
        assert np.isclose(float(found), float(wanted), rtol=options.get("rtol", 1e-6), atol=1e-9), (found, wanted)
    elif isinstance(wanted, (pd.Timestamp, pd.Timedelta)):
        assert abs(found - wanted) <= pd.Timedelta(microseconds=4), (found, wanted)
    else:
        assert found == wanted, (found, wanted)
        assert isinstance(found, (bool, np.bool_)) == isinstance(wanted, (bool, np.bool_)), (found, wanted)
