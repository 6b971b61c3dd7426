"""Programs that give rows and columns another shape, on which random ones once differed, as small as they get."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import in_partitions, same
from tests.dataframe.programs.running import ROADS, computed, on_road

NUMBERS = pd.DataFrame({"k": [2, 1, 2, 1], "n": [1, 2, 3, 1], "f": [1.5, 2.0, np.nan, 1.0], "t": ["a", None, "b", "a"]})

PROGRAMS = {
    "the larger of two numbers, where partitions have no rows": (
        NUMBERS,
        lambda d: d[d.n > 2].pipe(lambda d: d.assign(m=d.n.combine(d.k * 2, np.maximum))).nlargest(3, "m"),
    ),
    "values among some, of columns that nobody looks at": (
        NUMBERS,
        lambda d: d[["k", "n"]].isin({"k": [1]}).assign(k=1)[["k"]],
    ),
    "names of levels that nobody looks at": (
        NUMBERS,
        lambda d: d.groupby(["k", "n"]).agg(f=("f", "max")).rename_axis(["x", "y"]).f.sum(),
    ),
}


@pytest.fixture(params=ROADS)
def road(request):
    with on_road(request.param):
        yield request.param


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("edges", [[], [2], [0, 1, 4]])
def test_a_program_gives_what_pandas_gives(name, edges, road):
    whole, program = PROGRAMS[name]
    found = program(in_partitions(whole, edges))
    same(computed(found) if hasattr(found, "compute") else found, program(whole))
