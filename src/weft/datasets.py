"""Made-up data to try things on: the same for the same seed, whatever is read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from weft.bag import from_sequence
from weft.dataframe import from_map

__all__ = ["make_people", "timeseries"]

NAMES = (
    *(
        "Alice",
        "Bob",
        "Charlie",
        "Dan",
        "Edith",
        "Frank",
        "George",
        "Hannah",
        "Ingrid",
        "Jerry",
        "Kevin",
        "Laura",
        "Michael",
    ),
    *(
        "Norbert",
        "Oliver",
        "Patricia",
        "Quinn",
        "Ray",
        "Sarah",
        "Tim",
        "Ursula",
        "Victor",
        "Wendy",
        "Xavier",
        "Yvonne",
        "Zelda",
    ),
)
FAMILIES = (
    "Abbott",
    "Berg",
    "Chen",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lopez",
)
WORK = ("Baker", "Carpenter", "Dentist", "Electrician", "Farmer", "Geologist", "Nurse", "Pilot", "Teacher", "Welder")
STREETS = ("Oak Street", "Mill Lane", "Station Road", "Church Avenue", "Harbour Way", "Hill Crescent")
CITIES = ("Ashford", "Bristol", "Cambridge", "Durham", "Exeter", "Falmouth", "Glasgow", "Hastings")
COLUMNS = {"name": str, "id": int, "x": float, "y": float}


def drawn() -> int:
    """A seed that nobody has had."""
    return int(np.random.default_rng().integers(2**31))


@dataclass(frozen=True)
class Columns:
    """How the partitions of a table are made."""

    dtypes: Mapping[str, Any]
    freq: Any
    seed: int
    options: Mapping[str, Mapping[str, Any]]
    columns: tuple[str, ...]

    def project_columns(self, columns: Sequence[str]) -> Columns:
        """The same with some of the columns."""
        return replace(self, columns=tuple(columns))

    def __call__(self, number: int, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        """One partition."""
        index = pd.date_range(start, end, freq=self.freq, inclusive="left", name="timestamp")
        made = {}
        for name in self.columns:
            draw = np.random.default_rng([self.seed, number, crc32(name.encode())])
            made[name] = column_of(self.dtypes[name], len(index), draw, self.options.get(name, {}))
        return pd.DataFrame(made, index=index, columns=list(self.columns))


def column_of(kind: Any, count: int, draw: np.random.Generator, options: Mapping[str, Any]) -> Any:
    """Random values of a type."""
    if kind in (str, "str", "string", "category"):
        choices = list(options.get("choices", NAMES))
        codes = draw.integers(0, len(choices), count)
        if kind == "category":
            return pd.Categorical.from_codes(codes.astype("int8" if len(choices) < 128 else "int32"), choices)
        return pd.array(choices, dtype="str").take(codes)
    dtype = np.dtype(kind)
    if dtype.kind in "iu":
        return draw.poisson(options.get("lam", 1000), count).astype(dtype)
    if dtype.kind == "f":
        return draw.uniform(options.get("low", -1), options.get("high", 1), count).astype(dtype)
    if dtype.kind == "b":
        return draw.random(count) < options.get("p", 0.5)
    raise TypeError(f"timeseries() makes columns of int, float, bool, str and 'category', not of {kind!r}")


#: What may be said of columns, as ``<column>_<word>``.
WORDS = ("lam", "low", "high", "p", "choices")


def timeseries(
    start: Any = "2000-01-01",
    end: Any = "2000-01-31",
    freq: str = "1s",
    partition_freq: str = "1D",
    dtypes: Mapping[str, Any] | None = None,
    seed: int | None = None,
    **kwargs: Any,
) -> Any:
    """Frame of random values at regular times.

    Parameters
    ----------
    start, end : date or text
    freq : str
        Time between rows.
    partition_freq : str
        Time of a partition.
    dtypes : mapping, optional
        Columns and their types: ``int``, ``float``, ``bool``, ``str``, ``"category"`` or NumPy's; by default ``name``, ``id``,
        ``x`` and ``y``.
    seed : int, optional
        The same seed gives the same values.
    **kwargs
        What a column is drawn from, as ``<column>_<word>=``: ``lam`` of whole numbers (Poisson's), ``low`` and ``high`` of floats,
        ``p`` of booleans, ``choices`` of texts.

    Examples
    --------
    >>> from weft.datasets import timeseries
    >>> frame = timeseries("2000", "2000-01-03", freq="1h", seed=1)
    >>> frame.npartitions, list(frame.columns), len(frame)
    (2, ['name', 'id', 'x', 'y'], 48)
    """
    kinds = dict(COLUMNS if dtypes is None else dtypes)
    options: dict[str, dict[str, Any]] = {}
    for key, value in kwargs.items():
        name, _, word = key.rpartition("_")
        if name not in kinds or word not in WORDS:
            raise TypeError(
                f"timeseries() knows no argument {key!r}: it takes <column>_<word>, with a word of {', '.join(WORDS)}"
            )
        options.setdefault(name, {})[word] = value
    edges = pd.date_range(start, end, freq=partition_freq)
    if len(edges) < 2:
        raise ValueError(
            f"from {start} to {end} there is no whole partition of {partition_freq!r}; pass a shorter partition_freq="
        )
    make = Columns(kinds, freq, drawn() if seed is None else int(seed), options, tuple(kinds))
    meta = make(0, edges[0], edges[0])
    return from_map(
        make, range(len(edges) - 1), edges[:-1], edges[1:], meta=meta, divisions=tuple(edges), label="timeseries"
    )


def make_people(
    npartitions: int = 10, records_per_partition: int = 1000, seed: int | None = None, locale: str = "en"
) -> Any:
    """Bag of records of made-up people.

    Parameters
    ----------
    npartitions, records_per_partition : int
    seed : int, optional
        The same seed gives the same people.
    locale : str
        ``"en"``, the only one.

    Examples
    --------
    >>> from weft.datasets import make_people
    >>> sorted(make_people(2, 3, seed=1).take(1)[0])
    ['address', 'age', 'credit-card', 'name', 'occupation', 'telephone']
    """
    if locale != "en":
        raise ValueError(f"make_people() has names of the locale 'en' only, not {locale!r}")
    base = drawn() if seed is None else int(seed)
    seeds = [(base, number) for number in range(npartitions)]
    return from_sequence(seeds, npartitions=npartitions).map(people, count=records_per_partition).flatten()


def people(seed: tuple[int, int], count: int) -> list[dict[str, Any]]:
    """Some people."""
    draw = np.random.default_rng(seed)

    def one(choices: Sequence[str]) -> str:
        return choices[int(draw.integers(len(choices)))]

    return [
        {
            "age": int(draw.integers(16, 90)),
            "name": (one(NAMES), one(FAMILIES)),
            "occupation": one(WORK),
            "telephone": f"+1-555-{int(draw.integers(10**7)):07}",
            "address": {"address": f"{int(draw.integers(1, 999))} {one(STREETS)}", "city": one(CITIES)},
            "credit-card": {
                "number": " ".join([f"{int(each):04}" for each in draw.integers(0, 10**4, 4)]),
                "expiration-date": f"{int(draw.integers(1, 13)):02}/{int(draw.integers(27, 40))}",
            },
        }
        for _ in range(count)
    ]
