from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_series
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd


@pytest.fixture
def whole():
    return pd.DataFrame({"k": [*list("bacb"), None], "n": range(5), 7: list("xyxyx")})


def test_text_becomes_known_categories(whole):
    parts = dd.from_pandas(whole, npartitions=3)
    made = parts.categorize()
    assert made.k.cat.known
    assert list(made.k.cat.categories) == ["a", "b", "c"]
    assert_same(made, whole.astype({"k": "category", 7: "category"}))
    assert_same(parts, whole)


def test_unknown_categories_are_looked_up(whole):
    parts = dd.from_pandas(whole, npartitions=2)
    unknown = parts.assign(k=parts.k.astype("category"))
    assert not unknown.k.cat.known
    made = unknown.categorize(columns="k")
    assert_same(made, whole.astype({"k": "category"}))
    assert_same(dd.get_dummies(made.k), pd.get_dummies(whole.k.astype("category")))
    assert made.categorize(columns=["k"]) is made


def test_columns_to_categorize_must_be_there(whole):
    with pytest.raises(KeyError, match="kk"):
        dd.from_pandas(whole, npartitions=2).categorize(columns=["kk"])


@pytest.fixture
def apart():
    """Ordered categories that files keep, and that are not known before they are read."""
    whole = pd.DataFrame(
        {"k": pd.Categorical(["low", "high", None, "low"], categories=["low", "mid", "high"], ordered=True)}
    )
    parts = [whole.iloc[:2], whole.iloc[2:]]
    meta = whole.iloc[:0].assign(k=pd.Categorical([], [dd.utils.UNKNOWN_CATEGORIES], ordered=True))
    return whole, dd.from_map(parts.__getitem__, range(2), meta=meta)


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d[d.k >= "mid"],
        lambda d: d.k < "high",
        lambda d: d.k.fillna("mid"),
        lambda d: d.k.where(d.k.notna(), "high"),
        lambda d: d.k.cat.remove_categories(["low"]),
        lambda d: d.k.cat.rename_categories({"low": "least"}),
        lambda d: d.k.cat.reorder_categories(["high", "mid", "low"]),
        lambda d: d.k.cat.codes,
    ],
)
def test_what_names_categories_looks_them_up_where_they_are_not_known(apart, program):
    whole, parts = apart
    assert not parts.k.cat.known
    assert_same(program(parts), program(whole))


def test_ordered_categories_of_partitions_must_agree():
    parts = [pd.Series(pd.Categorical(["a"], categories=list(each), ordered=True)) for each in ("ab", "ba")]
    meta = pd.Series(pd.Categorical([], [dd.utils.UNKNOWN_CATEGORIES], ordered=True))
    with pytest.raises(TypeError, match="different orders"):
        dd.from_map(parts.__getitem__, range(2), meta=meta).cat.as_known()


@settings(max_examples=40, deadline=None)
@given(cut_series(("str", "string[pyarrow]")), st.booleans())
def test_texts_as_known_categories_agree_with_pandas(pair, ordered):
    whole, parts = pair
    dtype = pd.CategoricalDtype(["cc", "b", "never", "a"], ordered=ordered)
    agree(lambda: parts.astype(dtype), lambda: whole.astype(dtype))


@pytest.mark.parametrize("categories", [["a", "b", "c"], [1, 2, 3], [1.5, 2.5, 3.5]])
def test_categories_that_nothing_is_left_of_keep_their_type(categories):
    whole = pd.Series(pd.Categorical([categories[0], categories[2]], categories=categories))
    none = whole[whole.isna()].cat.remove_unused_categories()
    parts = dd.from_pandas(whole, npartitions=2)
    made = parts[parts.isna()].cat.remove_unused_categories().compute()
    pd.testing.assert_index_equal(made.cat.categories, none.cat.categories)
