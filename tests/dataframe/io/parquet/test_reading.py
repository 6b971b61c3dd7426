from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, frames, write_parts

import weft.dataframe as dd
from weft import config

PREDICATES = [
    lambda frame: frame.number > 1,
    lambda frame: frame.float != 0.5,
    lambda frame: frame.float <= 1,
    lambda frame: frame.word != "a",
    lambda frame: (frame.word == "cc") | (frame.key < 2),
    lambda frame: ~(frame.float > 0),
    lambda frame: (frame.flag == True) & (frame.number <= 2),  # noqa: E712
    lambda frame: frame.number != 2.5,
]


@settings(max_examples=12, deadline=None)
@given(frames(), st.sampled_from(PREDICATES), st.integers(1, 3), st.sampled_from([1, 10**9]), st.booleans())
def test_reading_filtering_and_grouping_agree_with_pandas(whole, predicate, files, blocksize, named):
    if named:
        whole = whole.set_index(pd.Index(range(100, 100 + len(whole)), name="id"))
    bounds = [(place * len(whole) // files, (place + 1) * len(whole) // files) for place in range(files)]
    with tempfile.TemporaryDirectory() as directory:
        write_parts(whole, Path(directory), bounds)
        parts = dd.read_parquet(directory, blocksize=blocksize)
        assert_same(parts, whole, check_index_type=False)
        ours, expected = parts[predicate(parts)], whole[predicate(whole)]
        assert_same(ours, expected, check_index_type=False)
        assert_same(ours.groupby("key").float.sum(), expected.groupby("key").float.sum())
        assert_same(ours.number.count(), expected.number.count())
        assert len(ours) == len(expected)


def test_integers_with_missing_values_are_floats_in_every_partition(tmp_path):
    pd.DataFrame({"a": pd.array([1, 2, None, 4], dtype="Int64")}).to_parquet(tmp_path / "x.parquet", row_group_size=2)
    table = pq.read_table(tmp_path / "x.parquet").replace_schema_metadata(None)
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    parts = dd.read_parquet(tmp_path, blocksize=1)
    assert parts.npartitions == 2
    assert parts.a.dtype == np.dtype("float64")
    assert_same(parts.a, pd.Series([1.0, 2.0, np.nan, 4.0], name="a"))
    assert_same(parts[parts.a != 2].a.sum(), 5.0)


def test_nan_survives_a_filter_by_statistics(tmp_path):
    whole = pd.DataFrame({"a": [5.0, 5.0, np.nan], "b": [1, 2, 3]})
    pq.write_table(pa.table({"a": pa.array(whole.a.to_numpy()), "b": pa.array([1, 2, 3])}), tmp_path / "x.parquet")
    parts = dd.read_parquet(tmp_path)
    assert_same(parts[parts.a != 5].b.sum(), 3)


def test_globs_lists_and_single_columns_are_understood(tmp_path):
    whole = pd.DataFrame({"a": range(4), "b": range(4)})
    write_parts(whole, tmp_path, [(0, 2), (2, 4)])
    assert_same(dd.read_parquet(str(tmp_path / "*.parquet"), columns="a"), whole.a)
    assert_same(dd.read_parquet([tmp_path / "part0.parquet", tmp_path / "part1.parquet"], columns=["b"]), whole[["b"]])
    assert dd.read_parquet(tmp_path).divisions == (0, 2, 3)


def test_a_changed_file_has_another_name(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "x.parquet")
    before = dd.read_parquet(tmp_path).expr.name
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "x.parquet")
    assert dd.read_parquet(tmp_path).expr.name != before


def test_what_is_not_there_or_not_parquet_is_an_error_at_the_call(tmp_path):
    with pytest.raises(FileNotFoundError, match="no Parquet file"):
        dd.read_parquet(tmp_path)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(KeyError, match="Did you mean 'a'"):
        dd.read_parquet(tmp_path, columns=["aa"])
    pd.DataFrame({"b": [1]}).to_parquet(tmp_path / "y.parquet")
    with pytest.raises(ValueError, match=r"columns of .*y\.parquet"):
        dd.read_parquet(tmp_path)
    (tmp_path / "z.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="cannot read"):
        dd.read_parquet(tmp_path / "z.parquet")


@pytest.mark.parametrize("dictionary", [True, False, ["few"]])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_are_the_same_whatever_way_they_are_written_down(tmp_path, dictionary, version, kind):
    rng = np.random.default_rng(0)
    few = pd.Series(rng.choice(["x", "", "longer", "ä", None], 5_000), dtype="str")
    many = pd.Series([f"value {number} of a dictionary that is given up" for number in rng.integers(0, 5_000, 5_000)])
    few[2_000:3_000] = None
    table = pa.table({
        "number": pa.array(rng.integers(0, 9, 5_000)),
        "few": pa.array(few, kind),
        "many": pa.array(many).cast(pa.large_string()),
    })  # fmt: skip
    path = tmp_path / "texts.parquet"
    pq.write_table(
        table, path, row_group_size=1_000, use_dictionary=dictionary, data_page_version=version,
        dictionary_pagesize_limit=1 << 14,
    )  # fmt: skip
    expected = pd.read_parquet(path)
    with config.set({"dataframe.engine": "pandas"}):
        read = dd.read_parquet(path, blocksize=None)
        assert_same(read, expected, check_index_type=False)
        assert_same(read[read.number > 4], expected[expected.number > 4], check_index_type=False)
        short = expected[(expected.few == "x") & (expected.number < 3)]
        assert_same(read[(read.few == "x") & (read.number < 3)], short, check_index_type=False)
        chosen = dd.read_parquet(path, filters=[("few", "in", ["x", "ä"])])
        by_pandas = pd.read_parquet(path, filters=[("few", "in", ["x", "ä"])])
        assert_same(chosen.astype({"few": "str"}), by_pandas.astype({"few": "str"}), check_index_type=False)


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("names", [[None, "k"], ["a", "k"], [None, None]])
def test_levels_of_the_index_beside_one_that_is_a_range(names, order, start, engine, tmp_path):
    whole = pd.DataFrame({"k": range(1, 7), "v": np.arange(6) / 2, "w": list("abcdef")})
    whole = whole.set_axis(pd.RangeIndex(start, start + 6, name=names[0])).set_index("k", append=True)
    whole.index = whole.index.set_names(names).reorder_levels(order)
    whole.to_parquet(tmp_path / "x.parquet", row_group_size=2)
    expected = pd.read_parquet(tmp_path / "x.parquet")
    assert expected.index.nlevels == 2

    with config.set({"dataframe.engine": engine}):
        parts = dd.read_parquet(tmp_path / "x.parquet", blocksize=1)
        assert parts.npartitions == 3
        pd.testing.assert_frame_equal(parts.compute(), expected)
        pd.testing.assert_frame_equal(parts[parts.v > 1].compute(), expected[expected.v > 1])
        pd.testing.assert_frame_equal(parts.reset_index().compute(), expected.reset_index())
        assert parts.v.sum().compute() == expected.v.sum()
        some = dd.read_parquet(tmp_path / "x.parquet", columns=["w"])
        pd.testing.assert_frame_equal(some.compute(), expected[["w"]])
        pd.testing.assert_series_equal(dd.read_parquet(tmp_path / "x.parquet", columns="v").compute(), expected.v)


@pytest.mark.parametrize("names", [["a", "k"], [None, "k"]])
@pytest.mark.parametrize("edges", [[4, 4], [0, 4], [0, 0]])
def test_files_without_rows_store_a_level_that_is_a_range_in_others(names, edges, tmp_path):
    whole = pd.DataFrame(
        {"v": np.arange(4) / 2}, index=pd.MultiIndex.from_arrays([range(4), [5, 3, 3, 4]], names=names)
    )
    for place, (start, stop) in enumerate(itertools.pairwise([0, *edges, 4])):
        whole.iloc[start:stop].to_parquet(tmp_path / f"{place}.parquet")

    found = dd.read_parquet(tmp_path)

    pd.testing.assert_frame_equal(found.compute(), whole)
    pd.testing.assert_frame_equal(found[found.v > 0].compute(), whole[whole.v > 0])


FILTERS = {
    "by another column": lambda d: d[d.i > 500],
    "by equality": lambda d: d[d.c == "x"],
    "by inequality": lambda d: d[d.c != "x"],
    "by several": lambda d: d[d.c.isin(["x", "z"])],
    "by what is missing": lambda d: d[d.c.isna()],
    "by both": lambda d: d[(d.c == "x") & (d.i > 10)],
    "unseen": lambda d: d[d.c == "y"][["i"]],
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("ordered", [False, True])
def test_categories_of_rows_that_a_filter_leaves_are_those_of_the_file(tmp_path, name, ordered):
    rng = np.random.default_rng(3)
    drawn = pd.Categorical(rng.choice(list("xyz"), 1000), categories=list("zyxw"), ordered=ordered)
    whole = pd.DataFrame({"i": np.arange(1000), "c": drawn})
    whole.loc[5:50, "c"] = None
    dd.from_pandas(whole, npartitions=3).to_parquet(tmp_path / "rows")
    ours = FILTERS[name](dd.read_parquet(tmp_path / "rows")).compute()
    pd.testing.assert_frame_equal(ours, FILTERS[name](whole))
