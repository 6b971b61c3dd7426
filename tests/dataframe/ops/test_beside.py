"""Values in memory, and chunked arrays, beside the rows of a frame, by place and by label; changes of the frame at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree

import weft.array as da
import weft.dataframe as dd

WHOLE = pd.DataFrame({"a": [1.0, 2, np.nan, 4], "b": list("xyzw"), "c": [4, 3, 2, 1]}, index=[3, 1, 2, 0])
NUMBERS = WHOLE[["a", "c"]]


def in_parts(whole=WHOLE):
    return dd.from_pandas(whole, npartitions=3, sort=False)


def assigned(frame, value):
    frame = frame.copy()
    frame["d"] = value
    return frame


PROGRAMS = {
    "a list as a column": lambda d: assigned(d, [5, 6, 7, 8]),
    "an array as a column": lambda d: assigned(d, np.array([5, 6, 7, 8])),
    "a range as a column": lambda d: assigned(d, range(4)),
    "texts as a column": lambda d: assigned(d, pd.array(["p", "q", None, "s"])),
    "an index as a column": lambda d: assigned(d, pd.date_range("2024", periods=4)),
    "a series as a column": lambda d: assigned(d, pd.Series([5, 6], index=[0, 3])),
    "a list by assign": lambda d: d.assign(d=[1, 2, 3, 4]),
    "a list in place of a column": lambda d: d.assign(a=[1, 2, 3, 4]),
    "rows by an array": lambda d: d[np.array([True, False, True, False])],
    "rows by a list": lambda d: d[[True, False, True, False]],
    "rows by a series": lambda d: d[pd.Series([True, False, True, False], index=[3, 1, 2, 0])],
    "rows by loc and a list": lambda d: d.loc[[False, True, True, False], "b"],
    "rows of a series": lambda d: d.c[[True, False, True, True]],
    "rows by position": lambda d: d[1:3],
    "rows by position from the end": lambda d: d[-2:],
    "every other row": lambda d: d[::2],
    "rows backwards": lambda d: d[::-1],
    "every other row backwards": lambda d: d.iloc[-1::-2],
    "some rows backwards": lambda d: d.iloc[2:0:-1],
    "every other row by label": lambda d: d.sort_index().loc[0:3:2],
    "rows of a series by position": lambda d: d.c[:2],
    "a series plus a list": lambda d: np.add(d.a, [1, 2, 3, 4]),
    "an array minus a series": lambda d: np.array([1, 2, 3, 4]) - d.a,
    "a series against an array": lambda d: d.a > np.array([1, 1, 3, 3]),
    "a series plus one in memory": lambda d: d.c + pd.Series([1, 2, 3], index=[0, 1, 2]),
    "a frame plus a list": lambda d: d[["a", "c"]] + [1, 2],
    "a frame plus a series of columns": lambda d: d[["a", "c"]] * pd.Series({"a": 2, "c": 3}),
    "a frame plus an array of its shape": lambda d: d[["a", "c"]] + np.ones((4, 2)),
    "a frame plus a series of rows": lambda d: d[["a", "c"]].add(pd.Series([1, 2, 3, 4], index=[3, 1, 2, 0]), axis=0),
    "a frame minus a list of rows": lambda d: d[["a", "c"]].sub([1, 2, 3, 4], axis="index"),
    "where an array": lambda d: d.c.where(np.array([True, False, True, False]), 0),
    "where a series": lambda d: d.c.where(pd.Series([True, False, True], index=[3, 1, 2]), 0),
    "mask with an array": lambda d: d.c.mask(d.c > 2, np.array([9, 8, 7, 6])),
    "a filled series": lambda d: d.a.fillna(pd.Series([7.0], index=[2])),
    "a series filled by a mapping": lambda d: d.a.fillna({2: 5.0, 9: 1.0}),
    "a filled frame": lambda d: d.fillna(pd.DataFrame({"a": [7.0]}, index=[2])),
    "some filled": lambda d: d.assign(e=[np.nan, 1, np.nan, np.nan]).fillna(0, limit=1),
    "clipped by a list": lambda d: d.c.clip([2, 2, 2, 2], [3, 3, 3, 3]),
    "a frame clipped by its columns": lambda d: d[["a", "c"]].clip(pd.Series({"a": 2, "c": 3}), axis=1),
    "other labels": lambda d: d.set_axis(list("pqrs"), axis=0),
    "an array as the index": lambda d: d.set_index(["b", np.array([1, 2, 3, 4])], **unsorted(d)),
    "a ufunc with an array": lambda d: np.add(d.c, np.array([1, 2, 3, 4])),
}


def unsorted(d):
    return {} if isinstance(d, pd.DataFrame) else {"sort": False}


@pytest.mark.parametrize("title", PROGRAMS)
def test_values_in_memory_stand_beside_rows(title):
    agree(lambda: PROGRAMS[title](in_parts()), lambda: PROGRAMS[title](WHOLE))


VALUES = np.array([5, 6, 3, 8])

OF_ARRAYS = {
    "a column": lambda d, x: assigned(d, x),
    "a column by assign": lambda d, x: d.assign(d=x * 2),
    "a column of one value": lambda d, x: d.assign(d=x.max()),
    "a column of rows that were chosen": lambda d, x: assigned(d[d.c > 1], of_numbers(d[d.c > 1].c) * 2),
    "rows": lambda d, x: d[x > 5],
    "rows of a series": lambda d, x: d.c[x > 5],
    "a sum": lambda d, x: d.a + x,
    "a sum from the left": lambda d, x: x - d.a,
    "a frame times an array": lambda d, x: d[["a", "c"]] * of_shape(x),
    "a frame times an array of rows": lambda d, x: d[["a", "c"]].mul(x, axis=0),
    "a comparison": lambda d, x: d.a >= x,
    "a comparison with one value": lambda d, x: d.c > x.min(),
    "a ufunc": lambda d, x: np.maximum(d.c, x),
    "a ufunc from the left": lambda d, x: np.hypot(x, d.c),
    "where": lambda d, x: d.c.where(x > 5, x),
    "isin": lambda d, x: d.c.isin(x),
    "filled with one value": lambda d, x: d.a.fillna(x.max()),
    "groups": lambda d, x: d.groupby(x % 2).c.sum(),
}


def of_numbers(column):
    return column.to_numpy() if isinstance(column, pd.Series) else column.to_dask_array()


def of_shape(x):
    return (np if isinstance(x, np.ndarray) else da).stack([x, x + 1], axis=1)


@pytest.mark.parametrize("title", OF_ARRAYS)
@pytest.mark.parametrize("chunks", [(2, 1, 1), (4,), (1, 3)])
def test_chunked_arrays_stand_beside_rows(title, chunks):
    x = da.from_array(VALUES, chunks=(chunks,))
    agree(lambda: OF_ARRAYS[title](in_parts(), x), lambda: OF_ARRAYS[title](WHOLE, VALUES))


def test_chunked_arrays_are_cut_like_rows_of_unknown_number():
    frame = in_parts()[in_parts().c > 1]
    with pytest.raises(ValueError, match=r"2 chunks of rows cannot stand beside 3 partitions.*rechunk"):
        frame.assign(d=da.from_array(VALUES[:3], chunks=2))
    with pytest.raises(ValueError, match=r"Length of values \(5\) does not match length of index \(4\)"):
        in_parts().assign(d=da.arange(5, chunks=2))
    with pytest.raises(ValueError, match="Length of values"):
        frame.assign(d=da.from_array(VALUES, chunks=((2, 1, 1),))).compute()


def test_functions_of_arrays_take_frames():
    frame = in_parts()
    assert da.sum(frame.c).compute() == WHOLE.c.sum()
    assert da.concatenate([frame.c, da.arange(3)]).compute().tolist() == [4, 3, 2, 1, 0, 1, 2]
    assert da.asarray(frame.c, chunks=2).compute().tolist() == [4, 3, 2, 1]
    assert da.arange(4, chunks=2).dot(frame.c).compute() == np.arange(4) @ WHOLE.c
    assert da.where(frame.c > 2, frame.c, 0).compute().tolist() == [4, 3, 0, 0]
    np.testing.assert_array_equal(da.exp(frame[["a", "c"]]).compute(), np.exp(NUMBERS))


def changed(method, *args, series=False, **keywords):
    def program(d):
        value = d.a if series else d.copy()
        returned = getattr(value, method)(*args, **keywords, inplace=True)
        assert returned is None or returned is value
        return value

    return program


IN_PLACE = {
    "fillna": changed("fillna", 0),
    "ffill": changed("ffill"),
    "bfill": changed("bfill", series=True),
    "clip": changed("clip", 2, 3, series=True),
    "where": changed("where", WHOLE.isna()),
    "mask": changed("mask", WHOLE.c > 2, 0, series=True),
    "replace": changed("replace", 4, 5),
    "drop": changed("drop", columns="a"),
    "drop rows": changed("drop", index=[2]),
    "dropna": changed("dropna"),
    "drop_duplicates": changed("drop_duplicates", "c"),
    "rename": changed("rename", columns={"a": "z"}),
    "rename of a series": changed("rename", "z", series=True),
    "rename_axis": changed("rename_axis", "rows"),
    "reset_index": changed("reset_index"),
    "reset_index dropped": changed("reset_index", drop=True),
    "sort_values": changed("sort_values", "c"),
    "sort_index": changed("sort_index"),
    "query": changed("query", "c > 2"),
    "eval": changed("eval", "d = c + 1"),
    "interpolate": changed("interpolate", series=True),
}


@pytest.mark.parametrize("title", IN_PLACE)
@pytest.mark.filterwarnings("ignore:.*inplace")
def test_methods_change_the_frame_at_hand(title):
    agree(lambda: IN_PLACE[title](in_parts()), lambda: IN_PLACE[title](WHOLE))


def put(where, value):
    def program(d):
        d = d.copy()
        where(d, value)
        return d

    return program


def by_iloc(key):
    def where(d, value):
        d.iloc[key] = value

    return where


def by_loc(key):
    def where(d, value):
        d.loc[key] = value

    return where


@pytest.mark.parametrize(
    "program",
    [
        put(by_iloc((1, 0)), 77.0),
        put(by_iloc((slice(1, None, 2), 2)), 0),
        put(by_iloc(([0, -1], 0)), 5.0),
        put(by_loc(([True, False, False, True], "a")), 1.5),
        put(by_loc((slice(None), "a")), 1.5),
        put(by_loc((2, "a")), 9.0),
        put(by_loc((slice(None, None, 2), "c")), 0),
    ],
)
def test_values_are_put_into_rows(program):
    agree(lambda: program(in_parts()), lambda: program(WHOLE))


@pytest.mark.parametrize(
    "program",
    [
        lambda d: assigned(d, [1, 2, 3]),
        lambda d: d[np.array([True, False])],
        lambda d: d.c - [1, 2],
        lambda d: d[["a", "c"]] + [1, 2, 3],
        lambda d: d.set_axis([1, 2], axis=0),
        lambda d: d.fillna([1, 2]),
        lambda d: d.fillna(0, limit=0),
        lambda d: d.dropna(how="some"),
        lambda d: d.dropna(how="any", thresh=1),
        lambda d: d.rename(),
        lambda d: d.rename({"a": "b"}, columns={"a": "b"}),
        lambda d: d.drop(),
        lambda d: d.drop("a", axis=2),
        lambda d: d.sort_values("a", axis=2),
        lambda d: d.astype({"nothing": "int64"}),
        lambda d: d.a.astype({"b": "int64"}),
        lambda d: d.query(1),
        lambda d: d.drop_duplicates(ignore_index=1),
    ],
)
def test_what_pandas_refuses_is_refused(program):
    with pytest.raises(Exception) as expected:  # noqa: PT011 (whatever pandas raises)
        program(WHOLE)
    with pytest.raises(type(expected.value)):
        program(in_parts())


def test_rows_that_are_not_known_beforehand_are_counted():
    parts = in_parts()
    some = parts[parts.c > 1]
    agree(lambda: assigned(some, [7, 8, 9]), lambda: assigned(WHOLE[WHOLE.c > 1], [7, 8, 9]))
    with pytest.raises(ValueError, match="does not match length of index"):
        assigned(some, [7, 8]).compute()
