"""The operators of random programs: each writes one step that fits the columns that are there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from tests.dataframe.programs.drawing import ORDERED, Drawn, kind_of

AGGREGATES = ("sum", "mean", "min", "max", "count", "size", "nunique", "first", "last", "std", "var")
RARE = ("median", "any", "all", "prod", "sem")
#: Aggregates whose results depend on how they are added up.
INEXACT = ("std", "var", "sem", "mean", "median", "prod", "quantile")


def aggregates(drawn: Drawn, label: str) -> str:
    """An aggregate that a column has."""
    kind = kind_of(drawn.d[label].dtype)
    if kind == "number":
        return drawn.pick(*AGGREGATES, rare=RARE)
    if kind == "category":
        return drawn.pick("count", "size", "nunique", "first", "last")
    if kind == "span":
        return drawn.pick("min", "max", "count", "size", "nunique", "first", "last", "sum", "mean")
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
    keys = drawn.keys()
    if not keys:
        return None
    by = rng.sample(keys, min(len(keys), rng.choice((1, 1, 2))))
    rest = [each for each in keys if each not in by]
    if not rest:
        return None
    if len(by) > 1 and any(has_both_zeros(drawn.d[each]) for each in by):
        return None
    options = []
    if rng.random() < 0.4:
        options.append(f"sort={rng.random() < 0.5}")
    if rng.random() < 0.3:
        options.append(f"dropna={rng.random() < 0.5}")
    if any(kind_of(drawn.d[each].dtype) == "category" for each in by):
        options.append(f"observed={rng.random() < 0.6}")
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


def has_both_zeros(column: Any) -> bool:
    """Whether 0.0 and -0.0 are groups of their own: Arrow's, which pandas orders as rows left out have them, too."""
    if not isinstance(column.dtype, pd.ArrowDtype) or column.dtype.kind != "f":
        return False
    return column[column == 0].map(str).nunique() > 1


def merge(drawn: Drawn) -> str | None:
    """A join with the other frame."""
    rng = drawn.rng
    if len(drawn.d) > 400:
        return None
    how = drawn.pick("inner", "inner", "left", "left", "right", "cross", rare=("outer", "outer", "index"))
    if how == "index":
        return by_index(drawn)
    if how == "cross":
        return (
            "d.head(5, **ours(compute=False)).merge(e.head(3, **ours(compute=False)), how='cross')"
            if rng.random() < 0.3
            else None
        )

    def alike(a: Any, b: Any) -> bool:
        """Whether values are of one type, or at times of one kind of NumPy's: what pandas makes of others depends on the rows."""
        is_plain = isinstance(a, np.dtype) and isinstance(b, np.dtype)
        return a == b or (drawn.bold and is_plain and kind_of(a) == kind_of(b) not in ("other", "span"))

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


def by_index(drawn: Drawn) -> str | None:
    """A join by the labels of rows."""
    how = repr(drawn.rng.choice(("inner", "left", "right", "outer")))
    if drawn.d.index.nlevels > 1 or drawn.e.index.nlevels > 1 or drawn.d.index.dtype != drawn.e.index.dtype:
        return None
    if drawn.d.index.name != drawn.e.index.name and not (len(drawn.d) and len(drawn.e)):
        return None  # pandas takes the name of the side that has rows
    return drawn.rng.choice(
        (
            f"d.merge(e, left_index=True, right_index=True, how={how}, suffixes=('_l', '_r'))",
            f"d.join(e, lsuffix='_l', rsuffix='_r', how={how})",
        )
    )


def sort(drawn: Drawn) -> str | None:
    """Rows in order."""
    rng = drawn.rng
    keys = drawn.keys()
    if not keys:
        return None
    by = rng.sample(keys, min(len(keys), rng.choice((1, 2, 3))))
    options = f"ascending={[rng.random() < 0.6 for _ in by]}, na_position={rng.choice(('last', 'first'))!r}, ignore_index={rng.random() < 0.3}"
    return f"d.sort_values({by}, {options}, kind='stable')"


def distinct(drawn: Drawn) -> str | None:
    """Different rows."""
    rng = drawn.rng
    keys = drawn.keys()
    if not keys or len(keys) < len(drawn.d.columns):
        return None
    subset = rng.sample(keys, min(len(keys), rng.choice((1, 2))))
    if not len(drawn.d):  # whose labels pandas keeps whatever is asked
        return "d.drop_duplicates()"
    return drawn.pick(
        "d.drop_duplicates()",
        f"d.drop_duplicates({subset})",
        f"d.drop_duplicates(subset={subset}, keep='last')",
        f"d.drop_duplicates(subset={subset}, ignore_index=True)",
        rare=(f"d.drop_duplicates(subset={subset}, keep=False)",),
    )


def ends(drawn: Drawn) -> str | None:
    """The first rows."""
    many = drawn.rng.choice((0, 1, 3, 5, 20))
    return drawn.pick(
        f"d.head({many}, **ours(npartitions=-1, compute=False))", rare=(f"d.head(-{many}, **ours(compute=False))",)
    )


def largest(drawn: Drawn) -> str | None:
    """Rows with the largest or least numbers."""
    label = drawn.column("number")
    if label is None:
        return None
    other = drawn.column("number")
    by = label if drawn.rng.random() < 0.7 or other == label else [label, other]
    method, count = drawn.rng.choice(("nlargest", "nsmallest")), drawn.rng.choice((0, 1, 3, 10))
    if isinstance(by, list) and len(getattr(drawn.d, method)(count, by)) > count:
        return None  # pandas gives all rows with missing values where it comes to them
    return f"d.{method}({count}, {by!r})"


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
    if label is None or str(label).startswith("k"):
        return None
    return f"d.set_index({label!r}, **ours(sort=False)){drawn.rng.choice(('', '.reset_index()'))}"


def order_labels(drawn: Drawn) -> str | None:
    """Rows in the order of their labels."""
    labels = [drawn.d.index.get_level_values(place) for place in range(drawn.d.index.nlevels)]
    if any(each.hasnans or each.dtype in (object, "category") for each in labels):
        return None
    return f"d.sort_index(ascending={drawn.rng.random() < 0.5}, kind='stable')"


def melt(drawn: Drawn) -> str | None:
    """Columns below each other."""
    numbers = [each for each in drawn.columns("number") if not each.startswith("k")]
    keys = [each for each in ("k0", "k1") if each in drawn.d]
    if not drawn.bold or not numbers or not keys or len(drawn.d) > 200:
        return None
    values = drawn.rng.sample(numbers, min(2, len(numbers)))
    fresh = drawn.fresh(exact=True)
    return f"d.melt(id_vars={keys}, value_vars={values}, value_name={fresh!r})" if fresh not in drawn.d else None


STEPS = (
    (concat, 1),
    (set_labels, 1),
    (order_labels, 1),
    (melt, 1),
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
    label = drawn.column(*ORDERED, "category")
    if label is None:
        return None
    kind, a = kind_of(drawn.d[label].dtype), f"d[{label!r}]"
    made = [
        "len(d)",
        "d.index",
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
    if kind != "bool" and (kind != "category" or drawn.d[label].cat.ordered):
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
        by = drawn.column("number", "text", "bool", "category")
        how = aggregates(drawn, label)
        if by != label:
            options = rng.choice(("", ", sort=False", ", dropna=False", ", as_index=False"))
            made += [f"d.groupby({by!r}{options})[{label!r}].{how}()"] * 3
            rare += [f"d.groupby({by!r})[[{label!r}]].agg(['min', 'count'])"]
            rare += [
                f"d.groupby({by!r}).agg({{{label!r}: ['max', 'count']}})",
                f"d.groupby({by!r})[{label!r}].median()",
            ]
            if "k0" in drawn.d:
                rare += [f"d.groupby([{by!r}, 'k0'])[{label!r}].sum()"]
                rare += [f"d.pivot_table(index='k0', values={label!r}, columns={by!r}, aggfunc='max')"]
            rare += [f"d.groupby({by!r})[{label!r}].agg(['sum', 'max'])", f"{a}.groupby(d[{by!r}]).{how}()"]
    if kind == "bool":
        made += [f"{a}.sum()", f"{a}.mean()", f"{a}.any()", f"{a}.all()"]
    if kind == "category" and drawn.is_apart:  # which categories without rows there are is nobody's
        made = [each for each in made if "value_counts" not in each]
        rare = [each for each in rare if "value_counts" not in each]
    numbers = drawn.columns("number")
    if numbers:
        rare += [
            f"d[{numbers}].{rng.choice(('sum', 'mean', 'max', 'min', 'count', 'std', 'nunique'))}()",
            f"d[{numbers}].describe()",
        ]
    return drawn.pick(*made, rare=tuple(rare))
