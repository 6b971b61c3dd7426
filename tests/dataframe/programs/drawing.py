"""What a random program may say next: columns that fit, and expressions of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pandas as pd
from tests.dataframe.programs.data import MOMENTS, SPANS, WORDS

KINDS = {"i": "number", "u": "number", "f": "number", "b": "bool", "M": "date", "m": "span", "U": "text"}
#: Kinds that can be compared and ordered.
ORDERED = ("number", "text", "date", "bool", "span")


def kind_of(dtype: Any) -> str:
    """A type as operators see it, whoever keeps its values: NumPy, pandas or Arrow."""
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if str(dtype).startswith("date32"):
        return "other"
    return "text" if isinstance(dtype, pd.StringDtype) else KINDS.get(dtype.kind, "other")


@dataclass
class Drawn:
    """What an operator may choose from."""

    rng: random.Random
    d: pd.DataFrame
    e: pd.DataFrame
    #: Whether operators that stay in pandas are drawn too.
    bold: bool = False
    #: Whether partitions have categories of their own: their order is nobody's.
    is_apart: bool = False
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

    def keys(self) -> list[str]:
        """Columns by which rows can be grouped, ordered and told apart."""
        return self.columns(*ORDERED) if self.is_apart else self.columns(*ORDERED, "category")

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
        if kind == "span":
            return f"pd.Timedelta({str(rng.choice(SPANS))!r})"
        if kind == "category":
            # of partitions with categories of their own only those are known that rows have
            values = pd.unique(self.d[label].dropna().astype(object)) if self.is_apart else self.d[label].cat.categories
            return repr(rng.choice(values)) if len(values) else "1"
        if kind == "date":
            moment = rng.choice(MOMENTS)
            zone = getattr(self.d[label].dt, "tz", None)
            if zone is not None:
                return f"pd.Timestamp({str(moment)!r}, tz={str(zone)!r})"
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
        label = self.column(*ORDERED, "category")
        if label is None:
            return None
        kind, a = kind_of(self.d[label].dtype), f"d[{label!r}]"
        made, rare = [f"{a}.isna()", f"{a}.notna()"], [f"{a}.duplicated()", f"{a}.duplicated(keep='last')"]
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
        elif kind == "span":
            made += [f"({a} {compare} {self.literal(label)})", f"({a} {compare} {a}.max())"] * 2
        elif kind == "category":
            values = f"[{self.literal(label)}, {self.literal(label)}]"
            made += [
                f"({a} {compare if self.d[label].cat.ordered else '=='} {self.literal(label)})",
                f"{a}.isin({values})",
            ]
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
                "span",
                "category",
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
            single = ("d['k0'].max()",) if len(self.d) else ()  # of no values it has another type
            return self.pick("1", "2.5", "'word'", "True", rare=("pd.Timestamp('2024-01-01')", *single)), True
        if choice == "text":
            label = self.column("text")
            return None if label is None else (self.text(f"d[{label!r}]"), True)
        if choice == "date":
            label, other = self.column("date"), self.column("date")
            return None if label is None else (self.date(f"d[{label!r}]", f"d[{other!r}]"), True)
        if choice == "span":
            label = self.column("span")
            return None if label is None else (self.span(f"d[{label!r}]"), True)
        if choice == "category":
            label = self.column("category")
            return None if label is None else (self.category(f"d[{label!r}]", label), True)
        if choice == "rows":
            label = self.column(*ORDERED)
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
                *(f"{a}.str[-2:]", f"{a}.str.repeat(2)", f"{a}.str.swapcase()", f"{a}.str.capitalize()"),
                *(f"{a}.str.replace('^a', 'q', regex=True)", f"{a}.str.match('a')", f"{a}.str.fullmatch('ab?')"),
                *(f"{a}.str.isalpha()", f"{a}.str.center(4, '-')", f"{a}.str.rfind('a')", f"{a}.str.cat({a}, sep='-')"),
                *(f"{a}.str.split('a').str[0]", f"{a}.str.extract('(b)', expand=False)", f"{a}.str.partition('b')[0]"),
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
                *(f"({a} + pd.DateOffset(months=1))", f"({a} + pd.offsets.MonthEnd())", f"{a}.dt.round('h')"),
                *(f"{a}.dt.to_period('M').astype('str')", f"{a}.dt.month_name()", f"{a}.dt.isocalendar().week"),
                *(f"{a}.dt.tz_localize('UTC')", f"{a}.dt.tz_convert('UTC')", f"{a}.dt.tz_localize(None)"),
                *(f"{a}.dt.day_name()", f"({a} + np.timedelta64(1, 'D'))", f"{a}.astype('datetime64[us]')"),
            ),
        )

    def span(self, a: str) -> str:
        """Something made of times between two moments."""
        return self.rng.choice(
            (
                *(f"{a}.dt.days", f"{a}.dt.seconds", f"{a}.dt.total_seconds()", f"-{a}", f"{a}.abs()", f"({a} * 2)"),
                *(f"({a} / pd.Timedelta(hours=1))", f"({a} + {a})", f"({a} - pd.Timedelta(days=1))"),
                *(f"{a}.dt.floor('D')", f"{a}.dt.round('h')", f"({a} // pd.Timedelta(hours=7))"),
                f"{a}.fillna(pd.Timedelta(0))",
            )
        )

    def category(self, a: str, label: str) -> str:
        """Something made of categories."""
        values = list(self.d[label].cat.categories)
        texts = all(isinstance(each, str) for each in values)
        rare = [f"{a}.cat.remove_categories([{self.literal(label)}])", f"{a}.astype('object')"]
        rare += [f"{a}.cat.set_categories({values[:2]!r})" if texts else a, f"{a}.fillna({self.literal(label)})"]
        rare += [f"{a}.cat.add_categories(['new'])", f"{a}.cat.rename_categories(lambda each: str(each) + '!')"]
        rare += [
            f"{a}.map({{{self.literal(label)}: 1.5}})",
            f"{a}.shift(1)",
            f"{a}.where({self.truth() or f'{a}.isna()'})",
        ]
        if texts:
            rare += [f"{a}.str.upper()", f"{a}.str.len()", f"{a}.astype('str')"]
        if not self.is_apart:
            rare += [f"{a}.cat.codes", f"{a}.cat.as_ordered()"]
        return self.rng.choice((a, f"{a}.cat.as_unordered()", *rare))

    def neighbours(self, label: str) -> str:
        """Something that looks at other rows."""
        a, many = f"d[{label!r}]", self.rng.choice((1, 2, -1, 0))
        common = [f"{a}.shift({many})", f"{a}.shift({many})"]
        rare = [f"{a}.shift({many}, fill_value={self.literal(label)})", f"{a}.ffill()", f"{a}.bfill()"]
        if kind_of(self.d[label].dtype) == "number":
            common += [f"{a}.cumsum()", f"{a}.cummin()", f"{a}.cummax()"]
            rare += [f"{a}.diff({many})", f"{a}.rank()", f"{a}.rank(method='dense', ascending=False)"]
            window = self.rng.choice(("2", "3, min_periods=1", "4, min_periods=2, center=True", "1"))
            rare += [f"{a}.rolling({window}).{each}()" for each in ("max", "min", "count")]
            rare += [f"{a}.expanding().max()", f"{a}.pct_change().isna()", f"{a}.rank(pct=True, na_option='top')"]
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
                f"{a}.astype({rng.choice(('Int64', 'Float64', 'Int8', 'double[pyarrow]', 'int64[pyarrow]'))!r})",
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
            if kind == "text":
                rare += [f"{a}.astype({rng.choice(('string', 'object', 'string[python]'))!r})"]
                rare += [f"{a}.astype(pd.CategoricalDtype({list(WORDS[:5])}, ordered={rng.random() < 0.5}))"]
        elif kind == "span":
            made += [f"{a}.where({truth})", f"{a}.mask({truth}, {self.literal(label)})"]
        elif kind == "category":
            made += [self.category(a, label)]
        return self.pick(*made, rare=tuple(rare))
