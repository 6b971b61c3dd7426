from __future__ import annotations

import pickle

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, NUMBERS, TIMES, agree, cut, cut_frames, frames, in_partitions

import weft.dataframe as dd

NOT_OBJECT = tuple(kind for kind in KINDS if kind != "object")
KEYS = ("int64", "float64", "str", "Int64", "bool", "category", "datetime64[us]", "int64[pyarrow]")
NAMED = ["sum", "prod", "mean", "min", "max", "count", "size", "first", "last", "nunique"]
MOMENTS = ["var", "std", "sem", "skew"]


@st.composite
def grouped(draw, kinds=NOT_OBJECT, keys=KEYS, max_keys=2, max_columns=2):
    """A frame and the same in partitions, with columns k0... to group by, and options of groupby."""
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=max_keys))
    whole = draw(frames(kinds, max_columns=max_columns, keys=tuple(chosen)))
    whole, parts = draw(cut(whole))
    by = [f"k{place}" for place in range(len(chosen))]
    options = {
        "sort": draw(st.booleans()),
        "dropna": draw(st.booleans()),
        "observed": draw(st.booleans()),
        "as_index": draw(st.booleans()),
    }
    return whole, parts, by if draw(st.booleans()) or len(by) > 1 else by[0], options


@settings(max_examples=150, deadline=None)
@given(grouped(), st.sampled_from(NAMED))
def test_aggregates_agree_with_pandas(case, how):
    whole, parts, by, options = case
    agree(lambda: getattr(parts.groupby(by, **options), how)(), lambda: getattr(whole.groupby(by, **options), how)())


@settings(max_examples=60, deadline=None)
@given(grouped(tuple(NUMBERS), max_keys=1), st.sampled_from(MOMENTS))
def test_moments_agree_with_pandas(case, how):
    whole, parts, by, options = case
    agree(lambda: getattr(parts.groupby(by, **options), how)(), lambda: getattr(whole.groupby(by, **options), how)())


@settings(max_examples=60, deadline=None)
@given(grouped(("int64", "float64", "bool", "boolean", "str", "timedelta64[us]")), st.sampled_from(["any", "all"]))
def test_logic_agrees_with_pandas(case, how):
    whole, parts, by, options = case
    agree(lambda: getattr(parts.groupby(by, **options), how)(), lambda: getattr(whole.groupby(by, **options), how)())


@settings(max_examples=60, deadline=None)
@given(
    grouped((*NUMBERS, *TIMES, "str"), ("int64", "str"), max_columns=1),
    st.sampled_from(["idxmin", "idxmax"]),
)
def test_the_labels_of_extremes_agree_with_pandas(case, how):
    whole, parts, by, options = case
    agree(lambda: getattr(parts.groupby(by, **options), how)(), lambda: getattr(whole.groupby(by, **options), how)())


@settings(max_examples=50, deadline=None)
@given(grouped(("int64", "float64", "Int64"), ("int64", "str", "category")), st.sampled_from(["c0", ["c0"]]), st.data())
def test_chosen_columns_and_lists_of_aggregates_agree_with_pandas(case, chosen, data):
    whole, parts, by, options = case
    hows = data.draw(st.lists(st.sampled_from(["sum", "mean", "max", "count", "std"]), min_size=1, unique=True))
    agree(
        lambda: parts.groupby(by, **options)[chosen].agg(hows), lambda: whole.groupby(by, **options)[chosen].agg(hows)
    )


SPECS = [
    {"c0": "sum"},
    {"c0": ["sum", "max"]},
    {"c0": np.sum},
    {"c0": "median"},
    {"c0": lambda values: values.max() - values.min()},
    ["min", "last"],
    "mean",
    np.mean,
]


@settings(max_examples=40, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str")), st.sampled_from(SPECS))
def test_specifications_of_aggregates_agree_with_pandas(case, spec):
    whole, parts, by, options = case
    agree(lambda: parts.groupby(by, **options).agg(spec), lambda: whole.groupby(by, **options).agg(spec))


@settings(max_examples=30, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str")))
def test_named_aggregates_agree_with_pandas(case):
    whole, parts, by, options = case
    named = {"total": ("c0", "sum"), "top": pd.NamedAgg("c0", "max"), "n": ("c0", "count")}
    agree(lambda: parts.groupby(by, **options).agg(**named), lambda: whole.groupby(by, **options).agg(**named))
    agree(lambda: parts.groupby(by, **options).c0.agg(a="sum"), lambda: whole.groupby(by, **options).c0.agg(a="sum"))


ROWS = {
    "cumsum": (),
    "cumprod": (),
    "cummin": (),
    "cummax": (),
    "cumcount": (),
    "ngroup": (),
    "shift": (1,),
    "diff": (),
    "ffill": (),
    "bfill": (),
    "rank": (),
    "head": (2,),
    "tail": (1,),
    "nth": (1,),
}


@settings(max_examples=100, deadline=None)
@given(grouped(("int64", "float64", "Int64"), ("int64", "str", "float64", "category")), st.sampled_from(list(ROWS)))
def test_results_for_rows_agree_with_pandas(case, method):
    whole, parts, by, options = case
    options["as_index"] = True
    args = ROWS[method]
    agree(
        lambda: getattr(parts.groupby(by, **options), method)(*args),
        lambda: getattr(whole.groupby(by, **options), method)(*args),
        check_dtype=len(whole) > 0,
    )


@settings(max_examples=40, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str")), st.sampled_from(["mean", "sum", "count", "first"]))
def test_transforms_agree_with_pandas(case, how):
    whole, parts, by, options = case
    agree(
        lambda: parts.groupby(by, **options).c0.transform(how), lambda: whole.groupby(by, **options).c0.transform(how)
    )


FUNCTIONS = {
    "value": lambda group: group.c0.sum(),
    "series": lambda group: pd.Series({"a": group.c0.sum(), "b": len(group)}),
    "rows": lambda group: group.head(1),
    "same": lambda group: group,
}


@settings(max_examples=40, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str")), st.sampled_from(list(FUNCTIONS)), st.booleans())
def test_functions_of_groups_agree_with_pandas(case, name, group_keys):
    whole, parts, by, options = case
    if not len(whole):
        return
    options["group_keys"] = group_keys
    function = FUNCTIONS[name]
    agree(lambda: parts.groupby(by, **options).apply(function), lambda: whole.groupby(by, **options).apply(function))


WHOLE = {
    "median": {},
    "quantile": {"q": [0.25, 0.5]},
    "describe": {},
    "value_counts": {},
    "cov": {},
    "corr": {},
    "ohlc": {},
}


@pytest.mark.filterwarnings(
    "ignore:Degrees of freedom", "ignore:invalid value", "ignore:divide by zero"
)  # of NumPy's cov
@settings(max_examples=40, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str"), max_keys=1), st.sampled_from(list(WHOLE)))
def test_what_needs_whole_groups_agrees_with_pandas(case, method):
    whole, parts, by, options = case
    if not len(whole):
        return
    options["as_index"] = True
    words = WHOLE[method]
    agree(
        lambda: getattr(parts.groupby(by, **options), method)(**words),
        lambda: getattr(whole.groupby(by, **options), method)(**words),
    )


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64"), keys=("int64",)), st.sampled_from(["rolling", "expanding", "ewm"]))
def test_windows_in_groups_agree_with_pandas(pair, kind):
    whole, parts = pair
    args = {"rolling": (2,), "expanding": (), "ewm": (1.0,)}[kind]
    agree(
        lambda: getattr(parts.groupby("k0"), kind)(*args).mean(),
        lambda: getattr(whole.groupby("k0"), kind)(*args).mean(),
    )


@settings(max_examples=20, deadline=None)
@given(grouped(("int64", "float64"), ("int64", "str")), st.booleans())
def test_filtered_groups_agree_with_pandas(case, dropna):
    whole, parts, by, options = case
    agree(
        lambda: parts.groupby(by, **options).filter(lambda group: len(group) > 1),
        lambda: whole.groupby(by, **options).filter(lambda group: len(group) > 1),
    )


KEYED = [
    lambda frame: frame.groupby(frame.k0).c0.sum(),
    lambda frame: frame.groupby(frame.k0 % 2).c0.sum(),
    lambda frame: frame.groupby([frame.k0 > 2, "k0"]).c0.sum(),
    lambda frame: frame.groupby(level=0).sum(),
    lambda frame: frame.groupby(lambda label: label % 2).k0.max(),
    lambda frame: frame.groupby({0: "x", 1: "y"}).k0.count(),
    lambda frame: frame.groupby(pd.Grouper(key="k0")).c0.sum(),
    lambda frame: frame.c0.groupby(frame.k0).sum(),
    lambda frame: frame.c0.groupby(frame.k0).agg(["sum", "count"]),
    lambda frame: frame.groupby("k0").get_group(0),
    lambda frame: frame.groupby("k0")["k0"].sum(),
    lambda frame: frame.groupby("k0").sum(min_count=2),
    lambda frame: frame.groupby("k0").pipe(lambda groups: groups.c0.max() - groups.c0.min()),
    lambda frame: frame.groupby("k0").nth([0, -1]),
    lambda frame: frame.groupby("k0").mean(numeric_only=True),
]


@settings(max_examples=60, deadline=None)
@given(cut_frames(("int64",), keys=("int64",), min_size=1, max_columns=1), st.sampled_from(range(len(KEYED))))
def test_keys_of_every_kind_agree_with_pandas(pair, place):
    whole, parts = pair
    agree(lambda: KEYED[place](parts), lambda: KEYED[place](whole))


def test_an_aggregation_of_ones_own_goes_in_parts():
    whole = pd.DataFrame({"k": [1, 2, 1, 2, 1], "v": [1, 2, 3, 4, 5]})
    spread = dd.Aggregation(
        "spread",
        lambda groups: (groups.min(), groups.max()),
        lambda least, greatest: (least.min(), greatest.max()),
        lambda least, greatest: greatest - least,
    )
    total = dd.Aggregation("total", lambda groups: groups.sum(), lambda sums: sums.sum())
    parts = in_partitions(whole, [1, 3, 3])
    assert parts.groupby("k").v.agg(spread).compute(scheduler="sync").to_dict() == {1: 4, 2: 2}
    both = parts.groupby("k").agg({"v": [spread, total, "mean"]}).compute(scheduler="sync")
    assert both.to_dict("list") == {("v", "spread"): [4, 2], ("v", "total"): [9, 6], ("v", "mean"): [3.0, 3.0]}


def test_an_aggregation_of_ones_own_may_look_at_the_rows_by_their_groups():
    whole = pd.DataFrame({"k": list("abcd") * 10, "v": [number % 7 for number in range(40)]})

    def joined(lists):
        rows = lists._selected_obj
        return rows.groupby(level=list(range(rows.index.nlevels))).sum()

    distinct = dd.Aggregation(
        "distinct",
        lambda groups: groups.apply(lambda rows: list(set(rows))),
        joined,
        lambda lists: lists.map(lambda each: len(set(each))),
    )
    made = in_partitions(whole, [9, 13, 30]).groupby("k").v.agg(distinct).compute(scheduler="sync")
    assert made.to_dict() == whole.groupby("k").v.nunique().to_dict()


def test_only_the_columns_that_are_asked_for_are_needed():
    from weft.dataframe.io.from_pandas import FromPandas
    from weft.expr import optimize, walk

    parts = in_partitions(pd.DataFrame({"k": [1, 2], "v": [1, 2], "w": [1, 2]}), [1])
    (tree,) = optimize([parts.groupby("k").v.sum().expr], phases=["simplify"])
    (source,) = [each for each in walk(tree) if isinstance(each, FromPandas)]
    assert source.only == ("k", "v")


def test_groups_can_be_walked_through():
    whole = pd.DataFrame({"k": [1, 2, 1], "v": [1, 2, 3]})
    found = {key: group.v.tolist() for key, group in in_partitions(whole, [1]).groupby("k")}
    assert found == {1: [1, 3], 2: [2]}
    assert in_partitions(whole, [2]).groupby("k").ngroups == 2


def test_bad_arguments_are_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"key": [1, 2], "word": ["a", "b"]}), [1])
    with pytest.raises(KeyError, match="Did you mean 'key'"):
        parts.groupby("kei")
    with pytest.raises(KeyError, match="Column not found"):
        parts.groupby("key")["wrd"]
    with pytest.raises(TypeError):
        parts.groupby("key").mean()
    with pytest.raises(TypeError, match="by"):
        parts.groupby()
    with pytest.raises(ValueError, match="not 1-dimensional"):
        parts.groupby(parts[["key"]])
    with pytest.raises(KeyError, match="Did you mean 'word'"):
        parts.groupby(["key", "wrd"])


def test_categories_without_rows_have_no_first_value():
    whole = pd.DataFrame({"k": pd.Categorical(["x", "y", "x"], categories=["z", "x", "y"]), "v": [1, 2, 3]})
    parts = in_partitions(whole, [1])
    agree(lambda: parts.groupby("k", observed=False).first(), lambda: whole.groupby("k", observed=False).first())


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.groupby([0, 0, 1, 1, 1]).v.mean(),
        lambda d: d.groupby(np.array([0, 0, 1, 1, 1])).agg(["sum", "max"]),
        lambda d: d.groupby(pd.Index(list("xyxyx"), name="z")).size(),
        lambda d: d.groupby(pd.Series([1, 1, 2], index=[4, 3, 0])).w.sum(),
        lambda d: d.groupby(pd.Categorical(list("abbab"))).v.sum(),
        lambda d: d.groupby(["k", np.array([0, 1, 0, 1, 0])]).v.sum(),
        lambda d: d.groupby(d[d.w > 4].k.astype(str)).w.sum(),
        lambda d: d.w.groupby(d[d.w > 4].k.astype(str)).sum(),
        lambda d: d.w.groupby([1, 2, 1, 2, 2]).max(),
        lambda d: d.groupby("k").sum(skipna=False),
        lambda d: d.groupby("k").v.first(skipna=False),
        lambda d: d.groupby("k").v.sum(min_count=3),
        lambda d: d.groupby("k").agg("std", ddof=0),
        lambda d: d.groupby("k").agg("size"),
        lambda d: d.groupby("k").agg("idxmax"),
        lambda d: d.groupby("k").agg(lambda rows, more: rows.sum() + more, 3),
        lambda d: d.groupby("k").agg([lambda rows, more: rows.sum() + more], more=3),
        lambda d: d.groupby("k").agg("sum", skipna=False),
        lambda d: d.groupby("k").cumsum(skipna=False),
        lambda d: d.groupby("k").v.value_counts(bins=2),
        lambda d: d.groupby("k").v.value_counts(dropna=False),
        lambda d: d.groupby("k").w.is_monotonic_increasing,
        lambda d: d.groupby("k").take([0]),
        lambda d: d.groupby("k").rolling(2).rank(),
        lambda d: d.groupby("k").expanding().sem(),
        lambda d: d.groupby("k").rolling(2).pipe(lambda windows: windows.sum()),
    ],
)
def test_what_programs_ask_of_groups(program):
    whole = pd.DataFrame({"k": [1, 2, 1, 2, 1], "v": [1.0, 2, None, 4, 5], "w": [3, 4, 5, 6, 7]})
    agree(lambda: program(in_partitions(whole, [2, 3])), lambda: program(whole))


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "int64[pyarrow]", "float64", "category"])
def test_numbers_of_rows_have_the_types_of_pandas(dtype):
    whole = pd.DataFrame({"k": [1, 1, 2], "c": pd.array([1, 0, 1], dtype=dtype), "f": [1.0, 2.0, 3.0]})
    frame = dd.from_pandas(whole, npartitions=2)
    for ask in (
        lambda d: d.groupby("k").agg(n=("c", "size"), m=("f", "size")),
        lambda d: d.groupby("k", as_index=False).agg(n=("c", "size")),
        lambda d: d.groupby("k").c.agg(["size", "count"]),
    ):
        made = ask(frame)
        pd.testing.assert_frame_equal(made.compute(), ask(whole))
        assert made.dtypes.tolist() == ask(whole).dtypes.tolist()


def test_medians_in_as_many_partitions_as_are_asked_for():
    whole = pd.DataFrame({"k": [1, 2, 3, 1, 2, 3], "v": [1.0, 2.0, 3.0, 4.0, 5.0, 9.0]})
    grouped = dd.from_pandas(whole, npartitions=3).groupby("k").v
    made = grouped.median(split_out=2)
    assert made.npartitions == 2
    pd.testing.assert_series_equal(made.compute(), whole.groupby("k").v.median())
    with pytest.raises(ValueError, match="split_out"):
        grouped.median(split_out=0)


def test_aggregates_of_ones_own_have_the_types_of_their_values():
    whole = pd.DataFrame({"k": list("abab"), "v": [1, 2, 3, 4], "w": [0.5, 1, 2, 4]})
    parts = dd.from_pandas(whole, npartitions=2)
    mean = dd.Aggregation(
        "own", lambda g: (g.count(), g.sum()), lambda n, s: (n.sum(), s.sum()), lambda count, total: total / count
    )
    total = dd.Aggregation("total", lambda g: g.sum(), lambda g: g.sum())
    for found in (
        parts.groupby("k").v.agg(mean).to_frame(),
        parts.groupby("k").agg({"v": [mean, total], "w": total}),
        parts.groupby("k", as_index=False).agg(total),
        parts.groupby(["k", "v"]).agg(total),
    ):
        pd.testing.assert_series_equal(found.dtypes, found.compute().dtypes)


def test_what_a_function_of_groups_gives_is_called_as_its_meta_says():
    parts = dd.from_pandas(pd.DataFrame({"k": list("abab"), "v": [1, 2, 3, 4]}), npartitions=2)
    found = parts.groupby("k").apply(lambda rows: rows.v.max(), meta=("most", "i8")).compute()
    assert (found.name, found.to_dict()) == ("most", {"a": 3, "b": 4})
    shifted = parts.groupby("k").v.transform(lambda rows: rows - rows.min(), meta=("above", "i8")).compute()
    assert (shifted.name, shifted.tolist()) == ("above", [0, 0, 2, 2])


@pytest.mark.parametrize("given", [{"func": {"prise": "sum"}}, {"total": ("prise", "sum")}])
def test_an_aggregate_of_no_column_says_which_may_be_meant(given):
    parts = dd.from_pandas(pd.DataFrame({"name": ["a", "b"], "price": [1, 2]}), npartitions=2)
    with pytest.raises(KeyError, match=r"Label\(s\) \['prise'\] do not exist: .* Did you mean 'price'"):
        parts.groupby("name").agg(**given)


def test_aggregates_of_ones_own_are_computed_in_other_processes():
    whole = pd.DataFrame({"k": list("abcab"), "v": [1.0, 5.0, 2.0, 4.0, 9.0]})
    spread = dd.Aggregation(
        "spread", lambda groups: (groups.min(), groups.max()), lambda low, high: (low.min(), high.max()), rsub
    )
    found = in_partitions(whole, [2, 4]).groupby("k").v.agg(spread)
    assert found.compute(scheduler="processes").to_dict() == {"a": 3.0, "b": 4.0, "c": 0.0}
    assert pickle.loads(cloudpickle.dumps(spread)) == spread


def rsub(low, high):
    return high - low
