"""`apply`, `agg` and `transform` called as pandas' are: arguments by place, lists, rows; several columns set at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree, in_partitions

import weft.dataframe as dd

WHOLE = pd.DataFrame({"A": [1, 2, 3], "B": [4.0, 5, 6], "C": [7, 8, 9]})

CALLS = {
    "apply to rows": lambda d: d.apply(lambda row: row.sum(), 1),
    "apply to arrays": lambda d: d.apply(lambda row: row.sum(), 1, True),
    "apply with arguments": lambda d: d.apply(lambda row, a, b: row.sum() + a * b, 1, args=(2,), b=3),
    "agg with arguments": lambda d: d.agg(lambda each, a, b: each.sum() + a + b, 0, 1, 2),
    "transform with arguments": lambda d: d.transform(lambda each, a: each + a, 0, 5),
    "agg of a column": lambda d: d.A.agg(lambda each, a: each.sum() + a, 0, 5),
    "transform of a column": lambda d: d.A.transform(lambda each, a: each + a, 0, 5),
    "apply to values": lambda d: d.A.apply(lambda each, a: each + a, (5,)),
    "apply to a column": lambda d: d.A.apply(lambda each: each - each.mean(), by_row=False),
    "apply to a column, to a value": lambda d: d.A.apply(lambda each: each.max(), by_row=False),
    "apply a list": lambda d: d.apply(["sum", lambda each: each.max()], by_row="compat"),
    "apply to values of columns": lambda d: d.apply({"A": lambda each: each + 1}),
    "apply a list to values": lambda d: d.A.apply([np.sqrt, lambda each: each + 1]),
    "apply names to columns": lambda d: d.apply({"A": "sum", "B": ["min", "max"]}),
    "size": lambda d: d.agg("size"),
    "size of rows": lambda d: d.agg("size", axis=1),
    "agg of rows": lambda d: d.agg(lambda row: row.sum(), axis=1),
    "several aggs of rows": lambda d: d.agg(["sum", "max"], axis=1),
    "apply a list to rows": lambda d: d.apply(["sum", "max"], axis=1),
    "transform of rows": lambda d: d.transform(lambda row: row - row.mean(), axis=1),
    "a ufunc of rows": lambda d: d.transform(np.sqrt, axis=1),
    "most frequent, missing too": lambda d: d.B.where(d.B > 9).mode(False),
}
VALUES = {
    "an array": (["A", "B"], np.array([[1, 2], [3, 4], [5, 6]])),
    "an array for new columns": (["x", "y"], np.array([[1, 2], [3, 4], [5, 6]])),
    "an entry for each column": (["A", "B", "C"], np.array([7, 8, 9])),
    "a list": (["x", "y"], [10, 20]),
    "lists of rows": (["x", "y"], [[1, 2], [3, 4], [5, 6]]),
    "a single column of lists": (["z"], [[1], [1], [2]]),
    "a frame": (["x", "y"], pd.DataFrame({"p": [1, 2, 3], "q": [4, 5, 6]})),
    "one value": (["x", "A"], 0),
    "an array of one column": ("x", np.array([[1], [2], [3]])),
    "too few columns": (["x", "y"], np.array([[1], [2], [3]])),
    "too many entries": (["x", "y"], [1, 2, 3]),
}


@pytest.mark.parametrize("edges", [[], [0, 2]])
@pytest.mark.parametrize("name", CALLS)
def test_functions_are_called_as_pandas_calls_them(name, edges):
    call = CALLS[name]
    agree(lambda: call(in_partitions(WHOLE, edges)), lambda: call(WHOLE))


@pytest.mark.parametrize("edges", [[], [0, 2]])
@pytest.mark.parametrize("name", VALUES)
def test_several_columns_are_set_as_pandas_sets_them(name, edges):
    key, value = VALUES[name]

    def put(frame):
        frame[key] = value
        return frame

    agree(lambda: put(in_partitions(WHOLE, edges)), lambda: put(WHOLE.copy()))


def test_columns_of_the_frame_are_set_at_once():
    def put(frame):
        frame["x"] = frame[["A"]]
        frame[["C", "A"]] = frame[["A", "C"]]
        return frame

    agree(lambda: put(in_partitions(WHOLE, [1])), lambda: put(WHOLE.copy()))


@pytest.mark.parametrize(
    "call",
    [
        lambda d: d.agg(x=("A", "min"), axis=1),
        lambda d: d.apply(["sum"], by_row=True),
        lambda d: d.apply(lambda row: 1, 2),
        lambda d: d.A.transform(np.sqrt, axis=1),
    ],
)
def test_what_pandas_refuses_is_refused(call):
    agree(lambda: call(in_partitions(WHOLE, [1])), lambda: call(WHOLE))


def test_a_single_argument_of_a_function_of_values_need_be_no_tuple():
    whole = pd.Series([1, 2, 3], name="x")
    ours = dd.from_pandas(whole, npartitions=2)
    for given in (5, (5,), [5]):
        made = ours.apply(lambda value, more: value + more, given, meta=("x", "int64"))
        pd.testing.assert_series_equal(made.compute(), whole + 5)


class Shouted(dict):
    """A mapping that has an answer to all keys."""

    def __missing__(self, key):
        return f"{key}!"


TEXTS = pd.Series(["a", "b", None, "a", "c"] * 8, name="t")
MAPPINGS = {
    "texts": {"a": "x", "b": "y"},
    "numbers": {"a": 1, "b": 2},
    "all": {"a": 1, "b": 2, "c": 3, None: 4},
    "missing values": {"a": 1.5, float("nan"): 2.5},
    "objects": {"a": (1, 2), "b": [3]},
    "nothing": {},
    "other keys": {1: 2},
    "keys of two": {("a", "b"): 1, "a": 2},
    "a series": pd.Series(["x", "y"], index=["a", "b"]),
    "a series of dates": pd.Series(pd.to_datetime(["2020", "2021"]), index=["a", "c"]),
    "categories": pd.Series(pd.Categorical(["x", "y"]), index=["a", "c"]),
    "an answer to all": Shouted(a="x"),
}


@pytest.mark.parametrize("name", MAPPINGS)
@pytest.mark.parametrize("words", [{}, {"na_action": "ignore"}])
@pytest.mark.parametrize("kind", ["str", object, "category", "string"])
def test_texts_are_looked_up_in_mappings(kind, words, name):
    mapping, whole = MAPPINGS[name], TEXTS.astype(kind)
    for count in (1, 3):
        agree(
            lambda count=count: dd.from_pandas(whole, npartitions=count).map(mapping, **words),
            lambda: whole.map(mapping, **words),
        )


@pytest.mark.parametrize(
    "mapping", [{1: "x", 2: "y"}, {1: 2.5}, {}, pd.Series([3, 4], index=[1, 7]), {1: 5, 2: 6, 3: 7}]
)
def test_numbers_are_looked_up_in_mappings(mapping):
    for whole in (
        pd.Series([1, 2, 3, 1]),
        pd.Series([1.0, np.nan, 2.0, 3.0]),
        pd.Series([1, None, 3, 2], dtype="Int64"),
    ):
        agree(
            lambda whole=whole: dd.from_pandas(whole, npartitions=2).map(mapping),
            lambda whole=whole: whole.map(mapping),
        )
