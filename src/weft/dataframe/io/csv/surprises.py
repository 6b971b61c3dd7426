"""Blocks held to the types that the sample showed: cast where that loses nothing, else an error that says what to do."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Surprise", "held_to", "surprise"]

#: How often a value that does not fit is shown.
SHOWN = 3

#: Column, type that was found, type that was promised, values that do not fit.
Surprise = tuple[Hashable, Any, Any, list[Any]]


def held_to(column: pd.Series, promised: Any) -> pd.Series | None:
    """A column in the type that was promised, or None if it has values which that cannot hold."""
    found = column.dtype
    if found == promised or (isinstance(found, pd.CategoricalDtype) and isinstance(promised, pd.CategoricalDtype)):
        return column
    kind, own = getattr(promised, "kind", "O"), getattr(found, "kind", "O")
    fixed = isinstance(promised, np.dtype) and kind in "iub"  # has no missing values
    if promised == np.dtype("O"):
        return column.astype(object)
    if not len(column) or (not fixed and column.isna().all()):
        return pd.Series([None] * len(column), index=column.index, name=column.name, dtype=promised)
    if kind == "f" and own in "iu":
        return column.astype(promised)
    if kind in "iu" and own in "iu" and not (fixed and column.isna().any()):
        made = column.astype(promised)
        return made if bool((made == column).all()) else None
    if kind == "M" and own == "M" and (getattr(promised, "tz", None) is None) == (getattr(found, "tz", None) is None):
        return column.astype(promised)
    if isinstance(promised, pd.StringDtype) and isinstance(found, pd.StringDtype):
        return column.astype(promised)
    return None


def surprise(path: str, complaints: Sequence[Surprise]) -> str:
    """Message for columns of other types than in the sample."""
    lines = [f"the types of columns in {path} are not those that the sample showed:"]
    for label, found, promised, values in complaints:
        shown = f", with values such as {', '.join(map(repr, values))}" if values else ""
        lines.append(f"  {label!r}: {found} here{shown}; {promised} in the sample")
    fix = ", ".join([f"{label!r}: {suited(found)!r}" for label, found, _, _ in complaints])
    lines.append(f"Pass dtype={{{fix}}} to say what they are,")
    kinds = {getattr(promised, "kind", "O") for _, _, promised, _ in complaints}
    if kinds & set("iu"):
        lines.append("or assume_missing=True (whole numbers are read as floats, which may be missing),")
    if "M" in kinds:
        lines.append("or date_format= with the format that is meant,")
    lines.append("or a larger sample=, or sample_rows=.")
    return "\n".join(lines)


def suited(found: Any) -> str:
    """The type to ask for."""
    return "str" if getattr(found, "kind", "O") in "OUTM" else str(found)


def samples_of(column: pd.Series, promised: Any) -> list[Any]:
    """Values that do not fit a type."""
    kind, own = getattr(promised, "kind", "O"), getattr(column.dtype, "kind", "O")
    if kind in "iufb":
        numbers = pd.to_numeric(column, errors="coerce") if own not in "mM" else column
        wrong = column[numbers.isna() & column.notna()] if kind != "b" else column
        if not len(wrong):
            wrong = column[column.isna()] if column.isna().any() else column[numbers % 1 != 0]
        column = wrong
    elif kind == "M" and own not in "mM":
        column = column[pd.to_datetime(column, errors="coerce", format="ISO8601").isna() & column.notna()]
    return [value.item() if isinstance(value, np.generic) else value for value in column.head(SHOWN)]


def complaints_of(frame: pd.DataFrame, meta: pd.DataFrame, leave: Iterable[Hashable]) -> list[Surprise]:
    """Columns that do not hold to the types of the meta; the others are cast in the frame."""
    left, complaints = set(leave), []
    for place, label in enumerate(frame.columns):
        promised = meta.dtypes.array[place]
        if label in left or frame.dtypes.array[place] == promised:
            continue
        column = frame.iloc[:, place]
        made = held_to(column, promised)
        if made is None:
            complaints.append((label, column.dtype, promised, samples_of(column, promised)))
        elif made is not column:
            frame[label] = made
    return complaints


def indexed_as(frame: pd.DataFrame, meta: pd.DataFrame) -> list[Surprise]:
    """The same for the labels of rows, which also get their names."""
    complaints: list[Surprise] = []
    levels: list[Any] = []
    for number in range(frame.index.nlevels):
        want, have = meta.index.get_level_values(number).dtype, frame.index.get_level_values(number)
        made = held_to(have.to_series(), want)
        if made is None:
            values = samples_of(have.to_series(), want)
            complaints.append((meta.index.names[number] or f"index_col {number}", have.dtype, want, values))
        else:
            levels.append(have if have.dtype == want else pd.Index(made.array, dtype=want))
    if not complaints and frame.index.nlevels == 1:
        frame.index = levels[0]
    elif not complaints:
        frame.index = pd.MultiIndex.from_arrays(levels)
    frame.index = frame.index.set_names(meta.index.names)
    return complaints
