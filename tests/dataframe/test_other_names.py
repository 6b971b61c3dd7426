"""Names that parameters have in pandas, or in Dask."""

from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd

FRAME = pd.DataFrame({"k": ["b", "a", "b", "a"], "v": [1.0, None, 3.0, 4.0]})


@pytest.fixture
def frame():
    return dd.from_pandas(FRAME, npartitions=2)


def test_writers_take_paths_by_other_names(frame, tmp_path):
    frame.to_json(filename=str(tmp_path / "rows-*.json"))
    pd.testing.assert_frame_equal(
        dd.read_json(str(tmp_path / "rows-*.json")).compute().reset_index(drop=True), FRAME, check_dtype=False
    )


def test_tables_of_hdf_take_paths_by_another_name(frame, tmp_path):
    pytest.importorskip("tables")
    frame.v.to_frame().to_hdf(path_or_buf=str(tmp_path / "rows.h5"), key="t")
    assert dd.read_hdf(str(tmp_path / "rows.h5"), "t").v.sum().compute() == 8


def test_functions_take_frames_by_other_names(frame):
    table = dd.pivot_table(df=frame.categorize("k"), index="k", columns="k", values="v", aggfunc="sum")
    assert table.compute().sum().sum() == 8
    assert dd.isna(arg=frame.v).compute().tolist() == [False, True, False, False]


def test_groups_take_names_that_dask_has(frame):
    groups = frame.groupby("k")
    assert groups.get_group(key="a").v.count().compute() == 1
    pd.testing.assert_frame_equal(groups.agg(arg="sum").compute(), FRAME.groupby("k").agg("sum"))


@pytest.mark.parametrize("how", ["first", "last"])
@pytest.mark.parametrize("sort", [True, False, None])
def test_first_and_last_rows_of_groups_are_sorted_as_asked(frame, how, sort):
    made = getattr(frame.groupby("k"), how)(sort=sort).compute()
    wanted = getattr(FRAME.groupby("k", sort=sort is not False), how)()
    pd.testing.assert_frame_equal(made, wanted)


def test_joins_copy_nothing_whatever_is_asked(frame):
    for copy in (True, False, None):
        made = dd.merge(frame, frame, on="k", copy=copy).compute()
        pd.testing.assert_frame_equal(made, FRAME.merge(FRAME, on="k"))


def test_blocks_that_are_kept_are_of_merged_tasks(frame):
    pd.testing.assert_frame_equal(frame.persist(fuse=True).compute(), FRAME)
    with pytest.raises(ValueError, match="optimize_graph=False"):
        frame.persist(fuse=False)


def test_explanations_tell_a_single_stage_if_asked(frame):
    question = frame.assign(w=frame.v + 1)[["v"]].v.sum()
    every = question.explain()
    told = [question.explain(stage=stage) for stage in ("logical", "simplified-logical", "fused")]
    assert told == [every.written, every.simplified, every.optimised]
    assert len(set(told)) == 3
    with pytest.raises(ValueError, match="stages are logical"):
        frame.explain(stage="last")
    with pytest.raises(ValueError, match="visualize"):
        frame.explain(format="svg")


def test_one_argument_is_not_given_twice(frame):
    with pytest.raises(TypeError, match="one of name and key"):
        frame.groupby("k").get_group(name="a", key="b")


@pytest.mark.parametrize("kind", ["cumsum", "cumprod", "cummin", "cummax"])
def test_running_totals_take_the_orders_that_dask_has(frame, kind):
    for method in ("sequential", "blelloch"):
        made = getattr(frame.v, kind)(method=method).compute()
        pd.testing.assert_series_equal(made, getattr(FRAME.v, kind)())
    with pytest.raises(ValueError, match="blelloch"):
        getattr(frame.v, kind)(method="other")
