"""Methods of text on each row."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow.compute as pc

from weft.dataframe.kernels.polars.elementwise import operation
from weft.dataframe.kernels.polars.relation import Column, engine_type
from weft.dataframe.kernels.translating import Untranslatable
from weft.dataframe.kernels.translating.relation import TRUTH, text
from weft.dataframe.kernels.translating.searches import affixed, searched

__all__ = ["joined_text"]


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
    a = searched(value, pat, dtype, case, flags, na, regex, "Polars")
    if regex and "." in pat and "\n" not in pat:
        pat = pat.replace(".*", "(?-s:.)*")
    return Column(a.expr.str.contains(pat, literal=not regex), TRUTH, null_is_false=a.null)


@operation("str.startswith", "str.endswith")
def affix(value: Any, pat: Any, *, dtype: Any, name: str, na: Any = False) -> Column:
    """Whether text begins or ends with another."""
    a = affixed(value, pat, dtype, na)
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


def joined_text(left: Any, right: Any, dtype: Any) -> Column:
    """Texts one after the other; missing if one is."""
    a, b = [
        Column(pl.lit(each, dtype=pl.String), dtype) if isinstance(each, str) else text(each) for each in (left, right)
    ]
    return Column(a.expr + b.expr, dtype, a.null or b.null)
