"""Tables by keys that are no labels of columns, as pandas makes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {
        "A": list("xxyyz"),
        "B": list("uvuvu"),
        "D": [1.0, 2, 3, 4, 5],
        "t": pd.date_range("2000-01-20", periods=5, freq="10D"),
        "n": [1.0, np.nan, 2, np.nan, 1],
    },
    index=pd.date_range("2001-03-01", periods=5, freq="20D"),
)
TABLES = {
    "series": lambda d: d.pivot_table("D", index=d.A, columns=d.B),
    "a series and a label": lambda d: d.pivot_table("D", index=[d.A, "B"]),
    "an array": lambda d: d.pivot_table("D", index=np.array([1, 1, 2, 2, 1]), columns="B", aggfunc="sum"),
    "a function of labels": lambda d: d.pivot_table("D", index=lambda label: label.month, columns="B"),
    "periods of a column": lambda d: d.pivot_table(
        "D", index=pd.Grouper(key="t", freq="ME"), columns="B", aggfunc="sum"
    ),
    "periods of labels": lambda d: d.pivot_table("D", index="A", columns=pd.Grouper(freq="ME"), aggfunc="sum"),
    "periods both ways": lambda d: d.pivot_table(
        "D", index=[pd.Grouper(key="t", freq="ME"), "A"], columns=pd.Grouper(freq="QE"), aggfunc="sum"
    ),
    "periods of a column, and all that is left": lambda d: d[["D", "t", "n"]].pivot_table(
        index=np.array([1, 1, 2, 2, 1]), columns=pd.Grouper(key="t", freq="ME")
    ),
    "a grouper of a column": lambda d: d.pivot_table("D", index=pd.Grouper(key="A"), columns="B"),
    "arguments of the function": lambda d: d.pivot_table(
        "D", index="A", columns="B", aggfunc=lambda s, a=1: s.sum() * a, a=3
    ),
    "totals of no values": lambda d: d[["A", "B"]].pivot_table(index="A", columns="B", aggfunc=len, margins=True),
    "totals of rows": lambda d: d[["A", "B"]].pivot_table(index=["A", "B"], aggfunc=len, margins=True),
    "values as keys of a mapping": lambda d: d.pivot_table(index="A", values={"D": 1}.keys(), aggfunc={"D": "sum"}),
    "missing keys": lambda d: d.pivot_table("D", index="A", columns="n", dropna=False),
    "parts of times": lambda d: d.pivot_table("D", index=d.t.dt.month, columns=d.t.dt.day),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_one_of_pandas(name):
    expected = TABLES[name](WHOLE)
    found = TABLES[name](dd.from_pandas(WHOLE, npartitions=3)).compute()
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    else:
        pd.testing.assert_frame_equal(found, expected, check_freq=False)
