from __future__ import annotations

import pandas as pd
import pytest
from tests.dataframe.columns import in_partitions

WHOLE = pd.DataFrame({"a": range(1000)})


def test_a_seed_gives_the_same_rows_for_any_scheduler():
    parts = in_partitions(WHOLE, [100, 400])
    for words in ({"frac": 0.1}, {"n": 7}, {"frac": 1.5, "replace": True}, {"n": 5, "weights": "a"}):
        once = parts.sample(random_state=3, **words)
        found = [once.compute(scheduler=each).a.tolist() for each in ("sync", "threads")]
        assert found[0] == found[1] == parts.sample(random_state=3, **words).compute(scheduler="sync").a.tolist()
        assert found[0] != parts.sample(random_state=4, **words).compute(scheduler="sync").a.tolist()


def test_so_many_rows_come_as_are_asked_for():
    parts = in_partitions(WHOLE, [100, 100, 400])
    few = parts.sample(n=50, random_state=0).compute(scheduler="sync")
    assert len(few) == few.a.nunique() == 50
    assert few.index.tolist() == few.a.tolist()
    assert len(parts.sample(frac=0.5).compute(scheduler="sync")) == 500
    with pytest.raises(ValueError, match="larger sample"):
        parts.sample(n=1001).compute(scheduler="sync")


def test_every_row_is_in_one_of_the_frames():
    parts = in_partitions(WHOLE, [100, 400])
    pieces = [each.compute(scheduler="sync") for each in parts.random_split([0.7, 0.2, 0.1], random_state=0)]
    assert sorted(pd.concat(pieces).a) == list(range(1000))
    assert 600 < len(pieces[0]) < 800
    mixed, _ = parts.random_split([0.7, 0.3], random_state=0, shuffle=True)
    assert not mixed.compute(scheduler="sync").a.is_monotonic_increasing


def test_bad_arguments_are_refused_at_the_call():
    parts = in_partitions(WHOLE, [10])
    with pytest.raises(ValueError, match="not both"):
        parts.sample(n=1, frac=0.1)
    with pytest.raises(ValueError, match="upsampling"):
        parts.sample(frac=2)
    with pytest.raises(ValueError, match="sum to 1"):
        parts.random_split([0.5, 0.4])
