"""Programs on which random ones once differed, as small as they get: pandas and every road give the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.dataframe.columns import in_partitions, same
from tests.dataframe.programs.running import ROADS, computed, on_road

import weft.dataframe as dd

INFINITE = pd.DataFrame({"x": [np.inf, -np.inf, 1.0, 2.0], "k": list("abba")})
SHORT = pd.DataFrame(
    {"k": [2, 1, 2], "i": [100, 1, 100], "w": [2**31 - 2, 1, 2**31 - 2], "f": [1.5, np.nan, 2]}
).astype({"i": "int8", "w": "int32", "f": "float32"})
NUMBERS = pd.DataFrame({"k": [1, 2, 1, 2], "n": [1, 2, 3, 4], "t": ["a", None, "b", "a"]})
DAYS = pd.DataFrame({"t": pd.to_datetime(["2024-01-01", None, "2024-01-03", None]), "a": range(4)})
OTHERS = pd.DataFrame({"k": [1, 3], "m": [7, 8]})

PROGRAMS = {
    "a mean of infinities is less than nothing": (INFINITE, lambda d: d[d.x < d.x.mean()].k.value_counts()),
    "a deviation of infinities, too": (INFINITE, lambda d: d[d.x < d.x.std()]),
    "one value for all rows beside integers that are chosen": (
        NUMBERS[["n"]],
        lambda d: d[["n"]].where(d[["n"]] > 0).astype("int64").assign(t="a", f=1.5),
    ),
    "one value for all rows in place of integers that are chosen": (
        NUMBERS,
        lambda d: d.assign(n=d.n.where(d.n > 0)).assign(n=1.5, t="a")[["n", "t"]],
    ),
    "days of which some are missing, below integers": (
        DAYS,
        lambda d: d.assign(n=d.t.dt.day).melt(value_vars=["a", "n"]),
    ),
    "the total of lengths of which some are missing": (
        NUMBERS,
        lambda d: d.assign(n=d.t.str.len().sum() + d.n).drop_duplicates(),
    ),
    "sums of days of which some partitions miss some": (
        pd.DataFrame({"k": [1, 2, 1, 2], "t": pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-04"])}),
        lambda d: d.assign(n=d.t.dt.day).groupby("k").n.sum().astype("float64"),
    ),
    "medians between an infinity and a number": (
        pd.DataFrame({"k": [1, 1, 1, 1, 2, 2, 3], "x": [-np.inf, -np.inf, 1, 2, 1.5, np.inf, np.nan]}),
        lambda d: d.groupby("k").x.median(),
    ),
    "the median between an infinity and a number": (
        pd.DataFrame({"x": [2, np.inf], "y": [-np.inf, 1]}),
        lambda d: d.median(),
    ),
    "the variance of a single infinity": (INFINITE, lambda d: d[d.x > 5].x.var(ddof=0)),
    "the deviations of single infinities": (INFINITE, lambda d: d.groupby("x").x.std(ddof=0)),
    "sums of int8 need not fit in it": (SHORT, lambda d: d.groupby("k").i.sum()),
    "sums of int32 need not fit in it": (SHORT, lambda d: d.groupby("k").w.sum()),
    "means of float32 are float32": (SHORT, lambda d: d.groupby("k").f.mean()),
    "all but some rows, of one partition": (NUMBERS, lambda d: d.head(-3)),
    "a single value that is used twice": (NUMBERS, lambda d: with_maximum(d)),
    "quantiles between infinities": (INFINITE.assign(y=np.inf), lambda d: d[["x", "y"]].describe()),
    "short integers as labels and back": (SHORT, lambda d: set_index(d, "i").reset_index()),
    "running totals of days among which are gaps": (
        DAYS,
        lambda d: d.assign(n=d.t.dt.day)[["a", "n"]].cumsum(),
    ),
    "columns made in two steps of rows that were chosen": (
        DAYS.assign(c=pd.Categorical(["x", "y", "x", None])).iloc[1:],
        lambda d: d.dropna().pipe(lambda d: d.assign(n=(d.t - d.t).dt.total_seconds()).dropna().a.sum()),
    ),
    "counts of numbers among which are NaN": (SHORT, lambda d: d.groupby("k")[["f"]].count()),
    "labels that nobody looks at become a column": (
        NUMBERS,
        lambda d: d.groupby("k")[["n"]].sum().reset_index().pipe(lambda d: d[d.n < 5]).n.count(),
    ),
    "values that are cut need not be integers": (
        NUMBERS,
        lambda d: d.assign(n=d.n.clip(upper=2.5)).groupby("k").n.max(),
    ),
    "values that are replaced need not be, either": (
        NUMBERS,
        lambda d: d.assign(n=d.n.where(d.n > 1, 2.5)).groupby("k").n.min(),
    ),
    "a table of sums of infinities": (
        INFINITE.assign(k=[1, 1, 2, 2], y=[1.0, 2.0, np.nan, np.nan]),
        lambda d: pivot_table(d, "x"),
    ),
    "a table of sums of infinities beside others": (
        INFINITE.assign(k=[1, 1, 2, 2], y=[1.0, 2.0, np.nan, np.nan]),
        lambda d: pivot_table(d, ["x", "y"]),
    ),
}

UNKNOWN = pd.Categorical([], [dd.utils.UNKNOWN_CATEGORIES])


def set_index(d, label):
    return d.set_index(label) if isinstance(d, pd.DataFrame) else d.set_index(label, sort=False)


def with_maximum(d):
    d = d.assign(n=d.n.max() - d.n)
    return d[d.n > 0].assign(m=d.n + 1).dropna(subset=["n", "m"])


def pivot_table(d, values):
    return d.pivot_table(index="k", values=values, aggfunc="sum")


@pytest.fixture(params=ROADS)
def road(request):
    with on_road(request.param):
        yield request.param


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("edges", [[], [2], [0, 1, 4]])
def test_a_program_gives_what_pandas_gives(name, edges, road):
    whole, program = PROGRAMS[name]
    found = program(in_partitions(whole, [min(each, len(whole)) for each in edges]))
    same(computed(found) if hasattr(found, "compute") else found, program(whole))


def test_types_are_those_of_the_join_whatever_rows_are_left(road):
    ours = dd.from_pandas(NUMBERS, npartitions=2), dd.from_pandas(OTHERS, npartitions=1)
    joined = computed(ours[0].merge(ours[1], on="k", how="left"))
    assert joined.m.dtype == "float64"
    found = computed(ours[0].merge(ours[1], on="k", how="left").dropna(subset=["m"]))
    if road != "pandas' kernels":
        assert found.m.dtype == "float64"
    assert found.m.tolist() == [7, 7]


def test_missing_texts_are_equal_whatever_length_their_bytes_have(road):
    offsets = pa.py_buffer(np.array([0, 3, 4, 9, 9], np.int64))
    texts = pa.Array.from_buffers(
        pa.large_string(), 4, [pa.py_buffer(bytes([0b0010])), offsets, pa.py_buffer(b"abcxhello")]
    )
    whole = pd.DataFrame({"t": pd.array(texts, dtype="str"), "n": [1, 0, 0, 1]})
    assert whole.t.tolist()[1] == "x"
    ours = in_partitions(whole, [1, 2, 3])
    for position in ("first", "last"):
        expected = whole.sort_values(["t", "n"], na_position=position, kind="stable")
        same(computed(ours.sort_values(["t", "n"], na_position=position)), expected)


def test_labels_in_files_that_nobody_looks_at_are_not_read(tmp_path, road):
    whole = NUMBERS.set_index(pd.Index(list("abcd")))
    whole.to_parquet(tmp_path / "part.parquet", row_group_size=2)
    ours = (
        dd.read_parquet(tmp_path)
        .head(3, compute=False)
        .merge(dd.from_pandas(OTHERS, npartitions=1), on="k", how="outer")
    )
    same(computed(ours), whole.head(3).merge(OTHERS, on="k", how="outer"))


@pytest.mark.parametrize("how", ["left_anti", "right_anti", "leftsemi"])
@pytest.mark.parametrize("name", ["k0", "row"])
def test_rows_without_a_match_whatever_their_labels_are_called(how, name, road):
    left, right = NUMBERS[["n"]].rename_axis(name), OTHERS.rename(columns={"k": name + "_"}).rename_axis(name)
    ours = [in_partitions(each, [1]) for each in (left, right)]
    keys = {"left_on": "n", "right_on": name + "_"}
    found = computed(ours[0].merge(ours[1], how=how, **keys)).reset_index(drop=True)
    expected = left.merge(right, how="inner" if how == "leftsemi" else how, **keys)
    same(found, (expected[["n"]] if how == "leftsemi" else expected).reset_index(drop=True))


def test_extremes_of_partitions_whose_categories_differ(road):
    parts = [pd.DataFrame({"n": [place, 5], "c": pd.Categorical([word, None])}) for place, word in enumerate("ba")]
    ours = dd.from_map(parts.__getitem__, range(2), meta=parts[0].iloc[:0])
    found = computed(ours.nlargest(3, "n"))
    assert found.n.tolist() == [5, 5, 1]
    assert set(found.c.cat.categories) == {"a", "b"}


def test_codes_of_no_categories(road):
    whole = pd.DataFrame({"c": pd.Categorical([None, None], categories=[])})
    parts = in_partitions(whole, [1])
    same(computed(parts.c.cat.codes), whole.c.cat.codes)


def test_the_most_frequent_of_partitions_whose_categories_differ(road):
    parts = [pd.DataFrame({"c": pd.Categorical([word, None, word])}) for word in "ba"]
    ours = dd.from_map(parts.__getitem__, range(2), meta=parts[0].iloc[:0].astype({"c": pd.CategoricalDtype(["?"])}))
    assert sorted(computed(ours.c.cat.as_unknown().mode())) == ["a", "b"]


@pytest.mark.parametrize("sort", [True, False])
def test_zeros_of_both_signs_are_groups_of_arrow(road, sort):
    zeros = pd.array([0.0, -0.0, 0.0, 1.5], dtype="double[pyarrow]")
    whole = pd.DataFrame({"k": [1, 1, 1, 1], "z": zeros, "n": [1, 2, 4, 8]})
    found = computed(in_partitions(whole, [2]).groupby(["k", "z"], sort=sort).n.sum())
    expected = whole.groupby(["k", "z"], sort=sort).n.sum()
    assert sorted(found.tolist()) == sorted(expected.tolist())
    assert found.index.tolist() == expected.index.tolist()


def test_rows_told_apart_by_some_columns_are_the_last_ones(road):
    whole = pd.DataFrame({"k": [1.5, np.nan, 1.5, np.nan, 2], "n": [1, 2, 4, 8, 16]})
    found = in_partitions(whole, [2, 3]).drop_duplicates(subset=["k"], keep="last").n.sum()
    assert computed(found) == 28


def test_rows_below_each_other_have_the_categories_of_their_partitions(road):
    parts = [pd.DataFrame({"c": pd.Categorical([word]), "a": [1], "b": [2.5]}) for word in "ba"]
    ours = dd.from_map(parts.__getitem__, range(2), meta=parts[0].iloc[:0].assign(c=UNKNOWN))
    assert computed(ours.melt(id_vars=["c"], value_vars=["a", "b"])).c.tolist() == ["b", "a", "b", "a"]


@pytest.mark.parametrize("dtype", ["string", "string[python]", "str", "large_string[pyarrow]", "category"])
@pytest.mark.parametrize("value", [1.5, 2, True])
def test_types_of_what_is_mapped_are_known(road, dtype, value):
    whole = pd.Series(["a", None, "b"], dtype=dtype)
    ours = in_partitions(whole, [2]).map({"a": value})
    expected = whole.map({"a": value})
    assert ours.dtype == expected.dtype
    same(computed(ours), expected)


def test_what_is_mapped_in_partitions_without_rows_has_its_type(road):
    ours = in_partitions(NUMBERS, [0, 2]).pipe(lambda d: d[d.n > 9])
    ours = ours.assign(m=ours.t.map({"a": 1.5, "b": 2.5}))
    found = computed(ours.merge(dd.from_pandas(INFINITE, npartitions=1), left_on="m", right_on="x", how="left"))
    assert found.m.dtype == "float64"


@pytest.mark.parametrize("dtype", ["bool[pyarrow]", "boolean"])
@pytest.mark.parametrize("how", ["mean", "sum", "count", "nunique"])
def test_truth_values_with_gaps_of_groups(road, dtype, how):
    whole = pd.DataFrame({"k": [1, 2, 1, 1], "t": pd.Series([True, None, None, False], dtype=dtype)})
    found = getattr(in_partitions(whole, [1, 3]).groupby("k").t, how)()
    same(computed(found), getattr(whole.groupby("k").t, how)())


def test_texts_of_rows_without_a_match_are_texts(road, tmp_path):
    for name, whole in (("left", NUMBERS), ("right", OTHERS.assign(w="a"))):
        whole.to_parquet(tmp_path / f"{name}.parquet")

    def program(left, right):
        rows = left.merge(right, on="k", how="left")
        rows = rows[rows.m.isna()]
        return rows[(rows.w.str.endswith("a") == True) | (rows.n > 3)].n.sum()  # noqa: E712

    ours = [dd.read_parquet(tmp_path / f"{name}.parquet") for name in ("left", "right")]
    assert computed(program(*ours)) == program(NUMBERS, OTHERS.assign(w="a")) == 4


@pytest.mark.parametrize("other", [(), (2.5,)])
def test_short_integers_do_not_overflow_where_they_are_floats_elsewhere(road, other):
    whole = pd.DataFrame({"n": [1, 2, 3, 4], "s": np.array([100, 1, 2, 3], "int8")})

    def program(d):
        return d.s.where(d.n < 4, *other) * 3

    same(computed(program(in_partitions(whole, [2]))), program(whole))


def test_integers_that_stand_in_for_others_have_one_type_in_all_partitions(road):
    whole = pd.DataFrame({"u": [1, 2, 3, 4], "i": [-1, -2, -3, -4]}).astype({"u": "uint32", "i": "int32"})

    def program(d):
        return d.u.mask(d.u > 3, d.i) * -1

    same(computed(program(in_partitions(whole, [2]))), program(whole))


def test_integers_with_gaps_in_place_of_integers(road):
    whole = pd.DataFrame({"n": [1, 2, 3], "g": pd.array([None, 5, None], "Int64")})
    found = in_partitions(whole, [1]).pipe(lambda d: d.n.mask(d.n > 1, d.g))
    assert computed(found).astype("Float64").tolist() == [1, 5, pd.NA]


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.assign(n=d.a.shift(2)).groupby("b").n.sum(),
        lambda d: d[d.a.shift(2) > 1].groupby("b").c.sum(),
        lambda d: d[d.a.duplicated() | (d.a > 3)].b.sum(),
        lambda d: (d.b + d.groupby("c").a.cumsum()).sum(),
    ],
)
def test_columns_of_files_of_which_some_are_dropped_and_rows_are_moved(program, road, tmp_path):
    whole = pd.DataFrame({label: np.arange(9) + place for place, label in enumerate("abcde")})
    for place in range(3):
        whole.iloc[3 * place : 3 * place + 3].to_parquet(tmp_path / f"{place}.parquet")
    found = computed(program(dd.read_parquet(tmp_path).drop(columns=["e"])))
    expected = program(whole.drop(columns=["e"]))
    assert found.tolist() == expected.tolist() if isinstance(expected, pd.Series) else found == expected


@pytest.mark.parametrize("dtype", ["str", "string", "string[python]", "large_string[pyarrow]", "Int64"])
@pytest.mark.parametrize("condition", [lambda t: t != "a", lambda t: ~(t == "a"), lambda t: (t != "a") | (t == "b")])
def test_missing_texts_of_files_are_unequal_as_their_type_has_it(dtype, condition, road, tmp_path):
    whole = pd.DataFrame({"t": pd.array(["a", None, "b"], dtype="str"), "n": [1, 2, 4]})
    whole["t"] = whole.t.map({"a": 1, "b": 2}).astype(dtype) if dtype == "Int64" else whole.t.astype(dtype)
    whole.to_parquet(tmp_path / "part.parquet")
    whole = pd.read_parquet(tmp_path)
    assert (
        computed(dd.read_parquet(tmp_path).pipe(lambda d: d[condition(d.t)]).n.sum())
        == whole[condition(whole.t)].n.sum()
    )


def test_integers_in_place_of_shorter_ones_with_gaps(road):
    whole = pd.DataFrame({"s": pd.array([1, None, 3], "Int8"), "i": [4, 5, 6]})

    def program(d):
        return d.s.where(d.i > 4, d.i)

    same(computed(program(in_partitions(whole, [2]))), program(whole))


@pytest.mark.parametrize("dtype", ["Int64", "int8[pyarrow]", "Float64", "double[pyarrow]"])
@pytest.mark.parametrize("values", [[None, None], [], [1, None]])
def test_extremes_of_gaps_alone(dtype, values, road):
    whole = pd.Series(values, dtype=dtype)
    same(computed(in_partitions(whole, [0]).agg(["min", "max"])), whole.agg(["min", "max"]))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_first_of_days_has_their_unit(unit, road):
    whole = DAYS.assign(t=DAYS.t.astype(f"datetime64[{unit}]"), k=[1, 2, 1, 2]).dropna()
    ours = in_partitions(whole, [])
    assert computed(ours.t.min()).unit == unit
    same(
        computed(ours.assign(n=ours.t - ours.t.min()).groupby("k").n.max()),
        whole.assign(n=whole.t - whole.t.min()).groupby("k").n.max(),
    )


@pytest.mark.parametrize("inside", ["lower", "higher", "nearest"])
@pytest.mark.parametrize("q", [0.5, [0.3, 0.5]])
def test_times_that_are_chosen_keep_their_nanoseconds(inside, q, road):
    whole = pd.Series(pd.to_datetime(["2024-02-27 12:00:00.25", None, "2024-02-28 05:00:01.25"])).astype(
        "datetime64[ns]"
    )
    for each in (whole, whole - whole.min(), whole.to_frame("t")):
        found, expected = [one.quantile(q, interpolation=inside) for one in (in_partitions(each, [1]), each)]
        if isinstance(expected, pd.Timestamp | pd.Timedelta):
            assert computed(found) == expected
        else:
            same(computed(found), expected)


@pytest.mark.parametrize("dtype", ["UInt8", "UInt64", "uint8[pyarrow]"])
def test_what_no_row_needs_may_be_too_small_for_the_type(dtype, road):
    whole = pd.DataFrame({"u": pd.array([1, 2], dtype), "n": [1, 2], "f": [1.5, None]})
    found = in_partitions(whole, [1]).pipe(lambda d: d.mask(d.isna(), -1))
    same(computed(found), whole.mask(whole.isna(), -1))


@pytest.mark.parametrize("periods", [1, -1])
def test_differences_of_unsigned_integers_of_arrow(periods, road):
    whole = pd.Series([9, 7, 2][::periods], dtype="uint8[pyarrow]")[::-1].reset_index(drop=True)
    same(computed(in_partitions(whole, [1]).diff(periods)), whole.diff(periods))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("dtype", ["double[pyarrow]", "float[pyarrow]", "float64", "Float64"])
@pytest.mark.parametrize("inside", ["linear", "midpoint", "lower"])
def test_quantiles_between_infinities(dtype, inside, road):
    for values in ([-np.inf, 0, 1, None], [1, 2, np.inf, np.inf], [-np.inf, np.inf], [3, np.inf]):
        whole = pd.Series(values, dtype=dtype)
        wanted = [0, 0.25, 0.4, 0.5, 1]
        found = computed(in_partitions(whole, [1]).quantile(wanted, interpolation=inside))
        expected = whole.quantile(wanted, interpolation=inside).astype(found.dtype)
        assert list(map(str, found)) == list(map(str, expected))


@pytest.mark.parametrize("dtype", ["int64", "float64", "bool", "str", "datetime64[us]"])
def test_summaries_of_categories(dtype, road):
    whole = pd.Series([2, 1, 2, None], dtype="Int64").dropna().astype(dtype).astype("category")
    same(computed(in_partitions(whole, [1]).describe()), whole.describe())


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.assign(m=d.f.combine_first(d.n)),
        lambda d: d.assign(m=d.f.combine_first(d.f * 2)),
        lambda d: d.assign(m=d.f.combine(d.n, max)),
        lambda d: d.assign(m=d[["f"]].combine_first(d[["n"]]).n + d.n),
        lambda d: d.assign(m=d.f.align(d.n)[1]),
    ],
)
def test_columns_of_the_same_rows_stay_in_their_order_when_combined(program, road):
    whole = pd.DataFrame({"f": [1.5, None, 2, None], "n": [1, 2, 3, 4]}, index=[5, 3, 9, 1])
    same(computed(program(in_partitions(whole, [1, 1, 3]))), program(whole))


@pytest.mark.parametrize("dtype", ["int8", "Int16", "string", "datetime64[ms]", "double[pyarrow]"])
@pytest.mark.parametrize("count", [0, 3])
def test_categories_that_are_counted_keep_their_type(dtype, count, road):
    whole = pd.Series([1, 2, 1]).astype(dtype).iloc[:count]
    found = computed(in_partitions(whole, [min(1, count)]).astype("category").cat.as_known())
    assert found.cat.categories.dtype == whole.astype("category").cat.categories.dtype


@pytest.mark.parametrize("edges", [[0], [1], [0, 1]])
@pytest.mark.parametrize("periods", [1, -1])
def test_partitions_without_rows_have_the_type_of_those_that_are_shifted(edges, periods, road):
    whole = pd.DataFrame({"n": [1], "t": [True]})
    ours = in_partitions(whole, edges).shift(periods)
    parts = [computed(ours.partitions[place]) for place in range(ours.npartitions)]
    assert {tuple(each.dtypes) for each in parts} == {tuple(whole.shift(periods).dtypes)}


@pytest.mark.parametrize(
    "program",
    [
        lambda t: t.str.encode("utf-8").str.len(),
        lambda t: t.str.partition("a", expand=False).str.len(),
        lambda t: t.str.rpartition("a", expand=False).str[0],
        lambda t: t.str.findall("a").str.len(),
        lambda t: t.str.split("a").str[-1],
    ],
)
def test_objects_made_of_texts_of_which_a_partition_has_none(program, road):
    whole = pd.Series(["ab", None, None, "b"], dtype="str")
    same(computed(program(in_partitions(whole, [1, 3]))), program(whole))


@pytest.mark.parametrize("index", [[3, 1, 4, 1, 5, 9], range(6)])
@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.assign(n=(d.t - d.t).dt.days).groupby("n").size(),
        lambda d: d.assign(n=(d.t - d.t).dt.days)[["k", "n"]].dropna(),
        lambda d: d[(d.t - d.t).dt.days >= d.k - 5].k + 1,
    ],
)
def test_days_of_which_some_are_missing_beside_columns_of_their_rows(program, index, road):
    days = pd.to_datetime(["2024-01-01", None, "2024-01-03", "2024-01-05", None, "2024-01-06"])
    whole = pd.DataFrame({"t": days, "k": range(6)}, index=list(index))
    found = computed(program(in_partitions(whole, [2, 4])))
    same(found, program(whole))


@pytest.mark.parametrize("dtype", ["str", "string", "object", "double[pyarrow]", "timedelta64[ns]"])
@pytest.mark.parametrize("names", [["min", "max"], ["min", "count"]])
def test_extremes_of_nothing_have_the_type_of_what_is_missing(dtype, names, road):
    whole = pd.Series([None, None], dtype=dtype)
    same(computed(in_partitions(whole, [1]).agg(names)), whole.agg(names))


@pytest.mark.parametrize("how", ["sum", "prod", "min", "max"])
@pytest.mark.parametrize("min_count", [2, 3])
def test_totals_of_integers_stay_integers_where_no_group_has_too_few(how, min_count, road):
    whole = pd.DataFrame({"k": [1, 1, 2, 2], "n": [1, 2, 3, 4]})
    found = getattr(in_partitions(whole, [3]).groupby("k").n, how)(min_count=min_count)
    same(computed(found), getattr(whole.groupby("k").n, how)(min_count=min_count))


@pytest.mark.parametrize("dtype", ["float[pyarrow]", "double[pyarrow]", "float32"])
def test_keys_keep_their_type_beside_others(dtype, road):
    whole = pd.DataFrame({"k": pd.Series([1.5, -0.0, 1.5], dtype=dtype), "j": [1, 2, 1], "n": [1, 2, 3]})
    same(computed(in_partitions(whole, [1]).groupby(["j", "k"]).n.sum()), whole.groupby(["j", "k"]).n.sum())


@pytest.mark.parametrize("dtype", ["uint8", "uint64", "int8"])
def test_bounds_beyond_those_of_the_type(dtype, road):
    whole = pd.DataFrame({"n": [1, 2, 100]}, dtype=dtype)
    same(computed(in_partitions(whole, [1])[["n"]].clip(-1000, 5)), whole.clip(-1000, 5))
    same(computed(in_partitions(whole, [1]).n.clip(-1, 50)), whole.n.clip(-1, 50))


@pytest.mark.parametrize("program", [lambda d: d[d.index != 1], lambda d: d[(d.index > 1) | (d.n > 4)].n + 1])
def test_rows_by_their_labels_beside_columns_of_pandas(program, road):
    whole = pd.DataFrame({"n": [1, 2, 3, 4], "t": ["a", None, "b", "c"]})

    def moved(d):
        return d.assign(m=d.t.str.isalpha(), r=d.n.rank()).sort_values("n")

    same(computed(program(moved(in_partitions(whole, [2])))), program(moved(whole)))


@pytest.mark.parametrize("dtype", ["str", "string"])
@pytest.mark.parametrize("values", [[2, 1], [1.5, 2.5], ["a", "b"]])
def test_texts_below_categories_that_are_not_known(dtype, values, road):
    parts = [pd.DataFrame({"c": pd.Categorical([each])}) for each in values]
    ours = dd.from_map(parts.__getitem__, range(2), meta=parts[0].iloc[:0].assign(c=UNKNOWN))
    texts = pd.DataFrame({"c": pd.array(["x", None], dtype=dtype)})
    found = computed(dd.concat([ours, dd.from_pandas(texts, npartitions=1)], ignore_index=True))
    expected = pd.concat([pd.DataFrame({"c": pd.Categorical(values)}), texts], ignore_index=True)
    assert found.c.astype(object).dropna().tolist() == expected.c.dropna().tolist()
    if not isinstance(values[0], str):
        same(found, expected)


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("position", ["first", "last"])
def test_days_of_arrow_are_ordered(ascending, position, road):
    days = pd.array(["2024-02-27", None, "1969-05-26", "2024-02-27"], dtype="date32[pyarrow]")
    whole = pd.DataFrame({"t": days, "n": [1, 2, 3, 0]})
    words = {"ascending": ascending, "na_position": position}
    same(computed(in_partitions(whole, [2]).sort_values(["t", "n"], **words)), whole.sort_values(["t", "n"], **words))
    same(computed(in_partitions(whole, [1]).t.sort_values(**words)), whole.t.sort_values(**words, kind="stable"))


@pytest.mark.parametrize("days", [["2024-02-27", None, "2024-02-28"], ["1969-05-26", "1969-05-29", "1950-01-01"]])
def test_means_of_days_of_arrow(days, road):
    whole = pd.DataFrame({"t": pd.array(days, dtype="date32[pyarrow]"), "k": [1, 1, 2]})
    ours = in_partitions(whole, [1])
    assert computed(ours.t.mean()) == whole.t.mean()
    same(computed(ours[["t"]].mean()), whole[["t"]].mean())
    same(computed(ours.groupby("k").t.mean()), whole.groupby("k").t.mean())


@pytest.mark.parametrize("dtype", ["duration[us][pyarrow]", "timestamp[us][pyarrow]", "date32[pyarrow]"])
@pytest.mark.parametrize("how", ["std", "sem"])
def test_deviations_of_a_single_time_are_missing_as_its_type_has_it(dtype, how, road):
    whole = pd.Series([pd.Timedelta(1, "D") if "duration" in dtype else pd.Timestamp("2024-01-01")]).astype(dtype)
    assert computed(getattr(in_partitions(whole, [1]), how)()) is getattr(whole, how)()


def test_correlations_leave_infinities_out_as_those_of_pandas_do(road):
    whole = pd.DataFrame({"a": [1, 2, 3, np.inf, 2.5], "b": [2.0, 1, -np.inf, 3, 5], "c": [1, 5, 2, 4, 3]})
    same(computed(in_partitions(whole, [2]).corr()), whole.corr())


@pytest.mark.parametrize("teller", ["mean", "sum"])
def test_gaps_are_not_told_by_aggregates_that_nobody_looks_at(teller, road):
    whole = pd.DataFrame({"k": [1, 1, 2], "v": [1.0, 2.0, np.nan]})

    def counted(d):
        return d.groupby("k").agg(x=("v", teller), n=("v", "nunique"))[["n"]]

    same(computed(counted(in_partitions(whole, [1]))), counted(whole))
