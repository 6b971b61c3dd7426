"""The order of groups' keys, beside that of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.kernels.pandas.groupby_finish import sorted_places

KINDS = {
    "int64": lambda rng, count: pd.Series(rng.integers(-3, 4, count)),
    "wide": lambda rng, count: pd.Series(rng.choice([-(2**63), -5, 0, 2**63 - 1], count)),
    "int8": lambda rng, count: pd.Series(rng.integers(-128, 128, count).astype(np.int8)),
    "uint64": lambda rng, count: pd.Series(rng.choice(np.array([0, 3, 2**63, 2**64 - 1], np.uint64), count)),
    "bool": lambda rng, count: pd.Series(rng.random(count) < 0.5),
    "float": lambda rng, count: pd.Series(rng.choice([np.nan, -np.inf, -0.5, 0.0, 2.5, np.inf], count)),
    "text": lambda rng, count: pd.Series(rng.choice(["b", "a", "ä", "", None], count), dtype="str"),
    "times": lambda rng, count: pd.Series(
        pd.to_datetime(rng.choice(["2020-01-03", "1970-01-01", "NaT", "1950-05-05"], count))
    ),
    "masked": lambda rng, count: pd.Series(rng.choice([3, -1, 7], count)).astype("Int64").mask(rng.random(count) < 0.3),
    "categories": lambda rng, count: pd.Series(
        pd.Categorical(rng.choice(["x", "y", "z"], count), categories=["z", "x", "y"])
    ),
}


@given(
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=5),
    count=st.sampled_from([0, 1, 2, 7, 60]),
    seed=st.integers(0, 1000),
)
def test_keys_are_ordered_as_pandas_orders_them_and_ties_stay(kinds: list[str], count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = [KINDS[kind](rng, count) for kind in kinds]
    frame = pd.DataFrame(dict(enumerate(keys)))
    expected = frame.sort_values(list(frame.columns), kind="stable").index.to_numpy()
    np.testing.assert_array_equal(sorted_places(keys), expected)


def test_keys_after_a_unique_one_are_not_looked_at() -> None:
    unorderable = pd.Series([1, "a", (2,)], dtype=object)
    assert sorted_places([pd.Series([2, 0, 1]), unorderable]).tolist() == [1, 2, 0]
