from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd

WHOLE = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")}, index=[7, 8, 9])


@pytest.mark.parametrize("scheduler", ["sync", "processes"])
def test_rows_are_records(scheduler):
    ours = dd.from_pandas(WHOLE, npartitions=2)
    for made, expected in [
        (ours.to_bag(), [(1, "x"), (2, "y"), (3, "z")]),
        (ours.to_bag(index=True), [(7, 1, "x"), (8, 2, "y"), (9, 3, "z")]),
        (ours.to_bag(format="dict"), WHOLE.to_dict(orient="records")),
        (dd.to_bag(ours.a), [1, 2, 3]),
        (ours.a.to_bag(index=True), [(7, 1), (8, 2), (9, 3)]),
    ]:
        assert made.compute(scheduler=scheduler, num_workers=2) == expected
    assert [len(part) for part in ours.to_bag(format="frame").compute(scheduler="sync")] == [1, 2]


def test_what_has_no_rows_is_refused():
    with pytest.raises(TypeError, match="frame or a column"):
        dd.to_bag(3)
    with pytest.raises(ValueError, match="format"):
        dd.from_pandas(WHOLE).to_bag(format="row")
