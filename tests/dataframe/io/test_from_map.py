from __future__ import annotations

import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft.dataframe.io.from_map import DataFrameIOFunction

CALLS: list = []


def make(number, columns=None):
    CALLS.append(columns)
    frame = pd.DataFrame({"a": [number, number + 1], "b": [-number, 0]}, index=[number, number])
    return frame if columns is None else frame[columns]


def test_a_partition_for_each_element():
    ours = dd.from_map(make, [1, 5], divisions=(1, 5, 5))
    assert ours.divisions == (1, 5, 5)
    assert_same(ours, pd.concat([make(1), make(5)]))
    assert_same(ours.b.sum(), -6)
    both = dd.from_map(
        lambda low, high, extra, scale: pd.Series([low, high + extra]) * scale, [1, 2], (3, 4), args=[10], scale=2
    )
    assert both.compute(scheduler="sync").tolist() == [2, 26, 4, 28]


def test_only_the_columns_that_are_used_are_asked_for():
    ours = dd.from_map(make, [1, 5], meta=make(0).iloc[:0])
    CALLS.clear()
    assert ours.a.sum().compute(scheduler="sync") == 14
    assert CALLS == [["a"], ["a"]]


class Reader(DataFrameIOFunction):
    def project_columns(self, columns):
        return Reader(columns=columns)

    def __call__(self, number):
        CALLS.append(self.columns)
        return make(number, self.columns)


def test_functions_that_say_how_they_project():
    ours = dd.from_map(Reader(), [1, 5])
    CALLS.clear()
    assert ours[["b"]].b.sum().compute(scheduler="sync") == -6
    assert ["b"] in CALLS


def test_columns_are_chosen_after_functions_that_read_all():
    ours = dd.from_map(lambda number: make(number), [1, 5])
    assert_same(ours["b"], pd.concat([make(1), make(5)]).b)
    assert len(ours) == 4


def test_equal_calls_have_one_name():
    assert dd.from_map(make, [1, 2]).expr.name == dd.from_map(make, [1, 2]).expr.name
    assert dd.from_map(make, [1, 2]).expr.name != dd.from_map(make, [1, 3]).expr.name
    assert dd.from_map(make, [1], label="mine").expr.name.startswith("mine-")


def test_backends_agree():
    ours = dd.from_map(make, range(6))
    expected = pd.concat(map(make, range(6)))
    for scheduler in ["sync", "threads", "processes"]:
        pd.testing.assert_frame_equal(ours.compute(scheduler=scheduler, num_workers=2), expected)


def test_metas_are_kept_to_when_asked():
    ours = dd.from_map(
        lambda number: pd.DataFrame({"a": [str(number)]}), [1], meta={"a": "int64"}, enforce_metadata=True
    )
    assert ours.compute(scheduler="sync").a.tolist() == [1]
    wrong = dd.from_map(make, [1], meta={"z": "int64"})
    with pytest.raises((ValueError, KeyError), match="z"):
        wrong.compute(scheduler="sync")


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: dd.from_map(3, [1]), ValueError, "function"),
        (lambda: dd.from_map(make), ValueError, "at least one"),
        (lambda: dd.from_map(make, []), ValueError, "at least one"),
        (lambda: dd.from_map(make, 3), ValueError, "iterables"),
        (lambda: dd.from_map(make, [1], [1, 2]), ValueError, "different lengths"),
        (lambda: dd.from_map(make, [1, 2], divisions=(0, 1)), ValueError, "one more"),
        (lambda: dd.from_map(lambda number: number, [1]), TypeError, "pandas objects"),
    ],
)
def test_wrong_calls_are_refused(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
