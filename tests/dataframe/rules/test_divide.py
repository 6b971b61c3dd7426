"""Programs divided into pieces: which nodes go into which piece, and that every way gives what pandas gives."""

from __future__ import annotations

import re
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

import weft
import weft.dataframe as dd
from weft import config
from weft.dataframe.ops.groupby_nodes import DividedGroups
from weft.dataframe.pieces import BlockInput, Piece, ScanInput
from weft.expr import find, optimize, walk

ROWS = pd.DataFrame(
    {
        "k": [3, 1, 2, 1, 3, 2, 1, 4],
        "x": [1.5, None, 2.0, 4.0, -1.0, 0.5, 3.0, None],
        "t": ["a", None, "b", "a", "c", "b", None, "a"],
    }
)
SIDE = pd.DataFrame({"k": [1, 2, 3], "name": ["one", "two", "three"]})


@pytest.fixture(autouse=True)
def all_pieces(monkeypatch):
    monkeypatch.setattr(sys.modules["weft.dataframe.rules.divide"], "CHOOSY", False)
    with config.set({"dataframe.queries": "partitions", "scheduler": "sync"}):
        yield


@pytest.fixture
def files(tmp_path):
    ROWS.to_parquet(tmp_path / "rows.parquet", row_group_size=3)
    return dd.read_parquet(tmp_path / "rows.parquet", blocksize=1)


@pytest.fixture
def side(tmp_path):
    SIDE.to_parquet(tmp_path / "side.parquet")
    return dd.read_parquet(tmp_path / "side.parquet")


def pieces_of(*collections):
    trees = optimize([each.expr for each in collections], phases=["simplify", "choose", "divide"])
    return find(trees, Piece)


def inside(piece):
    return [type(each).__name__ for each in walk(piece.query.root)]


def same(ours, theirs):
    made = ours.compute()
    if isinstance(theirs, pd.DataFrame):
        pd.testing.assert_frame_equal(made, theirs)
    elif isinstance(theirs, pd.Series):
        pd.testing.assert_series_equal(made, theirs)
    else:
        assert made == theirs


def test_rows_and_columns_of_files_are_one_piece_that_scans_them(files):
    def asked(frame):
        chosen = frame[frame.x > 0]
        return chosen.assign(y=chosen.x * 2)[["k", "y"]]

    (piece,) = pieces_of(asked(files))
    assert isinstance(find(piece.query.root, ScanInput)[0], ScanInput)
    assert not find(piece.query.root, BlockInput)
    assert not piece.inputs
    assert piece.npartitions == files.npartitions > 1
    same(asked(files), asked(ROWS))


def test_a_source_that_others_read_as_well_is_handed_over(files):
    doubled = files.x * 2
    (piece, *_) = pieces_of(doubled, files.map_partitions(len))
    assert find(piece.query.root, BlockInput)
    assert not find(piece.query.root, ScanInput)
    same(doubled, ROWS.x * 2)


def test_a_users_function_ends_a_piece(files):
    def asked(frame, through):
        chosen = through(frame[frame.k > 1])
        return chosen.assign(z=chosen.x + 1)

    below, above = pieces_of(asked(files, lambda frame: frame.map_partitions(lambda part: part)))
    assert "ScanInput" in inside(below) or "ScanInput" in inside(above)
    assert "BlockInput" in inside(below) or "BlockInput" in inside(above)
    same(asked(files, lambda frame: frame.map_partitions(lambda part: part)), asked(ROWS, lambda frame: frame))


def test_partial_results_of_groups_are_made_in_the_piece_of_their_rows(files):
    asked = files[files.k > 1].groupby("t").x.agg(["sum", "count"])
    trees = optimize([asked.expr], phases=["simplify", "choose", "divide"])
    (groups,) = find(trees, DividedGroups)
    assert isinstance(groups.source, Piece)
    assert groups.source.query.groups is not None
    same(asked, ROWS[ROWS.k > 1].groupby("t").x.agg(["sum", "count"]))


def test_a_join_with_a_small_side_is_in_the_piece_that_reads_the_large_one(files, side):
    def asked(frame, other):
        return frame.merge(other, on="k").groupby("name").x.sum()

    made = pieces_of(asked(files, side))
    large = next(each for each in made if each.npartitions > 1)
    assert "LocalMerge" in inside(large)
    assert "ScanInput" in inside(large)
    same(asked(files, side), asked(ROWS, SIDE))


def test_joins_within_a_piece_are_made_as_written(tmp_path, monkeypatch):
    # Joined by the nation alone, customers and suppliers would be a million rows.
    count = 1000
    customers = pd.DataFrame({"customer": np.arange(count), "nation": 1, "name": "x"})
    suppliers = pd.DataFrame({"supplier": np.arange(count), "home": 1})
    sales = pd.DataFrame({"buyer": np.arange(count).repeat(9), "seller": np.arange(9 * count) % count, "price": 1.0})
    sales.to_parquet(tmp_path / "sales.parquet")

    def asked(customers, suppliers, sales):
        joined = customers.merge(sales, left_on="customer", right_on="buyer")
        joined = joined.merge(suppliers, left_on=["seller", "nation"], right_on=["supplier", "home"])
        return joined.groupby("name").price.sum()

    written = []
    collect = pl.LazyFrame.collect

    def watched(self, **options):
        written.append(self.explain(optimizations=options["optimizations"]))
        return collect(self, **options)

    monkeypatch.setattr(pl.LazyFrame, "collect", watched)
    blocks = [dd.from_pandas(each, npartitions=1).map_partitions(lambda part: part) for each in (customers, suppliers)]
    same(
        asked(*blocks, dd.read_parquet(tmp_path / "sales.parquet")),
        asked(customers, suppliers, sales),
    )
    (text,) = [each for each in written if each.count("INNER JOIN:") == 2]
    (after,) = re.findall(r"RIGHT PLAN ON: \[[^\]]*,[^\]]*\](.*)", text, re.DOTALL)
    assert "Parquet SCAN" not in after


def test_what_has_no_translation_stays_and_is_named(files):
    asked = files.assign(t=files.t.str.title())
    assert "str-title: pandas, since" in str(asked.explain())
    same(asked, ROWS.assign(t=ROWS.t.str.title()))


def test_pieces_of_sides_that_are_shuffled(tmp_path):
    left = pd.DataFrame({"k": np.arange(40) % 7, "a": np.arange(40.0)})
    right = pd.DataFrame({"k": np.arange(30) % 9, "b": np.arange(30.0)})
    left.to_parquet(tmp_path / "left.parquet", row_group_size=10)
    right.to_parquet(tmp_path / "right.parquet", row_group_size=10)
    ours = [dd.read_parquet(tmp_path / f"{name}.parquet", blocksize=1) for name in ("left", "right")]

    def asked(left, right, **options):
        return left[left.a > 3].merge(right, on="k", **options).groupby("k").agg(a=("a", "sum"), b=("b", "max"))

    joined = asked(*ours, broadcast=False)
    assert any("LocalMerge" in inside(each) for each in pieces_of(joined))
    same(joined, asked(left, right))


def test_blocks_of_other_types_than_foreseen_are_computed_by_pandas(files):
    def sometimes_text(part):
        return part.assign(k=part.k.astype("float64") if len(part) % 2 else part.k)

    mapped = files.map_partitions(sometimes_text, meta=ROWS.iloc[:0])
    asked = mapped.assign(y=mapped.k + 1).y.sum()
    assert asked.compute() == (ROWS.k + 1).sum()


def test_results_that_are_wanted_themselves_are_blocks_of_pandas(files):
    chosen = files[files.x > 0]
    first, second = pieces_of(chosen, chosen.assign(y=1))
    assert {first.npartitions, second.npartitions} == {files.npartitions}
    made = weft.compute(chosen, chosen.assign(y=1))
    pd.testing.assert_frame_equal(made[0], ROWS[ROWS.x > 0])
    pd.testing.assert_frame_equal(made[1], ROWS[ROWS.x > 0].assign(y=1))


def test_small_pieces_stay_with_pandas_unless_all_are_divided(files, monkeypatch):
    monkeypatch.setattr(sys.modules["weft.dataframe.rules.divide"], "CHOOSY", True)
    asked = files[files.x > 0].assign(y=1)
    assert pieces_of(asked)  # "partitions" always divides
    with config.set({"dataframe.queries": "auto"}):
        assert not pieces_of(asked)


def test_no_piece_on_pandas_engine(files):
    with config.set({"dataframe.engine": "pandas"}):
        assert not pieces_of(files[files.x > 0].groupby("k").x.sum())


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_pieces_give_the_same_on_other_schedulers(files, side, scheduler):
    def asked(frame, other):
        chosen = frame[frame.x.notna() | (frame.k == 1)]
        joined = chosen.merge(other, on="k", how="left")
        return joined.assign(y=joined.x * 2).groupby("k").agg(total=("y", "sum"), many=("x", "count"))

    with config.set({"scheduler": scheduler}):
        same(asked(files, side), asked(ROWS, SIDE))
