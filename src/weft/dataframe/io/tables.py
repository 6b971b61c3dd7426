"""Datasets of files that Arrow reads as tables: a layout says what the columns and the index are."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from weft.dataframe.io.arrow import Layout
from weft.dataframe.io.source import Dataset

__all__ = ["TableDataset"]


class TableDataset(Dataset):
    """Base of datasets with a layout."""

    layout: Layout

    @property
    def index_columns(self) -> tuple[Hashable, ...]:  # type: ignore[override]
        """Columns that are the index."""
        return self.layout.index

    @property
    def columns(self) -> tuple[Hashable, ...]:
        return self.layout.columns

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        return self.layout.meta(self.layout.columns if columns is None else columns, index)
