"""Programs drawn by a seed, and run by pandas and by us on every road.

A program is a list of expressions; each makes ``d`` anew from ``d`` and a second frame ``e``. It is drawn beside the pandas
frame that it makes, so that operators fit the columns that are there. What pandas refuses, and what we refuse with
NotImplementedError, is no step; any other error of ours is a difference.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from tests.dataframe.programs import broader, further, shaping
from tests.dataframe.programs.comparing import (
    DATA_DEPENDENT,
    has_types,
    known_beforehand,
    of_promised_types,
    same,
    types_of,
    without_categories,
)
from tests.dataframe.programs.data import apart, frame, in_files, in_partitions
from tests.dataframe.programs.drawing import Drawn
from tests.dataframe.programs.steps import STEPS, last

import weft
import weft.dataframe as dd
from weft import config
from weft.dataframe.kernels.polars import query

#: The ways in which a program is run: by pandas' kernels, as one query, as queries of partitions, by DuckDB before others.
ROADS: dict[str, dict[str, str]] = {
    "pandas' kernels": {"dataframe.engine": "pandas"},
    "whole queries": {"dataframe.engine": "auto"},
    "queries of partitions": {"dataframe.engine": "auto", "dataframe.queries": "partitions"},
    "DuckDB where it can": {"dataframe.engine": "auto"},
}
#: The shares of programs on frames of all types, and of those whose partitions have categories of their own.
WIDE, APART = 0.05, 0.3
#: The share of programs in which rarer operators and types are drawn.
BROAD = 0.1
LONGEST = 12
#: Joins of which rows may have no match.
GAPPED = ("left", "right", "outer", "left_anti", "right_anti")


class CallError(Exception):
    """A step that pandas takes raised at our call."""


@dataclass
class Program:
    """A program, and the frames that it is run on."""

    seed: int
    frames: dict[str, pd.DataFrame]
    lazy: dict[str, Any]
    #: Whether partitions have categories of their own.
    is_apart: bool = False
    #: Whether rarer operators and types are drawn.
    is_broad: bool = False
    steps: list[str] = field(default_factory=list)
    expected: Any = None
    #: Steps that pandas refused, and those that we refused, by reason.
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def loose(self) -> bool:
        """Whether types depend on the values that are there; those of means of float32 on the order of the rows, those of
        its quantiles on gaps, and those of nothing on what it was made of."""
        words = (*DATA_DEPENDENT, "mean", ".quantile(") if self.is_short else DATA_DEPENDENT
        is_empty = isinstance(self.expected, (pd.DataFrame, pd.Series, pd.Index)) and not len(self.expected)
        return is_empty or any(word in each for each in self.steps for word in words)

    @property
    def is_short(self) -> bool:
        """Whether there are columns of float32."""
        short = {"float32", "Float32", "float[pyarrow]"}
        return "float32" in str(self.steps) or any(
            str(dtype) in short for each in self.frames.values() for dtype in each.dtypes
        )

    @property
    def is_mean(self) -> bool:
        """Whether a mean is what comes out, or among it."""
        return self.steps[-1].endswith((".mean()", ".describe()"))

    def check(self, found: Any, promised: Any = None) -> None:
        """Fails where a result is not the one of pandas; its types are pandas', or those that were promised before.

        Where types are data's, short integers overflow that pandas has for floats in other data: then either will do.
        """
        expected = self.expected
        if self.is_apart:
            found, expected = without_categories(found), without_categories(expected)
        if not self.is_apart:
            expected = of_promised_types(found, expected, promised)
        try:
            same(found, expected, self.loose, self.is_short, self.is_mean)
        except AssertionError:
            if not self.loose:
                raise
            plain = run(self.steps, self.frames)
            same(found, without_categories(plain) if self.is_apart else plain, self.loose, self.is_short, self.is_mean)
        if self.loose and promised is not None and not self.is_apart and not has_types(found, expected, promised):
            try:
                plain = run(self.steps, self.frames)  # without the casts to what is known beforehand
            except Exception:  # pandas refuses the types that it has without them
                return
            has_gaps = any(f"how='{how}'" in each for each in self.steps for how in GAPPED)
            assert has_types(found, plain, promised, has_gaps), f"types {types_of(found)} in place of {types_of(plain)}"

    def __str__(self) -> str:
        return f"seed {self.seed}:\n" + "\n".join(f"  d = {each}" for each in self.steps)

    def ours(self) -> Any:
        """The program with our frames."""
        return run(self.steps, self.lazy)


def run(steps: list[str], frames: dict[str, Any]) -> Any:
    """What a program gives."""
    names = names_for(frames)
    for each in steps:
        names["d"] = eval(each, names)
    return names["d"]


def names_for(frames: dict[str, Any]) -> dict[str, Any]:
    """What steps may name: ``ours(...)`` are options that pandas has not."""
    is_plain = isinstance(frames["d"], pd.DataFrame)
    return {
        "pd": pd,
        "np": np,
        "concat": pd.concat if is_plain else dd.concat,
        "lib": pd if is_plain else dd,
        "ours": (lambda **options: {}) if is_plain else dict,
        **frames,
    }


def program(seed: int, directory: Path, wide: float = WIDE, broad: float = BROAD) -> Program:
    """The program of a seed; ``wide`` is the share of those on frames of all types, ``broad`` of those with rarer operators."""
    rng = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        is_broad = random.Random(f"broad {seed}").random() < broad
        made = on_frames(rng, seed, directory, wide, is_broad)
        draw_steps(made, rng)
    return made


def on_frames(rng: random.Random, seed: int, directory: Path, wide: float, is_broad: bool = False) -> Program:
    """A program without steps, and its frames."""
    is_wide = rng.random() < wide
    made = Program(seed, {}, {}, is_wide and rng.random() < APART, is_broad)
    for name in ("d", "e"):
        whole = frame(rng, "a" if name == "d" or rng.random() < 0.3 else "b", is_wide, is_broad)
        if made.is_apart:
            made.frames[name], made.lazy[name] = apart(rng, whole)
        elif rng.random() < 0.3:
            made.frames[name], made.lazy[name] = in_files(rng, whole, directory / f"{seed}{name}")
        else:
            made.frames[name], made.lazy[name] = whole, in_partitions(rng, whole)
    return made


def draw_steps(made: Program, rng: random.Random) -> None:
    """Add steps, each of which pandas takes, and the result that pandas has."""
    count = rng.randint(1, LONGEST)
    state = Drawn(rng, made.frames["d"], made.frames["e"], rng.random() < 0.2, made.is_apart)
    plain, lazy = names_for(made.frames), names_for(made.lazy)
    functions, weights = zip(
        *(STEPS + broader.STEPS + further.STEPS + shaping.STEPS if made.is_broad else STEPS), strict=True
    )
    made.expected = made.frames["d"]
    for _ in range(60):
        is_last = len(made.steps) == count - 1 and rng.random() < 0.6
        ends = rng.choice((last, broader.last_more, further.last_further, *shaping.ENDS)) if made.is_broad else last
        text = (ends if is_last else rng.choices(functions, weights)[0])(state)
        if text is None:
            continue
        try:
            value = eval(text, plain)
        except Exception as error:  # what pandas refuses is no step
            made.refused[f"pandas: {type(error).__name__}"] += 1
            continue
        if isinstance(value, pd.DataFrame) and (not value.columns.is_unique or len(value) > 3000):
            continue
        try:
            ours = eval(text, lazy)
        except NotImplementedError as error:  # what is refused is no step
            made.refused[f"weft: {str(error)[:90]}"] += 1
            continue
        except Exception as error:
            # only those that partitions have are known, and those that differ are united
            if made.is_apart and any(each in str(error) for each in ("old categories", "Unordered Categoricals")):
                made.refused["weft: categories that no partition has"] += 1
                continue
            raise CallError(f"{made}\n  d = {text}\n{type(error).__name__}: {error}") from error
        made.steps.append(text)
        made.expected = known_beforehand(value, ours) if any(each in text for each in DATA_DEPENDENT) else value
        if is_last:
            return
        plain["d"] = state.d = made.expected
        lazy["d"] = ours
        if len(made.steps) == count:
            return


def computed(lazy: Any, **options: Any) -> Any:
    """A result, of whatever is lazy."""
    (made,) = weft.compute(lazy, scheduler="sync", **options)
    return made


@contextmanager
def on_road(road: str) -> Iterator[None]:
    """Everything computed in one of the ways, also where another is faster."""
    with ExitStack() as stack:
        stack.enter_context(config.set(ROADS[road]))
        stack.enter_context(mock.patch.object(sys.modules["weft.dataframe.rules.divide"], "CHOOSY", False))
        stack.enter_context(mock.patch.multiple("weft.dataframe.rules.wanted_groups", MANY=0, FEWER=1e-9))
        if road == "whole queries":
            stack.enter_context(mock.patch.object(query, "WATCHED", -1))
        if "DuckDB" in road:
            engine = sys.modules["weft.dataframe.rules.engine"]
            stack.enter_context(mock.patch.object(engine, "why_duckdb", return_value="it is asked first"))
        yield


def difference(drawn: Program) -> str | None:
    """What some road makes of a program that pandas does not; None if all agree with it."""
    ours = drawn.ours()
    for road in ROADS:
        try:
            with on_road(road):
                drawn.check(computed(ours), ours.expr.meta if hasattr(ours, "expr") else None)
        except Exception as error:
            return f"{road} differ in the program of {drawn}\n{type(error).__name__}: {error}"
    return None
