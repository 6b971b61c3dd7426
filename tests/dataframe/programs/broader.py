"""More operators of random programs: rarer methods and options, and shapes of results."""

from __future__ import annotations

from tests.dataframe.programs.data import WORDS
from tests.dataframe.programs.drawing import ORDERED, Drawn, kind_of

OFFSETS = (
    *(
        "pd.offsets.Day(2)",
        "pd.offsets.MonthBegin()",
        "pd.offsets.YearEnd()",
        "pd.offsets.BDay()",
        "pd.offsets.Hour(5)",
    ),
    *(
        "pd.offsets.Week(weekday=2)",
        "pd.offsets.QuarterEnd()",
        "pd.DateOffset(years=1, days=-3)",
        "pd.offsets.MonthEnd(-1)",
    ),
)
RANKS = ("average", "min", "max", "first", "dense")


def column_more(drawn: Drawn) -> str | None:
    """A new column by a rarer method."""
    label = drawn.column(*ORDERED, "category")
    if label is None:
        return None
    kind = kind_of(drawn.d[label].dtype)
    makers = {"number": numbers, "text": texts, "date": dates, "span": spans, "bool": truths, "category": categories}
    value, exact = makers[kind](drawn, label)
    return f"d.assign({drawn.fresh(exact)}={value})"


def other_of(drawn: Drawn, kind: str) -> str:
    """A column of a kind, as an expression."""
    return f"d[{drawn.column(kind)!r}]"


def numbers(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of numbers."""
    rng, a, b = drawn.rng, f"d[{label!r}]", other_of(drawn, "number")
    if rng.random() < 0.25:
        window = rng.choice(("2", "3, min_periods=1", "4, min_periods=2, center=True", "3, closed='left'"))
        how = rng.choice(("sum", "mean", "std", "median", "var", "quantile(0.5)", "skew"))
        made = f"{a}.rolling({window}).{how}{'' if '(' in how else '()'}"
        rarer = (f"{a}.ewm(alpha=0.5).mean()", f"{a}.cumprod()", f"{a}.expanding(2).mean()", f"{a}.pct_change()")
        return rng.choice((made, made, f"np.exp({a} / 10)", f"np.log1p({a}.abs())", *rarer)), False
    key = drawn.column("number", "text", "bool")
    made = [
        *(f"{a}.rank(method={rng.choice(RANKS)!r}, ascending={rng.random() < 0.5})", f"{a}.rank(pct=True)"),
        *(f"{a}.map({{1: 'one', 2: 'two'}})", f"{a}.replace({{1: 5, 2: 6}})", f"{a}.replace([0, 1], 9)"),
        *(
            f"{a}.clip({b}, 3)",
            f"{a}.clip(upper={b})",
            f"{a}.combine_first({b})",
            f"{a}.fillna({b})",
            f"{a}.ffill(limit=1)",
        ),
        *(
            f"{a}.add({b}, fill_value=0)",
            f"{a}.rsub(1)",
            f"{a}.floordiv(3)",
            f"{a}.mod(3)",
            f"{a} // {b}",
            f"{a} % {b}",
        ),
        *(f"{a}.le({b})", f"np.floor({a} / 3)", f"np.maximum({a}, 1)", f"np.sign({a})", f"np.isfinite({a})"),
        *(f"{a}.where({b} > 0, {b})", f"{a}.mask({a}.isin([0, 1]), {b})", f"{a}.bfill().isna()", f"{a}.diff(-1)"),
        *(f"{a}.astype({rng.choice(('int16', 'uint64', 'Int16', 'UInt32', 'float[pyarrow]', 'boolean'))!r})",),
        *(
            f"{a}.between({b}, 3)",
            f"{a}.isin([1, None])",
            f"{a}.eq({b})",
            f"({a} > {b}).astype('int8')",
            f"{a}.round(2)",
        ),
        *(
            f"{a}.cumsum()",
            f"{a}.cummax().fillna(-1)",
            f"{a}.shift(3, fill_value=0)",
            f"{a}.abs().cummin()",
            f"({a} != {b})",
        ),
    ]
    if key is not None and key != label:
        grouped = f"d.groupby({key!r}{rng.choice(('', ', dropna=False', ', sort=False'))})[{label!r}]"
        made += [f"{grouped}.transform({each!r})" for each in ("max", "count", "first", "nunique", "size")]
        made += [f"{grouped}.{each}" for each in ("cumcount()", "shift(-1)", "diff()", "ffill()", "rank(method='min')")]
        made += [
            f"{grouped}.{each}" for each in ("cummin()", "cumsum()", "bfill()", "cumcount(ascending=False)", "ngroup()")
        ]
    return rng.choice(made), True


def texts(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of texts."""
    rng, a, b = drawn.rng, f"d[{label!r}]", other_of(drawn, "text")
    word = rng.choice(WORDS)
    made = [
        *(
            f"{a}.str.contains('A', case=False)",
            f"{a}.str.contains('a|b', na=True)",
            f"{a}.str.slice_replace(0, 1, 'z')",
        ),
        *(
            f"{a}.str.{each}()"
            for each in ("isdigit", "isnumeric", "islower", "isupper", "isspace", "isalnum", "istitle")
        ),
        *(
            f"{a}.str.casefold()",
            f"{a}.str.rsplit('a').str[-1]",
            f"{a}.str.rpartition('a')[2]",
            f"{a}.str.findall('a').str.len()",
        ),
        *(f"{a}.str.normalize('NFD')", f"{a}.str.encode('utf-8').str.len()", f"({a} + '-' + {b})", f"({a} < {b})"),
        *(f"{a}.combine_first({b})", f"{a}.fillna({b})", f"{a}.where({b}.notna(), {b})", f"{a}.mask({a} == {word!r})"),
        *(f"{a}.ffill()", f"{a}.rank()", f"{a}.rank(method='dense', ascending=False)", f"{a}.isin([{word!r}, None])"),
        *(f"{a}.map({{'a': 2.5}})", f"{a}.map({{'a': 1, 'b': 2}})", f"{a}.map({{'a': pd.Timestamp('2024-01-01')}})"),
        *(f"{a}.map(len, na_action='ignore')", f"{a}.replace({{'a': 'b', 'b': 'a'}})", f"{a}.replace('a', None)"),
        *(f"{a}.str.startswith(('a', 'B'))", f"{a}.str.endswith('b', na=False)", f"{a}.str[::-1]", f"{a}.str[0:3:2]"),
        *(
            f"{a}.str.extract('(a)(b)?')[0]",
            f"{a}.str.join('-')",
            f"{a}.str.ljust(4, '.')",
            f"{a}.str.strip().str.len()",
        ),
        *(f"{a}.str.count('[ab]')", f"{a}.str.replace('a', lambda found: 'Q', regex=True)", f"{a}.str.index('')"),
        *(f"{a}.str.replace('(a)(b)', r'\\2\\1', regex=True)", f"{a}.str.cat({b})", f"{a}.str.cat({b}, na_rep='?')"),
        *(f"{a}.shift(1, fill_value='z')", f"{a}.str.get(5)", f"{a}.str.upper().duplicated()", f"{a}.str.isdecimal()"),
        *(f"{a}.astype('category')", f"{a}.astype('string').str.len()", f"{a}.str.translate({{97: 'ä'}})"),
        *(
            f"{a}.between({word!r}, 'b')",
            f"{a}.str.fullmatch('[a-b]*', case=False)",
            f"lib.to_numeric({a}, errors='coerce')",
        ),
    ]
    return rng.choice(made), True


def dates(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of dates."""
    rng, a, b = drawn.rng, f"d[{label!r}]", other_of(drawn, "date")
    zone = rng.choice(("Europe/Paris", "Asia/Tokyo", "America/New_York"))
    made = [
        *(f"({a} + {each})" for each in rng.sample(OFFSETS, 3)),
        *(
            f"({a} - {rng.choice(OFFSETS)})",
            f"{a}.isin([{drawn.literal(label)}])",
            f"{a}.clip(lower={drawn.literal(label)})",
        ),
        *(
            f"{a}.where({a} > {drawn.literal(label)}, {b})",
            f"{a}.fillna({b})",
            f"{a}.combine_first({b})",
            f"({a} <= {b})",
        ),
        *(
            f"{a}.diff()",
            f"{a}.rank()",
            f"{a}.cummax()",
            f"{a}.shift(-1)",
            f"{a}.dt.isocalendar().year",
            f"{a}.ffill()",
        ),
        *(f"{a}.dt.as_unit({each!r})" for each in ("s", "ms", "ns")),
        *(f"{a}.dt.floor('7D')", f"{a}.dt.ceil('3h')", f"{a}.dt.round('10min')", f"{a}.dt.strftime('%d/%m %H:%M')"),
        *(f"{a}.dt.tz_localize({zone!r}, ambiguous='NaT', nonexistent='NaT')", f"{a}.dt.tz_convert({zone!r}).dt.hour"),
        *(
            f"{a}.dt.tz_localize('UTC').dt.tz_convert({zone!r})",
            f"{a}.dt.date",
            f"{a}.dt.time",
            f"{a}.dt.dayofweek.isin([5, 6])",
        ),
        *(
            f"({a} - {a}.min())",
            f"({a} - {b}).abs()",
            f"{a}.dt.month.map({{2: 'feb', 3: 'mar'}})",
            f"{a}.dt.to_period('Q').dt.year",
        ),
        *(
            f"{a}.map({{pd.Timestamp('2024-02-27'): 1}})",
            f"{a}.dt.hour.fillna(0).astype('int8')",
            f"{a}.dt.day + {a}.dt.year",
        ),
        *(
            f"{a}.astype('datetime64[s]')",
            f"{a}.mask({a}.dt.year == 2024)",
            f"{a}.dt.normalize() == {a}",
            f"{a}.dt.month.isna()",
        ),
    ]
    return rng.choice(made), True


def spans(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of spans of time."""
    a, b = f"d[{label!r}]", other_of(drawn, "span")
    made = [
        *(
            f"{a}.dt.microseconds",
            f"{a}.dt.nanoseconds",
            f"({a} // 2)",
            f"({a} % pd.Timedelta(hours=5))",
            f"{a}.cummax()",
        ),
        *(
            f"{a}.clip(lower=pd.Timedelta(0))",
            f"{a}.isin([pd.Timedelta(0)])",
            f"{a}.rank()",
            f"{a}.diff()",
            f"({a} < {b})",
        ),
        *(
            f"{a}.fillna({b})",
            f"{a}.where({a} > pd.Timedelta(0), {b})",
            f"{a}.dt.as_unit('ms')",
            f"({a} + {b})",
            f"{a}.cumsum()",
        ),
        *(f"{a}.dt.ceil('D')", f"{a}.shift(1)", f"({a} * 0.5)", f"{a}.between(pd.Timedelta(0), {b})", f"{a}.ffill()"),
    ]
    return drawn.rng.choice(made), True


def truths(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of truth values."""
    a, b = f"d[{label!r}]", other_of(drawn, "bool")
    made = [
        *(
            f"{a}.cumsum()",
            f"{a}.astype('boolean')",
            f"{a}.map({{True: 'y', False: 'n'}})",
            f"{a}.rank()",
            f"{a}.cummax()",
        ),
        *(f"{a}.where({b}, {b})", f"{a}.mask({b})", f"({a} | {b})", f"{a}.shift(1)", f"{a}.shift(1, fill_value=True)"),
        *(
            f"{a}.isin([True])",
            f"({a} > {b})",
            f"{a}.astype('bool[pyarrow]')",
            f"({a} & True)",
            f"{a}.eq({b})",
            f"{a}.diff()",
        ),
        *(f"({a} * 2.5)", f"({a} - 1)", f"{a}.replace({{True: False}})", f"{a}.fillna({b})", f"{a}.astype('float32')"),
    ]
    return drawn.rng.choice(made), True


def categories(drawn: Drawn, label: str) -> tuple[str, bool]:
    """Of categories."""
    a, value = f"d[{label!r}]", drawn.literal(label)
    made = [
        *(f"{a}.isin([{value}])", f"({a} != {value})", f"{a}.isna()", f"{a}.mask({a} == {value})", f"{a}.ffill()"),
        *(
            f"{a}.map({{{value}: 'x'}})",
            f"{a}.fillna({value})",
            f"{a}.shift(-1)",
            f"{a}.astype('object')",
            f"{a}.duplicated()",
        ),
    ]
    return drawn.rng.choice(made), True


def across(drawn: Drawn) -> str | None:
    """Something of several columns at once, row by row or column by column."""
    rng, labels = drawn.rng, drawn.columns("number")
    if len(labels) < 2:
        return None
    chosen = rng.sample(labels, rng.randint(2, min(4, len(labels))))
    part = f"d[{chosen}]"
    if rng.random() < 0.5:
        how, exact = rng.choice(
            (
                *(("sum(axis=1)", False), ("max(axis=1)", True), ("min(axis=1)", True), ("count(axis=1)", True)),
                *(
                    ("isna().any(axis=1)", True),
                    ("gt(1).all(axis=1)", True),
                    ("mean(axis=1)", False),
                    ("isna().sum(axis=1)", True),
                ),
                *(("median(axis=1)", False), ("std(axis=1)", False), ("nunique(axis=1)", True), ("duplicated()", True)),
            )
        )
        return f"d.assign({drawn.fresh(exact)}={part}.{how})"
    first = chosen[0]
    operation = rng.choice(
        (
            *(
                ".rank()",
                ".diff()",
                ".cummax()",
                f".fillna({{{first!r}: 7}})",
                f".replace({{{first!r}: {{1: 2}}}})",
                ".isin([1, 2])",
            ),
            *(
                f".where({part} > 0, 0)",
                ".add(1)",
                ".eq(0)",
                ".ffill()",
                f".isin({{{first!r}: [1]}})",
                ".round({'k0': 1})",
                ".notna()",
            ),
            *(
                f".astype({{{first!r}: 'float32'}})",
                ".mul(2).sub(1)",
                f".mask({part}.isna(), -1)",
                f".sub(d[{first!r}], axis=0)",
            ),
            *(
                f".div(d[{first!r}].abs() + 1, axis=0).notna()",
                ".cummin()",
                ".shift(-1)",
                ".bfill(limit=1)",
                ".clip(lower=0)",
            ),
        )
    )
    keys = [each for each in ("k0", "k1") if each in drawn.d and each not in chosen]
    return f"({part}{operation}).assign({', '.join(f'{each}=d[{each!r}]' for each in keys) or 'k0=1'})"


def rows(drawn: Drawn) -> str | None:
    """Rows and columns, chosen otherwise."""
    rng = drawn.rng
    label, number = drawn.column(*ORDERED), drawn.column("number")
    if label is None or number is None or len(drawn.d.columns) < 3:
        return None
    every = drawn.columns(exact=False)
    chosen = [each for each in every if rng.random() < 0.7]
    made = [
        *(
            f"d.query('`{number}` > 1')",
            f"d.query('`{number}` in [1, 2] or `{number}` < 0')",
            f"d.loc[d[{number!r}] > 0]",
        ),
        *(
            f"d[d.duplicated([{label!r}], keep={rng.choice(('first', 'last', False))})]",
            f"d[~d[{number!r}].isin([0, 1])]",
        ),
        *(f"d[(d[{number!r}] > 0).fillna(False)]", f"d[d[{number!r}] == d[{number!r}].max()]"),
        *(f"d.{rng.choice(('nlargest', 'nsmallest'))}(3, {number!r}, keep={rng.choice(('first', 'last', 'all'))!r})",),
        *(
            f"d[d[{label!r}].isin(e[{each!r}])]"
            for each in list(drawn.e.columns)[:2]
            if drawn.e[each].dtype == drawn.d[label].dtype
        ),
        *(f"d[d.groupby({label!r})[{number!r}].transform('count') > 1]", f"d[d[{number!r}].rank(method='first') <= 5]"),
        *(
            f"d.groupby({label!r}).head(2)",
            f"d.groupby({label!r}).tail(1)",
            f"d[d[{number!r}].notna()].drop(columns=[{label!r}])",
        ),
    ]
    if len(chosen) > 2 and number in chosen:
        made += [
            f"d.loc[d[{number!r}] > 0, {chosen}]",
            f"d.dropna(subset={chosen}, how='all')",
            f"d.dropna(thresh=2, subset={chosen})",
        ]
    return rng.choice(made)


def joins(drawn: Drawn) -> str | None:
    """Joins by other means, and rows of other frames."""
    rng = drawn.rng
    if len(drawn.d) > 200:
        return None
    pairs = [(a, b) for a in drawn.columns() for b in drawn.e.columns if drawn.d[a].dtype == drawn.e[b].dtype]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    keys = f"left_on={a!r}, right_on={b!r}" if a != b else f"on={a!r}"
    made = [f"d.merge(e, how={how!r}, {keys}).reset_index(drop=True)" for how in ("left_anti", "right_anti")]
    made += [f"d.merge(e, how='outer', {keys})"]
    made += [
        f"d.merge(e[[{b!r}]].drop_duplicates(), how={how!r}, {keys})" for how in ("inner", "left", "right", "outer")
    ]
    made += [
        f"d.merge(e.drop_duplicates([{b!r}]), how={how!r}, {keys}, indicator='which')" for how in ("left", "outer")
    ]
    number = next((each for each in drawn.e.columns if kind_of(drawn.e[each].dtype) == "number" and each != b), None)
    if number is not None:
        summed = f"e.groupby({b!r}, as_index=False).agg(t{drawn.count}=({number!r}, 'max'))"
        made += [f"d.merge({summed}, how={how!r}, {keys})" for how in ("inner", "left")] * 2
    # of a side without rows pandas takes the labels of the other, and their name
    by_labels = drawn.e.index.nlevels == 1 and drawn.e.index.dtype == drawn.d[a].dtype
    if by_labels and len(drawn.d) and len(drawn.e):
        made += [
            f"d.merge(e, left_on={a!r}, right_index=True, how={how!r}, suffixes=('_l', '_r'))"
            for how in ("inner", "left")
        ]
        made += [f"d.join(e, on={a!r}, lsuffix='_l', rsuffix='_r')"]
    made += [f"concat([d, e], join={how!r}, ignore_index=True)" for how in ("inner", "outer")]
    return rng.choice(made)


def groups(drawn: Drawn) -> str | None:
    """Aggregates of groups by other calls."""
    rng, keys = drawn.rng, drawn.keys()
    numeric = [each for each in drawn.columns("number") if each != "k0"]
    if "k0" not in keys or not numeric:
        return None
    label = rng.choice(numeric)
    other = rng.choice([each for each in keys if each != "k0"] or ["k1"])
    if other not in drawn.d or other == label:
        return None
    options = rng.choice(("", "", ", sort=False", ", dropna=False", ", as_index=False"))
    one, two = f"d.groupby('k0'{options})", f"d.groupby(['k0', {other!r}]{options})"
    made = [
        *(f"{one}.agg({{{label!r}: {how!r}}})" for how in ("sum", "max", "nunique")),
        *(f"{one}[[{label!r}, {other!r}]].{how}()" for how in ("first", "last", "count", "nunique")),
        *(f"{two}[{label!r}].{how}()" for how in ("sum", "min", "count", "size")),
        *(f"{two}.agg(n{drawn.count + 1}=({label!r}, 'max'), n{drawn.count + 2}=({label!r}, 'size'))",),
        *(f"{one}[{label!r}].sum(min_count=2)", f"{one}[[{label!r}]].nth(0)", f"{one}[{label!r}].value_counts()"),
    ]
    drawn.count += 2
    text = rng.choice(made)
    return text if ".agg(" in text or "[[" in text else None


def last_more(drawn: Drawn) -> str | None:
    """What a program may end with, besides."""
    rng = drawn.rng
    label = drawn.column(*ORDERED, "category")
    if label is None:
        return None
    kind, a = kind_of(drawn.d[label].dtype), f"d[{label!r}]"
    made = [
        *(
            f"{a}.value_counts(ascending=True)",
            f"{a}.value_counts(normalize=True, dropna=False)",
            f"{a}.nunique(dropna=False)",
        ),
        *(
            f"{a}.mode(dropna=False)",
            f"{a}.is_unique",
            f"{a}.describe()",
            f"{a}.drop_duplicates(keep='last')",
            f"{a}.dropna()",
        ),
        *(
            "d.count()",
            "d.isna().sum()",
            "d.isna().mean()",
            f"d[[{label!r}]].value_counts()",
            "d.nunique()",
            f"d[[{label!r}]].count()",
        ),
    ]
    if drawn.is_apart:
        made = [each for each in made if "counts" not in each]
    key = drawn.column("number", "text", "bool")
    if kind != "category":
        made += [f"{a}.sort_values(kind='stable')", f"{a}.is_monotonic_increasing"]
        made += [f"{a}.agg(['min', 'max'])"] if len(drawn.d) else []  # of no dates pandas has other ones
    if kind == "number":
        inside = rng.choice(("linear", "lower", "higher", "nearest", "midpoint"))
        made += [
            f"{a}.quantile({rng.choice((0, 0.3, 0.5, 1))}, interpolation={inside!r})",
            f"{a}.quantile([0.25, 0.5])",
        ]
        made += [f"{a}.{each}()" for each in ("skew", "kurt", "prod", "sem", "median", "idxmax", "idxmin")]
        made += [f"{a}.agg(['sum', 'count', 'mean'])", f"{a}.nsmallest(3, keep='all')", f"{a}.cumsum().max()"]
        if key is not None and key != label:
            grouped = f"d.groupby({key!r}{rng.choice(('', ', dropna=False', ', sort=False'))})[{label!r}]"
            made += [
                f"{grouped}.quantile({rng.choice((0.5, 0.25))})",
                f"{grouped}.agg(['mean', 'std'])",
                f"{grouped}.value_counts()",
            ]
            made += [
                f"{grouped}.{each}()"
                for each in ("median", "var", "prod", "any", "describe", "idxmax", "skew", "nunique")
            ]
            made += [f"d.pivot_table(index={key!r}, values={label!r}, aggfunc='sum')", f"{grouped}.sum(min_count=2)"]
            made += [f"d.groupby({key!r}).agg(x=({label!r}, 'mean'), y=({label!r}, 'count'))", f"{grouped}.agg('max')"]
    if kind in ("date", "span"):
        made += [f"{a}.mean()", f"{a}.quantile(0.5, interpolation='lower')", f"{a}.median()", f"{a}.max() - {a}.min()"]
        if key is not None:
            made += [f"d.groupby({key!r})[{label!r}].{each}()" for each in ("min", "max", "first", "nunique", "count")]
    if kind == "text" and key is not None and key != label:
        made += [
            f"d.groupby({key!r})[{label!r}].{each}()"
            for each in ("min", "max", "first", "last", "nunique", "count", "sum")
        ]
    if kind == "bool":
        made += [f"{a}.{each}()" for each in ("sum", "mean", "min", "max", "std", "cumsum", "prod")]
    return rng.choice(made)


STEPS = ((column_more, 10), (across, 3), (rows, 4), (joins, 2), (groups, 2))
