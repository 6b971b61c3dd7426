from __future__ import annotations

import pandas as pd
import pytest
from tests.dataframe.strategies import assert_same

import weft
import weft.dataframe as dd


@weft.delayed
def load(number):
    return pd.DataFrame({"a": [number], "b": [f"w{number}"]}, index=[number])


def test_partitions_are_delayed_values():
    ours = dd.from_delayed([load(1), load(2)], divisions=(1, 2, 2))
    expected = pd.DataFrame({"a": [1, 2], "b": ["w1", "w2"]}, index=[1, 2])
    assert ours.divisions == (1, 2, 2)
    assert_same(ours, expected)
    assert_same(ours[ours.a > 1].b, expected[expected.a > 1].b)
    assert_same(dd.from_delayed(load(1), meta={"a": "int64", "b": "str"}, verify_meta=False).a.sum(), 1)
    series = dd.from_delayed([load(1).a, load(2).a])
    assert_same(series, expected.a)


def test_divisions_of_sorted_values_are_looked_up():
    ours = dd.from_delayed([load(1), load(2), load(5)], divisions="sorted")
    assert ours.divisions == (1, 2, 5, 5)
    assert_same(ours.loc[2:], pd.DataFrame({"a": [2, 5], "b": ["w2", "w5"]}, index=[2, 5]))
    with pytest.raises(ValueError, match="not sorted"):
        dd.from_delayed([load(2), load(1)], divisions="sorted")
    with pytest.raises(ValueError, match="'sort'"):
        dd.from_delayed([load(2), load(1)], divisions="sort")


def test_what_several_values_share_is_made_once():
    count = []

    @weft.delayed
    def base():
        count.append(1)
        return 10

    part = weft.delayed(lambda start, number: pd.DataFrame({"a": [start + number]}))
    start = base()
    ours = dd.from_delayed([part(start, 1), part(start, 2)], meta={"a": "int64"})
    assert ours.a.sum().compute(scheduler="sync") == 23
    assert len(count) == 1


def test_values_that_break_the_promise_are_named():
    for wrong, words in [
        (weft.delayed(pd.DataFrame)({"z": [1]}), "columns"),
        (weft.delayed(pd.Series)([1]), "Series"),
        (weft.delayed(pd.DataFrame)({"a": ["x"], "b": ["y"]}), "'a'"),
    ]:
        ours = dd.from_delayed([load(1), wrong])
        with pytest.raises(ValueError, match=words):
            ours.compute(scheduler="sync")


def test_wrong_calls_are_refused():
    with pytest.raises(TypeError, match="at least one"):
        dd.from_delayed([])
    with pytest.raises(TypeError, match="DataFrame"):
        dd.from_delayed([pd.DataFrame({"a": [1]})])
    with pytest.raises(ValueError, match="one more"):
        dd.from_delayed([load(1)], divisions=(1,))
    with pytest.raises(TypeError, match="pandas objects"):
        dd.from_delayed([weft.delayed(int)(3)])


@pytest.mark.parametrize("optimize", [True, False])
def test_partitions_as_delayed_values(optimize):
    whole = pd.DataFrame({"a": range(6), "b": range(6)})
    ours = dd.from_pandas(whole, npartitions=3)
    parts = ours[ours.a > 0].to_delayed(optimize_graph=optimize)
    assert [part.compute(scheduler="sync").a.tolist() for part in parts] == [[1], [2, 3], [4, 5]]
    assert_same(dd.from_delayed(parts, meta=whole.iloc[:0]), whole[whole.a > 0])
    assert [part.compute(scheduler="sync").tolist() for part in ours.a.to_delayed()] == [[0, 1], [2, 3], [4, 5]]
    assert len(ours.index.to_delayed()) == 3
