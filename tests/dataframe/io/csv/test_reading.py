from __future__ import annotations

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import frames

import weft
import weft.dataframe as dd

TEXTS = st.lists(
    st.sampled_from(["x", "", 'say "hi"', "two\nlines", "a,b", "5", "NA", " pad "]), min_size=1, max_size=8
)


def rows_of(frame):
    return frame.compute(scheduler="sync").reset_index(drop=True)


def same(path, ours, **options):
    pd.testing.assert_frame_equal(rows_of(ours), pd.read_csv(path, **options).reset_index(drop=True))


@settings(max_examples=15)
@given(frames(min_size=1), TEXTS, st.integers(5, 200), st.sampled_from([None, "c"]))
def test_blocks_of_any_size_give_what_pandas_reads(tmp_path_factory, whole, texts, blocksize, engine):
    whole["text"] = [texts[place % len(texts)] for place in range(len(whole))]
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    whole.to_csv(path, index=False)
    expected = pd.read_csv(path)
    ours = dd.read_csv(path, blocksize=blocksize, engine=engine)
    pd.testing.assert_frame_equal(rows_of(ours), expected)
    pd.testing.assert_frame_equal(rows_of(ours[["text", "key"]]), expected[["text", "key"]])
    assert len(ours) == len(expected)
    assert ours.number.sum().compute(scheduler="sync") == expected.number.sum()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"parse_dates": ["day"]},
        {"usecols": ["a", "day"]},
        {"dtype": {"a": "float32", "word": "str"}},
        {"dtype": {"word": "category"}},
        {"dtype_backend": "pyarrow"},
        {"na_values": ["beta"]},
        {"na_values": {"word": ["beta"]}},
        {"keep_default_na": False},
        {"skiprows": 2, "header": None},
        {"skiprows": [1, 3]},
        {"names": ["p", "q", "r"], "header": 0},
        {"comment": "#"},
        {"thousands": "."},
        {"converters": {"a": lambda text: int(text) * 2}},
        {"engine": "python"},
        {"index_col": False},
        {"true_values": ["alpha"]},
        {"on_bad_lines": "skip"},
    ],
)
def test_options_of_pandas(tmp_path, options):
    path = tmp_path / "x.csv"
    lines = [f"{number},{['alpha', 'beta', '', 'NA'][number % 4]},2020-01-{number + 1:02}" for number in range(30)]
    path.write_text("a,word,day\n" + "\n".join(lines) + "\n")
    for blocksize in (None, 100):
        ours = dd.read_csv(path, blocksize=blocksize, **options)
        if "category" in str(options):
            made = rows_of(ours)
            made["word"] = made["word"].astype(pd.CategoricalDtype(["alpha", "beta"]))
            pd.testing.assert_frame_equal(made, pd.read_csv(path, **options))
        else:
            same(path, ours, **options)


def test_tabs_fixed_width_and_other_marks(tmp_path):
    (tmp_path / "x.tsv").write_text("a\tb\n" + "1\tx y\n2\t'q'\n" * 10)
    pd.testing.assert_frame_equal(
        rows_of(dd.read_table(tmp_path / "x.tsv", blocksize=20)), pd.read_table(tmp_path / "x.tsv")
    )
    (tmp_path / "x.csv").write_text("a;b\n" + "1;'x;\ny'\n2;z\n" * 10)
    same(
        tmp_path / "x.csv",
        dd.read_csv(tmp_path / "x.csv", blocksize=20, sep=";", quotechar="'"),
        sep=";",
        quotechar="'",
    )
    (tmp_path / "x.txt").write_text("id  name  v\n" + " 1  Ann   3.5\n22  Bo    1\n" * 10)
    for options in [{}, {"widths": [4, 6, 3]}, {"colspecs": [(0, 2), (4, 8)], "names": ["i", "n"], "header": 0}]:
        ours = dd.read_fwf(tmp_path / "x.txt", blocksize=60, **options)
        pd.testing.assert_frame_equal(rows_of(ours), pd.read_fwf(tmp_path / "x.txt", **options))


def test_several_files_compressed_ones_and_their_paths(tmp_path):
    (tmp_path / "x0.csv").write_text("a,b\n1,2\n")
    with gzip.open(tmp_path / "x1.csv.gz", "wt") as file:
        file.write("a,b\n3,4\n")
    ours = dd.read_csv(str(tmp_path / "x*"), include_path_column=True)
    made = ours.compute(scheduler="sync")
    assert made.a.tolist() == [1, 3]
    assert made.path.tolist() == [str(tmp_path / "x0.csv"), str(tmp_path / "x1.csv.gz")]
    assert made.path.dtype == ours.expr.meta.path.dtype
    assert ours[["a"]].a.sum().compute(scheduler="processes", num_workers=2) == 4
    with pytest.warns(UserWarning, match="compressed"):
        dd.read_csv(tmp_path / "x1.csv.gz", blocksize=10)
    with pytest.raises(ValueError, match="another name"):
        dd.read_csv(tmp_path / "x0.csv", include_path_column="a")


def test_encodings_marks_and_line_ends(tmp_path):
    text = "näme,b\r\n" + "é,1\r\nü,2\r\n" * 5
    for encoding in ["utf-8", "utf-8-sig", "latin-1", "utf-16"]:
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        blocksize = None if encoding == "utf-16" else 15
        same(path, dd.read_csv(path, encoding=encoding, blocksize=blocksize), encoding=encoding)
    with pytest.warns(UserWarning, match="blocksize=None"):
        dd.read_csv(tmp_path / "utf-16.csv", encoding="utf-16", blocksize=10)


def test_empty_files_and_files_of_a_header(tmp_path):
    (tmp_path / "head.csv").write_text("a,b\n")
    made = dd.read_csv(tmp_path / "head.csv").compute(scheduler="sync")
    pd.testing.assert_frame_equal(made, pd.read_csv(tmp_path / "head.csv"))
    (tmp_path / "none.csv").write_text("")
    with pytest.raises(pd.errors.EmptyDataError):
        dd.read_csv(tmp_path / "none.csv")
    (tmp_path / "one.csv").write_text("a\n1\n\n2")
    same(tmp_path / "one.csv", dd.read_csv(tmp_path / "one.csv", blocksize=2))


def test_types_that_the_sample_did_not_show_are_explained(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,c\n" + "1,2,x\n" * 50 + "word,,y\n")
    with pytest.raises(
        ValueError, match=r"(?s)x\.csv.*'a': str here.*'word'.*'b': float64.*dtype=\{'a': 'str', 'b': 'float64'\}"
    ):
        dd.read_csv(path, sample=40).compute(scheduler="sync")
    fixed = dd.read_csv(path, sample=40, assume_missing=True, dtype={"a": "str"}).compute(scheduler="sync")
    assert fixed.a.tolist()[-1] == "word"
    assert np.isnan(fixed.b.tolist()[-1])
    with pytest.raises(ValueError, match=r"x\.csv"):
        dd.read_csv(path, dtype={"a": "int64"}, sample=40).compute(scheduler="sync")
    (tmp_path / "y.csv").write_text("a\n" + "1\n" * 50 + "99999999999999999999\n")
    with pytest.raises(ValueError, match="'a'"):
        dd.read_csv(tmp_path / "y.csv", sample=20).compute(scheduler="sync")


def test_floats_where_the_sample_had_whole_numbers_and_the_reverse(tmp_path):
    (tmp_path / "x.csv").write_text("a\n" + "1.5\n" * 50 + "2\n" * 50)
    assert dd.read_csv(tmp_path / "x.csv", blocksize=60).a.sum().compute(scheduler="sync") == 175
    (tmp_path / "s.csv").write_text("a\n" + "x\n" * 50 + "007\n" * 50)
    assert dd.read_csv(tmp_path / "s.csv", blocksize=60).a.compute(scheduler="sync").tolist()[-1] == "007"


def test_rows_with_too_many_fields_name_the_file(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n" + "1,2\n" * 50 + "1,2,3\n")
    with pytest.raises(pd.errors.ParserError, match=r"x\.csv.*on_bad_lines"):
        dd.read_csv(tmp_path / "x.csv", sample=40).compute(scheduler="sync")
    assert len(dd.read_csv(tmp_path / "x.csv", sample=40, on_bad_lines="skip")) == 50


def test_files_with_other_columns_are_an_error(tmp_path):
    (tmp_path / "0.csv").write_text("a,b\n1,2\n")
    for number, header in enumerate(["a,c", "b", "a,b,c"]):
        path = tmp_path / f"other{number}.csv"
        path.write_text(header + "\n" + "1,2,3\n"[: len(header) + 1])
        with pytest.raises(ValueError, match=rf"other{number}\.csv"):
            dd.read_csv([tmp_path / "0.csv", path]).compute(scheduler="sync")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "words",
    [
        {"index_col": 0},
        {"index_col": 0, "parse_dates": True},
        {"index_col": 0, "parse_dates": [0]},
        {"index_col": -1},
        {"index_col": "b", "parse_dates": [0]},
        {"index_col": [0, "a"]},
        {"index_col": "when", "parse_dates": True},
        {"index_col": ["when", "a"], "parse_dates": ["when"]},
        {"index_col": False},
    ],
    ids=str,
)
def test_columns_are_the_index_in_the_order_of_the_file(tmp_path, words, named):
    path = tmp_path / "x.csv"
    whole = pd.DataFrame({"a": range(9), "b": list("xyz") * 3}, index=pd.date_range("2020", periods=9, name="when"))
    whole.to_csv(path, index_label="when" if named else "")
    if not named and "when" in str(words):
        words = {"index_col": 0}
    wanted, made = pd.read_csv(path, **words), dd.read_csv(path, blocksize=60, **words)
    assert made.npartitions > 1
    got = made.compute(scheduler="sync")
    got = got.reset_index(drop=True) if words["index_col"] is False else got
    pd.testing.assert_frame_equal(got, wanted, check_freq=False)
    if "a" in wanted:
        assert made.a.sum().compute(scheduler="sync") == 36


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"nrows": 3}, ValueError, "head"),
        ({"chunksize": 3}, ValueError, "blocksize"),
        ({"iterator": True}, ValueError, "partitions"),
        ({"index_col": "zz"}, ValueError, "zz"),
        ({"index_col": 9}, IndexError, "range"),
        ({"nonsense": 1}, TypeError, "no argument 'nonsense'"),
        ({"blocksize": 0}, ValueError, "at least one byte"),
        ({"usecols": ["zz"]}, ValueError, "zz"),
        ({"lineterminator": "ab"}, ValueError, "length-1"),
    ],
)
def test_options_that_cannot_be_are_refused_at_the_call(tmp_path, options, kind, words):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(kind, match=words):
        dd.read_csv(tmp_path / "x.csv", **options)


def test_a_missing_file_and_a_missing_column():
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        dd.read_csv("nothing.csv")
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        dd.read_csv("nothing*.csv")


def test_every_backend_reads_the_same(tmp_path):
    whole = pd.DataFrame({"a": range(200), "b": [f"w{number % 7}" for number in range(200)]})
    whole.to_csv(tmp_path / "x.csv", index=False)
    ours = dd.read_csv(tmp_path / "x.csv", blocksize=500)
    expected = whole[whole.a > 50].groupby("b").a.sum()
    for scheduler in ["sync", "threads", "processes"]:
        made = ours[ours.a > 50].groupby("b").a.sum().compute(scheduler=scheduler, num_workers=2)
        pd.testing.assert_series_equal(made.sort_index(), expected)


def test_columns_that_are_not_used_are_not_parsed(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n" + "1,2\n" * 50 + "3,word\n")
    ours = dd.read_csv(tmp_path / "x.csv", sample=40)
    assert ours.a.sum().compute(scheduler="sync") == 53


def test_names_follow_files_and_options(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    first = dd.read_csv(path).expr.name
    assert dd.read_csv(path).expr.name == first
    assert dd.read_csv(path, dtype="float64").expr.name != first
    path.write_text("a\n22\n")
    assert dd.read_csv(path).expr.name != first


def test_strings_from_pandas_are_read_back(tmp_path):
    whole = pd.DataFrame({"a": ["1", "x", None], "b": [True, False, True], "c": [1.5, None, 2]})
    buffer = io.StringIO()
    whole.to_csv(buffer, index=False)
    (tmp_path / "x.csv").write_text(buffer.getvalue())
    same(tmp_path / "x.csv", dd.read_csv(tmp_path / "x.csv"))


def test_columns_apart_by_any_space_and_the_engine_by_name(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("a  b\n" + "1   x\n22 y\n" * 20)
    same(path, dd.read_csv(path, sep=r"\s+", blocksize=30), sep=r"\s+")
    path.write_text("a  b\n" + "1   'x y'\n22 y\n" * 20)
    same(path, dd.read_csv(path, sep=r"\s+", quotechar="'", blocksize=30), sep=r"\s+", quotechar="'")
    path.write_text("a,b\n" + "1,x\n22,y\n" * 20)
    same(path, dd.read_csv(path, engine="pyarrow", blocksize=30))


@pytest.mark.parametrize(("text", "options"), [("", {}), ("a,b\n1,x\n", {"dtype": {"b": "int64"}})])
def test_what_cannot_be_read_of_the_first_lines_names_the_file(tmp_path, text, options):
    path = tmp_path / "some.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"No columns to parse|invalid literal for int") as caught:
        dd.read_csv(path, **options)
    assert any("some.csv" in note for note in caught.value.__notes__)


TOGETHER = {
    "plain": {},
    "dates": {"parse_dates": ["t"]},
    "dates of another form": {"parse_dates": ["d"]},
    "labels": {"index_col": "k"},
    "paths": {"include_path_column": True},
    "paths as labels of dates": {"include_path_column": "from", "parse_dates": ["t", "d"]},
    "categories": {"dtype": {"s": "category"}},
    "floats": {"dtype": {"k": "float32"}},
}


@pytest.mark.parametrize("words", TOGETHER.values(), ids=TOGETHER)
@pytest.mark.parametrize("columns", [["k", "s"], ["v"], ["s", "k", "t", "d", "v"]])
@pytest.mark.parametrize("size", [None, 150])
def test_rows_that_are_read_together_are_those_of_the_partitions(tmp_path, words, columns, size):
    lines = [f"{n},{'' if n % 5 else n / 7},w{n % 3},2020-01-{n % 28 + 1:02},{n % 12 + 1}/7/2021" for n in range(60)]
    for number, some in enumerate((lines[:20], lines[20:21], [], lines[21:])):
        (tmp_path / f"{number}.csv").write_text("\n".join(["k,v,s,t,d", *some, ""]))
    frame = dd.read_csv(str(tmp_path / "*.csv"), blocksize=size, **words)
    frame = frame[[each for each in columns if each in frame.columns]]
    for scheduler in ("sync", "threads"):
        parts = weft.compute(*frame.to_delayed())
        expected = pd.concat([part for part in parts if len(part)])
        pd.testing.assert_frame_equal(frame.compute(scheduler=scheduler), expected)
