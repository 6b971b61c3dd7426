from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import in_partitions
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd
from weft import config, expr
from weft.dataframe.kernels.pandas.merge import in_order_of_labels
from weft.physical.exchange import Exchange

HOWS = ["inner", "left", "right", "outer", "left_anti", "right_anti"]


@st.composite
def sides(draw, size=8):
    """Two pandas frames with some columns of the same label, keys with few values, some missing."""
    made = []
    for own in ("left", "right"):
        count = draw(st.integers(0, size))

        def column(elements, dtype, count=count):
            return pd.Series(draw(st.lists(elements, min_size=count, max_size=count)), dtype=dtype)

        frame = pd.DataFrame(
            {
                "k": column(st.one_of(st.none(), st.integers(0, 4)), "float64"),
                "w": column(st.one_of(st.none(), st.sampled_from(["a", "b", "longer than eight"])), "str"),
                "v": column(st.integers(0, 9), "int64"),
                own: column(st.integers(0, 9), "float64"),
            }
        )
        frame.index = pd.Index(draw(st.lists(st.integers(0, 6), min_size=count, max_size=count)), dtype="int64")
        made.append(frame)
    return made


def in_parts(frame, count, **options):
    return dd.from_pandas(frame, npartitions=count, sort=False, **options)


@settings(max_examples=30, deadline=None)
@given(
    sides(),
    st.sampled_from(HOWS),
    st.sampled_from(["k", "w", ["k", "w"], ["w", "v"]]),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([None, True, False]),
)
def test_joins_by_columns_are_pandas_with_its_order(pair, how, on, ours, theirs, broadcast):
    left, right = pair
    expected = left.merge(right, how=how, on=on)
    if how.endswith("anti"):
        expected = expected.reset_index(drop=True)
    made = in_parts(left, ours).merge(in_parts(right, theirs), how=how, on=on, broadcast=broadcast)
    assert_same(made, expected, check_dtype=len(expected) > 0, check_index_type=len(expected) > 0)


@settings(max_examples=60, deadline=None)
@given(
    sides(),
    st.sampled_from([*HOWS, "leftsemi", "cross", "index"]),
    st.sampled_from([["left"], ["k"], ["left", "v_x"], ["right", "left"], ["v_y"]]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([None, True, False]),
    st.sampled_from(["pandas", "auto"]),
)
def test_columns_that_only_the_join_looks_at_end_with_it(pair, how, wanted, ours, theirs, broadcast, engine):
    left, right = pair
    options: dict[str, Any] = {"how": how, "on": ["k", "w"]}
    if how == "cross":
        options = {"how": how}
    elif how == "index":
        options = {"left_index": True, "right_index": True}
    if how == "leftsemi":
        expected = left[left.set_index(["k", "w"]).index.isin(right.set_index(["k", "w"]).index)]
        expected, wanted = expected.reset_index(drop=True), [label[0] if label == "v_x" else label for label in wanted]
    else:
        expected = left.merge(right, **options)
    if how.endswith("anti"):
        expected = expected.reset_index(drop=True)
    wanted = [label for label in wanted if label in expected.columns]
    with config.set({"dataframe.engine": engine}):
        made = in_parts(left, ours).merge(in_parts(right, theirs), broadcast=broadcast, **options)[wanted]
        same = {"check_dtype": len(expected) > 0, "check_index_type": len(expected) > 0}
        assert_same(made, expected[wanted], **same)
        assert len(made) == len(expected)


@pytest.mark.parametrize("how", ["left", "inner", "outer", "right"])
@pytest.mark.parametrize("dropped", [["k_x"], ["k_y"], ["v"], ["a", "v"]])
@pytest.mark.parametrize("parts", [1, 2])
def test_columns_asked_for_before_a_side_has_lost_them(how, dropped, parts):
    left = pd.DataFrame({"k": [1, 2, 3], "v": [4, 5, 6], "a": [1, 1, 2]})
    right = pd.DataFrame({"k": [1, 2, 5], "v": [7, 8, 9]})

    def labels(one, two):
        made = one.drop(columns=["v"]).merge(two, how=how, left_on="a", right_on="k")
        return made.drop(columns=dropped).index

    expected = labels(left, right)
    for engine in ("pandas", "auto"):
        with config.set({"dataframe.engine": engine}):
            made = labels(in_parts(left, parts), in_parts(right, parts)).compute(scheduler="sync")
            assert sorted(made) == sorted(expected)


@pytest.mark.parametrize("engine", ["pandas", "auto"])
@pytest.mark.parametrize("broadcast", [False, True])
def test_integers_of_partitions_without_gaps_take_numbers_that_only_floats_hold(engine, broadcast):
    left = pd.DataFrame({"k": range(40)})
    right = pd.DataFrame({"k": range(39), "u": range(39), "s": range(39)}).astype({"u": "uint64", "s": "int8"})

    def columns(one, two, **options):
        made = one.merge(two, on="k", how="left", **options)
        return made.assign(a=made.u - -1, b=made.s + 1000, c=-2 * made.u)[["k", "a", "b", "c"]]

    with config.set({"dataframe.engine": engine}):
        made = columns(in_parts(left, 4), in_parts(right, 4), broadcast=broadcast)
        assert_same(made, columns(left, right), check_index_type=False)


@settings(max_examples=30, deadline=None)
@given(sides(), sides(), st.sampled_from(HOWS[:4]), st.integers(1, 3), st.sampled_from(["pandas", "auto"]))
def test_joins_of_joins_leave_their_keys_behind(one, two, how, count, engine):
    tables = [one[0], one[1][["k", "w", "right"]], two[0][["w", "left"]].rename(columns={"left": "other"})]
    first = tables[0].merge(tables[1], how=how, on=["k", "w"])
    expected = first.merge(tables[2], how=how, on="w").groupby("left")["other"].sum()
    ours = [in_parts(table, count) for table in tables]
    with config.set({"dataframe.engine": engine}):
        made = ours[0].merge(ours[1], how=how, on=["k", "w"]).merge(ours[2], how=how, on="w")
        assert_same(made.groupby("left")["other"].sum(), expected, check_index_type=False)


@settings(max_examples=30, deadline=None)
@given(
    sides(),
    st.sampled_from(HOWS[:4]),
    st.sampled_from(["ii", "ci", "ic"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
)
def test_joins_by_the_index(pair, how, keys, ours, theirs, is_sorted):
    left, right = pair
    assume(keys == "ii" or (len(left) and len(right)))  # pandas gives rows other labels where a side is empty
    words = {"left_index": True} if keys[0] == "i" else {"left_on": "v"}
    words |= {"right_index": True} if keys[1] == "i" else {"right_on": "v"}
    if is_sorted:
        left, right = left.sort_index(kind="stable"), right.sort_index(kind="stable")
    mine = dd.from_pandas(left, npartitions=ours, sort=is_sorted)
    other = dd.from_pandas(right, npartitions=theirs, sort=is_sorted)
    expected = left.merge(right, how=how, **words)
    made = mine.merge(other, how=how, **words)
    columns = list(expected.columns)
    for optimize in (True, False):
        result = made.compute(scheduler="sync", optimize_graph=optimize)
        assert list(result.columns) == columns
        by = ["left", "right", *[label for label in columns if label not in ("left", "right")]]
        one = result.rename_axis("i").reset_index().sort_values([*by, "i"]).reset_index(drop=True)
        two = expected.rename_axis("i").reset_index().sort_values([*by, "i"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(one, two, check_dtype=len(expected) > 0, check_index_type=False)


@pytest.mark.parametrize("how", ["inner", "left", "outer"])
@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("int32", "int64"),
        ("int64", "float64"),
        ("str", "object"),
        ("str", "category"),
        ("category", "category"),
        ("Int64", "int64"),
        ("int64[pyarrow]", "Int64"),
        ("datetime64[s]", "datetime64[ns]"),
    ],
)
def test_keys_of_different_types_meet(how, mine, other):
    values = np.array([1, 2, 3, 2, 5, 8, 1])
    left = pd.DataFrame({"k": pd.Series(values[:5]), "a": range(5)})
    right = pd.DataFrame({"k": pd.Series(values[2:]), "b": range(5)})
    if "str" in (mine, other) or "category" in (mine, other):
        left, right = left.astype({"k": str}), right.astype({"k": str})
    left, right = left.astype({"k": mine}), right.astype({"k": other})
    expected = left.merge(right, on="k", how=how)
    made = in_parts(left, 3).merge(in_parts(right, 2), on="k", how=how, broadcast=False)
    assert_same(made, expected)


def test_cross_and_semi_joins():
    left = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")})
    right = pd.DataFrame({"a": [3, 3, 1], "c": [1.0, 2.0, 3.0]})
    ours, other = in_parts(left, 2), in_parts(right, 2)
    assert_same(ours.merge(other, how="cross"), left.merge(right, how="cross"))
    kept = left[left.a.isin(right.a)].reset_index(drop=True)
    for broadcast in (True, False):
        assert_same(ours.merge(other, how="leftsemi", on="a", broadcast=broadcast), kept)


def test_labels_are_told_apart_and_pruned_columns_change_none():
    left = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6], "c": [7, 8, 9]})
    right = pd.DataFrame({"d": [1, 2, 3], "b": [4, 5, 6], "c": [7, 8, 9], "a": [0, 0, 0]})
    ours, other = in_parts(left, 2), in_parts(right, 2)
    expected = left.merge(right, left_on="a", right_on="d", suffixes=("", "_r"))
    made = ours.merge(other, left_on="a", right_on="d", suffixes=("", "_r"), broadcast=False)
    assert_same(made, expected)
    for label in expected.columns:
        assert_same(made[label], expected[label])
    assert_same(made[["b_r", "c"]], expected[["b_r", "c"]])


def test_indicator_and_validation():
    left, right = pd.DataFrame({"a": [1, 2, 3, 3]}), pd.DataFrame({"a": [3, 4, 1], "b": [1, 2, 3]})
    ours, other = in_parts(left, 3), in_parts(right, 2)
    for how in ("left", "outer"):
        expected = left.merge(right, on="a", how=how, indicator=True)
        assert_same(ours.merge(other, on="a", how=how, indicator=True), expected)
    assert_same(ours.merge(other, on="a", validate="m:1"), left.merge(right, on="a"))
    with pytest.raises(pd.errors.MergeError):
        ours.merge(other, on="a", validate="1:1").compute(scheduler="sync")


def test_a_sorted_join():
    left, right = pd.DataFrame({"a": [5, 2, 3, 3]}), pd.DataFrame({"a": [3, 5, 1], "b": [1, 2, 3]})
    for how in ("inner", "left"):
        made = in_parts(left, 3).merge(in_parts(right, 2), on="a", how=how, sort=True)
        assert_same(made, left.merge(right, on="a", how=how, sort=True))


def test_joins_with_pandas_and_series():
    left = pd.DataFrame({"a": [5, 2, 3, 3]})
    right = pd.Series([1, 2, 3], index=[3, 5, 1], name="b")
    assert_same(
        in_parts(left, 2).merge(right, left_on="a", right_index=True), left.merge(right, left_on="a", right_index=True)
    )
    assert_same(in_parts(left, 2).join(right, on="a"), left.join(right, on="a"))
    assert_same(dd.merge(in_parts(left, 2), left), left.merge(left))


def test_joining_several_frames():
    left = pd.DataFrame({"a": range(6)})
    others = [pd.DataFrame({"b": range(4)}), pd.DataFrame({"c": range(3)}, index=[2, 3, 4])]
    made = dd.from_pandas(left, npartitions=2).join([dd.from_pandas(each, npartitions=2) for each in others])
    assert_same(made, left.join(others))


@pytest.mark.parametrize("counts", [(128, 128), (129, 128), (127, 129)])
def test_no_row_is_lost_beside_powers_of_two(counts):
    rng = np.random.default_rng(0)
    left = pd.DataFrame({"k": rng.integers(0, 500, 2000), "a": range(2000)})
    right = pd.DataFrame({"k": rng.integers(0, 500, 1500), "b": range(1500)})
    made = in_parts(left, counts[0]).merge(in_parts(right, counts[1]), on="k", broadcast=False)
    pd.testing.assert_frame_equal(made.compute(), left.merge(right, on="k"))


def test_two_joins_by_the_same_keys_share_a_shuffle():
    left = pd.DataFrame({"k": range(20), "a": range(20)})
    one, two = (pd.DataFrame({"k": range(0, 20, step), label: 1}) for step, label in ((2, "b"), (3, "c")))
    ours = in_parts(left, 3)
    made = ours.merge(in_parts(one, 3), on="k", broadcast=False).merge(in_parts(two, 3), on="k", broadcast=False)
    assert made.a.sum().compute(scheduler="sync") == left.merge(one).merge(two).a.sum()
    text = str(made.a.sum().explain())
    assert text


@pytest.mark.parametrize(
    ("words", "error", "match"),
    [
        ({"on": "alhpa"}, KeyError, "Did you mean 'alpha'"),
        ({"on": "alpha", "how": "sideways"}, ValueError, "not a valid Merge type"),
        ({"on": "alpha", "left_on": "alpha"}, ValueError, "Can only pass"),
        ({"left_on": "alpha"}, ValueError, "right_on"),
        ({"left_on": ["alpha", "b"], "right_on": ["alpha"]}, ValueError, "len"),
        ({"left_on": "alpha", "right_on": "word"}, ValueError, "merge on"),
        ({"how": "cross", "on": "alpha"}, ValueError, "cross"),
        ({"on": "alpha", "suffixes": ("", "")}, ValueError, "overlap"),
        ({"on": "alpha", "shuffle_method": "magic"}, ValueError, "shuffle_method"),
    ],
)
def test_what_pandas_refuses_is_refused_at_the_call(words, error, match):
    frame = pd.DataFrame({"alpha": [1, 2], "b": [1, 2], "word": ["a", "b"]})
    with pytest.raises(error, match=match):
        in_parts(frame, 2).merge(in_parts(frame, 2), **words)


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
@pytest.mark.parametrize("counts", [(1, 1), (3, 1), (3, 2)])
def test_labels_of_joins_by_one_index_are_those_of_the_other_side(how, counts):
    rows = pd.DataFrame({"g": list("abcdabcdxa"), "x": range(10)}, index=pd.Index(range(10), name="row"))
    table = pd.DataFrame({"y": range(5)}, index=pd.Index(list("abcef"), name="word"))
    left, right = dd.from_pandas(rows, npartitions=counts[0]), dd.from_pandas(table, npartitions=counts[1])
    for found, expected in [
        (
            left.merge(right, left_on="g", right_index=True, how=how),
            rows.merge(table, left_on="g", right_index=True, how=how),
        ),
        (
            right.merge(left, left_index=True, right_on="g", how=how),
            table.merge(rows, left_index=True, right_on="g", how=how),
        ),
    ]:
        assert found._meta.index.dtype == expected.index.dtype
        assert found._meta.index.name == "row"
        pd.testing.assert_frame_equal(found.compute(scheduler="sync"), expected)


def keyed(count, seed):
    """A frame with keys of several types, some of them several times, and labels that other frames have as well."""
    chance = np.random.default_rng(seed)
    keys = chance.integers(-40, 40, count)
    return pd.DataFrame(
        {
            "k": keys,
            "u": (keys + 40).astype("uint16"),
            "w": [f"text {each}" for each in keys % 30],
            "v": chance.random(count),
        }
    )


@pytest.mark.parametrize("how", [*HOWS, "leftsemi"])
@pytest.mark.parametrize("on", ["k", "u", "w", ["k", "w"]])
@pytest.mark.parametrize("counts", [(5, 5), (5, 3), (3, 5)])
def test_rows_that_go_by_hash_are_in_order_and_numbered_over_all(how, on, counts):
    left, right = keyed(150, 1), keyed(60, 2).rename(columns={"v": "z"})
    made = in_parts(left, counts[0]).merge(in_parts(right, counts[1]), how=how, on=on, broadcast=False)
    if how == "leftsemi":
        labels = [on] if isinstance(on, str) else on
        expected = left.merge(right[labels].drop_duplicates(), on=on)
        expected = expected.rename(columns={f"{label}_x": label for label in left.columns})[list(left.columns)]
    else:
        expected = left.merge(right, how=how, on=on).reset_index(drop=True)
    seen = made.map_partitions(lambda part: part.reset_index())  # somebody looks at numbers and order
    assert_same(seen.set_index("index", sort=False), expected.rename_axis("index"), check_index_type=False)


@pytest.mark.parametrize("how", ["inner", "left"])
def test_the_side_that_gives_the_order_does_not_move(how):
    left, right = in_parts(keyed(100, 1), 5), in_parts(keyed(100, 2), 5)
    made = left.merge(right, on="k", how=how, broadcast=False).map_partitions(len)
    steps = [each for each in expr.walk(*expr.optimize([made.expr])) if isinstance(each, Exchange)]
    moved = [each for each in steps if each.label == "merge" and each.outline.label == "merge"]
    assert len(steps) == 3
    assert not moved


def test_keys_with_many_rows_of_the_side_that_stays_are_dealt_out():
    left = pd.DataFrame({"k": np.where(np.arange(4000) % 2, 7, np.arange(4000)), "a": np.arange(4000)})
    right = pd.DataFrame({"k": np.arange(4000), "b": np.arange(4000)})
    made = in_parts(left, 8).merge(in_parts(right, 8), on="k", how="left", broadcast=False)
    assert_same(made, left.merge(right, on="k", how="left"))


@pytest.mark.parametrize("other", [["b", "a", "c", "d"], ["c", "a"], "str"], ids=["same", "others", "text"])
@pytest.mark.parametrize("options", [{"how": "outer"}, {"how": "left", "sort": True}, {"how": "inner", "sort": True}])
@pytest.mark.parametrize("edges", [[2], [1, 2, 4]])
def test_joins_in_order_of_categories(other, options, edges):
    left = pd.DataFrame({"k": pd.Categorical(["a", None, "b", "d", None, "a"], ["b", "a", "c", "d"]), "x": range(6)})
    right = pd.DataFrame({"q": ["a", None, "c"], "y": range(3)})
    right = right.astype({"q": other if other == "str" else pd.CategoricalDtype(other)})
    ours = in_partitions(left, edges), in_partitions(right, [1])
    found = ours[0].merge(ours[1], left_on="k", right_on="q", **options).compute()
    pd.testing.assert_frame_equal(found, left.merge(right, left_on="k", right_on="q", **options))


@pytest.mark.parametrize("on", [["k", "n"], ["n", "k"]])
@pytest.mark.parametrize("edges", [[2], [1, 2, 4]])
def test_joins_in_order_of_several_keys_with_categories(on, edges):
    kind = pd.CategoricalDtype(["b", "a", "c", "d"])
    left = pd.DataFrame({"k": ["a", None, "b", "d", None, "a"], "n": [2, 1, None, 1, 2, None], "x": range(6)})
    right = pd.DataFrame({"k": ["a", None, "c"], "n": [2.0, 1, 1], "y": range(3)})
    left, right = left.astype({"k": kind}), right.astype({"k": kind})
    ours = in_partitions(left, edges), in_partitions(right, [1])
    pd.testing.assert_frame_equal(
        ours[0].merge(ours[1], on=on, how="outer").compute(), left.merge(right, on=on, how="outer")
    )


@pytest.mark.parametrize("kinds", [("float64", "uint32", "int64", "uint8"), ("int64", "uint64", "int8", "uint16")])
def test_outer_joins_by_several_integers_of_other_widths(kinds):
    rng = np.random.default_rng(0)
    left, right = [
        pd.DataFrame({"a": rng.integers(0, 4, size), "b": rng.integers(0, 4, size), name: range(size)}).astype(
            {"a": kinds[place], "b": kinds[place + 1]}
        )
        for name, size, place in (("x", 30, 0), ("y", 12, 2))
    ]
    found = in_partitions(left, [10, 20]).merge(in_partitions(right, [6]), how="outer", on=["a", "b"]).compute()
    pd.testing.assert_frame_equal(found, left.merge(right, how="outer", on=["a", "b"]), check_dtype=False)


@pytest.mark.parametrize("kind", ["datetime64[us]", "datetime64[us, Asia/Tokyo]", "timedelta64[s]", "period[D]"])
@pytest.mark.parametrize("on", [["k"], ["k", "n"], ["n", "k"]])
@pytest.mark.parametrize("options", [{"how": "outer"}, {"how": "left", "sort": True}, {"how": "inner", "sort": True}])
def test_joins_in_order_of_times_of_which_some_are_missing(kind, on, options):
    def times(*days):
        days = (pd.to_timedelta if kind[0] == "t" else pd.to_datetime)(pd.Series(days), unit="D")
        return days.astype(kind) if "," not in kind else days.dt.tz_localize("Asia/Tokyo")

    left = pd.DataFrame({"k": times(3, None, 1, 5), "n": 1, "x": range(4)})
    right = pd.DataFrame({"k": times(5, None, 2, 7, 0, None), "n": 1})
    found = in_partitions(left, [1, 3]).merge(in_partitions(right, [4]), on=on, **options).compute()
    pd.testing.assert_frame_equal(found, left.merge(right, on=on, **options))


@pytest.mark.parametrize("count", [1, 3])
def test_outer_joins_keep_the_order_of_equal_labels_beside_partitions_without_rows(count):
    rng = np.random.default_rng(0)
    left = pd.DataFrame({"a": np.arange(200)}, index=rng.integers(-50, 5, 200))
    right = pd.DataFrame({"b": np.arange(5)})
    ours = dd.from_pandas(left, npartitions=count, sort=False).join(dd.from_pandas(right, npartitions=2), how="outer")
    pd.testing.assert_frame_equal(ours.compute(), left.join(right, how="outer"))


def test_outer_joins_beside_no_rows_take_labels_that_have_no_order():
    left = pd.DataFrame({"a": range(4)}, index=pd.Index([1, "b", 2, "a"], dtype=object))
    right = pd.DataFrame({"b": [1]}, index=pd.Index(["z"], dtype=object)).iloc[:0]
    sides = [in_order_of_labels(each) for each in (left, right)]
    assert [list(each.index) for each in sides] == [[1, "b", 2, "a"], []]


@pytest.mark.parametrize("how", ["left", "right", "outer"])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("indicator", [False, True])
def test_rows_without_a_match_among_levels_have_no_label(how, count, indicator):
    left = pd.DataFrame({"k": [1, 2, 3, 3], "j": list("abcd"), "a": range(4)}, pd.Index([10, 20, 30, 40], name="i"))
    right = pd.DataFrame({"k": [3, 4, 2], "j": list("cxb"), "b": range(3)}).set_index(["k", "j"])
    expected = left.merge(right, left_on=["k", "j"], right_index=True, how=how, indicator="side")
    is_lone = expected.pop("side") == "right_only"
    words = {"left_on": ["k", "j"], "right_index": True, "how": how, "indicator": indicator}

    made = in_parts(left, count).merge(in_parts(right, count), **words).compute()

    assert made.index.name == "i"
    assert made.index.to_series().isna().tolist() == is_lone.tolist()
    there = ~is_lone.to_numpy()
    assert made.index[there].tolist() == expected.index[there].tolist()
    found = made.drop(columns="_merge", errors="ignore").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))


@pytest.mark.parametrize("how", ["left", "inner", "right", "outer"])
@pytest.mark.parametrize("other", [["b", "a", "c"], ["c", "a", "b"], ["a", "b", "c", "d"]])
@pytest.mark.parametrize("broadcast", [None, False])
def test_keys_of_categories_in_other_orders(how, other, broadcast):
    left = pd.DataFrame({"k": pd.Categorical(["a", "b", "c", "a"], ["c", "a", "b"]), "x": range(4)})
    right = pd.DataFrame({"k": pd.Categorical(["b", "a", "c"], other), "y": range(3)})
    ours = dd.from_pandas(left, npartitions=2)
    found = ours.merge(dd.from_pandas(right, npartitions=2), on="k", how=how, broadcast=broadcast)
    expected = left.merge(right, on="k", how=how)
    assert found.compute().k.dtype == expected.k.dtype
    assert_same(found.astype({"k": "str"}), expected.astype({"k": "str"}))
