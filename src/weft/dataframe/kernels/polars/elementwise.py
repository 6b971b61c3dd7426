"""Operations on each row."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.compute as pc

from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.polars.relation import (
    Column,
    Relation,
    Untranslatable,
    engine_type,
    is_float,
    is_integer,
    is_text,
)
from weft.dataframe.kernels.polars.translator import Translator, labelled, translation
from weft.dataframe.known_metas import types_of
from weft.expr import Expr

__all__ = ["OPERATIONS", "operation"]

#: What each operation is: ``function(*operands, dtype=..., **keywords) -> Column``. Operands are columns and plain values.
OPERATIONS: dict[str, Callable[..., Column]] = {}

#: Integers beyond these cannot be compared with floats exactly.
EXACT = 2**53


def operation(*names: str) -> Callable[[Callable[..., Column]], Callable[..., Column]]:
    """Decorator: the function is what these operations are."""

    def register(function: Callable[..., Column]) -> Callable[..., Column]:
        for name in names:
            OPERATIONS[name] = function
        return function

    return register


@translation("Elementwise", any_order=True)
def elementwise(node: Any, translate: Translator) -> Relation:
    """An operation on columns of the same rows."""
    function = OPERATIONS.get(node.operation)
    if function is None:
        raise Untranslatable(f"{node.operation} stays in pandas")
    check_call(function, node)
    relations = {each.name: translate(each) for each in node.frames}
    rowed = [relations[each.name] for each in node.frames if not relations[each.name].single]
    if any(each.base is not rowed[0].base for each in rowed[1:]):
        raise Untranslatable("columns of different rows are aligned by pandas")
    is_single = not rowed
    for each in node.frames:
        single = relations[each.name]
        if single.single and not is_single and single.may_be_empty(rowed[0]) and node.operation not in COMPARE:
            raise Untranslatable("a single value of no rows turns integers into floats in pandas")
    meta = node.meta
    if isinstance(meta, pd.DataFrame):
        wide = [each for each in node.frames if getattr(each.meta, "ndim", 0) == 2]
        if any(each.columns != wide[0].columns for each in wide) or any(
            getattr(each.meta, "ndim", 0) == 1 for each in node.frames
        ):
            raise Untranslatable("frames of different columns are matched by pandas")
        labels = list(meta.columns)
    else:
        labels = [getattr(meta, "name", None)]
    made = []
    for label in labels:
        dtype = types_of(meta)[label] if isinstance(meta, pd.DataFrame) else value_type(meta)
        operands = [operand_of(each, relations, label, is_single) for each in node.inputs]
        words = {word: operand_of(each, relations, label, is_single) for word, each in node.keywords}
        column = function(*operands, dtype=dtype, name=node.operation, **words)
        made.append(combined(column, [*operands, *words.values()]))
    if is_single:
        first = next(iter(relations.values()))
        base = first.base
        for each in relations.values():
            if each.base is not base:
                base = base.join(each.base, how="cross", maintain_order="left")
        return Relation(base, labelled(labels, made), None, True)
    return rowed[0].with_columns(labelled(labels, made))


signature_of = lru_cache(maxsize=None)(signature)


def check_call(function: Callable[..., Column], node: Any) -> None:
    """Refuse arguments that a translation does not know."""
    try:
        signature_of(function).bind(*node.inputs, **dict(node.keywords), dtype=None, name=node.operation)
    except TypeError:
        given = ", ".join([word for word, _ in node.keywords]) or f"{len(node.inputs)} operands"
        raise Untranslatable(f"{node.operation} with {given} stays in pandas") from None


def value_type(meta: Any) -> Any:
    """The type of a series, an index or a single value."""
    dtype = getattr(meta, "dtype", None)
    if dtype is not None:
        return dtype
    if isinstance(meta, bool):
        return np.dtype(bool)
    if isinstance(meta, int):
        return np.dtype("int64")
    if isinstance(meta, float):
        return np.dtype("float64")
    raise Untranslatable(f"values of type {type(meta).__name__} stay in pandas")


def operand_of(value: Any, relations: Mapping[str, Relation], label: Any, is_single: bool) -> Any:
    """An operand: a column for a frame, single values as columns of one row; plain values as they are."""
    if not isinstance(value, Expr):
        return value
    relation = relations[value.name]
    column = relation.column(label) if getattr(value.meta, "ndim", 0) == 2 else relation.only  # type: ignore[attr-defined]
    if relation.single and not is_single:
        name = f"single_{value.name}"
        frame = relation.base.select(column.expr.alias(name))
        return replace(column, expr=pl.col(name), scalars={name: frame})
    return column


def combined(column: Column, operands: list[Any]) -> Column:
    """A column that reads the single values that its operands read."""
    scalars: dict[str, Any] = dict(column.scalars)
    rowwise = column.rowwise
    for each in operands:
        if isinstance(each, Column):
            scalars |= each.scalars
            rowwise = rowwise and each.rowwise
    return replace(column, scalars=scalars, rowwise=rowwise)


# -- numbers --------------------------------------------------------------------------------------------------------


def number(value: Any, dtype: Any) -> Column:
    """A number, or a column of numbers, in a type."""
    if isinstance(value, Column):
        column = value.settled()
        if column.dtype.kind not in "biuf":
            raise Untranslatable(f"arithmetic of {column.dtype} stays in pandas")
        if is_integer(dtype) and is_float(column.dtype):
            raise Untranslatable("a float among integers")
        return column.cast(dtype)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise Untranslatable(f"arithmetic with a {type(value).__name__} stays in pandas")
    plain = value.item() if isinstance(value, np.generic) else value
    if is_integer(dtype) and not isinstance(plain, int):
        raise Untranslatable("a float among integers")
    return Column(pl.lit(plain, dtype=engine_type(dtype)), dtype)


@operation("add", "sub", "mul")
def arithmetic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Sums, differences and products of numbers."""
    if is_text(dtype) and name == "add":
        return joined_text(left, right, dtype)
    if getattr(dtype, "kind", "") in "mM" and name != "mul":
        return moved_date(left, right, dtype, name)
    if not (is_float(dtype) or is_integer(dtype)):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    made = {"add": a.expr + b.expr, "sub": a.expr - b.expr, "mul": a.expr * b.expr}[name]
    return Column(made, dtype, a.null or b.null, is_float(dtype) and (a.nan or b.nan))


def joined_text(left: Any, right: Any, dtype: Any) -> Column:
    """Texts one after the other; missing if one is."""
    a, b = [
        Column(pl.lit(each, dtype=pl.String), dtype) if isinstance(each, str) else text(each) for each in (left, right)
    ]
    return Column(a.expr + b.expr, dtype, a.null or b.null)


def moved_date(left: Any, right: Any, dtype: Any, name: str) -> Column:
    """Dates some time before or after; the time between two."""
    if isinstance(left, Column) and isinstance(right, Column):
        if name != "sub" or dtype.kind != "m" or {left.dtype.kind, right.dtype.kind} != {"M"}:
            raise Untranslatable(f"{name} of {left.dtype} and {right.dtype} stays in pandas")
        whole = np.dtype(f"datetime64[{np.datetime_data(dtype)[0]}]")
        a, b = left.cast(whole), right.cast(whole)
        return Column(a.expr - b.expr, dtype, a.null or b.null)
    if name == "add" and isinstance(right, Column):
        left, right = right, left
    spans = (datetime.timedelta, np.timedelta64)
    if not isinstance(left, Column) or left.dtype.kind != "M" or dtype.kind != "M" or not isinstance(right, spans):
        raise Untranslatable(f"{name} of dates and others stays in pandas")
    steps = pd.Timedelta(right) / pd.Timedelta(1, np.datetime_data(dtype)[0])
    if not steps.is_integer():
        raise Untranslatable("a time between two values of the type stays in pandas")
    numbers = left.cast(dtype).expr.cast(pl.Int64)
    moved = numbers + int(steps) if name == "add" else numbers - int(steps)
    return Column(moved.cast(engine_type(dtype)), dtype, left.null)


@operation("truediv")
def quotient(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Quotients, in floating point."""
    if not is_float(dtype):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    return Column(a.expr / b.expr, dtype, a.null or b.null, True)


@operation("neg", "abs")
def signed(value: Any, *, dtype: Any, name: str) -> Column:
    """Negative and absolute numbers."""
    if not (is_float(dtype) or (is_integer(dtype) and dtype.kind == "i")):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a = number(value, dtype)
    return replace(a, expr=-a.expr if name == "neg" else a.expr.abs())


@operation("round")
def rounded(value: Any, decimals: Any, *, dtype: Any, name: str) -> Column:
    """Rounded numbers: integers stay as they are, floats stay in pandas (the last bit may differ)."""
    if is_integer(dtype) and isinstance(decimals, int) and decimals >= 0:
        return number(value, dtype)
    raise Untranslatable("rounding of floats stays in pandas")


# -- truth ----------------------------------------------------------------------------------------------------------


def comparable(column: Column, value: Any) -> Any:
    """A plain value as Polars compares it with a column, as pandas would."""
    dtype = column.dtype
    if isinstance(value, (np.number, np.bool_)):
        if np.result_type(dtype if isinstance(dtype, np.dtype) else object, value) != dtype and not (
            is_integer(dtype) and isinstance(value, np.integer)
        ):
            raise Untranslatable(f"{value!r} is compared with columns of {dtype} by pandas")
        value = value.item()
    if is_text(dtype):
        if isinstance(value, str):
            return pl.lit(value, dtype=pl.String)
    elif dtype.kind == "b":
        if isinstance(value, bool):
            return pl.lit(value)
    elif dtype.kind in "iuf":
        if isinstance(value, bool):
            raise Untranslatable("a truth value among numbers")
        if isinstance(value, int) and abs(value) <= EXACT:
            return pl.lit(value)
        if isinstance(value, float) and value == value:
            with np.errstate(over="ignore"):
                narrow = np.result_type(dtype, value).type(value)
            if is_float(dtype) or narrow == value:  # NumPy compares in the narrower type
                return pl.lit(float(narrow))
    elif dtype.kind == "M" and isinstance(value, datetime.datetime) and value.tzinfo is None and value is not pd.NaT:
        moment = pd.Timestamp(value)
        unit = np.datetime_data(dtype)[0]
        if moment.as_unit(unit) == moment:
            return pl.lit(moment.as_unit("us").to_pydatetime(), dtype=pl.Datetime("us")).cast(engine_type(dtype))
    raise Untranslatable(f"{value!r} is compared with columns of {dtype} by pandas")


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}
MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
TRUTH = np.dtype(bool)


@operation("eq", "ne", "lt", "le", "gt", "ge")
def comparison(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Comparisons: with a missing value they are False, but ``!=`` is True."""
    if dtype != TRUTH:
        raise Untranslatable(f"{name} gives {dtype}")
    if not isinstance(left, Column):
        left, right, name = right, left, MIRRORED[name]
    left = left.settled()
    if isinstance(right, Column):
        right = right.settled()
        kinds = {kind_of(left.dtype), kind_of(right.dtype)}
        if len(kinds) > 1:
            raise Untranslatable(f"{left.dtype} and {right.dtype} are compared by pandas")
        a, b = left.nulled(), right.nulled()
        if kinds == {"number"} and a.dtype != b.dtype:
            a, b = widened(a, b)
        made = COMPARE[name](a.expr, b.expr)
    else:
        value = comparable(left, right)
        a, b = left, Column(value, left.dtype)
        made = COMPARE[name](left.expr, value)
        if left.nan and name in ("gt", "ge"):
            made = made & left.expr.is_not_nan()  # Polars takes NaN for the largest of all numbers
    if not (a.null or b.null):
        return Column(made, TRUTH)
    if name == "ne":
        return Column(made.fill_null(True), TRUTH)
    return Column(made, TRUTH, null_is_false=True)


def kind_of(dtype: Any) -> str:
    """What a type is compared as."""
    if is_text(dtype):
        return "text"
    return "number" if dtype.kind in "iuf" else str(dtype)


def widened(left: Column, right: Column) -> tuple[Column, Column]:
    """Numbers of two types in the one in which NumPy compares them."""
    wide = np.promote_types(left.dtype, right.dtype)
    if is_integer(left.dtype) and is_integer(right.dtype) and not is_integer(wide):
        # NumPy compares signed and unsigned numbers of 64 bits as the integers that they are
        return replace(left, expr=left.expr.cast(pl.Int128)), replace(right, expr=right.expr.cast(pl.Int128))
    return left.cast(wide), right.cast(wide)


def truth(value: Any) -> Column:
    """A column of truth values."""
    if isinstance(value, Column) and value.dtype == TRUTH:
        return value
    raise Untranslatable("logic of anything but truth values stays in pandas")


@operation("and_", "or_", "xor")
def logic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Logic; null in place of False stays so as long as nothing turns it round."""
    a, b = truth(left), truth(right)
    if name == "xor":
        a, b = a.settled(), b.settled()
        return Column(a.expr ^ b.expr, TRUTH)
    made = a.expr & b.expr if name == "and_" else a.expr | b.expr
    return Column(made, TRUTH, null_is_false=a.null_is_false or b.null_is_false)


@operation("invert")
def inverted(value: Any, *, dtype: Any, name: str) -> Column:
    """The opposite."""
    return Column(~truth(value).settled().expr, TRUTH)


@operation("isna", "notna")
def missing(value: Any, *, dtype: Any, name: str) -> Column:
    """Whether values are missing."""
    a: Column = value.settled()
    if not (a.null or a.nan):
        return Column(constant_like(a, name == "notna"), TRUTH)
    made: Any = a.expr.is_null() if a.null else pl.lit(False)
    if a.nan:
        made = made | a.expr.is_nan().fill_null(False)
    return Column(made if name == "isna" else ~made, TRUTH)


def constant_like(column: Column, value: bool) -> Any:
    """One truth value for each row of a column."""
    return column.expr.is_not_null() if value else column.expr.is_null()


@operation("between")
def between(value: Any, left: Any, right: Any, *, dtype: Any, name: str, inclusive: str = "both") -> Column:
    """Whether values lie between two others."""
    low = comparison(value, left, dtype=TRUTH, name="ge" if inclusive in ("both", "left") else "gt")
    high = comparison(value, right, dtype=TRUTH, name="le" if inclusive in ("both", "right") else "lt")
    return logic(low, high, dtype=TRUTH, name="and_")


@operation("isin")
def among(value: Any, values: Any, *, dtype: Any, name: str) -> Column:
    """Whether values are among some."""
    a: Column = value.settled()
    wanted = getattr(getattr(values, "value", values), "value", None)
    if wanted is None or isinstance(values, Pairs):
        raise Untranslatable("isin() of a mapping stays in pandas")
    items = [each.item() if isinstance(each, np.generic) else each for each in wanted]
    if len(items) > 10_000:
        raise Untranslatable("isin() of many values stays in pandas")
    kinds: tuple[type, ...] = (str,) if is_text(a.dtype) else (int,) if is_integer(a.dtype) else ()
    if a.dtype == np.dtype("float64"):
        kinds = (int, float)
    if not kinds or not all(type(each) in kinds and each == each for each in items):
        raise Untranslatable(f"isin() of such values in columns of {a.dtype} stays in pandas")
    if kinds == (int,):
        bounds = np.iinfo(a.dtype)
        items = [each for each in items if bounds.min <= each <= bounds.max]
    if kinds == (int, float):
        items = [float(each) for each in items if abs(each) <= EXACT or type(each) is float]
    made = a.expr.is_in(pl.Series(items, dtype=engine_type(a.dtype)).implode())
    return Column(made, TRUTH, null_is_false=a.null)


# -- choices and casts ----------------------------------------------------------------------------------------------


@operation("where", "mask")
def chosen(value: Any, condition: Any, other: Any = np.nan, *, dtype: Any, name: str) -> Column:
    """Values where a condition holds, others elsewhere."""
    a, holds = value.settled(), truth(condition).settled()
    if is_text(dtype):
        if isinstance(other, Column):
            b = other
        elif isinstance(other, str):
            b = Column(pl.lit(other, dtype=pl.String), dtype)
        elif other is np.nan or other is None:
            b = Column(pl.lit(None, dtype=pl.String), dtype, True)
        else:
            raise Untranslatable("text is replaced by something else")
    elif other is np.nan:
        if not is_float(dtype) and dtype.kind != "M":
            raise Untranslatable(f"{name} of {dtype} stays in pandas")
        b = Column(pl.lit(None, dtype=engine_type(dtype)), dtype, True)
    elif is_float(dtype) or is_integer(dtype):
        b = number(other, dtype)
        if isinstance(other, float) and other != other:
            b = replace(b, nan=True)
    elif dtype == TRUTH and isinstance(other, bool) and a.dtype == TRUTH:
        b = Column(pl.lit(other), TRUTH)
    elif dtype.kind == "M" and a.dtype == dtype:
        b = other if isinstance(other, Column) else Column(comparable(a, other), dtype)
        if b.dtype != dtype:
            raise Untranslatable(f"{name} of {dtype} by {b.dtype} stays in pandas")
    else:
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    if is_float(dtype) or is_integer(dtype):
        a = number(a, dtype)
    first, second = (a, b) if name == "where" else (b, a)
    made = pl.when(holds.expr).then(first.expr).otherwise(second.expr)
    return Column(made, dtype, a.null or b.null, a.nan or b.nan)


@operation("fillna")
def filled(value: Any, other: Any, *, dtype: Any, name: str) -> Column:
    """Missing values replaced by one value."""
    a: Column = value.settled()
    if isinstance(other, (Column, Pairs)) or dtype != a.dtype:
        raise Untranslatable("missing values are replaced by pandas")
    if is_text(dtype):
        if not isinstance(other, str):
            raise Untranslatable("missing text is replaced by something else")
        return Column(a.expr.fill_null(pl.lit(other, dtype=pl.String)), dtype)
    if is_float(dtype):
        plain = number(other, dtype)
        made = a.expr.fill_nan(plain.expr) if a.nan else a.expr
        return Column(made.fill_null(plain.expr) if a.null else made, dtype)
    if is_integer(dtype):
        return a
    if dtype.kind == "M" and a.dtype == dtype:
        return Column(a.expr.fill_null(comparable(a, other)), dtype)
    raise Untranslatable(f"missing values of {dtype} are replaced by pandas")


@operation("astype")
def cast(value: Any, dtypes: Any, *, dtype: Any, name: str) -> Column:
    """Casts that lose nothing."""
    a: Column = value.settled()
    if dtype == a.dtype:
        return a
    source = a.dtype
    if not (isinstance(source, np.dtype) and isinstance(dtype, np.dtype)) or source.kind not in "biuf":
        raise Untranslatable(f"casts from {source} to {dtype} stay in pandas")
    if dtype.kind in "iuf" and np.can_cast(source, dtype, "safe"):
        return a.cast(dtype)
    raise Untranslatable(f"casts from {source} to {dtype} stay in pandas")


@operation("clip")
def clipped(value: Any, *, dtype: Any, name: str, lower: Any = None, upper: Any = None) -> Column:
    """Values within bounds."""
    a = number(value, dtype)
    bounds = [None if each is None else number(each, dtype).expr for each in (lower, upper)]
    if isinstance(lower, Column) or isinstance(upper, Column):
        raise Untranslatable("bounds for each row stay in pandas")
    if is_float(dtype):
        a = a.nulled()
    return replace(a, expr=a.expr.clip(*bounds))


# -- text -----------------------------------------------------------------------------------------------------------

#: Patterns that all libraries of regular expressions read alike: plain characters, ``.*``, and both ends.
PLAIN_PATTERN = re.compile(r"\^?(?:[A-Za-z0-9 _#@%&=:;,<>/'\"!~-]|\.\*)*\$?")


def text(value: Any) -> Column:
    """A column of text."""
    if isinstance(value, Column) and is_text(value.dtype):
        return value
    raise Untranslatable("only pandas' own type of text is translated")


@operation("str.contains")
def contains(
    value: Any,
    pat: Any,
    *,
    dtype: Any,
    name: str,
    case: bool = True,
    flags: int = 0,
    na: Any = False,
    regex: bool = True,
) -> Column:
    """Whether a pattern occurs."""
    a = text(value)
    if not case or flags or na is not False or dtype != TRUTH or not isinstance(pat, str):
        raise Untranslatable("str.contains() with such options stays in pandas")
    if regex and not PLAIN_PATTERN.fullmatch(pat):
        raise Untranslatable(f"the pattern {pat!r} may mean something else to Polars")
    if regex and "." in pat and "\n" not in pat:
        pat = pat.replace(".*", "(?-s:.)*")
    return Column(a.expr.str.contains(pat, literal=not regex), TRUTH, null_is_false=a.null)


@operation("str.startswith", "str.endswith")
def affix(value: Any, pat: Any, *, dtype: Any, name: str, na: Any = False) -> Column:
    """Whether text begins or ends with another."""
    a = text(value)
    if not isinstance(pat, str) or na is not False or dtype != TRUTH:
        raise Untranslatable("several texts are looked for by pandas")
    made = a.expr.str.starts_with(pat) if name == "str.startswith" else a.expr.str.ends_with(pat)
    return Column(made, TRUTH, null_is_false=a.null)


@operation("str.slice")
def part_of_text(value: Any, *, dtype: Any, name: str, start: Any = None, stop: Any = None, step: Any = None) -> Column:
    """Part of a text by places from its beginning."""
    a = text(value)
    first = start or 0
    if step not in (None, 1) or first < 0 or (stop is not None and stop < first):
        raise Untranslatable("places from the end stay in pandas")
    return Column(a.expr.str.slice(first, None if stop is None else stop - first), dtype, a.null)


@operation("str.upper", "str.lower")
def cased(value: Any, *, dtype: Any, name: str) -> Column:
    """Upper and lower case."""
    a = text(value)
    if dtype.storage != "pyarrow":
        raise Untranslatable("text of Python's objects stays in pandas")
    change = pc.utf8_upper if name == "str.upper" else pc.utf8_lower  # Polars changes letters such as ß otherwise
    made = a.expr.map_batches(
        lambda series: pl.Series(values=pl.from_arrow(change(series.to_arrow()))), pl.String, is_elementwise=True
    )
    return Column(made, dtype, a.null)


#: What Python takes for white space; Polars' own list lacks some.
SPACE = "".join([chr(code) for code in range(0x3001) if chr(code).isspace()])


@operation("str.strip", "str.lstrip", "str.rstrip")
def stripped(value: Any, *, dtype: Any, name: str, to_strip: Any = None) -> Column:
    """Without some characters at the ends."""
    a = text(value)
    if to_strip is not None and (not isinstance(to_strip, str) or not to_strip):
        raise Untranslatable(f"{name} of such characters stays in pandas")
    method = {"str.strip": "strip_chars", "str.lstrip": "strip_chars_start", "str.rstrip": "strip_chars_end"}[name]
    return Column(getattr(a.expr.str, method)(SPACE if to_strip is None else to_strip), dtype, a.null)


@operation("str.removeprefix", "str.removesuffix")
def without_affix(value: Any, affix: Any, *, dtype: Any, name: str) -> Column:
    """Without a text at one end."""
    a = text(value)
    if not isinstance(affix, str):
        raise Untranslatable(f"{name} of anything but a text stays in pandas")
    made = a.expr.str.strip_prefix(affix) if name == "str.removeprefix" else a.expr.str.strip_suffix(affix)
    return Column(made, dtype, a.null)


@operation("str.zfill")
def zero_filled(value: Any, width: Any, *, dtype: Any, name: str) -> Column:
    """Zeros on the left, behind a sign."""
    a = text(value)
    if not isinstance(width, int) or width < 0:
        raise Untranslatable("zfill() to anything but a width stays in pandas")
    return Column(a.expr.str.zfill(width), dtype, a.null)


@operation("str.replace")
def replaced(
    value: Any,
    pat: Any,
    *,
    dtype: Any,
    name: str,
    repl: Any = None,
    n: int = -1,
    case: Any = None,
    flags: int = 0,
    regex: bool = False,
) -> Column:
    """A text within text, replaced; patterns stay in pandas."""
    a = text(value)
    if (
        regex
        or not isinstance(pat, str)
        or not pat
        or not isinstance(repl, str)
        or n != -1
        or case is not None
        or flags
    ):
        raise Untranslatable("str.replace() of anything but one text by another stays in pandas")
    return Column(a.expr.str.replace_all(pat, repl, literal=True), dtype, a.null)


@operation("str.len")
def length(value: Any, *, dtype: Any, name: str) -> Column:
    """Length in characters."""
    a = text(value)
    if a.null:
        raise Untranslatable("lengths of missing text make floats in pandas")
    return Column(a.expr.str.len_chars().cast(engine_type(dtype)), dtype)


# -- dates ----------------------------------------------------------------------------------------------------------


def part_of_date(method: str, offset: int = 0) -> Callable[..., Column]:
    """What a part of a date is."""

    def part(value: Any, *, dtype: Any, name: str) -> Column:
        if not isinstance(value, Column) or value.dtype.kind != "M":
            raise Untranslatable("only dates without a zone are translated")
        if value.null:
            raise Untranslatable("parts of missing dates make floats in pandas")
        made = getattr(value.expr.dt, method)()
        return Column((made - offset if offset else made).cast(engine_type(dtype)), dtype)

    return part


for _name, _method, _offset in (
    ("year", "year", 0),
    ("month", "month", 0),
    ("day", "day", 0),
    ("hour", "hour", 0),
    ("minute", "minute", 0),
    ("second", "second", 0),
    ("quarter", "quarter", 0),
    ("dayofyear", "ordinal_day", 0),
    ("day_of_year", "ordinal_day", 0),
    ("dayofweek", "weekday", 1),
    ("day_of_week", "weekday", 1),
    ("weekday", "weekday", 1),
):
    operation(f"dt.{_name}")(part_of_date(_method, _offset))


@operation("dt.floor", "dt.normalize")
def floored(
    value: Any, freq: Any = "D", *, dtype: Any, name: str, ambiguous: Any = "raise", nonexistent: Any = "raise"
) -> Column:
    """The last moment of a frequency before each; what is ambiguous has a zone, and there is none here."""
    parts = re.fullmatch(r"(\d*)(D|h|min|s)", freq) if isinstance(freq, str) else None
    if parts is None or not isinstance(value, Column) or value.dtype.kind != "M" or dtype != value.dtype:
        raise Untranslatable(f"{name} to {freq!r} stays in pandas")
    many = int(parts[1] or 1)
    if not many:
        raise Untranslatable(f"{name} to {freq!r} stays in pandas")
    unit = np.datetime_data(dtype)[0]
    step = int(pd.Timedelta(many, parts[2]) / pd.Timedelta(1, unit))
    numbers = value.expr.cast(pl.Int64)
    return replace(value, expr=((numbers // step) * step).cast(engine_type(dtype)))
