"""Random programs over random frames: the same text is run by pandas and by us.

``python -m tests.dataframe.kernels.polars.programs --count 20000 --first 0`` runs so many, beyond the few of the test.

A program is a list of expressions; each makes ``d`` anew from ``d`` and a second frame ``e``. It is drawn by a seed, beside
the pandas frame that it makes, so that operators fit the columns that are there. Columns whose name begins with ``x`` hold
results that depend on the order of additions: nothing is chosen, ordered or grouped by them.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa

import weft
import weft.dataframe as dd
from weft import config
from weft.dataframe.base import new
from weft.dataframe.io.from_pandas import FromPandas
from weft.expr import Held

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
DATES = ("datetime64[us]", "datetime64[ns]", "datetime64[ms]")
#: The ways in which a program is run: by pandas' kernels, as one query, as queries of partitions.
ROADS: dict[str, dict[str, str]] = {
    "pandas' kernels": {"dataframe.engine": "pandas"},
    "whole queries": {"dataframe.engine": "auto"},
    "queries of partitions": {"dataframe.engine": "auto", "dataframe.queries": "partitions"},
}
#: What stays in pandas.
OTHERS = ("category", "Int64", "datetime64[ns, Europe/Paris]", "object")
WORDS = ("a", "b", "ab", "abc", "B a", "", " a ", "éa", "a.b", "x%", "12")
MOMENTS = tuple(
    pd.Timestamp("2024-02-27") + pd.Timedelta(days=days, hours=hours, milliseconds=250 * hours)
    for days, hours in ((0, 0), (1, 5), (2, 23), (3, 0), (308, 12), (-700, 1), (-20000, 3))
)


# -- frames ---------------------------------------------------------------------------------------------------------


def column(rng: random.Random, kind: str, size: int) -> pd.Series:
    """Values of a type, few different ones, some missing."""
    gaps = rng.choice((0.0, 0.0, 0.2, 0.2, 1.0 if rng.random() < 0.1 else 0.5))

    def drawn(make: Any, missing: Any = None) -> list[Any]:
        return [missing if rng.random() < gaps else make() for _ in range(size)]

    if kind in INTEGERS:
        low = 0 if kind.startswith("u") else -4
        few = rng.choice((3, 9, 100))
        return pd.Series([rng.randint(low, few) for _ in range(size)], dtype=kind)
    if kind in FLOATS:
        odd = rng.random() < 0.3
        special = (float("inf"), float("-inf"), -0.0)
        return pd.Series(
            drawn(lambda: rng.choice(special) if odd and rng.random() < 0.2 else rng.randint(-6, 12) / 2, np.nan),
            dtype=kind,
        )
    if kind == "bool":
        return pd.Series([rng.random() < 0.5 for _ in range(size)], dtype=bool)
    if kind in ("str", "category", "object"):
        made = drawn(lambda: rng.choice(WORDS))
        return pd.Series(pd.Categorical(made, categories=WORDS)) if kind == "category" else pd.Series(made, dtype=kind)
    if kind in DATES:
        return pd.Series(drawn(lambda: rng.choice(MOMENTS), pd.NaT), dtype=kind)
    if kind == "Int64":
        return pd.Series(drawn(lambda: rng.randint(-3, 3), pd.NA), dtype=kind)
    return pd.Series(drawn(lambda: rng.choice(MOMENTS), pd.NaT), dtype="datetime64[ns]").dt.tz_localize(
        "Europe/Paris", ambiguous=True, nonexistent="shift_forward"
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


def frame(rng: random.Random, prefix: str, others: bool) -> pd.DataFrame:
    """A frame: keys of few values, and columns of any type."""
    size = rng.choice((0, 1, 2, 5, 9, 17, 30, 60))
    kinds = [
        "int64",
        "float64",
        "str",
        *rng.choices((*INTEGERS, *FLOATS, "bool", "str", "bool", *DATES), k=rng.randint(1, 4)),
    ]
    if others:
        kinds.append(rng.choice(OTHERS))
    rng.shuffle(kinds)
    data = {
        f"k{place}": column(rng, kind, size) for place, kind in enumerate(rng.choices(("int64", "str", "int32"), k=2))
    }
    data |= {f"{prefix}{place}": column(rng, kind, size) for place, kind in enumerate(kinds)}
    return pd.DataFrame(data, index=pd.RangeIndex(size)).set_axis(labels(rng, size), axis=0)


def in_partitions(rng: random.Random, whole: pd.DataFrame) -> Any:
    """The same rows in partitions, some of them empty."""
    if rng.random() < 0.5:
        return dd.from_pandas(whole, npartitions=rng.randint(1, 4), sort=False)
    edges = [0, *sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, 3))), len(whole)]
    return new(FromPandas(Held.of(whole), tuple(itertools.pairwise(edges)), False))


def in_files(rng: random.Random, whole: pd.DataFrame, directory: Path) -> tuple[pd.DataFrame, Any]:
    """The same rows in Parquet files; and what pandas reads of them."""
    edges = [0, *sorted(rng.randint(0, len(whole)) for _ in range(rng.randint(0, 3))), len(whole)]
    directory.mkdir()
    # numbers that a file holds for its rows pandas takes for those of the first file only, without their name
    is_plain = isinstance(whole.index, pd.RangeIndex) or rng.random() < 0.7
    plain = whole.reset_index(drop=True) if is_plain else whole
    for place, (start, stop) in enumerate(itertools.pairwise(edges)):
        part = plain.iloc[start:stop]
        part.to_parquet(directory / f"part{place}.parquet", row_group_size=max(1, -(-len(part) // 2)))
    try:
        expected = pd.read_parquet(directory)
    except pa.ArrowNotImplementedError:  # objects of files without any have no type
        return whole, dd.from_pandas(whole, sort=False)
    return expected, dd.read_parquet(directory)


# -- operators ------------------------------------------------------------------------------------------------------


def kind_of(dtype: Any) -> str:
    """A type as operators see it."""
    if isinstance(dtype, np.dtype):
        return {"i": "number", "u": "number", "f": "number", "b": "bool", "M": "date", "m": "span"}.get(
            dtype.kind, "other"
        )
    return "text" if isinstance(dtype, pd.StringDtype) and dtype.na_value is not pd.NA else "other"


@dataclass
class Drawn:
    """What an operator may choose from."""

    rng: random.Random
    d: pd.DataFrame
    e: pd.DataFrame
    #: Whether operators that stay in pandas are drawn too.
    bold: bool = False
    count: int = 0

    def pick(self, *common: str, rare: tuple[str, ...] = ()) -> str:
        """One of some texts."""
        return self.rng.choice((*common, *rare) if self.bold else common)

    def columns(self, *kinds: str, exact: bool = True) -> list[str]:
        """Columns of some kinds."""
        return [
            label
            for label, dtype in self.d.dtypes.items()
            if (not kinds or kind_of(dtype) in kinds) and not (exact and str(label).startswith("x"))
        ]

    def column(self, *kinds: str, exact: bool = True) -> str | None:
        """One of them."""
        found = self.columns(*kinds, exact=exact)
        return self.rng.choice(found) if found else None

    def fresh(self, exact: bool = True) -> str:
        """A label that is new, or now and then one that is there."""
        there = [each for each in self.columns() if str(each).startswith("n")]
        if exact and there and self.rng.random() < 0.2:
            return self.rng.choice(there)
        self.count += 1
        return f"{'n' if exact else 'x'}{self.count}"

    def literal(self, label: str) -> str:
        """A plain value to compare a column with."""
        rng, kind = self.rng, kind_of(self.d[label].dtype)
        if kind == "number":
            return rng.choice(("0", "1", "2", "3", "1.5", "-1", "0.0", "7", "np.int64(2)", "1e300", "300"))
        if kind == "text":
            return repr(rng.choice(WORDS))
        if kind == "date":
            moment = rng.choice(MOMENTS)
            return rng.choice(
                (
                    f"pd.Timestamp({str(moment)!r})",
                    f"np.datetime64({str(moment).replace(' ', 'T')!r})",
                    repr(str(moment.date())),
                )
            )
        return rng.choice(("True", "False"))

    def number(self, exact: bool = True) -> str | None:
        """Numbers for each row."""
        label = self.column("number", exact=exact)
        if label is None:
            return None
        a = f"d[{label!r}]"
        other = self.column("number", exact=exact)
        other = label if other is None else other
        b = self.rng.choice(
            (f"d[{other!r}]", "2", "1", "0.5", "3", "-1", f"d[{other!r}].max()", f"d[{other!r}].sum()", "len(d)")
        )
        return self.pick(
            *(a, a, f"({a} + {b})", f"({a} - {b})", f"({b} - {a})", f"({a} * {b})", f"{a}.abs()", f"({a} / 2)"),
            *(f"({a} / 0)", f"({a} * 4 + {b})"),
            rare=(f"-{a}", f"({a} // 2)", f"({a} % 3)", f"({a} ** 2)"),
        )

    def truth(self, depth: int = 0) -> str | None:
        """A condition."""
        rng = self.rng
        if depth < 2 and rng.random() < 0.3:
            left, right = self.truth(depth + 1), self.truth(depth + 1)
            if left is None or right is None:
                return None
            return rng.choice((f"({left} & {right})", f"({left} | {right})", f"({left} ^ {right})", f"(~{left})"))
        label = self.column("number", "text", "date", "bool")
        if label is None:
            return None
        kind, a = kind_of(self.d[label].dtype), f"d[{label!r}]"
        made, rare = [f"{a}.isna()", f"{a}.notna()"], []
        compare = rng.choice(("==", "!=", "<", "<=", ">", ">="))
        if kind == "number" and (number := self.number()):
            made += [
                f"({number} {compare} {self.literal(label)})",
                f"({a} {compare} {number})",
                f"({self.literal(label)} {compare} {a})",
            ]
            made += [f"({a} {compare} {a}.mean())", f"({a} {compare} {a}.max())"]
            values = self.pick("[1, 2, 3]", "[]", "[0]", "[-1, 1000]", rare=("[1.5, 2]",))
            made += [
                f"{a}.isin({values})",
                f"{a}.between(0, 3, inclusive={rng.choice(('both', 'left', 'right', 'neither'))!r})",
            ]
        elif kind in ("text", "date"):
            others = list(self.columns(kind))
            made += [f"({a} {compare} {self.literal(label)})", f"({a} {compare} d[{rng.choice(others)!r}])"] * 2
            if kind == "text":
                word = repr(rng.choice(WORDS))
                made += [
                    f"{a}.isin([{word}, 'a'])",
                    f"{a}.str.contains({word}, regex=False, na=False)",
                    f"{a}.str.contains({rng.choice(('a', '^a', 'b$', 'a.*b'))!r})",
                ]
                rare += [f"{a}.str.contains('.')"]
                made += [f"{a}.str.startswith({word})", f"{a}.str.endswith({word})", f"{a}.between('a', 'b')"]
            else:
                made += [f"{a}.between({self.literal(label)}, {self.literal(label)})", f"({a} {compare} {a}.min())"]
                rare += [f"{a}.dt.is_leap_year", f"{a}.dt.is_month_start"]
        elif kind == "bool":
            others = list(self.columns("bool"))
            made += [
                a,
                f"(~{a})",
                f"({a} {rng.choice(('==', '!=', '&', '|', '^'))} d[{rng.choice(others)!r}])",
                f"({a} == True)",
            ]
        return self.pick(*made, rare=tuple(rare))

    def value(self) -> tuple[str, bool] | None:
        """Values for a column, and whether they are exact."""
        rng = self.rng
        choice = rng.choice(
            (
                "number",
                "number",
                "number",
                "truth",
                "text",
                "text",
                "date",
                "date",
                "any",
                "any",
                "inexact",
                "plain",
                "rows",
            )
        )
        if choice == "number":
            number = self.number()
            return None if number is None else (number, True)
        if choice == "inexact":
            a, b = self.number(exact=False), self.number(exact=False)
            return None if a is None or b is None else (f"({a} / ({b}))", False)
        if choice == "truth":
            truth = self.truth()
            return None if truth is None else (truth, True)
        if choice == "plain":
            return self.pick("1", "2.5", "'word'", "True", rare=("pd.Timestamp('2024-01-01')", "d['k0'].max()")), True
        if choice == "text":
            label = self.column("text")
            return None if label is None else (self.text(f"d[{label!r}]"), True)
        if choice == "date":
            label, other = self.column("date"), self.column("date")
            return None if label is None else (self.date(f"d[{label!r}]", f"d[{other!r}]"), True)
        if choice == "rows":
            label = self.column("number", "text", "date", "bool")
            return None if label is None else (self.neighbours(label), True)
        label = self.column(exact=False)
        return None if label is None else (self.changed(label), not str(label).startswith("x"))

    def text(self, a: str) -> str:
        """Something made of text."""
        return self.pick(
            *(
                f"{a}.str.upper()",
                f"{a}.str.lower()",
                f"{a}.str[:2]",
                f"{a}.str[1:]",
                f"{a}.str.slice(0, 1)",
                f"{a}.str.len()",
            ),
            *(
                f"{a}.str.strip()",
                f"{a}.str.lstrip()",
                f"{a}.str.rstrip()",
                f"{a}.str.strip('a ')",
                f"{a}.str.zfill(4)",
            ),
            *(f"{a}.str.replace('a', 'zz', regex=False)", f"{a}.str.replace('.', '', regex=False)", f"({a} + {a})"),
            *(
                f"({a} + 'z')",
                f"('z' + {a})",
                f"{a}.str.removeprefix('a')",
                f"{a}.str.removesuffix('b')",
                f"{a}.fillna('none')",
            ),
            *(
                f"{a}.map({{'a': 1.5, 'b': 2.5}})",
                f"{a}.map({{'a': 'one', 'ab': 'two'}})",
                f"{a}.where({a} != 'a', 'other')",
            ),
            rare=(
                *(
                    f"{a}.str.title()",
                    f"{a}.str.pad(3)",
                    f"{a}.str.ljust(3)",
                    f"{a}.str.rjust(3, '*')",
                    f"{a}.str.count('a')",
                ),
                *(f"{a}.str.find('b')", f"{a}.str.get(0)", f"{a}.replace('a', 'c')", f"{a}.str.startswith('a')"),
                *(f"{a}.str[-2:]", f"{a}.str.repeat(2)"),
            ),
        )

    def date(self, a: str, other: str) -> str:
        """Something made of dates."""
        common = (
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "quarter",
            "dayofyear",
            "dayofweek",
            "day_of_week",
        )
        rare = (
            *(
                "weekday",
                "microsecond",
                "nanosecond",
                "is_month_start",
                "is_month_end",
                "is_leap_year",
                "is_year_start",
            ),
            *("is_quarter_end", "days_in_month", "daysinmonth", "is_quarter_start", "is_year_end"),
        )
        part = self.pick(*common, rare=rare)
        step = self.rng.choice(("h", "D", "15min", "s"))
        return self.pick(
            *(f"{a}.dt.{part}", f"{a}.dt.{part}", f"{a}.dt.{part}", f"{a}.dt.normalize()", f"{a}.dt.floor({step!r})"),
            *(
                f"({a} + pd.Timedelta(days=1))",
                f"({a} - pd.Timedelta(hours=3))",
                f"{a}.fillna(pd.Timestamp('2024-01-01'))",
            ),
            rare=(
                *(f"({a} - {other})", f"({a} - {other}).dt.days", f"({a} - {other}).dt.total_seconds()"),
                *(f"({a} - pd.Timestamp('2024-01-01'))", f"{a}.dt.ceil('D')", f"{a}.dt.strftime('%Y-%m-%d')"),
                *(f"{a}.dt.day_name()", f"({a} + np.timedelta64(1, 'D'))", f"{a}.astype('datetime64[us]')"),
            ),
        )

    def neighbours(self, label: str) -> str:
        """Something that looks at other rows."""
        a, many = f"d[{label!r}]", self.rng.choice((1, 2, -1, 0))
        common = [f"{a}.shift({many})", f"{a}.shift({many})"]
        rare = [f"{a}.shift({many}, fill_value={self.literal(label)})", f"{a}.ffill()", f"{a}.bfill()"]
        if kind_of(self.d[label].dtype) == "number":
            common += [f"{a}.cumsum()", f"{a}.cummin()", f"{a}.cummax()"]
            rare += [f"{a}.diff({many})", f"{a}.rank()", f"{a}.rank(method='dense', ascending=False)"]
            method = self.rng.choice(("cumsum", "cumcount", "shift", "cummax", "rank"))
            rare += [f"d.groupby('k0')[{label!r}].{method}()"] if "k0" in self.d else []
        return self.pick(*common, rare=tuple(rare))

    def changed(self, label: str) -> str:
        """Some values of a column replaced or cast."""
        rng, kind, a = self.rng, kind_of(self.d[label].dtype), f"d[{label!r}]"
        made, rare = [a, f"{a}.isna()"], [f"{a}.astype('object')"]
        truth = self.truth() or f"{a}.isna()"
        if kind == "number":
            other = self.column("number")
            b = rng.choice(("0", "1", "2.5", f"d[{other!r}]" if other else "3"))
            made += [f"{a}.where({truth}, {b})", f"{a}.mask({truth}, {b})"] * 2
            made += [
                f"{a}.fillna({rng.choice(('0', '1.5'))})",
                f"{a}.clip(0, 3)",
                f"{a}.clip(lower=1)",
                f"{a}.clip(upper=2.5)",
            ]
            made += [f"{a}.astype({rng.choice(('float64', 'int64'))!r})", f"{a}.where({truth})"]
            rare += [
                f"{a}.fillna(d[{label!r}].max())",
                f"{a}.fillna(d[{label!r}].mean())",
                f"{a}.mask({truth}, np.nan)",
            ]
            rare += [f"{a}.round()", f"{a}.round(1)", f"{a}.round(-1)", f"np.sqrt({a})", f"{a}.replace(1, 5)"]
            rare += [
                f"{a}.astype({rng.choice(('float32', 'int32', 'str', 'bool', 'uint8'))!r})",
                f"{a}.map({{1: 10.5, 2: 20.5}})",
            ]
        elif kind == "bool":
            made += [
                f"{a}.astype({rng.choice(('int64', 'int8', 'float64'))!r})",
                f"(~{a})",
                f"{a}.where({truth}, False)",
            ]
            rare += [
                f"{a}.where({truth})",
                f"{a}.fillna(False)",
                f"({a} + 1)",
                f"({a} * {a})",
                f"({a} + {a})",
                f"{a}.astype('str')",
            ]
        elif kind in ("text", "date"):
            made += [f"{a}.where({truth})", f"{a}.mask({truth})"]
            rare += [f"{a}.where({truth}, {self.literal(label)})"]
        return self.pick(*made, rare=tuple(rare))


AGGREGATES = ("sum", "mean", "min", "max", "count", "size", "nunique", "first", "last", "std", "var")
RARE = ("median", "any", "all", "prod", "sem")
#: Aggregates whose results depend on how they are added up.
INEXACT = ("std", "var", "sem", "mean", "median", "prod", "quantile")


def aggregates(drawn: Drawn, label: str) -> str:
    """An aggregate that a column has."""
    kind = kind_of(drawn.d[label].dtype)
    if kind == "number":
        return drawn.pick(*AGGREGATES, rare=RARE)
    if kind == "bool":
        return drawn.pick("sum", "mean", "count", "size", "nunique", "first", "last", "any", "all", rare=("min", "max"))
    return drawn.pick(*("min", "max", "count", "size", "nunique", "first", "last"))


def choose(drawn: Drawn) -> str | None:
    """Rows."""
    truth = drawn.truth()
    return None if truth is None else f"d[{truth}]"


def project(drawn: Drawn) -> str | None:
    """Columns."""
    every = drawn.columns(exact=False)
    if len(every) < 4:
        return None
    chosen = drawn.rng.sample(every, drawn.rng.randint(3, len(every)))
    return drawn.rng.choice((f"d[{chosen}]", f"d.drop(columns={[each for each in every if each not in chosen]})"))


def assign(drawn: Drawn) -> str | None:
    """A new column."""
    made = drawn.value()
    if made is None:
        return None
    value, exact = made
    return f"d.assign({drawn.fresh(exact)}={value})"


def rename(drawn: Drawn) -> str | None:
    """Another label."""
    label = drawn.column()
    return (
        None if label is None or str(label).startswith("k") else f"d.rename(columns={{{label!r}: {drawn.fresh()!r}}})"
    )


def reset(drawn: Drawn) -> str | None:
    """Rows numbered."""
    drop = drawn.rng.random() < 0.6 or (drawn.d.index.name or "index") in drawn.d or drawn.d.index.nlevels > 1
    return f"d.reset_index(drop={drop})"


def frame_wide(drawn: Drawn) -> str | None:
    """An operation on some columns at once."""
    numbers = drawn.columns("number")
    if not numbers:
        return None
    chosen = drawn.rng.sample(numbers, min(len(numbers), drawn.rng.randint(1, 3)))
    operation = drawn.pick(
        *(
            " + 1",
            " * 2",
            ".fillna(0)",
            ".clip(0, 4)",
            ".isna()",
            " > 1",
            ".astype('float64')",
            ".shift(1)",
            ".cumsum()",
        ),
        rare=(".abs()", ".round(1)", f".where(d[{chosen}] > 0)"),
    )
    keys = [each for each in ("k0", "k1") if each in drawn.d]
    if not keys or set(keys) & set(chosen):
        return f"(d[{chosen}]{operation}).assign(k0=1, k1='a')"
    return f"(d[{chosen}]{operation}).assign({', '.join(f'{each}=d[{each!r}]' for each in keys)})"


def group(drawn: Drawn) -> str | None:
    """Aggregates of groups, as a frame."""
    rng = drawn.rng
    keys = drawn.columns("number", "text", "date", "bool")
    if not keys:
        return None
    by = rng.sample(keys, min(len(keys), rng.choice((1, 1, 2))))
    rest = [each for each in drawn.columns("number", "text", "date", "bool") if each not in by]
    if not rest:
        return None
    options = []
    if rng.random() < 0.4:
        options.append(f"sort={rng.random() < 0.5}")
    if rng.random() < 0.3:
        options.append(f"dropna={rng.random() < 0.5}")
    as_index = rng.random() < 0.6
    if not as_index:
        options.append("as_index=False")
    grouped = (
        f"d.groupby({by if len(by) > 1 or rng.random() < 0.5 else by[0]!r}{''.join(', ' + each for each in options)})"
    )
    if rng.random() < 0.7:
        named = []
        for label in rng.choices(rest, k=rng.randint(1, 4)):
            how = aggregates(drawn, label)
            named.append(f"{drawn.fresh(exact=how not in INEXACT)}=({label!r}, {how!r})")
        names = [each.split("=")[0] for each in named]
        if len(set(names)) < len(names) or set(names) & set(by):
            return None
        made = f"{grouped}.agg({', '.join(named)})"
    else:
        label = rng.choice(rest)
        how = aggregates(drawn, label)
        if how == "size" or how in INEXACT:
            how = "count"
        made = f"{grouped}[[{label!r}]].{how}()"
    return f"{made}.reset_index()" if as_index and rng.random() < 0.8 else made


def merge(drawn: Drawn) -> str | None:
    """A join with the other frame."""
    rng = drawn.rng
    if len(drawn.d) > 400:
        return None
    how = drawn.pick("inner", "inner", "left", "left", "right", "cross", rare=("outer",))
    if how == "cross":
        return "d.head(5).merge(e.head(3), how='cross')" if rng.random() < 0.3 else None

    def alike(a: Any, b: Any) -> bool:
        return (kind_of(a) == kind_of(b) and kind_of(a) != "other") if drawn.bold else a == b

    pairs = [(a, b) for a in drawn.columns() for b in drawn.e.columns if alike(drawn.d[a].dtype, drawn.e[b].dtype)]
    if not pairs:
        return None
    chosen = rng.sample(pairs, min(len(pairs), rng.choice((1, 1, 2))))
    left, right = [a for a, _ in chosen], [b for _, b in chosen]
    if len(set(left)) < len(left) or len(set(right)) < len(right):
        return None
    keys = f"on={left}" if left == right else f"left_on={left}, right_on={right}"
    suffixes = rng.choice(("", "", ", suffixes=('_l', '_r')", ", suffixes=(None, '_e')"))
    indicator = ", indicator=True" if drawn.bold and rng.random() < 0.1 else ""
    return f"d.merge(e, how={how!r}, {keys}{suffixes}{indicator})"


def sort(drawn: Drawn) -> str | None:
    """Rows in order."""
    rng = drawn.rng
    keys = drawn.columns("number", "text", "date", "bool")
    if not keys:
        return None
    by = rng.sample(keys, min(len(keys), rng.choice((1, 2, 3))))
    options = f"ascending={[rng.random() < 0.6 for _ in by]}, na_position={rng.choice(('last', 'first'))!r}, ignore_index={rng.random() < 0.3}"
    return f"d.sort_values({by}, {options}, kind='stable')"


def distinct(drawn: Drawn) -> str | None:
    """Different rows."""
    rng = drawn.rng
    keys = drawn.columns("number", "text", "date", "bool")
    if not keys or len(keys) < len(drawn.d.columns):
        return None
    subset = rng.sample(keys, min(len(keys), rng.choice((1, 2))))
    return drawn.pick(
        "d.drop_duplicates()",
        f"d.drop_duplicates({subset})",
        f"d.drop_duplicates(subset={subset}, keep='last')",
        f"d.drop_duplicates(subset={subset}, ignore_index=True)",
        rare=(f"d.drop_duplicates(subset={subset}, keep=False)",),
    )


def ends(drawn: Drawn) -> str | None:
    """The first rows."""
    return f"d.head({drawn.rng.choice((0, 1, 3, 5, 20))}, npartitions=-1, compute=False)"


def largest(drawn: Drawn) -> str | None:
    """Rows with the largest or least numbers."""
    label = drawn.column("number")
    if label is None:
        return None
    other = drawn.column("number")
    by = label if drawn.rng.random() < 0.7 or other == label else [label, other]
    return f"d.{drawn.rng.choice(('nlargest', 'nsmallest'))}({drawn.rng.choice((0, 1, 3, 10))}, {by!r})"


def concat(drawn: Drawn) -> str | None:
    """Rows of two frames."""
    if len(drawn.d) > 200:
        return None
    condition = drawn.truth()
    other = f"d[{condition}]" if condition is not None and drawn.rng.random() < 0.7 else "d"
    return f"concat([d, {other}]{drawn.rng.choice(('', ', ignore_index=True'))})"


def dropna(drawn: Drawn) -> str | None:
    """Rows without gaps."""
    label = drawn.column()
    return drawn.pick(f"d.dropna(subset=[{label!r}])", "d.dropna()", rare=("d.dropna(how='all')", "d.dropna(thresh=2)"))


def set_labels(drawn: Drawn) -> str | None:
    """Labels replaced by a column."""
    label = drawn.column("number", "text")
    return None if label is None or str(label).startswith("k") else f"d.set_index({label!r}).reset_index()"


STEPS = (
    *([(concat, 1)] if hasattr(dd, "concat") else []),
    (choose, 5),
    (assign, 8),
    (project, 2),
    (rename, 1),
    (reset, 2),
    (frame_wide, 1),
    (group, 2),
    (merge, 2),
    (sort, 2),
    (distinct, 1),
    (ends, 1),
    (largest, 1),
    (dropna, 1),
)


def last(drawn: Drawn) -> str | None:
    """What a program may end with."""
    rng = drawn.rng
    label = drawn.column("number", "text", "date", "bool")
    if label is None:
        return None
    kind, a = kind_of(drawn.d[label].dtype), f"d[{label!r}]"
    made = [
        "len(d)",
        a,
        f"{a}.count()",
        f"{a}.nunique()",
        f"{a}.value_counts()",
        f"{a}.isna().sum()",
        f"{a}.notna().all()",
    ]
    rare = [
        f"{a}.value_counts(normalize=True)",
        f"{a}.drop_duplicates()",
        f"{a}.size",
        f"d.groupby({label!r}).size()",
        f"{a}.mode()",
    ]
    made += [f"{a}.value_counts(dropna=False)"]
    if kind != "bool":
        made += [f"{a}.min()", f"{a}.max()"]
    if kind == "number":
        made += [
            f"{a}.sum()",
            f"{a}.mean()",
            f"{a}.std()",
            f"{a}.var()",
            f"{a}.var(ddof=0)",
            f"({a} * 2).sum()",
            f"{a}.sum() / len(d)",
        ]
        made += [f"({a} > 1).sum()", f"({a} - {a}.mean()).abs().max()", f"{a}.max() - {a}.min()", f"{a}.sum() > 3"]
        rare += [f"{a}.median()", f"{a}.quantile(0.25)", f"{a}.prod()", f"{a}.sum(min_count=1)", f"{a}.nlargest(3)"]
        rare += [f"{a}.any()", f"{a}.all()", f"{a}.sem()", f"{a}.sum(skipna=False)"]
        by = drawn.column("number", "text", "bool")
        how = aggregates(drawn, label)
        if by != label:
            options = rng.choice(("", ", sort=False", ", dropna=False", ", as_index=False"))
            made += [f"d.groupby({by!r}{options})[{label!r}].{how}()"] * 3
            rare += [f"d.groupby({by!r})[{label!r}].agg(['sum', 'max'])", f"{a}.groupby(d[{by!r}]).{how}()"]
    if kind == "bool":
        made += [f"{a}.sum()", f"{a}.mean()", f"{a}.any()", f"{a}.all()"]
    numbers = drawn.columns("number")
    if numbers:
        rare += [
            f"d[{numbers}].{rng.choice(('sum', 'mean', 'max', 'min', 'count', 'std', 'nunique'))}()",
            f"d[{numbers}].describe()",
        ]
    return drawn.pick(*made, rare=tuple(rare))


@dataclass
class Program:
    """A program, and the frames that it is run on."""

    seed: int
    steps: list[str]
    frames: dict[str, pd.DataFrame]
    lazy: dict[str, Any]
    expected: Any = None

    @property
    def loose(self) -> bool:
        """Whether types depend on the values that are there."""
        return any(word in each for each in self.steps for word in DATA_DEPENDENT)

    def check(self, found: Any, promised: Any = None) -> None:
        """Fails where a result is not the one of pandas; its types are pandas', or those that were promised before."""
        same(found, self.expected, self.loose)
        if self.loose and promised is not None and not has_types(found, self.expected, promised):
            plain = run(self.steps, self.frames, pd.concat)  # without the casts to what is known beforehand
            assert has_types(found, plain, promised), f"types {types_of(found)} in place of {types_of(plain)}"

    def __str__(self) -> str:
        return f"seed {self.seed}:\n" + "\n".join(f"  d = {each}" for each in self.steps)

    def ours(self) -> Any:
        """The program with our frames."""
        return run(self.steps, self.lazy, getattr(dd, "concat", None))


def run(steps: list[str], frames: dict[str, Any], concat: Any) -> Any:
    """What a program gives."""
    names = {"pd": pd, "np": np, "concat": concat, **frames}
    for each in steps:
        names["d"] = step(each, names)
    return names["d"]


def step(text: str, names: dict[str, Any]) -> Any:
    """What one expression gives; rows of frames that are not lazy are taken as theirs."""
    if isinstance(names["d"], pd.DataFrame):
        text = text.replace(", npartitions=-1, compute=False", "").replace(", compute=False", "")
    elif text.startswith("d.head(5).merge"):
        text = "d.head(5, npartitions=-1, compute=False).merge(e.head(3, npartitions=-1, compute=False), how='cross')"
    return eval(text, dict(names))


#: Operators whose types in pandas depend on the values that are there: gaps make floats of integers.
DATA_DEPENDENT = (
    ".merge(",
    ".map(",
    ".where(",
    ".mask(",
    ".shift(",
    ".str.len",
    ".dt.",
    ".str.find",
    ".str.count",
    "concat(",
    ".astype(",
)


def known_beforehand(made: Any, ours: Any) -> Any:
    """A result of pandas with the types that are known before there are values: integers as floats where gaps may be."""
    if isinstance(made, pd.DataFrame):
        for label, dtype in ours.dtypes.items():
            if getattr(made[label].dtype, "kind", "") in "iu" and getattr(dtype, "kind", "") == "f":
                made = made.assign(**{label: made[label].astype(dtype)})
    elif (
        isinstance(made, pd.Series)
        and getattr(made.dtype, "kind", "") in "iu"
        and getattr(ours.dtype, "kind", "") == "f"
    ):
        return made.astype(ours.dtype)
    return made


def program(seed: int, directory: Path) -> Program:
    """The program of a seed."""
    rng = random.Random(seed)
    others = rng.random() < 0.15
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames, lazy = {}, {}
        for name in ("d", "e"):
            whole = frame(rng, "a" if name == "d" or rng.random() < 0.3 else "b", others)
            if rng.random() < 0.3:
                frames[name], lazy[name] = in_files(rng, whole, directory / f"{seed}{name}")
            else:
                frames[name], lazy[name] = whole, in_partitions(rng, whole)
        count = rng.randint(1, 12)
        state = Drawn(rng, frames["d"], frames["e"], bold=rng.random() < 0.2)
        steps: list[str] = []
        names = {"pd": pd, "np": np, "concat": pd.concat, **frames}
        functions, weights = zip(*STEPS, strict=True)
        value: Any = frames["d"]
        lazily = {**names, "concat": dd.concat, **lazy}
        for _ in range(60):
            is_last = len(steps) == count - 1 and rng.random() < 0.6
            text = (last if is_last else rng.choices(functions, weights)[0])(state)
            if text is None:
                continue
            try:
                made = step(text, names)
            except Exception:  # what pandas refuses is no program
                continue
            if isinstance(made, pd.DataFrame) and (not made.columns.is_unique or len(made) > 3000):
                continue
            try:
                ours = step(text, lazily)
            except NotImplementedError:  # what is refused is no program
                continue
            steps.append(text)
            value = known_beforehand(made, ours) if any(each in text for each in DATA_DEPENDENT) else made
            if is_last:
                break
            names["d"] = state.d = value
            lazily["d"] = ours
            if len(steps) == count:
                break
    return Program(seed, steps, frames, lazy, value)


def computed(lazy: Any, **options: Any) -> Any:
    """A result, of whatever is lazy."""
    (made,) = weft.compute(lazy, scheduler="sync", **options)
    return made


def same(found: Any, wanted: Any, loose: bool = False) -> None:
    """Fails where two results differ; sums may differ in their last bits.

    With ``loose`` integers may stand for floats of the same values: what pandas gives depends on gaps among the values, and
    partitions may have none.
    """
    close = {"rtol": 1e-12, "atol": 1e-12}
    if loose:
        found, wanted = as_floats(found, wanted)
    if isinstance(wanted, pd.DataFrame):
        pd.testing.assert_frame_equal(found, wanted, **close)
    elif isinstance(wanted, pd.Series):
        pd.testing.assert_series_equal(found, wanted, **close)
    elif pd.isna(wanted):
        assert pd.isna(found), f"{found!r} in place of {wanted!r}"
        assert (found is pd.NaT) == (wanted is pd.NaT), f"{found!r} in place of {wanted!r}"
    elif isinstance(wanted, (float, np.floating)):
        assert np.isclose(found, wanted, **close), f"{found!r} in place of {wanted!r}"
        assert loose or isinstance(found, (float, np.floating)), f"{found!r} in place of {wanted!r}"
    else:
        assert found == wanted, f"{found!r} in place of {wanted!r}"
        assert isinstance(found, (bool, np.bool_)) == isinstance(wanted, (bool, np.bool_)), (
            f"{found!r} in place of {wanted!r}"
        )


def types_of(result: Any) -> dict[Any, Any]:
    """The types of columns, or of a series' values."""
    if isinstance(result, pd.DataFrame):
        return dict(result.dtypes)
    return {None: result.dtype} if isinstance(result, pd.Series) else {}


def has_types(found: Any, wanted: Any, promised: Any) -> bool:
    """Whether each column has the type that pandas gives it, or the one that was known beforehand."""
    first, second = types_of(wanted), types_of(promised)
    return all(dtype in (first.get(label), second.get(label)) for label, dtype in types_of(found).items())


def as_floats(found: Any, wanted: Any) -> tuple[Any, Any]:
    """Two results with floats where one has integers and the other floats."""
    if not isinstance(wanted, (pd.DataFrame, pd.Series)) or type(found) is not type(wanted):
        return found, wanted
    if found.index.nlevels == wanted.index.nlevels == 1 and are_numbers(found.index.dtype, wanted.index.dtype):
        found, wanted = [each.set_axis(each.index.astype("float64"), axis=0) for each in (found, wanted)]
    if isinstance(wanted, pd.Series):
        return (
            (found.astype("float64"), wanted.astype("float64"))
            if are_numbers(found.dtype, wanted.dtype)
            else (found, wanted)
        )
    for label in wanted.columns:
        if label in found and are_numbers(found[label].dtype, wanted[label].dtype):
            found, wanted = [each.assign(**{label: each[label].astype("float64")}) for each in (found, wanted)]
    return found, wanted


def are_numbers(one: Any, other: Any) -> bool:
    """Whether two types are different ones of numbers, not both of integers."""
    kinds = {getattr(one, "kind", "O"), getattr(other, "kind", "O")}
    return one != other and kinds <= set("iuf") and "f" in kinds


def difference(seed: int, directory: Path) -> str | None:
    """What the engines make of a program that pandas does not; None if they agree with it."""
    drawn = program(seed, directory)
    for road, options in ROADS.items():
        try:
            ours = drawn.ours()
            with config.set(options), mock.patch.object(sys.modules["weft.dataframe.rules.divide"], "CHOOSY", False):
                drawn.check(computed(ours), ours.expr.meta if hasattr(ours, "expr") else None)
        except Exception as error:
            return f"{road} differ in the program of {drawn}\n{type(error).__name__}: {error}"
    return None


def main() -> int:
    """Run many programs, and print those in which engines differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    wrong = 0
    warnings.simplefilter("ignore")
    for seed in range(options.first, options.first + options.count):
        with tempfile.TemporaryDirectory(prefix="weft-programs-") as folder:
            try:
                found = difference(seed, Path(folder))
            except Exception as error:
                found = f"seed {seed} cannot be drawn: {type(error).__name__}: {error}"
        if found is not None:
            wrong += 1
            print(found, flush=True)
    print(f"{options.count} programs, {wrong} differ", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
