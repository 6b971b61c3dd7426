"""Every option of pandas' readers over blocks of any size: what pandas reads of the whole file, or what it raises."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft.dataframe as dd
from weft.dataframe.io.csv.parsing import CsvReader

PLAIN = b"a,b,c\n1,x,2020-01-01\n2,y,2020-01-02\n3,,2020-02-03\n4,zz,2020-03-04\n5,x,2020-04-05\n"
WIDE = b"k,a,b\n" + b"".join(b"%d,%d,w%d\n" % (number, number * 2, number % 3) for number in range(12))

CASES = [
    (b"a,a,a,b\nq,r,s,t\n1,2,3,4\n5,6,7,8\n9,10,11,12\n", {"header": [0, 1]}),
    (b"a,a,a,b\nq,r,s,t\n1,2,3,4\n5,6,7,8\n9,11,11,12\n", {"header": [0, 1], "index_col": 0}),
    (b"one,two\n\n# x\nh,i\n1,2\n3,4\n5,6\n", {"header": 1, "comment": "#"}),
    (b"skip me\nand, me, too\na,b\n1,2\n3,4\n5,6\n", {"skiprows": 2}),
    (b"skip me\na,b\n1,2\nand me\n3,4\n5,6\n7,8\n", {"skiprows": [0, 3]}),
    (b"a,b\n1,2\n3,4\n5,6\n7,8\n", {"skiprows": lambda number: number % 2 == 1}),
    (b"a,b\n1,2\n3,4\n5,6\nthe end\n", {"skipfooter": 1, "engine": "python"}),
    (b"a,b\n1,2\n\n3,4\n\n\n5,6\n", {"skip_blank_lines": False}),
    (b"1,2,3\n4,5\n6\n7,8,9\n", {"header": None}),
    (b"1,2\n4,5\n6,7\n", {"header": None, "names": ["p", "q", "r"]}),
    (b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", {"names": ["p", "q", "r"], "header": 0}),
    (b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", {"names": ["q", "r"], "usecols": [1, 2], "header": 0}),
    (b"0,1,2,3\n5,6\n7,8,9,10\n12,13\n", {"names": ["a", "b", "c"]}),
    (b"a,b\nx,1,2\ny,3,4\nz,5,6\n", {}),
    (b"a,b\n0,1,2\n1,3,4\n2,5,6\n", {}),
    (b"a,b\n1,2,\n3,4,\n5,6,\n", {"index_col": False}),
    (b"a,b\n1,2\n3,4,5\n6,7\n8,9,10\n11,12\n", {"on_bad_lines": "skip"}),
    (b"a,b\n1,2\n3,4,5\n6,7\n8,9\n", {"on_bad_lines": lambda fields: fields[:2], "engine": "python"}),
    (b"a,b,c\n0,1,2\n3,4,5,6,7\n8,9,10\n", {"usecols": ["a", "b"]}),
    (PLAIN, {"usecols": lambda name: name != "b"}),
    (PLAIN, {"usecols": [2, 0]}),
    (PLAIN, {"usecols": [0, 2], "parse_dates": [1]}),
    (PLAIN, {"parse_dates": ["c"]}),
    (PLAIN, {"parse_dates": ["c"], "date_format": "%Y-%d-%m"}),
    (PLAIN, {"parse_dates": ["c"], "date_format": {"c": "%Y-%m-%d"}, "index_col": "c"}),
    (PLAIN, {"parse_dates": True, "index_col": 2}),
    (b"d,v\n31/12/2014,1\n10/03/2011,2\n02/03/2011,3\n", {"parse_dates": ["d"], "dayfirst": True}),
    (b"d,v\n31/12/2014,1\n10/03/2011,2\n02/03/2011,3\n", {"parse_dates": ["d"], "index_col": "d"}),
    (b"d\n2020-01-01T00:00:00+01:00\n2020-01-01T00:00:00+00:00\n", {"parse_dates": ["d"]}),
    (b"d\n2020-01-01T00:00:00+01:00\n2020-01-02T00:00:00+01:00\n", {"parse_dates": ["d"]}),
    (PLAIN, {"dtype": {"a": "float32", "b": "object"}}),
    (PLAIN, {"dtype": {0: "float32"}}),
    (PLAIN, {"dtype": "str"}),
    (PLAIN, {"dtype_backend": "numpy_nullable"}),
    (PLAIN, {"dtype_backend": "pyarrow"}),
    (PLAIN, {"converters": {"b": str.upper, 0: lambda text: -int(text)}}),
    (PLAIN, {"na_values": ["x"]}),
    (PLAIN, {"na_values": {"b": ["x"], "a": [3]}}),
    (PLAIN, {"keep_default_na": False}),
    (PLAIN, {"na_filter": False}),
    (PLAIN, {"true_values": ["x"], "false_values": ["y"]}),
    (PLAIN, {"index_col": ["a", "b"]}),
    (b",v\nx,1\ny,2\nz,3\n", {"index_col": 0}),
    (WIDE, {"index_col": "k"}),
    (b"a;b\n1,5;2.000,5\n3,5;4.000\n5;6.000,25\n", {"sep": ";", "decimal": ",", "thousands": "."}),
    (b"a;b\n1,5;x\n3,5;y\n5;z\n", {"sep": ";", "decimal": ","}),
    (b"a|b\n1|x,y\n3|z\n5|w\n", {"sep": None, "engine": "python"}),
    (b"a::b\n1::x\n3::z\n5::w\n", {"sep": "::", "engine": "python"}),
    (b"a, b\n1, \"x, y\"\n3, \"z\nz\"\n5, w\n", {"skipinitialspace": True}),
    (b"a,b\n1,'x,y'\n3,'z\nz'\n5,w\n", {"quotechar": "'"}),
    (b'a,b\n1,"x\n3,z"\n5,w\n7,v\n', {"quoting": csv.QUOTE_NONE}),
    (b'a,b\n1,"x\\"y\nu"\n3,"z"\n5,w\n', {"escapechar": "\\", "doublequote": False}),
    (b"a,b\n1,x\\\ny\n3,z\n5,w\n", {"escapechar": "\\"}),
    (b"a,b~1,x~2,y~3,z~", {"lineterminator": "~"}),
    (b"a,b\r\n1,x\r\n2,y\r\n3,\"z\r\nz\"\r\n", {}),
    (b"a,b\r1,x\r2,y\r3,z\r", {}),
    (b"a,b\rc,d\n1,2\n3,4\n", {}),
    (b"\xef\xbb\xbfa,b\n1,x\n2,y\n3,z\n", {}),
    (b'a,b\n1,5 "in"\n2,a""b\n3,"q ""r"""\n4,t\n', {}),
    ("a,b\nä,1\nö,2\nü,3\n".encode("latin-1"), {"encoding": "latin-1"}),
    ("a,b\nä,1\nö,2\nü,3\n".encode("utf-16"), {"encoding": "utf-16"}),
    ("a,b\n日本,1\n語,2\nx,3\n".encode("shift_jis"), {"encoding": "shift_jis"}),
    (b"a,b\n\xff,1\n\xfe,2\n", {"encoding_errors": "replace"}),
    (b"a,b\nx # y,1\n# z\nw,2\nv,3 # u\n", {"comment": "#"}),
    (b"a,b\n1,x\n2,y\n", {"dialect": "excel"}),
    (b"a,b\n1e400,1\n2,18446744073709551615\n", {}),
    (b"a\n1\n\n  \n2\n3\n", {}),
    (b"a,b\n", {}),
    (b"a,b\n", {"index_col": 0}),
    (b"a,b", {}),
]  # fmt: skip


def outcome(read):
    try:
        return read(), None
    except Exception as error:
        return None, error


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::pandas.errors.ParserWarning")
@pytest.mark.parametrize("place", range(len(CASES)), ids=[str(options) for _, options in CASES])
def test_blocks_give_what_pandas_reads(tmp_path, place):
    raw, options = CASES[place]
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    expected, wrong = outcome(lambda: pd.read_csv(path, **options))
    for blocksize in (None, 7, 13, 40):
        read = lambda size=blocksize: dd.read_csv(path, blocksize=size, **options)  # noqa: E731
        if wrong is not None:
            with pytest.raises(type(wrong)):
                read().compute(scheduler="sync")
            continue
        ours = read()
        made = ours.compute(scheduler="sync")
        if not ours.expr.dataset.reader.has_index:
            made = made.reset_index(drop=True)
        pd.testing.assert_frame_equal(made, expected, check_index_type="equiv", check_freq=False)
        last = expected.columns[-1]
        if not isinstance(expected.columns, pd.MultiIndex):
            pd.testing.assert_series_equal(
                ours[last].compute(scheduler="sync").reset_index(drop=True), expected[last].reset_index(drop=True)
            )
        assert len(ours) == len(expected)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(*[st.text(st.sampled_from('ab1",\n\r \\;'), max_size=5) for _ in range(3)]), min_size=1, max_size=12
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(5, 60),
)
def test_texts_of_all_kinds_in_quotes(tmp_path_factory, rows, end, quoting, blocksize):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=quoting)
        writer.writerow(["p", "q", "r"])
        writer.writerows([("x" + first, *others) for first, *others in rows])
    expected = pd.read_csv(path, dtype=str)
    ours = dd.read_csv(path, dtype=str, blocksize=blocksize)
    pd.testing.assert_frame_equal(ours.compute(scheduler="sync").reset_index(drop=True), expected)
    assert len(ours) == len(expected)


def test_sample_rows_and_enforce_have_their_effects(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 20 + "1.5,x\n")
    assert dd.read_csv(path, sample=10, sample_rows=30).dtypes["a"] == np.float64
    assert dd.read_csv(path, sample=10, sample_rows=5).dtypes["a"] == np.int64
    (tmp_path / "wide.csv").write_text("a,b\n" + "x" * 1000 + ",2\n")
    assert dd.read_csv(tmp_path / "wide.csv", sample=10).compute(scheduler="sync").shape == (1, 2)
    (tmp_path / "0.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    (tmp_path / "1.csv").write_text("b,a\nu,4\nv,5\nw,6\n")
    for options in [{}, {"engine": "c"}]:
        ours = dd.read_csv(str(tmp_path / "[01].csv"), blocksize=8, **options)
        assert ours.a.compute(scheduler="sync").tolist() == [1, 2, 3, 4, 5, 6]
        assert ours.partitions[-1].compute(scheduler="sync").b.tolist() == ["w"]
        with pytest.raises(ValueError, match=r"1\.csv.*enforce=True"):
            dd.read_csv(str(tmp_path / "[01].csv"), blocksize=8, enforce=True, **options).compute(scheduler="sync")


def test_a_block_of_a_file_with_other_columns_is_an_error_by_itself(tmp_path):
    (tmp_path / "0.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    (tmp_path / "1.csv").write_text("a,c\n1,2\n3,4\n5,6\n")
    ours = dd.read_csv(str(tmp_path / "[01].csv"), blocksize=6)
    with pytest.raises(ValueError, match=r"1\.csv.*'c'"):
        ours.partitions[-1].compute(scheduler="sync")


def test_a_row_with_too_many_fields_at_the_start_of_a_block_is_an_error(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3,4\n5,6,7\n8,9\n")
    for blocksize in range(4, 16):
        for engine in (None, "c", "python"):
            with pytest.raises(pd.errors.ParserError):
                dd.read_csv(path, blocksize=blocksize, engine=engine).compute(scheduler="sync")


def test_empty_files_among_others_have_no_rows(tmp_path):
    for number, text in enumerate(["", "a,b\n1,x\n", "a,b\n", "a,b\n2,y\n"]):
        (tmp_path / f"{number}.csv").write_text(text)
    assert dd.read_csv(str(tmp_path / "*.csv")).compute(scheduler="sync").a.tolist() == [1, 2]


DATED = "t,v\n2020-01-01 01:02:03,1\n2020-01-02 02:03:04,2\n"


@pytest.mark.parametrize("last", ["2020-01-03 04:05:06", "", "2020-01-03", "no date", "2020-01-03T04:05:06"])
def test_dates_are_those_of_pandas_also_where_one_is_written_otherwise(tmp_path, last):
    path = tmp_path / "dates.csv"
    path.write_text(f"{DATED}{last},3\n")
    expected = pd.read_csv(path, parse_dates=["t"])
    got = dd.read_csv(str(path), parse_dates=["t"]).compute(scheduler="sync")
    pd.testing.assert_frame_equal(got, expected)


def test_dates_behind_the_sample_that_are_written_otherwise_are_complained_of(tmp_path):
    for number, last in enumerate(["2020-01-03 04:05:06", "2020-01-03T04:05:06"]):
        (tmp_path / f"{number}.csv").write_text(f"{DATED}{last},3\n")
    with pytest.raises(ValueError, match=r"1\.csv"):
        dd.read_csv(str(tmp_path / "*.csv"), parse_dates=["t"]).compute(scheduler="sync")


def test_dates_are_read_by_arrow(tmp_path, monkeypatch):
    (tmp_path / "dates.csv").write_text(DATED)
    frame = dd.read_csv(str(tmp_path / "dates.csv"), parse_dates=["t"])
    monkeypatch.setattr(CsvReader, "by_pandas", lambda *_, **__: pytest.fail("read by pandas"))
    assert frame.compute(scheduler="sync").t.dtype.kind == "M"
