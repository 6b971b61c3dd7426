from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, frames

import weft.dataframe as dd


def in_parts(frame, count, sort=False):
    return dd.from_pandas(frame, npartitions=count, sort=sort)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(frames(min_size=1, max_size=6), min_size=1, max_size=3),
    st.lists(
        st.lists(st.sampled_from(["key", "number", "float", "word", "flag"]), min_size=1, unique=True), min_size=3
    ),
    st.sampled_from(["inner", "outer"]),
    st.booleans(),
)
def test_rows_one_after_another(wholes, columns, join, ignore_index):
    wholes = [whole[["number", *[label for label in own if label != "number"]]] for whole, own in zip(wholes, columns)]
    expected = pd.concat(wholes, join=join, ignore_index=ignore_index)
    ours = dd.concat(
        [in_parts(each, place + 1) for place, each in enumerate(wholes)], join=join, ignore_index=ignore_index
    )
    assert_same(ours, expected)
    assert_same(ours["number"], expected["number"])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1, 2], [1.5, 2.5]),
        ([1, 2], ["a", "b"]),
        ([True, False], [1, 2]),
        (pd.Categorical(["a", "b"]), pd.Categorical(["b", "c"])),
        (pd.Categorical(["a", "b"]), pd.Categorical(["b", "a"])),
        (pd.to_datetime(["2020", "2021"]), pd.to_datetime(["2020", "2021"]).as_unit("ns")),
        (pd.array([1, None], dtype="Int64"), [1, 2]),
    ],
)
def test_types_that_differ_become_one(one, two):
    wholes = [pd.DataFrame({"a": one}), pd.DataFrame({"a": two}, index=[2, 3])]
    assert_same(dd.concat([in_parts(each, 2) for each in wholes]), pd.concat(wholes))
    series = [each["a"] for each in wholes]
    assert_same(dd.concat([in_parts(each, 2) for each in series]), pd.concat(series))


def test_divisions_in_order_are_kept_and_others_forgotten_or_interleaved():
    one, two = pd.DataFrame({"a": range(4)}), pd.DataFrame({"a": range(4)}, index=range(4, 8))
    ours = dd.concat([in_parts(one, 2, True), in_parts(two, 2, True)])
    assert ours.divisions == (0, 2, 4, 6, 7)
    overlapping = [in_parts(one, 2, True), in_parts(one, 3, True)]
    assert not dd.concat(overlapping).known_divisions
    assert_same(dd.concat(overlapping), pd.concat([one, one]))
    mixed = dd.concat(overlapping, interleave_partitions=True)
    assert mixed.known_divisions
    assert sorted(mixed.compute().index) == sorted(pd.concat([one, one]).index)


def test_a_series_among_frames():
    frame, series = pd.DataFrame({"a": [1, 2]}), pd.Series([3, 4], name="b")
    assert_same(dd.concat([in_parts(frame, 2), in_parts(series, 1)]), pd.concat([frame, series]))


@pytest.mark.parametrize("join", ["inner", "outer"])
@pytest.mark.parametrize("sort", [True, False])
def test_side_by_side(join, sort):
    one = pd.DataFrame({"a": range(6), "b": 1.0}, index=[0, 1, 2, 3, 4, 5])
    two = pd.DataFrame({"c": range(5)}, index=[2, 3, 4, 5, 6])
    ours = dd.concat([in_parts(one, 2, sort), in_parts(two, 3, sort)], axis=1, join=join)
    assert_same(ours, pd.concat([one, two], axis=1, join=join))
    assert_same(ours["c"], pd.concat([one, two], axis=1, join=join)["c"])
    parts = in_parts(one, 3, sort)
    assert_same(dd.concat([parts.a, parts.b], axis=1), one)


def test_what_makes_no_sense_is_refused():
    frame = in_parts(pd.DataFrame({"a": [1, 2]}), 1)
    with pytest.raises(ValueError, match="No objects"):
        dd.concat([])
    with pytest.raises(TypeError, match="iterable"):
        dd.concat(frame)
    with pytest.raises(TypeError, match="cannot concatenate"):
        dd.concat([frame, 3])
    with pytest.raises(ValueError, match="join"):
        dd.concat([frame, frame], join="left")
    with pytest.raises(ValueError, match="axis"):
        dd.concat([frame, frame], axis=2)
    with pytest.raises(ValueError, match="length of the keys"):
        dd.concat([frame, frame], keys=[1, 2, 3])
    with pytest.raises(NotImplementedError, match="levels"):
        dd.concat([frame, frame], keys=[1, 2], levels=[[1, 2]])
    with pytest.raises(ValueError, match="overlapping"):
        dd.concat([frame, frame], verify_integrity=True)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("keys", [["p", "q"], [("p", 1), ("q", 2)], pd.Index(["p", "q"], name="n")])
def test_keys_tell_where_rows_come_from(axis, keys):
    whole = pd.DataFrame({"a": [1, 2, 3], "b": [4.0, None, 6.0]}, index=pd.Index([5, 6, 7], name="i"))
    parts = in_parts(whole, 2)
    for one, two in ((parts, whole), (parts.a, whole.a)):
        found = dd.concat([one, one], axis=axis, keys=keys).compute(scheduler="sync")
        wanted = pd.concat([two, two], axis=axis, keys=keys)
        assert found.equals(wanted)
        assert found.index.names == wanted.index.names
    found = dd.concat({"p": parts, "q": parts}, axis=axis, names=["n"]).compute(scheduler="sync")
    assert found.equals(pd.concat({"p": whole, "q": whole}, axis=axis, names=["n"]))


def test_frames_without_divisions_come_one_after_another_also_where_they_may_be_interleaved(tmp_path):
    for number in range(2):
        pd.DataFrame({"a": [number, number + 1]}).to_csv(tmp_path / f"{number}.csv", index=False)
    parts = [dd.read_csv(tmp_path / f"{number}.csv") for number in range(2)]
    joined = dd.concat(parts, interleave_partitions=True)
    assert joined.npartitions == 2
    assert joined.a.compute().tolist() == [0, 1, 1, 2]


C = pd.Categorical
CATEGORIES = [
    (C(["a", "b"], ["a", "b"], ordered=True), C(["b", "c"], ["b", "c"], ordered=True)),
    (C(["a", "b"], ["a", "b"], ordered=True), C(["b", "a"], ["a", "b"])),
    (C(["a", "b"], ["a", "b"], ordered=True), C(["b", "a"], ["a", "b"], ordered=True)),
    (C(["a", "b"]), C([1, 2])),
    (C([1, 2]), C([2.5, 3.5])),
    (C(["a", "b"]), C([None, None])),
]


@pytest.mark.parametrize(("one", "two"), CATEGORIES)
def test_categories_of_all_as_pandas_puts_them_together(one, two):
    wholes = [pd.DataFrame({"a": one}), pd.DataFrame({"a": two}, index=[2, 3])]
    expected = pd.concat(wholes, union_categories=True)
    assert_same(dd.concat([in_parts(each, 2) for each in wholes], union_categories=True), expected)
    columns = [in_parts(each, 2).a for each in wholes]
    assert_same(dd.concat(columns, union_categories=True), expected.a)


def test_categories_that_are_not_known_are_among_those_of_all():
    one, two = pd.DataFrame({"a": C(["a", "b"])}), pd.DataFrame({"a": C(["c", "b"])}, index=[2, 3])
    unknown = in_parts(one, 2)
    unknown["a"] = unknown.a.cat.as_unknown()
    found = dd.concat([unknown, in_parts(two, 1)], union_categories=True)
    assert_same(found, pd.concat([one, two], union_categories=True))


@pytest.mark.parametrize("join", ["inner", "outer"])
def test_columns_of_a_single_frame_are_sorted_as_well(join):
    whole = pd.DataFrame({"b": [1, 2], "a": [3, 4]})
    assert_same(dd.concat([in_parts(whole, 2)], join=join, sort=True), pd.concat([whole], join=join, sort=True))
