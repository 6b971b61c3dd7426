"""Columns of objects that are numbers or truth values, and of complex numbers: what pandas makes of them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import in_partitions

COLUMNS = {
    "integers": pd.Series([3, 1, 2, 5], dtype=object),
    "floats with gaps": pd.Series([3.5, None, 2, 5], dtype=object),
    "truths with gaps": pd.Series([True, None, False, True], dtype=object),
    "truths": pd.Series([True, False, False, True], dtype=object),
    "several types": pd.Series([1, 2.5, True, 4], dtype=object),
    "decimals": pd.Series([Decimal(1), Decimal(2), Decimal(3), Decimal(7)]),
    "complex": pd.Series([1 + 2j, 3, 4, 2j]),
    "complex with gaps": pd.Series([1 + 2j, np.nan, 4, 2j]),
}
REDUCTIONS = [
    *("sum", "prod", "mean", "std", "var", "sem", "skew", "kurt", "min", "max", "any", "all", "median", "nunique"),
    *("count", "quantile", "cumsum", "cumprod", "cummax", "cummin", "diff", "pct_change", "idxmax", "shift"),
]
WINDOWS = ["sum", "mean", "std", "var", "min", "max", "median", "skew"]
WAYS = {
    **{name: lambda d, name=name: getattr(d.s, name)() for name in REDUCTIONS},
    **{f"{name} of a frame": lambda d, name=name: getattr(d[["s"]], name)() for name in REDUCTIONS},
    **{f"{name} of groups": lambda d, name=name: getattr(d.groupby("k").s, name)() for name in REDUCTIONS},
    **{f"{name} of rows": lambda d, name=name: getattr(d[["s"]].assign(t=d.s), name)(axis=1) for name in REDUCTIONS},
    **{f"{name} of two rows": lambda d, name=name: getattr(d.s.rolling(2), name)() for name in WINDOWS},
    **{f"{name} so far": lambda d, name=name: getattr(d.s.expanding(), name)() for name in WINDOWS},
    "corr": lambda d: d.corr(),
    "cov": lambda d: d.cov(),
    "or": lambda d: d.s | d.s,
    "negative": lambda d: -d.s,
    "first of groups, or": lambda d: d.groupby("k").agg(x=("s", "min"), y=("s", "max")).pipe(lambda g: g.x | g.y),
    "keys, or": lambda d: d.groupby("s", as_index=False).k.sum().pipe(lambda g: g.s | g.s),
}


def outcome(call):
    """What a call gives, or the type of its error."""
    try:
        made = call()
        return made.compute() if hasattr(made, "compute") else made
    except Exception as error:
        return type(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", COLUMNS)
def test_objects_are_the_numbers_that_they_hold(name, way):
    whole = pd.DataFrame({"k": [1, 1, 2, 2], "s": COLUMNS[name]})
    expected = outcome(lambda: WAYS[way](whole))
    found = outcome(lambda: WAYS[way](in_partitions(whole, [2])))
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    elif isinstance(expected, type):
        assert isinstance(found, type)
    else:
        np.testing.assert_allclose(complex(found), complex(expected))


def test_text_among_objects_has_no_mean():
    whole = pd.Series(["a", "b", None], dtype=object)
    for method in ("mean", "std", "median", "prod"):
        with pytest.raises(TypeError):
            getattr(in_partitions(whole, [1]), method)().compute()
