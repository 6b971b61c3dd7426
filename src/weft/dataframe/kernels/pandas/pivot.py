"""Tables with a column for each value of a key."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("PivotTable")
def pivot_table(groups: pd.DataFrame, options: tuple[tuple[str, Any], ...]) -> Any:
    """The table of aggregates, one row of ``groups`` for each cell."""
    return pd.pivot_table(groups.reset_index(), **dict(options))


def table_of_counts(
    counts: pd.Series, names: tuple[tuple[Any, ...], tuple[Any, ...]], options: dict[str, Any]
) -> pd.DataFrame:
    """The table of how often values of some keys come together."""
    levels = [counts.index.get_level_values(place) for place in range(counts.index.nlevels)]
    first = len(names[0])
    made = pd.crosstab(
        [pd.Series(each) for each in levels[:first]],
        [pd.Series(each) for each in levels[first:]],
        values=pd.Series(counts.to_numpy()),
        aggfunc="sum",
        rownames=list(names[0]),
        colnames=list(names[1]),
        **options,
    )
    if options.get("normalize") is False:
        made = made.fillna(0).astype("int64")
    return made.fillna(0)
