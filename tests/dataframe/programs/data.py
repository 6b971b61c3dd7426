"""Random frames of all types, in partitions of any cut or in files."""

from __future__ import annotations

import decimal
import itertools
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

import weft.dataframe as dd
from weft.dataframe.base import new
from weft.dataframe.io.from_pandas import FromPandas
from weft.expr import Held

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
DATES = ("datetime64[us]", "datetime64[ns]", "datetime64[ms]")
#: What Polars computes.
PLAIN = (*INTEGERS, *FLOATS, "bool", "str", "bool", *DATES)
#: What stays in pandas.
WIDE = (
    *("Int64", "Int8", "UInt16", "Float64", "Float32", "boolean", "string", "string[python]", "object"),
    *("int64[pyarrow]", "uint8[pyarrow]", "double[pyarrow]", "bool[pyarrow]", "large_string[pyarrow]"),
    *("timestamp[us][pyarrow]", "date32[pyarrow]", "duration[us][pyarrow]"),
    *("datetime64[ns, Europe/Paris]", "datetime64[us, UTC]", "timedelta64[us]", "timedelta64[ns]"),
    *("category", "category", "ordered", "category of numbers", "category of dates"),
)
#: Rarer ones.
RARE = (
    *(
        "Int16",
        "Int32",
        "UInt8",
        "UInt32",
        "UInt64",
        "int8[pyarrow]",
        "int32[pyarrow]",
        "uint16[pyarrow]",
        "uint64[pyarrow]",
    ),
    *(
        "float[pyarrow]",
        "string[pyarrow]",
        "decimal128(10, 2)[pyarrow]",
        "timestamp[ns][pyarrow]",
        "timestamp[us, UTC][pyarrow]",
    ),
    *(
        "period[D]",
        "complex128",
        "time64[us][pyarrow]",
        "binary[pyarrow]",
        "duration[ns][pyarrow]",
        "category of truth values",
        "category of floats",
        "datetime64[s]",
        "timedelta64[s]",
        "timedelta64[ms]",
        "datetime64[ms, Asia/Tokyo]",
        "objects: dates",
        "objects: decimals",
        "objects: truth values",
        "objects: numbers",
    ),
)
WORDS = ("a", "b", "ab", "abc", "B a", "", " a ", "éa", "a.b", "x%", "12")
MOMENTS = tuple(
    pd.Timestamp("2024-02-27") + pd.Timedelta(days=days, hours=hours, milliseconds=250 * hours)
    for days, hours in ((0, 0), (1, 5), (2, 23), (3, 0), (308, 12), (-700, 1), (-20000, 3))
)
SPANS = tuple(
    pd.Timedelta(days=days, seconds=seconds, milliseconds=250 * seconds)
    for days, seconds in ((0, 0), (1, 0), (0, 1), (-1, 5), (30, 7), (-400, 3601))
)


def column(rng: random.Random, kind: str, size: int) -> pd.Series:
    """Values of a type, few different ones, some missing."""
    gaps = rng.choice((0.0, 0.0, 0.2, 0.2, 1.0 if rng.random() < 0.1 else 0.5))

    def drawn(make: Any, missing: Any = None) -> list[Any]:
        return [missing if rng.random() < gaps else make() for _ in range(size)]

    name = kind.lower().removesuffix("[pyarrow]")
    if kind.startswith("category") or kind == "ordered":
        return pd.Series(categories(rng, kind, drawn))
    if kind in RARE and (rare := rare_column(rng, kind, drawn)) is not None:
        return rare
    if name in INTEGERS:
        low = 0 if name.startswith("u") else -4
        few = rng.choice((3, 9, 100))
        if kind in INTEGERS:
            return pd.Series([rng.randint(low, few) for _ in range(size)], dtype=kind)
        return pd.Series(drawn(lambda: rng.randint(low, few)), dtype=kind)
    if name in (*FLOATS, "double", "float"):
        odd = rng.random() < 0.3
        special = (float("inf"), float("-inf"), -0.0)
        made = drawn(lambda: rng.choice(special) if odd and rng.random() < 0.2 else rng.randint(-6, 12) / 2)
        return pd.Series(made, dtype=kind)
    if kind == "bool":
        return pd.Series([rng.random() < 0.5 for _ in range(size)], dtype=bool)
    if name in ("boolean", "bool"):
        return pd.Series(drawn(lambda: rng.random() < 0.5), dtype=kind)
    if name in ("str", "string", "string[python]", "large_string", "object"):
        return pd.Series(drawn(lambda: rng.choice(WORDS)), dtype=kind)
    if "duration" in kind or "timedelta" in kind:
        return pd.Series(drawn(lambda: rng.choice(SPANS)), dtype=kind)
    if kind == "date32[pyarrow]":
        return pd.Series(drawn(lambda: rng.choice(MOMENTS).date()), dtype=kind)
    if "," in kind:
        zone = kind.partition(", ")[2].rstrip("]")
        naive = pd.Series(drawn(lambda: rng.choice(MOMENTS)), dtype=kind.partition(",")[0] + "]")
        return naive.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return pd.Series(drawn(lambda: rng.choice(MOMENTS)), dtype=kind)


def rare_column(rng: random.Random, kind: str, drawn: Any) -> pd.Series | None:
    """Values of a type that is made otherwise than its name says; None for others."""
    if kind == "decimal128(10, 2)[pyarrow]":
        decimals = pd.ArrowDtype(pa.decimal128(10, 2))
        return pd.Series(drawn(lambda: decimal.Decimal(rng.randint(-500, 900)) / 100), dtype=decimals)
    if kind == "objects: decimals":
        return pd.Series(drawn(lambda: decimal.Decimal(rng.randint(-5, 9)) / 4), dtype=object)
    if kind == "objects: truth values":
        return pd.Series(drawn(lambda: rng.random() < 0.5), dtype=object)
    if kind == "objects: numbers":
        return pd.Series(drawn(lambda: rng.choice((1, 2.5, -3, True))), dtype=object)
    if kind == "complex128":
        return pd.Series(drawn(lambda: complex(rng.randint(-2, 2), rng.randint(0, 1)), complex("nan")), dtype=kind)
    if kind == "time64[us][pyarrow]":
        return pd.Series(drawn(lambda: rng.choice(MOMENTS).time()), dtype=pd.ArrowDtype(pa.time64("us")))
    if kind == "binary[pyarrow]":
        return pd.Series(drawn(lambda: rng.choice(WORDS).encode()), dtype=pd.ArrowDtype(pa.binary()))
    if kind == "objects: dates":
        return pd.Series(drawn(lambda: rng.choice(MOMENTS).date()), dtype=object)
    if kind == "timestamp[us, UTC][pyarrow]":
        return (
            pd.Series(drawn(lambda: rng.choice(MOMENTS)), dtype="datetime64[us]")
            .dt.tz_localize("UTC")
            .astype(pd.ArrowDtype(pa.timestamp("us", "UTC")))
        )
    return None


#: What is among the categories of a kind.
VALUES = {
    "category of numbers": (3, 1, 2, 7),
    "category of dates": MOMENTS,
    "category of truth values": (True, False),
    "category of floats": (2.5, -1.0, 0.0, float("inf")),
}


def categories(rng: random.Random, kind: str, drawn: Any) -> pd.Categorical:
    """Values of few, some of which do not occur."""
    every: Any = VALUES.get(kind, WORDS)
    return pd.Categorical(
        drawn(lambda: rng.choice(every[:-1])), categories=list(every), ordered=kind == "ordered" or rng.random() < 0.2
    )


def labels(rng: random.Random, size: int) -> pd.Index:
    """Labels of rows of several kinds."""
    kind = rng.choice(("range", "range", "range", "steps", "integers", "words", "moments", "floats", "small"))
    name = rng.choice((None, None, "label"))
    if kind == "range":
        return pd.RangeIndex(size, name=name)
    if kind == "steps":
        return pd.RangeIndex(5, 5 + 3 * size, 3, name=name)
    values: list[Any]
    if kind == "integers":
        return pd.Index([rng.randint(-5, 9) for _ in range(size)], dtype="int64", name=name)
    if kind == "small":
        return pd.Index([rng.randint(0, 9) for _ in range(size)], dtype="uint8", name=name)
    if kind == "words":
        values = [rng.choice(WORDS) for _ in range(size)]
        return pd.Index(values, dtype="str", name=name)
    if kind == "moments":
        return pd.Index(pd.Series([rng.choice(MOMENTS) for _ in range(size)], dtype="datetime64[us]"), name=name)
    return pd.Index([rng.randint(-3, 3) / 2 for _ in range(size)], dtype="float64", name=name)


def frame(rng: random.Random, prefix: str, wide: bool, broad: bool = False) -> pd.DataFrame:
    """A frame: keys of few values, and columns of any type."""
    size = rng.choice((0, 1, 2, 5, 9, 17, 30, 60))
    kinds = ["int64", "float64", "str", *rng.choices(PLAIN, k=rng.randint(1, 4))]
    keys: tuple[str, ...] = ("int64", "str", "int32")
    if wide:
        kinds[rng.randint(0, 2) :] = rng.choices(WIDE + RARE if broad else WIDE, k=rng.randint(1, 4))
        keys = (*keys, "Int64", "string", "category", "int64[pyarrow]")
    rng.shuffle(kinds)
    data = {f"k{place}": column(rng, kind, size) for place, kind in enumerate(rng.choices(keys, k=2))}
    data |= {f"{prefix}{place}": column(rng, kind, size) for place, kind in enumerate(kinds)}
    made = pd.DataFrame(data, index=pd.RangeIndex(size)).set_axis(labels(rng, size), axis=0)
    if wide and rng.random() < 0.1:
        made = made.set_axis(pd.MultiIndex.from_arrays([made.index, made["k1"]], names=["one", "two"]), axis=0)
    return made


def in_partitions(rng: random.Random, whole: pd.DataFrame) -> Any:
    """The same rows in partitions, some of them empty."""
    if rng.random() < 0.5:
        return dd.from_pandas(whole, npartitions=rng.randint(1, 4), sort=False)
    edges = [0, *sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, 3))), len(whole)]
    return new(FromPandas(Held.of(whole), tuple(itertools.pairwise(edges)), False))


#: How Arrow says that values have no type of its own.
REFUSED = (pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowInvalid)


def in_files(rng: random.Random, whole: pd.DataFrame, directory: Path) -> tuple[pd.DataFrame, Any]:
    """The same rows in Parquet files; and what pandas reads of them."""
    edges = [0, *sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, 3))), len(whole)]
    directory.mkdir()
    # numbers that a file holds for its rows pandas takes for those of the first file only, without their name
    is_plain = isinstance(whole.index, pd.RangeIndex) or rng.random() < 0.7
    plain = whole.reset_index(drop=True) if is_plain else whole
    told: list[Path] | Path = []
    for place, (start, stop) in enumerate(itertools.pairwise(edges)):
        part, path = plain.iloc[start:stop], directory / f"part{place}.parquet"
        try:
            part.to_parquet(path, row_group_size=max(1, -(-len(part) // 2)))
        except REFUSED:  # what files do not hold
            return whole, in_partitions(rng, whole)
        told += [path] * bool(len(part))
    if not told or plain.index.nlevels == 1:  # of several levels pandas loses some where the first file is empty
        told = directory
    try:
        expected = pd.read_parquet(told)
    except REFUSED:
        # objects of files without any have no type, and decimals of each file one of their own
        return whole, dd.from_pandas(whole, sort=False)
    if any(isinstance(each, pd.CategoricalDtype) for each in whole.dtypes):  # which of them is not known before reading
        return whole, in_partitions(rng, whole)
    if plain.index.nlevels > 1:  # whose levels keep their types
        expected = expected.set_axis(plain.index, axis=0)
    try:
        return expected, dd.read_parquet(directory)
    except ValueError:  # objects that are all missing have the type of floats in a file
        return whole, in_partitions(rng, whole)


def apart(rng: random.Random, whole: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """Partitions whose categories differ; and what they are together: in order if those of all are, else as they are met."""
    edges = [0, *sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(1, 3))), len(whole)]
    parts = [whole.iloc[start:stop] for start, stop in itertools.pairwise(edges)]
    labels = [label for label, dtype in whole.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)]
    parts = [part.assign(**{label: part[label].cat.remove_unused_categories() for label in labels}) for part in parts]
    in_order = {label: all(part[label].cat.categories.is_monotonic_increasing for part in parts) for label in labels}
    together = {
        label: pd.api.types.union_categoricals([part[label] for part in parts], in_order[label], ignore_order=True)
        for label in labels
    }
    meta = parts[0].iloc[:0].assign(**{label: pd.Categorical([], [dd.utils.UNKNOWN_CATEGORIES]) for label in labels})
    parts = [part.assign(**{label: part[label].cat.as_unordered() for label in labels}) for part in parts]
    return whole.assign(**together), dd.from_map(parts.__getitem__, range(len(parts)), meta=meta)
