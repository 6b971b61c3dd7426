"""The array part of the demo, against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weft.demo.climate import DAYS, STATIONS, Climate, climate, read_temperatures
from weft.demo.files import DataFiles


@pytest.fixture(scope="module")
def found(real_files: DataFiles) -> Climate:
    return climate(real_files.weather)


@pytest.fixture(scope="module")
def frame(real_files: DataFiles) -> pd.DataFrame:
    whole = read_temperatures(real_files.weather)
    index = pd.date_range("2013-01-01", periods=DAYS * 24, freq="h")
    return pd.DataFrame(whole, index=index, columns=list(STATIONS))


def test_every_observation_stands_at_its_hour(real_files: DataFiles, frame: pd.DataFrame):
    table = pd.read_csv(real_files.weather)
    assert frame.count().sum() == table["temp"].notna().sum()
    row = table[(table["origin"] == "JFK") & (table["time_hour"] == "2013-07-04T20:00:00Z")].iloc[0]
    assert frame.loc["2013-07-04 15:00", "JFK"] == row["temp"]


def test_the_daily_cycle_is_that_of_pandas(found: Climate, frame: pd.DataFrame):
    expected = frame.groupby([frame.index.month, frame.index.hour]).mean()
    np.testing.assert_allclose(found.cycle.reshape(-1, 3), expected.to_numpy())
    assert found.by_hour.shape == (24, 3)
    assert set(found.by_hour.argmax(axis=0)) <= {13, 14, 15, 16}


def test_the_anomaly_is_that_of_pandas(found: Climate, frame: pd.DataFrame):
    usual = frame.groupby([frame.index.month, frame.index.hour]).transform("mean")
    stacked = (frame - usual).stack()
    expected = stacked.groupby(stacked.index.get_level_values(0).floor("D")).mean()
    np.testing.assert_allclose(found.anomaly, expected.to_numpy(), atol=1e-9)


def test_unusual_days_are_the_warmest_and_the_coldest(found: Climate):
    unusual = found.unusual(2)
    assert unusual["anomaly"].tolist()[0] == found.anomaly.max()
    assert unusual["anomaly"].tolist()[2] == found.anomaly.min()
    assert (unusual["anomaly"] > 0).tolist() == [True, True, False, False]


@pytest.mark.parametrize("scheduler", ["inline", "processes"])
def test_it_is_the_same_on_every_backend(real_files: DataFiles, found: Climate, scheduler: str):
    again = climate(real_files.weather, scheduler=scheduler, num_workers=2)
    np.testing.assert_array_equal(again.cycle, found.cycle)
    np.testing.assert_array_equal(again.anomaly, found.anomaly)
