"""Queries that are kept: plans of programs that are built again, and the files that they read."""

import gc
import os
import weakref

import numpy as np
import pandas as pd
import pytest

import weft
import weft.dataframe as dd
from weft.dataframe.kernels.polars.query import Query
from weft.errors import ReadError
from weft.execution import templates
from weft.execution.pipeline import plan_of
from weft.execution.run import asked_of
from weft.expr import Need


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(templates, "RECENT", {})
    weft.config.value("scheduler")  # the configuration is read when it is first asked for, which counts as a change


@pytest.fixture
def rows(tmp_path):
    frame = pd.DataFrame({"g": [1, 2, 1, 3], "a": [1.0, np.nan, 3.0, 4.0]})
    frame.to_parquet(tmp_path / "rows.parquet")
    return frame


def question(frame, least=0.5):
    return frame[frame.a > least].groupby("g").a.sum()


def kept():
    return [each.template for each in templates.RECENT.values() if isinstance(each.template, templates.Template)]


def test_programs_that_are_built_again_have_one_plan(rows, tmp_path):
    ours = dd.read_parquet(str(tmp_path / "rows.parquet"))

    plans = [plan_of([asked_of(question(ours), "__weft_whole__")])[0] for _ in range(4)]

    for _ in range(4):
        pd.testing.assert_series_equal(question(ours).compute(), question(rows))
    assert len(kept()) == 1
    assert plans[2].programs is plans[3].programs


def test_programs_with_texts_times_and_joins_have_plans_too(tmp_path):
    left = pd.DataFrame(
        {
            "k": [1, 2, 2, 3],
            "t": ["u", "v", "w", None],
            "since": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01", None]),
        }
    )
    right = pd.DataFrame({"k": [1, 2], "name": ["one", "two"], "x": [0.5, 1.5]})
    left.to_parquet(tmp_path / "left.parquet")
    right.to_parquet(tmp_path / "right.parquet")

    def question(left, right):
        late = left[left.since > pd.Timestamp("2020-06-01")]
        return late.merge(right, on="k").groupby(["k", "name"]).agg(x=("x", "sum"), n=("t", "count")).reset_index()

    ours = [dd.read_parquet(str(tmp_path / f"{side}.parquet")) for side in ("left", "right")]
    for _ in range(4):
        pd.testing.assert_frame_equal(question(*ours).compute(), question(left, right))
    assert len(kept()) == 1


def test_other_programs_have_other_plans(rows, tmp_path):
    ours = dd.read_parquet(str(tmp_path / "rows.parquet"))
    for least in (0.5, 3.5, 0.5, 3.5, 0.5, 3.5):
        pd.testing.assert_series_equal(question(ours, least).compute(), question(rows, least))


def test_another_configuration_makes_another_plan(rows, tmp_path):
    ours = dd.read_parquet(str(tmp_path / "rows.parquet"))
    for _ in range(3):
        question(ours).compute()
    with weft.config.set({"dataframe.engine": "pandas"}):
        plan, _ = plan_of([asked_of(question(ours), "__weft_whole__")], fuse=True)
    labels = [step.function for program in plan.programs for step in program.steps]
    assert not any(hasattr(each, "collected") for each in labels)


@pytest.mark.parametrize("anew", [False, True], ids=["same expression", "built again"])
def test_files_that_change_are_noticed(rows, tmp_path, anew):
    path = tmp_path / "rows.parquet"
    ours = dd.read_parquet(str(path))
    asked = question(ours)
    for _ in range(3):
        (question(ours) if anew else asked).compute()

    pd.concat([rows, rows]).to_parquet(path)
    os.utime(path, ns=(1, 1))

    with pytest.raises(ReadError, match="has changed since"):
        (question(ours) if anew else asked).compute()
    pd.testing.assert_series_equal(
        question(dd.read_parquet(str(path))).compute(), question(pd.concat([rows, rows], ignore_index=True))
    )


def test_frames_in_memory_are_let_go():
    frame = pd.DataFrame({"g": np.arange(10) % 3, "a": np.arange(10.0)})
    alive = weakref.ref(frame)
    ours = dd.from_pandas(frame, npartitions=2)
    for _ in range(4):
        question(ours).compute()
    del frame, ours
    weft.delayed(sum)([1]).compute()  # the last computation is remembered
    gc.collect()

    assert alive() is None
    assert not kept()


def test_long_lists_of_values_are_let_go(rows, tmp_path):
    ours = dd.read_parquet(str(tmp_path / "rows.parquet"))
    for _ in range(4):
        assert len(ours[ours.g.isin(list(range(20_000)))].compute()) == 4
    assert not kept()


def test_queries_of_few_files_are_light_and_those_that_hold_values_are_not(tmp_path):
    pd.DataFrame({"k": [1, 2], "x": [1.0, 2.0]}).to_parquet(tmp_path / "rows.parquet")
    x = dd.read_parquet(tmp_path / "rows.parquet")
    light, heavy = x[x.k > 1].groupby("k").x.sum(), x[x.k.isin(list(range(100_000)))].groupby("k").x.sum()
    assert [Query(each.expr, frozenset({Need.VALUES})).is_light for each in (light, heavy)] == [True, False]
