"""Where the least or the greatest value of each column is."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.kernels.pandas.reductions import columns_of, with_dtype
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


class Extreme(NamedTuple):
    """The first extreme value of a column with its label or position; whether something is missing."""

    value: Any
    label: Any
    present: int
    rows: int


@PANDAS.add("ExtremeLabel")
class ExtremeLabel:
    """Where the first least or greatest value of each column is: its label, or its position."""

    @staticmethod
    def chunk(partition: Any, plan: tuple[str, bool, bool]) -> tuple[Extreme, ...]:
        """Of one partition."""
        kind, _, by_position = plan
        return tuple([extreme_of(column, kind, partition.index, by_position) for column in columns_of(partition)])

    @staticmethod
    def combine(plan: tuple[str, bool, bool], *partials: tuple[Extreme, ...]) -> tuple[Extreme, ...]:
        """Of several; the first of equals."""
        return tuple([first_extreme(each, *plan) for each in zip(*partials, strict=True)])

    @staticmethod
    def finish(partial: tuple[Extreme, ...], plan: tuple[str, bool, bool], meta: Any) -> Any:
        """The labels."""
        kind, skipna, by_position = plan
        name = kind.replace("idx", "arg") if by_position else kind
        for each in partial:
            if not each.rows:
                raise ValueError(f"attempt to get {kind.replace('idx', 'arg')} of an empty sequence")
            if not each.present:
                raise ValueError(f"Encountered all NA values: {name} of a column without values is not defined")
            if each.present < each.rows and not skipna:
                raise ValueError(f"Encountered an NA value with skipna=False: {name} is not defined")
        labels = [each.label for each in partial]
        if not isinstance(meta, pd.Series):
            return labels[0]
        return with_dtype(labels, meta)


def extreme_of(column: pd.Series, kind: str, index: Any, by_position: bool) -> Extreme:
    """Of one column."""
    present, rows = int(column.count()), len(column)
    if not present:
        return Extreme(None, None, 0, rows)
    place = (
        int(column.reset_index(drop=True).dropna().__getattribute__(kind)())
        if present < rows
        else int(getattr(column, kind.replace("idx", "arg"))())
    )
    value = column.cat.codes.iloc[place] if isinstance(column.dtype, pd.CategoricalDtype) else column.iloc[place]
    return Extreme(value, place if by_position else index[place], present, rows)


def first_extreme(parts: tuple[Extreme, ...], kind: str, skipna: bool, by_position: bool) -> Extreme:
    """Of one column in several partitions."""
    best: Extreme | None = None
    before = present = 0
    for each in parts:
        if each.present and (
            best is None or (each.value < best.value if kind == "idxmin" else each.value > best.value)
        ):
            best = each._replace(label=each.label + before) if by_position else each
        before += each.rows
        present += each.present
    return (best or parts[0])._replace(present=present, rows=before)
