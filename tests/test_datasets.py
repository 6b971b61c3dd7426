from __future__ import annotations

import pandas as pd
import pytest

import weft
from weft.datasets import make_people, timeseries


def test_regular_times_with_columns_of_the_types_that_are_asked_for():
    kinds = {"name": str, "id": int, "x": float, "flag": bool, "c": "category", "small": "float32"}
    frame = timeseries("2000", "2000-01-04", freq="1h", dtypes=kinds, seed=3, id_lam=10)
    assert frame.npartitions == 3
    assert frame.known_divisions
    made = frame.compute(scheduler="sync")
    assert len(made) == 72
    assert made.index.name == "timestamp"
    assert made.index.is_monotonic_increasing
    pd.testing.assert_series_equal(made.dtypes.astype(str), frame.dtypes.astype(str))
    assert 5 < made.id.mean() < 15
    assert made.x.between(-1, 1).all()
    pd.testing.assert_series_equal(frame.x.compute(scheduler="sync"), made.x)


def test_a_seed_gives_the_same_and_none_gives_others():
    words = {"start": "2000", "end": "2000-01-03", "freq": "6h"}
    pd.testing.assert_frame_equal(timeseries(**words, seed=1).compute(), timeseries(**words, seed=1).compute())
    assert not timeseries(**words).compute().equals(timeseries(**words).compute())
    assert make_people(2, 5, seed=1).compute() == make_people(2, 5, seed=1).compute()
    assert make_people(3, 4, seed=1).count().compute() == 12
    assert weft.datasets.make_people is make_people


def test_what_is_not_known_is_refused():
    with pytest.raises(TypeError, match="z_lam"):
        timeseries(z_lam=3)
    with pytest.raises(ValueError, match="partition_freq"):
        timeseries("2000", "2000-01-02", partition_freq="2D")
    with pytest.raises(TypeError, match="complex"):
        timeseries(dtypes={"a": "complex128"})
    with pytest.raises(ValueError, match="locale"):
        make_people(locale="fr")
