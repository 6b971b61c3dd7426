"""The parser in machine code against pandas': what it gives is pandas', and all else it refuses."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft.dataframe as dd
from weft.dataframe.io.csv import scanning
from weft.dataframe.io.csv.values import NA_VALUES
from weft.io.delimited import Dialect

code = pytest.importorskip("weft.dataframe.io.csv.machine_code")

TEXT = pd.StringDtype(na_value=np.nan)
KINDS = {"i": np.dtype("int64"), "f": np.dtype("float64"), "s": TEXT}


@pytest.fixture(autouse=True)
def _all_files_are_large(monkeypatch):
    monkeypatch.setattr(scanning, "LARGE", 0)
    scanning.machine_code(wait=True)


def scanned(text: str | bytes, kinds=KINDS, labels=("i", "f", "s", "x"), **dialect):
    """What the parser gives for rows."""
    raw = text if isinstance(text, bytes) else text.encode()
    scan = scanning.scan_of(1, Dialect(**dialect), NA_VALUES, ".")
    padded = scanning.read_padded(io.BytesIO(raw), len(raw), code.PADDING)
    return scan.frame(code, padded, labels, kinds)


def by_pandas(text: str, columns=("i", "f", "s")):
    """What pandas does."""
    made = pd.read_csv(io.StringIO("i,f,s,x\n" + text), dtype={"s": "str"})
    return made[list(columns)]


@pytest.mark.parametrize(
    "rows",
    [
        "1,2.5,a,b\n-3,-0.0,c,d\n",
        "1,,,\n2,NA,NaN,\n3,nan,null,x\n4,-1.#IND,n/a,#N/A N/A\n",
        '1,2.5,"a,b",x\n2,"3.5","say ""hi""",""\n"3",1e-3,"two\nlines",z\n',
        "1,2.5,a,b\r\n2,3.5,c,d\r\n",
        "\n1,2.5,a,b\n\n\n2,.5,c,d\n\n",
        "007,1.,é,ü\n000,00.50,日本,x\n",
        "1,2.5,a,last",
        "999999999999999999,1e22,x,\n-999999999999999999,12345678901234567.5,x,\n",
        "1,1E5,x,\n2,1e+5,y,\n3,1.5e-270,z,\n4,0e999,z,\n",
    ],
)
def test_it_reads_what_most_files_hold(rows):
    found = scanned(rows)
    assert found is not None
    pd.testing.assert_frame_equal(found, by_pandas(rows).astype({"f": "float64"}))


@pytest.mark.parametrize(
    "rows",
    [
        "1,2.5,a\n",  # fields are missing
        "1,2.5,a,b,c\n",  # and too many
        "1,2.5,a,b\n \n",
        '1,2.5,5" pipe,b\n',
        '1,2.5,"a"b,c\n',
        '1,2.5,a,5" pipe\n',
        '1,2.5,a,"open\n',
        "1,2.5,a,b\r2,3.5,c,d\n",
        ",2.5,a,b\n",  # no whole number
        "NA,2.5,a,b\n",
        "1.0,2.5,a,b\n",
        "+1,2.5,a,b\n",
        " 1,2.5,a,b\n",
        "1,2.5 ,a,b\n",
        "1,x,a,b\n",
        "1,-,a,b\n",
        "1,.,a,b\n",
        "1,1e,a,b\n",
        "1,0x10,a,b\n",
        "1,1_0,a,b\n",
        "1,inf,a,b\n",
        "1,1e400,a,b\n",
        "1,1e-400,a,b\n",
        "1,12345678901234567890,a,b\n",
        "9999999999999999999,1,a,b\n",
        "1,1,a\0,b\n",
        b"1,1,\xff\xfe,b\n",
    ],
)
def test_it_refuses_what_it_does_not_know(rows):
    assert scanned(rows) is None


def test_columns_that_nobody_looks_at_may_hold_anything_but_other_fields():
    found = scanned("x,1,\xff,5 \n,2,b,\n", {"f": KINDS["f"]})
    pd.testing.assert_frame_equal(found, pd.DataFrame({"f": [1.0, 2.0]}))


def test_rows_are_counted_without_columns():
    assert len(scanned("1,2,a,b\n\n3,4,c,d\n", {})) == 2


def test_more_room_is_made_as_it_is_needed(monkeypatch):
    monkeypatch.setattr(scanning, "LOOK", 300)
    rows = "".join([f"1000000000,2,{'long ' * 40},x\n" for _ in range(3)]) + "1,,ab,\n" * 5_000
    rows += f"1,2,{'wide ' * 4000},x\n" * 9
    pd.testing.assert_frame_equal(scanned(rows), by_pandas(rows).astype({"f": "float64"}))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_are_rounded_correctly(values):
    texts = [repr(each) for each in values if each == 0 or 1e-250 < abs(each) < 1e250]
    found = scanned("".join([f"{text},1\n" for text in texts]), {"f": KINDS["f"]}, ("f", "x"))
    assert found.f.to_numpy().view("int64").tolist() == np.array(texts, dtype="float64").view("int64").tolist()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2**52, 2**53 - 1), st.integers(0, 9), st.integers(0, 3)), min_size=1),
    st.integers(-250, 230),
)
def test_numbers_halfway_between_floats_go_to_the_even_one(parts, power):
    texts = [str((2 * mantissa + 1 << shift) * 5**fives) + f"e-{fives}" for mantissa, shift, fives in parts]
    texts += [f"{mantissa}e{power}" for mantissa, _, _ in parts]
    texts = [text for text in texts if len(text.split("e")[0]) <= 19]
    found = scanned("".join([f"{text},1\n" for text in texts]), {"f": KINDS["f"]}, ("f", "x"))
    assert found.f.tolist() == [float(text) for text in texts]


FIELDS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(width=64).map(str),
    st.sampled_from([*NA_VALUES, '""', '"a"', '"a,b"', '"a\nb"', '"1"', '"2.5"', "a", "-", "+1", " 1", "1 ", '5"', "\r", "1e5"]),
    st.text("ab1.\"e-,\n", max_size=4),
)  # fmt: skip


@settings(max_examples=1_000, deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS, FIELDS, FIELDS), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_what_it_does_not_refuse_is_what_pandas_reads(records, end):
    rows = end.join([",".join(record) for record in records]) + end
    found = scanned(rows)
    if found is not None:
        pd.testing.assert_frame_equal(found, by_pandas(rows).astype({"f": "float64"}))


def test_frames_are_the_same_by_it(tmp_path, monkeypatch):
    chance = np.random.default_rng(0)
    whole = pd.DataFrame(
        {
            "k": chance.integers(-5, 5, 5_000),
            "x": chance.normal(size=5_000).round(9),
            "w": chance.choice(["a", "b,c", 'say "d"', "two\nlines", None], 5_000),
            "y": chance.random(5_000),
        }
    )
    path = tmp_path / "rows.csv"
    whole.to_csv(path, index=False)
    read: list[int] = []
    scan = scanning.Scan.frame
    monkeypatch.setattr(scanning.Scan, "frame", lambda *given: read.append(1) or scan(*given))
    frame = dd.read_csv(path, blocksize="16 KiB")
    pd.testing.assert_frame_equal(frame.compute(scheduler="threads").reset_index(drop=True), pd.read_csv(path))
    assert len(read) == frame.npartitions
    assert len(frame) == len(whole)
    found = frame[frame.x > 0].groupby("w").y.sum().compute(scheduler="sync")
    pd.testing.assert_series_equal(found.sort_index(), whole[whole.x > 0].groupby("w").y.sum())


def test_blocks_that_it_refuses_are_read_by_others(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2.5\n" * 1_000 + "1, 3.5\n" + "+1,inf\n" + "1,2.5\n" * 1_000)
    found = dd.read_csv(path, blocksize=1_000).compute(scheduler="sync")
    pd.testing.assert_frame_equal(found.reset_index(drop=True), pd.read_csv(path))


@pytest.mark.parametrize(
    ("dialect", "nulls", "decimal"),
    [
        ({"escape": "\\"}, (), "."),
        ({"doubled": False}, (), "."),
        ({"terminator": b"\r"}, (), "."),
        ({}, ("-999",), "."),
        ({}, ("not available",), "."),
        ({}, (), ","),
    ],
)
def test_options_that_it_does_not_know_leave_files_to_others(dialect, nulls, decimal):
    assert scanning.scan_of(1 << 40, Dialect(**dialect), nulls, decimal) is None


def test_small_files_are_not_worth_compiling(monkeypatch):
    monkeypatch.setattr(scanning, "LARGE", 100)
    assert scanning.scan_of(99, Dialect(), NA_VALUES, ".") is None
    assert scanning.scan_of(100, Dialect(), NA_VALUES, ".") is not None
