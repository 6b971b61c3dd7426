"""What is asked for by ``dataframe.engine``, several results at once, and queries that travel."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft import config
from weft.dataframe.kernels import polars
from weft.errors import EngineError
from weft.expr import Need

WHOLE = pd.DataFrame({"k": [1, 2, 1, 3], "x": [1.5, None, 2.0, 4.0], "t": ["a", None, "b", "a"]})


def test_an_operator_without_translation_is_named():
    frame = dd.from_pandas(WHOLE, npartitions=2)
    with config.set({"dataframe.engine": "polars"}), pytest.raises(EngineError, match=r"str\.title"):
        frame.t.str.title().compute(scheduler="sync")


def test_several_results_at_once():
    frame = dd.from_pandas(WHOLE, npartitions=2)
    total, groups = weft.compute(frame.x.sum(), frame.groupby("k").x.max(), scheduler="sync")
    assert total == 7.5
    pd.testing.assert_series_equal(groups, WHOLE.groupby("k").x.max())


def test_queries_travel():
    frame = dd.from_pandas(WHOLE, npartitions=2)
    ours = frame[frame.x > 1.5].groupby("k").x.sum()
    query, *_ = polars.translated(ours.expr, frozenset({Need.VALUES, Need.INDEX, Need.ORDER}))
    expected = WHOLE[WHOLE.x > 1.5].groupby("k").x.sum()
    pd.testing.assert_series_equal(pickle.loads(pickle.dumps(query))(), expected)
