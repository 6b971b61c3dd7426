"""Methods of text, and parts of dates, on each row."""

from __future__ import annotations

from typing import Any

from weft.dataframe.kernels.duckdb.elementwise import operation
from weft.dataframe.kernels.duckdb.relation import Column, engine_type, literal
from weft.dataframe.kernels.translating import Untranslatable
from weft.dataframe.kernels.translating.relation import TRUTH, text
from weft.dataframe.kernels.translating.searches import affixed, searched

__all__: list[str] = []


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
    """Whether a text, or a plain pattern, occurs."""
    a = searched(value, pat, dtype, case, flags, na, regex, "DuckDB")
    if regex and any(each in pat for each in "^$.*"):
        made = f"regexp_matches({a.sql}, {literal(pat, None)})"
    else:
        made = f"contains({a.sql}, {literal(pat, None)})"
    return Column(made, TRUTH, null_is_false=a.null)


@operation("str.startswith", "str.endswith")
def affix(value: Any, pat: Any, *, dtype: Any, name: str, na: Any = False) -> Column:
    """Whether text begins or ends with another."""
    a = affixed(value, pat, dtype, na)
    function = "starts_with" if name == "str.startswith" else "ends_with"
    return Column(f"{function}({a.sql}, {literal(pat, None)})", TRUTH, null_is_false=a.null)


@operation("str.slice")
def part_of_text(value: Any, *, dtype: Any, name: str, start: Any = None, stop: Any = None, step: Any = None) -> Column:
    """Part of a text by places from its beginning."""
    a = text(value)
    first = start or 0
    if step not in (None, 1) or first < 0 or stop is None or stop < first:
        raise Untranslatable("places from the end stay in pandas")
    return Column(f"substring({a.sql}, {first + 1}, {stop - first})", dtype, a.null)


@operation("dt.year", "dt.month", "dt.day")
def part_of_date(value: Any, *, dtype: Any, name: str) -> Column:
    """Parts of dates."""
    if not isinstance(value, Column) or value.dtype.kind != "M":
        raise Untranslatable("only dates without a zone are translated")
    if value.null:
        raise Untranslatable("parts of missing dates make floats in pandas")
    return Column(f"CAST({name.removeprefix('dt.')}({value.sql}) AS {engine_type(dtype)})", dtype)
