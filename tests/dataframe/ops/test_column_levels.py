"""Frames whose columns have several levels, such as those of groups with several aggregates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft import config

ROWS = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [3, 4, 5, 3], "z": list("abca")})
REQUEST = {"x": ["min", "max"], "z": ["first", "count"]}

PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "a whole label": lambda f: f[("x", "min")],
    "a first label": lambda f: f["x"],
    "an attribute": lambda f: f.x.max(axis=1),
    "one after the other": lambda f: f["x"]["min"],
    "first labels in a list": lambda f: f[["x", "k"]],
    "whole labels in a list": lambda f: f[[("x", "max"), ("z", "first")]],
    "a column without a second label": lambda f: f["k"],
    "loc": lambda f: f.loc[:, ("x", "min")],
    "loc of a first label": lambda f: f.loc[:, "x"],
    "iloc": lambda f: f.iloc[:, 0],
    "iloc of several": lambda f: f.iloc[:, [0, 2]],
    "filter": lambda f: f[f[("x", "min")] > 1],
    "sort": lambda f: f.sort_values(("x", "max")),
    "nlargest": lambda f: f.nlargest(2, ("x", "max")),
    "drop a column": lambda f: f.drop(columns=[("x", "min")]),
    "drop a first label": lambda f: f.drop(columns="x"),
    "rename": lambda f: f.rename(columns={"min": "MIN"}),
    "groups by a column": lambda f: f.groupby(("z", "first")).sum(numeric_only=True),
    "groups by two": lambda f: f.groupby([("z", "first"), ("z", "count")]).count(),
    "groups by an index": lambda f: f.groupby("y").max(),
    "several aggregates": lambda f: f.groupby("y").agg(["min", "max"]),
    "aggregates by column": lambda f: f.groupby("y").agg({("x", "min"): "sum"}),
    "chosen columns of groups": lambda f: f.groupby("y")[[("x", "min")]].sum(),
    "transform": lambda f: f.groupby("y").transform("max"),
    "set_index": lambda f: f.set_index(("z", "first")),
    "merge": lambda f: f.merge(f, left_index=True, right_index=True),
    "sum": lambda f: f.sum(numeric_only=True),
    "describe": lambda f: f.describe(),
    "stack": lambda f: f.stack(future_stack=True),
    "xs": lambda f: f.xs("min", axis=1, level=1),
    "droplevel": lambda f: f.droplevel(1, axis=1),
    "compare": lambda f: f[["x"]].compare(f[["x"]] * 2),
}


def changed(frame: Any) -> Any:
    """A frame with one more column, made of two."""
    frame = frame.copy()
    frame[("w", "range")] = frame[("x", "max")] - frame[("x", "min")]
    frame[("k", "")] = 1
    return frame


def two_frames() -> tuple[pd.DataFrame, dict[str, Any]]:
    expected = changed(ROWS.groupby("y").agg(REQUEST))
    source = dd.from_pandas(ROWS, npartitions=2)
    return expected, {"groups": changed(source.groupby("y").agg(REQUEST)), "memory": dd.from_pandas(expected, 2)}


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_columns_of_several_levels_are_those_of_pandas(name: str, engine: str) -> None:
    expected, frames = two_frames()
    wanted = PROGRAMS[name](expected)
    same = pd.testing.assert_frame_equal if isinstance(wanted, pd.DataFrame) else pd.testing.assert_series_equal
    with config.set({"dataframe.engine": engine}):
        for frame in frames.values():
            same(PROGRAMS[name](frame).compute(scheduler="sync"), wanted)


def test_a_column_of_a_comparison_is_found_by_both_labels() -> None:
    frame = dd.from_pandas(ROWS, npartitions=2)
    compared = frame.compare(frame.assign(x=frame.x.where(frame.x < 3, 0)))
    assert compared[("x", "self")].count().compute() == 2


def test_a_label_that_is_not_there_or_names_several_is_an_error_at_the_call() -> None:
    frame = two_frames()[1]["memory"]
    with pytest.raises(KeyError, match="there is no column"):
        frame[("x", "mean")]
    with pytest.raises(KeyError, match="there is no column"):
        frame["y"]
    with pytest.raises(ValueError, match="names several columns"):
        frame["x"] = np.float64(1)
