from __future__ import annotations

import pandas as pd
import pytest
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
