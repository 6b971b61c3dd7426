"""The job gives what plain pandas gives on one frame, for any number of parts and on any scheduler."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weft.demo.files import DataFiles
from weft.demo.job import Outcome, Scheduler, run
from weft.diagnostics import Profiler

KEYS = {"route": ["origin", "dest"], "hour": ["carrier", "hour"], "weather": ["wind", "visibility"], "age": ["age"]}
INFINITY = float("inf")


def plain_pandas(files: DataFiles) -> dict[str, pd.DataFrame]:
    """The answers, computed as one would without Weft: whole tables, means of columns with missing values."""
    flights = pd.read_csv(files.flights)
    planes = pd.read_csv(files.planes).rename(columns={"year": "built"})[["tailnum", "built"]]
    weather = pd.read_csv(files.weather)[["origin", "time_hour", "wind_speed", "visib"]]
    airlines = pd.read_csv(files.airlines).set_index("carrier")["name"]
    airports = pd.read_csv(files.airports).set_index("faa")["name"]

    whole = flights.merge(planes, on="tailnum", how="left").merge(weather, on=["origin", "time_hour"], how="left")
    wind = whole["wind_speed"].mask(whole["wind_speed"] > 1000)
    whole["wind"] = left_edges(wind, [0, 5, 10, 15, 20, 25, INFINITY])
    whole["visibility"] = left_edges(whole["visib"], [0, 1, 3, 5, 10, INFINITY])
    whole["age"] = left_edges(2013 - whole["built"], [0, 5, 10, 15, 20, 25, INFINITY])
    whole["late"] = (whole["arr_delay"] >= 15).astype(float).mask(whole["arr_delay"].isna())
    whole["cancelled"] = whole["dep_time"].isna()

    answers = {}
    for name, keys in KEYS.items():
        answers[name] = (
            whole.groupby(keys, dropna=False)
            .agg(
                flights=("year", "size"),
                cancelled=("cancelled", "sum"),
                departed=("dep_delay", "count"),
                arrived=("arr_delay", "count"),
                late=("late", "mean"),
                dep_delay=("dep_delay", "mean"),
                arr_delay=("arr_delay", "mean"),
            )
            .reset_index()
        )
    answers["route"]["airport"] = answers["route"]["dest"].map(airports)
    answers["hour"]["airline"] = answers["hour"]["carrier"].map(airlines)
    return answers


def left_edges(values: pd.Series, edges: list[float]) -> pd.Series:
    return pd.cut(values, edges, right=False, labels=edges[:-1]).astype(float)


def assert_agree(outcome: Outcome, expected: dict[str, pd.DataFrame]) -> None:
    assert list(outcome.answers) == list(expected)
    for name, answer in outcome.answers.items():
        ours = answer.sort_values(KEYS[name], ignore_index=True).astype({"hour": "int64"} if name == "hour" else {})
        pd.testing.assert_frame_equal(ours, expected[name], check_exact=False, rtol=1e-9, atol=0)


@pytest.fixture(scope="module")
def expected_sample(sample_files: DataFiles) -> dict[str, pd.DataFrame]:
    return plain_pandas(sample_files)


def test_the_whole_year_agrees_with_plain_pandas(real_files: DataFiles):
    outcome = run(real_files, scheduler="threads")

    assert_agree(outcome, plain_pandas(real_files))
    assert outcome.rows == 336_776


@pytest.mark.parametrize("parts", [1, 2, 5, 16, 33])
def test_any_number_of_parts_agrees_with_plain_pandas(
    parts: int, sample_files: DataFiles, expected_sample: dict[str, pd.DataFrame]
):
    assert_agree(run(sample_files, parts=parts), expected_sample)


def test_more_parts_than_flights_agree_with_plain_pandas(tiny_files: DataFiles):
    assert_agree(run(tiny_files, parts=47), plain_pandas(tiny_files))


def test_answers_are_the_same_to_the_bit_for_any_number_of_parts(sample_files: DataFiles):
    whole, cut = run(sample_files, parts=1), run(sample_files, parts=11)

    for name, answer in whole.answers.items():
        pd.testing.assert_frame_equal(cut.answers[name], answer, check_exact=True)


@pytest.mark.parametrize("scheduler", ["inline", "threads", "processes"])
def test_every_scheduler_gives_the_same_answers(
    scheduler: Scheduler, sample_files: DataFiles, expected_sample: dict[str, pd.DataFrame]
):
    assert_agree(run(sample_files, scheduler=scheduler, workers=2, parts=3), expected_sample)


def test_line_ends_of_another_system_change_nothing(tiny_files: DataFiles, tmp_path: Path):
    flights = tmp_path / "flights.csv"
    flights.write_bytes(tiny_files.flights.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    others = {name: path for name, path in vars(tiny_files).items() if name != "flights"}

    assert_agree(run(DataFiles(flights, **others), parts=4), plain_pandas(tiny_files))


def test_no_flight_is_lost_or_counted_twice_by_any_question(sample_files: DataFiles):
    outcome = run(sample_files)

    assert {int(answer["flights"].sum()) for answer in outcome.answers.values()} == {outcome.rows}


def test_the_outcome_says_what_it_took(tiny_files: DataFiles):
    with Profiler() as profiler:
        outcome = run(tiny_files, parts=2)

    assert outcome.tasks == len(profiler.results) > 0
    assert outcome.rows == 20
    assert outcome.seconds > 0
    assert outcome.peak_nbytes > 2**20


def test_destinations_without_a_known_airport_keep_their_code(real_files: DataFiles, sample_files: DataFiles):
    routes = run(sample_files).answers["route"]

    unknown = routes[routes["airport"].isna()]

    assert set(unknown["dest"]) == {"BQN", "PSE", "SJU", "STT"}
    assert np.isfinite(unknown["arr_delay"]).all()
