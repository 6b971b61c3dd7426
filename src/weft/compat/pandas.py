"""What differs between versions of pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["arrays_of"]


def arrays_of(frame: pd.DataFrame | pd.Series[Any]) -> Iterable[Any]:
    """The arrays that hold a frame's values, each once: 2-d arrays for columns that pandas keeps together.

    Going by columns instead makes a Series for each; that is the way only where pandas' block manager, which is not
    public, looks different.
    """
    try:
        return [block.values for block in frame._mgr.blocks]
    except AttributeError:
        columns = [frame] if frame.ndim == 1 else [column for _, column in frame.items()]
        return [column.array for column in columns]
