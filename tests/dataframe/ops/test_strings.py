from __future__ import annotations

import pandas as pd
import pytest
from tests.dataframe.columns import agree, in_partitions
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd

LABELS = [
    pd.Index(["ab", "c", "x1", "d2", "zz", "q"]),
    pd.Index(["ab", "c", None, "d2", "zz", "q"], dtype=object),
]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("pat", ["([a-d])", r"(?P<k>[a-d])(\d)?"])
def test_groups_of_a_pattern_in_labels_are_rows_with_numbers(labels, pat):
    parts = dd.from_pandas(pd.Series(range(6), index=labels), npartitions=3, sort=False)
    assert_same(parts.index.str.extract(pat), labels.str.extract(pat))


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("name", ["isalpha", "isdigit", "contains", "startswith", "match"])
def test_tests_of_labels_are_series_with_these_labels(labels, name):
    parts = dd.from_pandas(pd.Series(range(6), index=labels), npartitions=3, sort=False)
    args = () if name.startswith("is") else ("c",)
    made = getattr(parts.index.str, name)(*args).compute()
    assert list(made) == list(getattr(labels.str, name)(*args))
    assert list(made.index) == list(labels)


@pytest.mark.parametrize("dtype", ["str", "object", "string[pyarrow]", "string[python]", "large_string[pyarrow]"])
@pytest.mark.parametrize(
    "program",
    [
        lambda texts: texts.str.get_dummies(),
        lambda texts: texts.str.get_dummies(dtype=bool),
        lambda texts: texts.str.get_dummies("a"),
        lambda texts: texts.str.partition("|"),
        lambda texts: texts.str.rpartition("|")[2],
        lambda texts: texts.str.partition("|", expand=False),
    ],
)
def test_columns_made_of_texts_of_every_type(dtype, program):
    whole = pd.Series(["a|b", "a||b", "", None], dtype=dtype)
    agree(lambda: program(in_partitions(whole, [0, 3])), lambda: program(whole))
