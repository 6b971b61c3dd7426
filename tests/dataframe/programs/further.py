"""Still more operators of random programs: groups by what is computed, windows of groups, frames as wholes, other dtypes."""

from __future__ import annotations

from tests.dataframe.programs.drawing import ORDERED, Drawn, kind_of

#: Aggregates that all values have which can be ordered.
COMMON = ("min", "max", "count", "nunique", "first", "last")


def number_of_groups(drawn: Drawn) -> str | None:
    """A column of what is known of groups, by several keys or by what is computed."""
    rng, label, keys = drawn.rng, drawn.column("number"), drawn.keys()
    if label is None or len(keys) < 3:
        return None
    one, two = rng.sample([each for each in keys if each != label], 2) if len(keys) > 3 else keys[:2]
    if label in (one, two):
        return None
    options = rng.choice(("", ", dropna=False", ", sort=False")) + ", observed=True"
    by = rng.choice((f"[{one!r}, {two!r}]", f"[d[{one!r}], {two!r}]", f"d[{one!r}].isna()", f"[{one!r}]"))
    grouped = f"d.groupby({by}{options})[{label!r}]"
    exact = [
        *(f"{grouped}.transform({each!r})" for each in COMMON),
        *(f"{grouped}.{each}()" for each in ("cumsum", "cummax", "cumcount", "ngroup", "shift", "ffill", "bfill")),
        *(f"{grouped}.shift({each})" for each in (2, -1)),
        f"{grouped}.rank(method='dense', ascending=False)",
        f"{grouped}.transform('sum')",
        f"{grouped}.diff(2)",
        f"{grouped}.cumprod()",
    ]
    if rng.random() < 0.2:
        inexact = [f"{grouped}.transform({each!r})" for each in ("mean", "std", "median", "var")]
        return f"d.assign({drawn.fresh(False)}={rng.choice((*inexact, f'{grouped}.pct_change()'))})"
    return f"d.assign({drawn.fresh()}={rng.choice(exact)})"


def rows_of_groups(drawn: Drawn) -> str | None:
    """Rows chosen by their groups."""
    rng, label, keys = drawn.rng, drawn.column("number"), drawn.keys()
    if label is None or len(keys) < 2:
        return None
    key, other = rng.sample(keys, 2)
    if label in (key, other) or "category" in (kind_of(drawn.d[key].dtype), kind_of(drawn.d[other].dtype)):
        return None
    grouped = f"d.groupby({rng.choice((f'[{key!r}, {other!r}]', f'{key!r}'))}{rng.choice(('', ', sort=False'))})"
    return rng.choice(
        (
            *(f"{grouped}.head(1)", f"{grouped}.tail(2)", f"{grouped}.nth(0)", f"{grouped}.nth([0, 2])"),
            *(f"{grouped}.nth(-1)", f"d[{grouped}[{label!r}].transform('max') == d[{label!r}]]"),
            *(f"d[{grouped}.cumcount() < 2]", f"d[{grouped}[{label!r}].rank(method='first') <= 1]"),
            f"d[d[{label!r}] > {grouped}[{label!r}].transform('min')]",
        )
    )


def labelled(drawn: Drawn) -> str | None:
    """Rows by their labels and places."""
    rng, d = drawn.rng, drawn.d
    label = drawn.column(*ORDERED)
    if label is None:
        return None
    made = [
        *(f"d.sort_values({label!r}, ascending={rng.random() < 0.5}, kind='stable').iloc[:, ::-1]",),
        *("d.add_suffix('_s').rename(columns=lambda each: each.removesuffix('_s'))", "d.copy()", "d.pipe(lambda d: d)"),
        *("d[sorted(d.columns)]", "d.iloc[:, ::-1]", "d.loc[:, list(d.columns)[::-1]]", "d.drop(columns=[])"),
        *(f"d.where(d[{label!r}].notna(), d)", "d.rename_axis('label')", f"d.loc[d[{label!r}].notna(), :]"),
        *(f"d.assign(**{{{label!r}: lambda d: d[{label!r}]}})", "d.select_dtypes(exclude=['complex'])"),
        *("d.drop_duplicates(keep='first')", "d.dropna(axis=0, how='any')", f"d.dropna(subset=[{label!r}], how='all')"),
    ]
    if d.index.nlevels == 1 and d.index.is_monotonic_increasing:
        low = d.index[len(d) // 3] if len(d) else None
        if low is not None and d.index.dtype.kind in "iuf":
            made += [f"d.loc[{low!r}:]", f"d.loc[:{low!r}]", f"d[d.index >= {low!r}]", f"d[d.index != {low!r}]"]
    return rng.choice(made)


def frames(drawn: Drawn) -> str | None:
    """Something done to whole frames."""
    rng, numbers = drawn.rng, [each for each in drawn.columns("number") if not str(each).startswith("k")]
    keys = [each for each in ("k0", "k1") if each in drawn.d]
    if not numbers or not keys:
        return None
    first = rng.choice(numbers)
    same = [each for each in numbers if drawn.d[each].dtype == drawn.d[first].dtype][:3]
    part = f"d[{same}]"
    operation = rng.choice(
        (
            *(".fillna(-1)", ".ffill()", ".bfill()", ".abs()", ".diff()", ".shift(2)", ".cummin()", ".cummax()"),
            *(".rank(method='min')", ".isna()", ".clip(-1, 5)", ".ge(1)", ".ne(0)", ".isin([0, 1, 2.5])", ".add(1.5)"),
            *(
                f".eq({part}.shift(1))",
                f".mask({part} < 0)",
                f".where({part}.notna(), 0)",
                f".add({part}, fill_value=0)",
            ),
            *(f".combine_first({part} * 2)", f".fillna({{{same[0]!r}: 3}})", ".replace(1, 7)"),
            *(
                f".sub({part}.min())",
                f".le({part}.max())",
                f".fillna({part}.max())",
                ".map(lambda each: each, na_action='ignore')",
            ),
        )
    )
    return f"({part}{operation}).assign({', '.join(f'{each}=d[{each!r}]' for each in keys)})"


def wide(drawn: Drawn) -> str | None:
    """Groups of columns, aggregates by list and by mapping, as plain frames."""
    rng, keys = drawn.rng, drawn.keys()
    numbers = [each for each in drawn.columns("number") if not str(each).startswith("k")]
    keys = [each for each in ("k0", "k1") if each in keys]
    if len(keys) < 2 or not numbers:
        return None
    label = rng.choice(numbers)
    others = [each for each in drawn.columns(*ORDERED) if each not in (*keys, label)]
    by = rng.choice((f"{keys[0]!r}", f"[{keys[0]!r}]", f"d[{keys[0]!r}]"))
    rest = [label, *others[:1]]
    options = rng.choice(("", ", sort=False", ", dropna=False", ", observed=True", ", observed=False"))
    how = rng.choice(COMMON)
    return rng.choice(
        (
            f"d.groupby({by}{options})[{[keys[1], *rest]}].{how}().reset_index()",
            f"d.groupby([{keys[0]!r}, {keys[1]!r}]{options})[{rest}].{how}().reset_index()",
            f"d.groupby({by}{options}).agg({{{keys[1]!r}: 'first', {label!r}: {how!r}}}).reset_index()",
            f"d.drop_duplicates([{keys[0]!r}, {keys[1]!r}]).set_index({keys[0]!r}, **ours(sort=False)).reset_index()",
            f"d.merge(d.groupby({keys[0]!r}, as_index=False).agg(t{drawn.count}=({label!r}, {how!r})), on={keys[0]!r}, how='left')",
        )
    )


def column_further(drawn: Drawn) -> str | None:
    """A column by a method that is drawn nowhere else."""
    rng, label = drawn.rng, drawn.column(*ORDERED, "category", "other")
    if label is None:
        return None
    kind, a = kind_of(drawn.d[label].dtype), f"d[{label!r}]"
    made = [f"{a}.isna() | {a}.isna()", f"{a}.notna().cumsum()", f"{a}.mask({a}.notna())", f"{a}.where({a}.isna())"]
    exact = True
    if kind == "number":
        key = drawn.column("number", "text", "bool")
        window = rng.choice(
            ("2", "3, min_periods=1", "4, min_periods=2, center=True", "5, min_periods=1, closed='both'")
        )
        if rng.random() < 0.3:
            exact = False
            made = [
                *(f"{a}.rolling({window}).{each}()" for each in ("sum", "mean", "var", "sem", "kurt")),
                *(f"{a}.ewm({each}).mean()" for each in ("span=3", "com=1, adjust=False", "alpha=0.3, ignore_na=True")),
                *(f"{a}.expanding({rng.randint(1, 3)}).{each}()" for each in ("sum", "var", "std", "median", "skew")),
                *(f"{a}.interpolate()", f"{a}.ewm(span=3).std()", f"np.sin({a})", f"{a}.pow(0.5)", f"{a} ** 2"),
            ]
            if key is not None and key != label:
                grouped = f"d.groupby({key!r})[{label!r}]"
                made += [f"{grouped}.transform(lambda each: each - each.mean())", f"{grouped}.transform('sem')"]
        else:
            made += [
                *(f"{a}.rolling({window}).{each}()" for each in ("min", "max", "count")),
                *(f"{a}.expanding(2).{each}()" for each in ("min", "count")),
                *(f"{a}.rolling(3).rank()", f"{a}.rolling(2).apply(lambda each: each.max())", f"{a}.divmod(3)[1]"),
                f"{a}.map(lambda each: each, na_action='ignore')",
                *(f"{a}.add(1)", f"{a}.ne({a}.shift(1)).cumsum()"),
                *(f"{a}.gt(0).astype('int64').cumsum()", f"{a}.between(-1, 2).map({{True: 'in', False: 'out'}})"),
                *(f"{a}.notna().astype('float32')", f"{a}.rdiv(1)"),
                *(f"{a}.replace({{0: np.nan}})", f"{a}.fillna(-1).astype('int32')", f"{a}.rsub(d['k0'].isna() * 1)"),
                *(
                    f"{a}.round(0).astype('Int64')",
                    f"{a}.to_frame('t')['t']",
                ),
                *(
                    f"{a}.fillna({a}.median())",
                    f"{a}.clip({a}.min(), {a}.max())",
                    f"{a}.isin({a}.head(2, **ours(compute=False)))",
                ),
            ]
            if drawn.d.index.is_monotonic_increasing and drawn.d.index.is_unique:  # others are sorted by it
                made += [f"{a}.dropna()", f"{a}.drop_duplicates()", f"{a}.nsmallest(3)", f"{a}.sort_values()"]
    elif kind == "text":
        made += [
            *(f"{a}.str.pad(5, side={each!r}, fillchar='_')" for each in ("left", "right", "both")),
            *(f"{a}.str.split('a', n=1).str.get(0)", f"{a}.str.split(expand=False).str.len()", f"{a}.str.wrap(2)"),
            *(f"{a}.str.match('[A-Z]')", f"{a}.str.contains('B', regex=False)", f"{a}.str.len().fillna(-1)"),
            *(
                f"{a}.str.lower().str.replace('a', '')",
                f"{a}.str.slice(-2)",
                f"{a}.str.slice(0, -1)",
                f"{a}.str.slice(step=2)",
            ),
            *(f"{a}.str.removesuffix('a').str.removeprefix('a')", f"{a}.str.strip('ab ')", f"{a}.str.count('')"),
            *(
                f"{a}.str.contains('^$')",
                f"{a}.str.rindex('')",
                f"({a} * 2)",
                f"{a}.str.get(-1)",
                f"{a}.str[0].isin(['a'])",
            ),
            *(
                f"{a}.str.fullmatch('a|b')",
                f"{a}.str.endswith(('a', 'b'))",
                f"{a}.str.extract('([a-z]+)')[0]",
                f"{a}.bfill()",
            ),
            *(
                f"{a}.map(str.upper, na_action='ignore')",
                f"{a}.replace(['a', 'b'], ['x', 'y'])",
                f"{a}.replace('a', 'b')",
            ),
            *(f"{a}.fillna('').str.len()", f"{a}.fillna('?') + '!'", f"{a}.str.replace('b+', 'c', regex=True, n=1)"),
            *(f"{a}.where({a}.str.len() > 1)", f"{a}.str.casefold().eq('a')", f"{a}.eq('a') | {a}.eq('b')"),
            *(
                f"{a}.ne({a}.shift(1))",
                f"{a}.duplicated(keep=False)",
                f"{a}.astype('category').cat.codes" if not drawn.is_apart else a,
            ),
            *(f"{a}.str.isascii()", f"{a}.str.zfill(3).str[:3]", f"{a}.str.center(6).str.rstrip()"),
        ]
    elif kind == "date":
        made += [
            *(f"{a}.dt.{each}" for each in ("is_year_end", "days_in_month", "weekday", "day_of_year", "microsecond")),
            *(f"{a}.dt.year * 100 + {a}.dt.month", f"{a}.dt.floor('D') == {a}.dt.normalize()", f"{a}.dt.date.isna()"),
            *(
                f"{a}.dt.month.isin([2, 3])",
                f"({a} - {a}.shift(1))",
                f"({a} - {a}.shift(1)).dt.days",
                f"({a}.max() - {a}).dt.days",
            ),
            *(
                f"({a} - {a}.min()) / pd.Timedelta(days=1)",
                f"{a}.between({a}.min(), {a}.max())",
                f"{a}.bfill()",
                f"{a}.shift(2)",
            ),
            *(
                f"{a}.dt.hour.between(1, 12)",
                f"{a}.dt.quarter.map({{1: 'one'}})",
                f"{a}.dt.strftime('%Y').astype('float64')",
            ),
            *(
                f"{a}.eq({a}.shift(1))",
                f"{a}.rank(method='dense')",
                f"{a}.isin({a}.head(1, **ours(compute=False)))",
                f"{a}.cummin()",
            ),
            *(f"{a}.dt.second", f"{a}.dt.isocalendar().day", f"{a}.dt.month_name().str[:3]"),
            *(f"{a}.duplicated(keep='last')", f"{a}.dt.minute", f"{a}.dt.dayofweek < 5"),
        ]
    elif kind == "span":
        made += [
            *(
                f"{a}.dt.days.fillna(0)",
                f"{a} > pd.Timedelta(0)",
                f"{a}.abs().dt.total_seconds()",
                f"{a}.cummin()",
                f"{a}.bfill()",
            ),
            *(
                f"({a} - {a}.shift(1))",
                f"{a}.dt.floor('h').dt.seconds",
                f"{a} + pd.Timestamp('2024-01-01')",
                f"{a}.duplicated()",
            ),
            *(
                f"{a}.dt.days.mask({a}.isna(), -1)",
                f"{a}.fillna({a}.max())",
                f"{a}.ne({a}.shift(1))",
                f"{a} / {a}.max()",
            ),
        ]
    elif kind == "bool":
        made += [
            *(f"{a}.fillna(True)", f"~{a}", f"{a} ^ {a}", f"{a} & {a}.isna()", f"{a}.astype('str')", f"{a}.cummin()"),
            *(
                f"{a}.astype('Int8')",
                f"{a}.astype('float64').rank()",
                f"{a}.ffill()",
                f"{a}.shift(-1)",
                f"{a} == False",
            ),
            *(f"{a}.duplicated(keep='last')", f"{a}.ne({a}.shift(1))", f"{a}.where({a}, False)", f"{a} | True"),
        ]
    elif kind == "category" and not drawn.is_apart:
        made += [
            *(f"{a}.cat.codes", f"{a}.cat.as_ordered()", f"{a}.cat.remove_unused_categories()", f"{a}.bfill()"),
            *(f"{a}.where({a}.notna())", f"{a}.astype('object').isna()", f"{a}.cat.as_ordered().cat.codes"),
            *(f"{a}.shift(2)", f"{a}.duplicated(keep='last')", f"{a}.isin([])", f"{a}.cat.codes.replace(-1, 99)"),
            *(f"{a}.cat.add_categories(['more']).fillna('more')", f"{a}.astype('object')", f"{a}.eq({a}.shift(1))"),
        ]
    text = rng.choice(made)
    return f"d.assign({drawn.fresh(exact)}={text})"


def last_further(drawn: Drawn) -> str | None:
    """What a program may end with, of whole frames and several keys."""
    rng, numbers, keys = drawn.rng, drawn.columns("number"), drawn.keys()
    if not numbers or len(keys) < 2:
        return None
    label, (key, other) = rng.choice(numbers), rng.sample(keys, 2)
    a, part = f"d[{label!r}]", f"d[{numbers[:4]}]"
    options = rng.choice(("", ", sort=False", ", dropna=False")) + rng.choice((", observed=True", ", observed=False"))
    made = [
        *(f"{part}.{each}()" for each in ("sum", "mean", "min", "max", "std", "var", "median", "prod", "sem", "skew")),
        *(f"{part}.{each}()" for each in ("count", "nunique", "any", "all", "idxmax", "mode", "cumsum", "corr")),
        *(f"{part}.quantile({each})" for each in ("0.5", "[0.1, 0.9]", "0.3, interpolation='nearest'")),
        *(f"{part}.agg(['min', 'max', 'count'])", f"{part}.agg('sum')", f"{part}.describe()", f"{part}.isna().mean()"),
        *(f"{part}.agg({{{numbers[0]!r}: 'mean'}})", f"{a}.agg(['mean', 'std'])", f"{a}.describe()"),
        *(f"{a}.value_counts(bins=3)", f"{a}.value_counts(sort=False)", f"{a}.nlargest(4)"),
        *(f"{a}.autocorr()", f"{a}.corr(d[{numbers[-1]!r}])", f"{a}.cov(d[{numbers[-1]!r}])", f"{a}.mode().max()"),
        *(f"{a}.notna().mean()", f"{a}.idxmin()", f"{a}.argmax()", f"{a}.is_monotonic_decreasing", f"{a}.hasnans"),
        *(
            f"d.groupby([{key!r}, {other!r}]{options}).size()",
            "d.shape[0]",
            "d.notna().all()",
            "d.isna().any()",
        ),
        *(f"d.value_counts([{key!r}, {other!r}])", f"d[[{key!r}, {other!r}]].drop_duplicates()", "d.empty"),
        *(f"d.sort_values([{key!r}, {other!r}], kind='stable').head(3)", "d.nunique(dropna=False)"),
    ]
    if label not in (key, other):
        grouped = f"d.groupby([{key!r}, {other!r}]{options})[{label!r}]"
        single = f"d.groupby({key!r}{options})[{label!r}]"
        made += [
            f"{grouped}.{each}()"
            for each in ("sum", "mean", "min", "max", "count", "first", "std", "nunique", "median")
        ]
        made += [f"{single}.agg(['sum', 'mean', 'count'])", f"{single}.quantile([0.25, 0.75])", f"{single}.nlargest(2)"]
        made += [f"{single}.apply(lambda each: each.max())", f"{single}.cumsum()", f"{single}.rolling(2).sum()"]
        made += [f"{single}.agg(lambda each: each.count())", f"{single}.expanding().max()", f"{single}.head(2)"]
        made += [f"{single}.value_counts(normalize=True)", f"{grouped}.agg(['min', 'max'])"]
        made += [f"d.groupby({key!r}{options}).agg({{{label!r}: ['sum', 'max'], {other!r}: 'count'}})"]
        made += [f"d.pivot_table(index={key!r}, columns={other!r}, values={label!r}, aggfunc='count')"]
        made += [f"d.groupby({key!r}{options}).agg(**{{'a b': ({label!r}, 'sum'), 'c': ({other!r}, 'first')}})"]
    if not len(drawn.d):  # quantiles of nothing have a type of their own
        made = [each for each in made if ".quantile(" not in each]
    if drawn.is_apart:
        made = [
            each for each in made if "value_counts" not in each and "observed=False" not in each and "pivot" not in each
        ]
    return rng.choice(made)


STEPS = ((number_of_groups, 2), (rows_of_groups, 1), (labelled, 2), (frames, 2), (wide, 1), (column_further, 6))
