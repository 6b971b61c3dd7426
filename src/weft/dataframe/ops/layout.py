"""How a frame that is not computed looks as text and as HTML: its columns, their types, its partitions and divisions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase

__all__ = ["LayoutMethods"]

ROWS = 5
"""Most lines of divisions that are shown where nobody says how many."""


COLUMNS = 8
"""Most columns that a frame's name in a terminal shows."""


class LayoutMethods(FrameBase):
    """What is known of a frame, a series or an index before it is computed."""

    __slots__ = ()

    def to_string(self, max_rows: int = ROWS) -> str:
        """What is known, as text; no rows are computed.

        Parameters
        ----------
        max_rows : int
            Most lines of divisions.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}), npartitions=2)
        >>> print(frame.to_string())
                           a        b
        npartitions=2
        0              int64  float64
        1                ...      ...
        1                ...      ...
        """
        return text_of(layout_table(self, max_rows))

    def to_html(self, max_rows: int = ROWS) -> str:
        """What is known, as HTML; no rows are computed."""
        return str(layout_table(self, max_rows).to_html(notebook=True, max_cols=20))

    def __repr__(self) -> str:
        return f"{headline(self)}\n{text_of(layout_table(self, ROWS), COLUMNS)}"

    def _repr_html_(self) -> str:
        kind = type(self).__name__
        below = f"{self.expr.label}, {counted(self.npartitions, 'partition')}"
        return f"<div><strong>Weft {kind}</strong></div>{self.to_html()}<div>{below}</div>"


def text_of(table: pd.DataFrame, most: int | None = None) -> str:
    """A table's text without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in table.to_string(max_cols=most).splitlines())


def headline(frame: Any) -> str:
    """Kind, operation and size in one line, as errors name a frame."""
    columns = f": {counted(len(frame.expr.columns), 'column')}" if frame.ndim == 2 else ""
    return f"<{type(frame).__name__} {frame.expr.label}{columns}, {counted(frame.npartitions, 'partition')}>"


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def layout_table(frame: Any, max_rows: int) -> pd.DataFrame:
    """Types of the columns, beside the edges of the partitions."""
    meta = frame.expr.meta
    types = [str(kind) for kind in meta.dtypes] if meta.ndim == 2 else [str(meta.dtype)]
    columns = meta.columns if meta.ndim == 2 else ["" if meta.name is None else meta.name]
    edges = ["" if each is None else str(each) for each in frame.divisions]
    if len(edges) > max_rows:
        edges = [*edges[: max(max_rows - 2, 1)], "...", edges[-1]]
    rows = [types] + [["..."] * len(types)] * (len(edges) - 1)
    return pd.DataFrame(rows, index=pd.Index(edges, name=f"npartitions={frame.npartitions}"), columns=columns)
