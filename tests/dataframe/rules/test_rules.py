from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd
from weft import config
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.filtering import Filter
from weft.dataframe.ops.groupby_whole import GroupbyRows
from weft.dataframe.ops.merge_nodes import Merge
from weft.expr import find, optimize


@pytest.fixture
def parts(tmp_path):
    pd.DataFrame({"a": range(4), "b": [0.5] * 4, "word": ["x"] * 4}).to_parquet(
        tmp_path / "x.parquet", row_group_size=2
    )
    return dd.read_parquet(tmp_path, blocksize=1)


def simplified(*collections):
    return optimize([each.expr for each in collections], phases=["simplify"])


def reads(*collections):
    return find(simplified(*collections), ReadParquet)


def test_only_columns_that_are_looked_at_are_read(parts):
    (read,) = reads(parts.groupby("word").b.sum())
    assert read.chosen == ("b", "word")


def test_several_questions_share_one_read(parts):
    (read,) = reads(parts.a.sum(), parts.b.mean())
    assert read.chosen == ("a", "b")


def test_an_index_nobody_looks_at_is_not_made(parts):
    assert not reads(parts.a.sum())[0].index
    assert reads(parts.a + 1)[0].index


@pytest.mark.parametrize("wanted", ["a", "n", "label"])
def test_labels_that_become_columns_keep_their_name_whoever_looks_at_them(wanted, tmp_path):
    whole = pd.DataFrame({"a": [2, 1, 3], "n": 1}, index=pd.Index([5, 6, 4], name="label"))
    whole.to_parquet(tmp_path / "x.parquet")
    for ours in (dd.from_pandas(whole, npartitions=2, sort=False), dd.read_parquet(tmp_path)):
        for road in ({"dataframe.engine": "pandas"}, {}, {"dataframe.queries": "partitions"}):
            with config.set(road):
                found = ours.sort_values("a").reset_index().rename(columns={"label": "l", "n": "m"})
                wanted = {"label": "l", "n": "m"}.get(wanted, wanted)
                expected = whole.sort_values("a").reset_index().rename(columns={"label": "l", "n": "m"})[[wanted]]
                pd.testing.assert_frame_equal(found[[wanted]].compute(), expected)
                column = ours.a.sort_values().reset_index().rename(columns={"label": "l"})
                assert column[["a"]].compute().a.tolist() == column.compute().a.tolist() == [1, 2, 3]


def test_the_length_reads_no_column(parts):
    from weft.dataframe.ops.reductions import Length

    (tree,) = optimize([Length(parts.expr)], phases=["simplify"])
    assert find(tree, ReadParquet)[0].chosen == ()


def test_a_predicate_goes_into_the_reader_with_its_columns(parts):
    (tree,) = simplified(parts[(parts.a > 1) & (parts.word == "x")].b.sum())
    assert not find(tree, Filter)
    (read,) = find(tree, ReadParquet)
    assert read.chosen == ("b",)
    assert read.predicate == ("and", ("gt", "a", 1), ("eq", "word", "x"))


@pytest.mark.parametrize(
    "predicate",
    [
        lambda frame: frame.b != 0.5,  # NaN is not in the statistics
        lambda frame: frame.a > True,
        lambda frame: ~(frame.a > 1),
        lambda frame: frame.a + 1 > 1,
    ],
)
def test_a_predicate_that_arrow_sees_otherwise_stays(parts, predicate):
    (tree,) = simplified(parts[predicate(parts)].a.sum())
    assert find(tree, Filter)


def test_a_filter_stays_where_row_numbers_are_wanted_as_index(parts):
    assert find(simplified(parts[parts.a > 1]), Filter)


def test_a_filter_stays_where_all_rows_are_read_anyway(parts):
    trees = simplified(parts[parts.a > 1].b.sum(), parts.b.sum())
    assert len(find(trees, ReadParquet)) == 1


def test_an_assigned_column_nobody_looks_at_is_not_made(parts):
    trees = simplified(parts.assign(c=parts.b * 2).a.sum())
    assert not find(trees, Assign)
    assert find(trees, ReadParquet)[0].chosen == ("a",)


def test_keys_of_a_join_that_nobody_looks_at_end_with_it():
    other = dd.from_pandas(pd.DataFrame({"a": [1, 2], "z": [3.0, 4.0]}), npartitions=1)
    made = other.merge(dd.from_pandas(pd.DataFrame({"a": [1, 2], "y": [5.0, 6.0]}), npartitions=1), on="a")
    (join,) = find(simplified(made["y"].sum()), Merge)
    assert list(join.meta.columns) == ["y"]
    (join,) = find(simplified(made), Merge)
    assert list(join.meta.columns) == ["a", "z", "y"]


@pytest.mark.parametrize("keys", [["k"], ["k", "t"]])
def test_rows_are_numbered_in_their_groups_by_keys_alone(keys):
    whole = pd.DataFrame({"k": [1, 2, 1, 1, 2], "t": list("abaab"), "c": pd.Categorical(list("uvuvu")), "v": range(5)})
    ours = dd.from_pandas(whole, npartitions=2).groupby(keys)
    (tree,) = optimize([ours.head(1).expr], phases=["simplify", "choose"])
    assert [list(each.source.columns) for each in find(tree, GroupbyRows)] == [keys, keys]
    for asked in (lambda groups: groups.head(1), lambda groups: groups.ngroup(), lambda groups: groups.v.cumcount()):
        expected = asked(whole.groupby(keys))
        check = pd.testing.assert_frame_equal if expected.ndim == 2 else pd.testing.assert_series_equal
        check(asked(ours).compute(), expected)
