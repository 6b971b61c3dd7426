from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from weft.dataframe.io.csv.values import iso_dates

US = np.dtype("datetime64[us]")
DAYS = [
    "2020-01-31",
    "2020-02-30",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "2020-1-011",
    "+020-01-01",
    " 020-01-01",
    "2020/01/01",
]
TIMES = ["01:02:03", "24:00:00", "23:59:60", "1:02:030", "01:02+00", "01:02:0Z", "01-02-03"]


def texts(*values):
    return pa.chunked_array([pa.array(values, pa.large_string())])


@pytest.mark.parametrize(
    ("form", "text"),
    [("%Y-%m-%d", day) for day in DAYS]
    + [("%Y-%m-%d %H:%M:%S", f"{DAYS[0]} {time}") for time in TIMES]
    + [("%Y-%m-%d %H:%M:%S", f"{day} {TIMES[0]}") for day in DAYS]
    + [("%Y-%m-%d %H:%M:%S", f"{DAYS[0]}T{TIMES[0]}"), ("%Y-%m-%d %H:%M:%S", "no date is as long as")],
)
def test_dates_are_those_of_pandas_or_left_to_it(form, text):
    made = iso_dates(texts(text, None), form, US)
    if made is not None:
        expected = pd.to_datetime(pd.Series([text, None]), format=form)
        pd.testing.assert_series_equal(made.to_pandas(), expected, check_names=False)


def test_dates_that_are_written_as_is_common_are_read():
    assert iso_dates(texts("2020-01-31", None), "%Y-%m-%d", US).null_count == 1
    assert iso_dates(texts("2020-01-31 01:02:03"), "%Y-%m-%d %H:%M:%S", US) is not None
    assert iso_dates(texts("2020-01-31", "2020-01-31 01:02:03"), "%Y-%m-%d", US) is None
    assert iso_dates(texts("2020-01-31"), "%Y-%m-%d", np.dtype("datetime64[ns]")) is None
