from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd
from weft.dataframe.extensions import register_index_accessor, register_series_accessor


@pytest.mark.parametrize(
    ("register", "kind"), [(register_series_accessor, dd.Series), (register_index_accessor, dd.Index)]
)
def test_accessors_are_made_with_the_collection(register, kind):
    @register("own")
    class Own:
        def __init__(self, column):
            self.column = column

        def double(self):
            return self.column * 2

    try:
        series = dd.from_pandas(pd.Series([1, 2], index=[3, 4]), npartitions=2)
        column = series if kind is dd.Series else series.index
        assert column.own.double().compute(scheduler="sync").tolist() == ([2, 4] if kind is dd.Series else [6, 8])
        with pytest.warns(UserWarning, match="overriding"):
            register("own")(Own)
    finally:
        del kind.own
