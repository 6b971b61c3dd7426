"""Operators of random programs that give rows and columns another shape: tables of groups, lists, labels, periods, near times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.dataframe.programs.drawing import Drawn, kind_of

PERIODS = ("YE", "QE", "MS", "90D", "W", "2YS", "QS-FEB", "1000h")
AGGREGATES = ("sum", "count", "min", "max", "first", "last", "size", "nunique", "mean", "median", "std")


def plain_number(drawn: Drawn) -> str | None:
    """A column of numbers that is no key."""
    found = [each for each in drawn.columns("number") if not str(each).startswith("k")]
    return drawn.rng.choice(found) if found else None


def in_time(drawn: Drawn, label: str) -> str | None:
    """The frame with a column of dates as its labels, in order; None if these are of a kind without periods."""
    if isinstance(drawn.d[label].dtype, pd.ArrowDtype) or not len(drawn.d[label].dropna()):
        return None
    return (
        f"d.dropna(subset=[{label!r}]).sort_values({label!r}, kind='stable').set_index({label!r}, **ours(sort=False))"
    )


def labels(drawn: Drawn) -> str | None:
    """Rows found by their labels, and labels made otherwise."""
    rng, d = drawn.rng, drawn.d
    made = [
        *("d.add_prefix('').copy()", "d.rename_axis(index='row')", "d.set_axis(list(d.columns), axis=1)", "d[::1]"),
        *("d.reset_index(drop=True).set_axis(d.index, axis=0)", "d.infer_objects()", "d.droplevel([])"),
    ]
    if d.index.nlevels > 1:
        level = rng.choice(("one", "two"))
        made = [
            f"d.droplevel({level!r})",
            f"d.reset_index({level!r}, drop=True)",
            "d.swaplevel()",
            "d.reorder_levels([1, 0])",
        ]
        made += (
            ["d.rename_axis(['a', 'b'])", f"d.sort_index(level={level!r})"]
            if not d.index.to_frame().isna().any(axis=None)
            else []
        )
        return rng.choice(made)
    if not d.index.hasnans and d.index.dtype != object:
        values = [*d.index[:: max(1, len(d) // 3)][:4]]
        name = d.index.name
        if d.index.dtype.kind in "iu":
            values = [int(each) for each in values]
            made += [f"d.rename(index={{{values[0]}: 77}})" if values else "d", "d.rename(index=lambda each: each + 1)"]
        if d.index.is_unique and d.index.dtype.kind in "iuf":
            wanted = [float(each) if d.index.dtype.kind == "f" else int(each) for each in values]
            rng.shuffle(wanted)
            made += [f"d.loc[{wanted}]", f"d.drop(index={wanted[:2]})", f"d.reindex({[*wanted, 1000]})"]
            made += [f"d[d.index.isin({wanted})]", f"d.filter(items={wanted}, axis=0)"]
        if d.index.is_monotonic_increasing and d.index.is_unique and len(d):
            made += [
                "d.sort_index(ascending=False)",
                f"d.truncate(before={values[0]!r})" if d.index.dtype.kind in "iuf" else "d",
            ]
        if name is not None and name not in d:
            made += [
                f"d.reset_index(names='was{drawn.count}')",
                f"d.sort_values([{name!r}, 'k0'], kind='stable')" if "k0" in d else "d",
            ]
    return rng.choice(made)


def lists(drawn: Drawn) -> str | None:
    """Rows of lists that become rows of their own, and columns of texts cut apart."""
    rng, label = drawn.rng, drawn.column("text")
    if label is None or len(drawn.d) > 200 or isinstance(drawn.d[label].dtype, pd.ArrowDtype):
        return None
    fresh, a = drawn.fresh(), f"d[{label!r}]"
    if fresh in drawn.d:
        return None
    return rng.choice(
        (
            f"d.assign({fresh}={a}.str.split({rng.choice(('a', ' ', '.'))!r})).explode({fresh!r}).drop(columns=[{fresh!r}])",
            f"d.assign({fresh}={a}.str.findall('[ab]')).explode({fresh!r}, ignore_index=True).drop(columns=[{fresh!r}])",
            f"d.assign({fresh}={a}.str.partition('a')[{rng.randint(0, 2)}])",
            f"d.assign({fresh}={a}.str.extract('(?P<one>[a-z])(?P<two>.)?')[{rng.choice(('one', 'two'))!r}])",
            f"d.assign({fresh}={a}.str.get_dummies('a').sum(axis=1))",
            f"d.assign({fresh}={a}.case_when([({a} == 'a', 'first'), ({a}.isna(), 'none')]))",
            f"d.assign({fresh}={a}.apply(lambda each: len(str(each))))" if len(drawn.d) else "d",
        )
    )


def near(drawn: Drawn) -> str | None:
    """The nearest row of another frame."""
    rng = drawn.rng
    pairs = [
        (a, b)
        for a in drawn.columns("number", "date")
        for b in drawn.e.columns
        if drawn.d[a].dtype == drawn.e[b].dtype and drawn.d[a].dtype.kind in "iuM"
    ]
    if not pairs or len(drawn.d) > 200:
        return None
    a, b = rng.choice(pairs)
    left = f"d.dropna(subset=[{a!r}]).sort_values({a!r}, kind='stable')"
    right = f"e.dropna(subset=[{b!r}]).sort_values({b!r}, kind='stable').add_prefix('z')"
    options = [f"direction={rng.choice(('backward', 'forward', 'nearest'))!r}"]
    options += [f"allow_exact_matches={rng.random() < 0.5}"] if rng.random() < 0.3 else []
    keys = [(one, two) for one in ("k0", "k1") for two in ("k0", "k1") if one in drawn.d and two in drawn.e]
    keys = [(one, two) for one, two in keys if drawn.d[one].dtype == drawn.e[two].dtype and one != a and two != b]
    if keys and rng.random() < 0.4:
        one, two = rng.choice(keys)
        options.append(f"left_by={one!r}, right_by={'z' + two!r}")
    if rng.random() < 0.3:
        options.append("tolerance=" + ("pd.Timedelta(days=40)" if drawn.d[a].dtype.kind == "M" else "2"))
    return f"lib.merge_asof({left}, {right}, left_on={a!r}, right_on={'z' + b!r}, {', '.join(options)})"


def beside(drawn: Drawn) -> str | None:
    """Frames side by side, by labels that are told apart, or not in all rows the same."""
    rng, d = drawn.rng, drawn.d
    label = plain_number(drawn)
    keys = [each for each in ("k0", "k1") if each in d]
    if label is None or not keys or d.index.nlevels > 1:
        return None
    if not (d.index.is_unique and d.index.is_monotonic_increasing):  # others are sorted
        return None
    condition, fresh = drawn.truth(), drawn.fresh()
    if condition is None or fresh in d:
        return None
    part = f"d[{condition}]"
    return rng.choice(
        (
            f"d.assign({fresh}={part}[{label!r}])",
            f"d.assign({fresh}=d[{label!r}] + {part}[{label!r}])",
            f"d.assign({fresh}=d[{label!r}].combine_first({part}[{label!r}]))",
            f"d.assign({fresh}=d[{label!r}].add({part}[{label!r}], fill_value=1))",
            f"concat([d, {part}[[{label!r}]].add_suffix('_r')], axis=1)",
            f"concat([d, {part}[[{label!r}]].add_suffix('_r')], axis=1, join='inner')",
            f"d.join({part}[[{label!r}]].add_suffix('_r'), how={rng.choice(('left', 'inner', 'outer'))!r})",
            f"d.assign({fresh}=d[{label!r}].where({part}[{label!r}] > 0, 5))",
            f"d.assign({fresh}={part}[{label!r}] > 0)",
            f"d[[{label!r}, *{keys}]].combine_first({part}[[{label!r}, *{keys}]])",
            f"d.assign({fresh}=d[{label!r}].align({part}[{label!r}])[1])",
        )
    )


def of_rows(drawn: Drawn) -> str | None:
    """What the user's functions make of rows, groups and partitions."""
    rng, label, keys = drawn.rng, plain_number(drawn), drawn.keys()
    if label is None or not keys:
        return None
    key = rng.choice(keys)
    fresh = drawn.fresh()
    if fresh in drawn.d or key == label or kind_of(drawn.d[key].dtype) == "category":
        return None
    a = f"d[{label!r}]"
    return rng.choice(
        (
            f"d.assign({fresh}=lib.cut({a}, [-10, 0, 2, 50], labels=['low', 'mid', 'top']).astype('str'))",
            f"d.assign({fresh}=lib.cut({a}, [-10, 0, 2, 50], labels=False, right=False))",
            f"d.assign({fresh}=lib.qcut({a}, [0, 0.5, 1], labels=False, duplicates='drop'))"
            if not np.isinf(drawn.d[label].astype("float64")).any()  # between which pandas' quantiles are missing
            else "d",
            f"d.assign({fresh}=d.apply(lambda row: row[{label!r}] == row[{key!r}], axis=1))" if len(drawn.d) else "d",
            f"d.groupby({key!r}).filter(lambda each: len(each) > 2)",
            f"d.assign({fresh}=d.groupby({key!r})[{label!r}].transform(lambda each: each.max()))",
            f"d.eval('{fresh} = `{label}` + 1')",
            f"d.assign({fresh}={a}.agg('abs'))",
            f"d.assign({fresh}={a}.transform(np.abs))",
            f"d.assign({fresh}={a}.combine(d[{label!r}] * 2, np.maximum))",
            f"d.assign({fresh}={a}.case_when([({a} > 2, 2), ({a} < 0, 0)]))",
            f"d.assign({fresh}={a}.isin(e.iloc[:, 0]))",
            f"d.assign({fresh}={a}.interpolate(limit=1)).rename(columns={{{fresh!r}: 'x{drawn.count}'}})",
            f"d.assign({fresh}={a}.ffill(limit=2))",
            f"d.assign({fresh}={a}.rolling(2, min_periods=1).agg('max'))",
            f"d.assign({fresh}=d.groupby({key!r})[{label!r}].rolling(2, min_periods=1).max().droplevel(0))"
            if drawn.d.index.is_unique and drawn.d.index.is_monotonic_increasing and drawn.d.index.nlevels == 1
            else "d",
        )
    )


def last_shaped(drawn: Drawn) -> str | None:
    """Tables that a program may end with."""
    rng, label, keys = drawn.rng, plain_number(drawn), drawn.keys()
    if label is None or len(keys) < 2:
        return None
    keys = [each for each in keys if each != label and kind_of(drawn.d[each].dtype) != "category"]
    if len(keys) < 2:
        return None
    one, two = rng.sample(keys, 2)
    a, how = f"d[{label!r}]", rng.choice(AGGREGATES)
    grouped, pair = f"d.groupby({one!r})[{label!r}]", f"d.groupby([{one!r}, {two!r}])[{label!r}]"
    part = (
        f"d[{[label, *drawn.columns('number')[:2]]}]" if label not in drawn.columns("number")[:2] else f"d[[{label!r}]]"
    )
    made = [
        f"d.pivot_table(index={one!r}, columns={two!r}, values={label!r}, aggfunc={how!r})",
        f"d.pivot_table(index={one!r}, columns={two!r}, values={label!r}, aggfunc='sum', fill_value=0, margins=True)",
        f"d.pivot_table(index=[{one!r}, {two!r}], values={label!r}, aggfunc=['min', 'max'])",
        f"lib.crosstab(d[{one!r}], d[{two!r}])",
        f"lib.crosstab(d[{one!r}], d[{two!r}], normalize='index')",
        f"lib.crosstab(d[{one!r}], d[{two!r}], margins=True)",
        f"d.drop_duplicates([{one!r}, {two!r}]).pivot(index={one!r}, columns={two!r}, values={label!r})",
        f"lib.get_dummies(d[[{one!r}, {label!r}]], columns=[{one!r}])",
        f"lib.get_dummies(d[{one!r}], dummy_na=True)",
        f"lib.get_dummies(d[{one!r}], prefix='p', drop_first=True, dtype='int8')",
        f"{part}.stack()",
        f"{part}.T.sum(axis=1)" if len(drawn.d) else "len(d)",
        f"d.melt(id_vars=[{one!r}], value_vars=[{label!r}], ignore_index=False)",
        f"{part}.corr()",
        f"{part}.cov()",
        f"{part}.corrwith({a})",
        f"{part}.rolling(3, min_periods=1).agg(['min', 'max'])",
        f"{a}.rolling(3).corr({a}.shift(1))",
        f"{a}.quantile([0.1, 0.5], interpolation='lower')",
        f"{a}.describe(percentiles=[0.1])",
        f"d[[{one!r}, {label!r}]].describe(include='all')",
        f"d.groupby({one!r})[[{label!r}]].agg(['min', 'count'])",
        f"d.groupby({one!r}).agg({{{label!r}: ['sum', 'max'], {two!r}: ['count']}})",
        f"d.groupby([{one!r}, {two!r}], as_index=False)[{label!r}].agg(['min', 'size'])",
        f"{grouped}.apply(lambda each: each.nlargest(1))",
        f"{grouped}.describe()",
        f"{grouped}.unique()",
        f"{grouped}.rolling(2).sum()",
        f"{grouped}.expanding(1).min()",
        f"{grouped}.ewm(com=1).mean()",
        f"{grouped}.nlargest(1)",
        f"{grouped}.is_monotonic_increasing",
        f"{grouped}.idxmin()",
        f"{grouped}.agg([('low', 'min'), ('high', 'max')])",
        f"{grouped}.quantile([0.2, 0.8], interpolation='higher')",
        f"{grouped}.pct_change()",
        f"{grouped}.sem()",
        f"d.groupby({one!r})[[{label!r}]].cumsum()",
        f"d.groupby({one!r})[[{label!r}]].shift(1, fill_value=0)",
        f"d.groupby({one!r}).size().sort_values(kind='stable')",
        f"d.groupby({one!r}).ngroups",
        f"d.groupby(d[{label!r}] > 1)[{two!r}].nunique()",
        f"d.groupby(lambda each: 1)[{label!r}].max()" if drawn.d.index.nlevels == 1 else "len(d)",
        f"d.set_index({one!r}, **ours(sort=False)).groupby(level=0)[{label!r}].sum()",
        f"d.set_index([{one!r}, {two!r}], **ours(sort=False))[{label!r}].groupby(level=[0, 1]).count()",
        f"d.set_index([{one!r}, {two!r}], **ours(sort=False)).groupby(level=1)[{label!r}].min()",
        f"{a}.first_valid_index()",
        f"{a}.last_valid_index()",
        f"{a}.argmin()",
        f"{a}.nunique()",
        f"{a}.to_frame().agg('max')",
        f"{a}.repeat(2)",
        f"{a}.sort_values(ascending=False, kind='stable', na_position='first')",
        f"{a}.groupby(d[{one!r}]).transform('max')",
        f"{a}.groupby([d[{one!r}], d[{two!r}]]).sum()",
        f"{a}.autocorr(2)",
        f"{a}.kurt()",
        f"d[{keys}].nunique()",
        f"d[{[one, two]}].value_counts(normalize=True)" if not drawn.is_apart else "len(d)",
        f"d[{[one, two]}].duplicated().sum()",
        f"d[{[one, two]}].apply(lambda each: each.nunique())",
        f"{part}.agg({{{label!r}: ['min', 'max']}})",
        f"{part}.apply('sum')",
        f"{part}.eval('`{label}`.max()')",
        f"{part}.compare({part} * 1)" if len(drawn.d) else "len(d)",
        f"{part}.sum(axis=1).max()",
        f"{part}.idxmax(axis=1)" if len(drawn.d) and drawn.d[label].notna().all() else "len(d)",
        f"{part}.quantile(0.5, axis=1)",
        f"{part}.items().__next__()[1]",
    ]
    if not any(
        pd.api.types.is_extension_array_dtype(drawn.d[each].dtype) for each in (one, two)
    ):  # whose columns pandas leaves as they are met
        made += [f"{pair}.{how}().unstack()", f"{pair}.{how}().unstack({one!r})", f"{pair}.max().unstack(fill_value=0)"]
    return rng.choice(made)


def last_in_time(drawn: Drawn) -> str | None:
    """Periods and windows of time that a program may end with."""
    rng, label, date = drawn.rng, plain_number(drawn), drawn.column("date")
    if label is None or date is None:
        return None
    ordered = in_time(drawn, date)
    if ordered is None:
        return None
    key = next((each for each in ("k0", "k1") if each in drawn.d), label)
    a, how, period = f"{ordered}[{label!r}]", rng.choice(AGGREGATES), rng.choice(PERIODS)
    window = rng.choice(("2D", "40D", "1000h", "400D"))
    closed = rng.choice(("", ", closed='left'", ", closed='both'", ", min_periods=2"))
    options = rng.choice(("", ", label='left'", ", closed='left'", ", label='right', closed='right'"))
    made = [
        f"{a}.resample({period!r}{options}).{how}()",
        f"{a}.resample({period!r}{options}).{how}()",
        f"{a}.resample({period!r}).agg(['min', 'max'])",
        f"{a}.resample({period!r}).ohlc()",
        f"{a}.resample({period!r}).quantile(0.5)",
        f"{a}.resample({period!r}).sum(min_count=1)",
        f"{a}.resample({period!r}).transform('max')",
        f"{ordered}[[{label!r}]].resample({period!r}).{how}()",
        f"{ordered}.resample({period!r}).agg({{{label!r}: 'max', {key!r}: 'count'}})" if key != label else "len(d)",
        f"{ordered}.groupby({key!r}).resample('YE')[{label!r}].count()" if key != label else "len(d)",
        f"{ordered}.groupby([{key!r}, pd.Grouper(freq='YE')])[{label!r}].max()" if key != label else "len(d)",
        f"{a}.rolling({window!r}{closed}).{rng.choice(('min', 'max', 'count', 'sum', 'mean', 'median', 'std'))}()",
        f"{a}.rolling({window!r}{closed}).{rng.choice(('min', 'max', 'count', 'sum', 'mean', 'median', 'std'))}()",
        f"{ordered}[[{label!r}]].rolling({window!r}).max()",
        f"d.dropna(subset=[{date!r}]).sort_values({date!r}, kind='stable').rolling({window!r}, on={date!r})[{label!r}].max()",
        f"{ordered}.groupby({key!r})[{label!r}].rolling({window!r}).max()" if key != label else "len(d)",
        f"d.groupby(pd.Grouper(key={date!r}, freq={period!r}))[{label!r}].{how}()",
        f"d.groupby(d[{date!r}].dt.year)[{label!r}].{how}()",
        f"d.groupby([d[{date!r}].dt.year, d[{date!r}].dt.month])[{label!r}].max()",
        f"d.groupby(d[{date!r}].dt.to_period('Q'))[{label!r}].count()",
        f"{a}.loc['2023':'2024']",
        f"{a}['2024-02':]",
        f"{a}.loc[:pd.Timestamp('2024-02-28')]" if getattr(drawn.d[date].dt, "tz", None) is None else "len(d)",
        f"{a}.between_time('01:00', '13:00')",
        f"{a}.at_time('00:00')",
        f"{a}.groupby(lambda each: each.year).sum()",
        f"{a}.index.year",
        f"{a}.index.month_name()",
        f"{a}.shift(freq='3D')",
        f"{a}.shift(1, freq='ME')",
        f"{a}.tz_localize('UTC')" if getattr(drawn.d[date].dt, "tz", None) is None else f"{a}.tz_convert('Asia/Tokyo')",
        f"{a}.to_period('M')" if getattr(drawn.d[date].dt, "tz", None) is None else "len(d)",
        f"{a}.interpolate('time')",
        f"{a}[~{a}.index.duplicated()].resample('YE').ffill()",
        f"{a}[~{a}.index.duplicated()].asfreq('YS')",
        f"{a}.first_valid_index()",
        f"{a}.ewm(halflife=2).mean()",
        f"{a}.idxmax()",
        f"{a}.cumsum().resample('YE').last()",
        f"{ordered}.resample({period!r}).size()",
        f"{ordered}.resample({period!r}).nunique()[[{label!r}]]",
        f"d.pivot_table(index=d[{date!r}].dt.year, values={label!r}, aggfunc='max')",
        f"d[{date!r}].groupby(d[{key!r}]).max()",
        f"d.groupby({key!r})[{date!r}].agg(['min', 'max'])",
        f"d.groupby({key!r})[{date!r}].diff()",
        f"d[{date!r}].dt.year.value_counts()",
        f"d[{date!r}].describe()",
        f"d[{date!r}].sort_values(kind='stable')",
        f"d[{date!r}].dt.isocalendar()",
        f"lib.to_datetime(d[{date!r}].dt.strftime('%Y-%m-%d'))",
        f"lib.cut(d[{date!r}], [pd.Timestamp('1900-01-01'), pd.Timestamp('2024-02-28'), pd.Timestamp('2030-01-01')])"
        if getattr(drawn.d[date].dt, "tz", None) is None
        else "len(d)",
    ]
    return rng.choice(made)


STEPS = ((labels, 3), (lists, 2), (near, 2), (beside, 2), (of_rows, 4))
ENDS = (last_shaped, last_in_time)
