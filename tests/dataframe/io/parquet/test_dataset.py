from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, frames

import weft.dataframe as dd
from weft.dataframe.io import footers
from weft.dataframe.io.footers import MEMORY
from weft.dataframe.io.parquet import read_parquet_part
from weft.errors import ReadError


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def test_directories_named_by_keys_are_columns_of_categories(tmp_path):
    whole = pd.DataFrame({"a": range(8), "year": [2020, 2021] * 4, "city": ["x y", "z", "z", "ü/v"] * 2})
    whole.to_parquet(tmp_path / "d", partition_cols=["year", "city"])
    ours, expected = dd.read_parquet(tmp_path / "d"), pd.read_parquet(tmp_path / "d")
    assert ours.dtypes.to_dict() == expected.dtypes.to_dict()
    assert_same(ours.reset_index(drop=True).a, expected.a, check_index=False)
    pd.testing.assert_frame_equal(
        ours.compute(scheduler="sync").sort_values("a").reset_index(drop=True),
        expected.sort_values("a").reset_index(drop=True),
    )
    for filters in [
        [("year", "==", 2020)],
        [("city", "in", ["z"]), ("a", ">", 2)],
        [[("year", "=", 2021)], [("a", "<", 2)]],
    ]:
        made = dd.read_parquet(tmp_path / "d", filters=filters)
        read = pd.read_parquet(tmp_path / "d", filters=filters)
        assert sorted(made.a.compute(scheduler="sync")) == sorted(read.a)
    assert dd.read_parquet(tmp_path / "d", filters=[("year", "==", 2020)]).npartitions < ours.npartitions
    assert "year" not in dd.read_parquet(tmp_path / "d", partitioning=None).columns


def test_keys_without_a_value_are_missing(tmp_path):
    write(tmp_path / "d" / "k=1" / "x.parquet", a=[1])
    write(tmp_path / "d" / "k=__HIVE_DEFAULT_PARTITION__" / "x.parquet", a=[2])
    made = dd.read_parquet(tmp_path / "d").compute(scheduler="sync")
    assert made.k.isna().sum() == 1
    write(tmp_path / "d" / "other=1" / "x.parquet", a=[1])
    with pytest.raises(ValueError, match=r"name the keys \['k'\]"):
        dd.read_parquet(tmp_path / "d")


PREDICATES = [
    [("number", ">", 1)],
    [("word", "==", "a")],
    [("word", "in", ["a", "cc"]), ("key", "<=", 2)],
    [[("float", "<", 0.0)], [("key", "==", 3)]],
    [("key", "not in", [0, 1])],
    [("float", "!=", 0.5)],
]


@settings(max_examples=15)
@given(frames(min_size=1), st.sampled_from(PREDICATES), st.sampled_from([1, 2, 5]))
def test_filters_are_those_of_pandas(tmp_path_factory, whole, filters, group):
    path = tmp_path_factory.mktemp("pq") / "x.parquet"
    whole.to_parquet(path, row_group_size=group)
    expected = pd.read_parquet(path, filters=filters)
    ours = dd.read_parquet(path, filters=filters, split_row_groups=True)
    pd.testing.assert_frame_equal(
        ours.compute(scheduler="sync").reset_index(drop=True), expected.reset_index(drop=True)
    )
    assert len(ours) == len(expected)
    more = ours[ours.key > 0]
    assert_same(more.number.sum(), expected[expected.key > 0].number.sum())


def test_filters_by_an_expression_and_of_nothing(tmp_path):
    write(tmp_path / "x.parquet", a=list(range(10)), b=list("xy" * 5))
    ours = dd.read_parquet(tmp_path / "x.parquet", filters=(pc.field("a") > 3) & (pc.field("b") == "x"), columns="a")
    assert ours.compute(scheduler="sync").tolist() == [4, 6, 8]
    none = dd.read_parquet(tmp_path / "x.parquet", filters=[("a", ">", 100)])
    assert none.npartitions == 1
    assert len(none) == 0


def test_row_groups_become_partitions(tmp_path):
    path = tmp_path / "x.parquet"
    pd.DataFrame({"a": range(100)}).to_parquet(path, row_group_size=10)
    count = {
        False: 1,
        True: 10,
        3: 4,
        "adaptive": 1,
        "infer": 1,
    }
    for split, parts in count.items():
        ours = dd.read_parquet(path, split_row_groups=split)
        assert ours.npartitions == parts
        assert_same(ours, pd.read_parquet(path))
    assert dd.read_parquet(path, blocksize=1).npartitions == 10
    assert dd.read_parquet(path, blocksize=None).npartitions == 1
    for wrong in ["always", 0, 1.5]:
        with pytest.raises((ValueError, TypeError), match="split_row_groups"):
            dd.read_parquet(path, split_row_groups=wrong)


def test_small_files_become_one_partition(tmp_path):
    for number in range(6):
        write(tmp_path / f"k={number // 3}" / f"x{number}.parquet", a=[number, number])
    assert dd.read_parquet(tmp_path).npartitions == 6
    ours = dd.read_parquet(tmp_path, aggregate_files=True)
    assert ours.npartitions == 1
    assert ours.a.compute(scheduler="sync").tolist() == [number for number in range(6) for _ in range(2)]
    assert len(ours) == 12
    assert dd.read_parquet(tmp_path, aggregate_files="k").npartitions == 2
    assert dd.read_parquet(tmp_path, aggregate_files=True, split_row_groups=2).npartitions == 3
    with pytest.raises(ValueError, match="names no key"):
        dd.read_parquet(tmp_path, aggregate_files="z")


def test_columns_that_some_files_lack_are_filled_and_types_widened(tmp_path):
    write(tmp_path / "0.parquet", a=pa.array([1], pa.int32()), b=["x"], d=pa.nulls(1))
    write(tmp_path / "1.parquet", a=pa.array([2**40], pa.int64()), b=["y"], c=[1], d=[True])
    write(tmp_path / "2.parquet", a=pa.array([0.5], pa.float64()), b=["z"])
    ours = dd.read_parquet(tmp_path)
    made = ours.compute(scheduler="sync")
    assert ours.dtypes.to_dict() == made.dtypes.to_dict()
    assert made.a.tolist() == [1.0, 2.0**40, 0.5]
    assert made.c.isna().tolist() == [True, False, True]
    assert made.d.tolist() == [None, True, None]
    assert_same(ours[ours.c == 1].a.sum(), 2.0**40)
    assert len(dd.read_parquet(tmp_path, filters=[("c", "==", 1)])) == 1


def test_renamed_columns_and_types_that_do_not_go_together_are_errors(tmp_path):
    write(tmp_path / "0.parquet", a=[1], b=[1])
    write(tmp_path / "1.parquet", a=[2], bb=[1])
    with pytest.raises(ValueError, match=r"1\.parquet.*\['bb'\], and not \['b'\]"):
        dd.read_parquet(tmp_path)
    assert dd.read_parquet(tmp_path, schema="union").compute(scheduler="sync").bb.isna().tolist() == [True, False]
    write(tmp_path / "1.parquet", a=["text"], b=[1])
    with pytest.raises(ValueError, match=r"column 'a' is int64 in .*0\.parquet, and string in .*1\.parquet"):
        dd.read_parquet(tmp_path)
    with pytest.raises(KeyError, match="no file has"):
        dd.read_parquet(tmp_path, schema=pa.schema([("zz", pa.int64())]))


def test_a_given_schema_says_types_and_columns(tmp_path):
    write(tmp_path / "x.parquet", a=pa.array([1], pa.int8()), b=[2])
    ours = dd.read_parquet(tmp_path, schema=pa.schema([("a", pa.float32())]))
    assert ours.dtypes.to_dict() == {"a": np.dtype("float32")}
    assert ours.compute(scheduler="sync").a.tolist() == [1.0]


def test_row_counts_and_bounds_stand_on_the_node(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "f": [0.5, None, 2.0, 1.0], "s": list("abcd")})
    frame.to_parquet(tmp_path / "x.parquet", row_group_size=2)
    node = dd.read_parquet(tmp_path, split_row_groups=True).expr
    assert node.row_counts == (2, 2)
    assert [tuple(each) for each in node.column_bounds("a")] == [(1, 2, 0, True), (3, 4, 0, True)]
    assert [each.missing for each in node.column_bounds("f")] == [1, 0]
    assert not node.column_bounds("s")[0].exact
    filtered = node.with_operands(predicate=("gt", "a", 1))
    assert filtered.row_counts is None
    assert filtered.column_bounds("a") is None
    some = node.with_operands(wanted=(1,))
    assert some.npartitions == 1
    assert some.row_counts == (2,)
    assert some.divisions == (2, 3)


def test_divisions_of_an_index_column(tmp_path):
    for number in range(3):
        pd.DataFrame({"a": [number] * 2}, index=pd.Index([number * 10, number * 10 + 5], name="i")).to_parquet(
            tmp_path / f"{number}.parquet"
        )
    assert not dd.read_parquet(tmp_path).known_divisions
    ours = dd.read_parquet(tmp_path, calculate_divisions=True)
    assert ours.divisions == (0, 10, 20, 25)
    assert_same(ours, pd.concat([pd.read_parquet(tmp_path / f"{number}.parquet") for number in range(3)]))
    turned = dd.read_parquet([tmp_path / "1.parquet", tmp_path / "0.parquet"], calculate_divisions=True)
    assert not turned.known_divisions


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_divisions_of_an_index_of_times(tmp_path, zone, unit):
    dates = pd.DataFrame({"a": range(4)}, index=pd.date_range("2020", periods=4, tz=zone, name="t", unit=unit))
    dates.to_parquet(tmp_path / "dates.parquet", row_group_size=2)
    ours = dd.read_parquet(tmp_path / "dates.parquet", calculate_divisions=True, split_row_groups=True)
    assert ours.divisions == (dates.index[0], dates.index[2], dates.index[3])
    assert_same(ours.loc[dates.index[2] :], pd.read_parquet(tmp_path / "dates.parquet").loc[dates.index[2] :])


def test_the_index_may_be_chosen(tmp_path):
    whole = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=pd.Index([7, 8], name="i"))
    whole.to_parquet(tmp_path / "x.parquet")
    assert_same(dd.read_parquet(tmp_path, index="a"), whole.reset_index().set_index("a")[["b", "i"]])
    assert_same(dd.read_parquet(tmp_path, index=False), whole.reset_index()[["a", "b", "i"]])
    assert_same(dd.read_parquet(tmp_path, columns=["i", "a"]), whole.reset_index()[["i", "a"]])
    assert_same(dd.read_parquet(tmp_path, columns="b"), whole.b)
    with pytest.raises(KeyError, match="'ii'"):
        dd.read_parquet(tmp_path, index="ii")
    with pytest.raises(ValueError, match="both"):
        dd.read_parquet(tmp_path, index="a", columns=["a"])
    several = whole.set_index("a", append=True)
    several.to_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(dd.read_parquet(tmp_path).compute(scheduler="sync"), several)


def test_labels_that_are_no_texts(tmp_path):
    whole = pd.DataFrame({0: [1, 2], 1: [3.0, None]})
    whole.to_parquet(tmp_path / "x.parquet")
    ours = dd.read_parquet(tmp_path)
    assert_same(ours, whole)
    assert_same(ours[ours[0] > 1][1].count(), 0)


@pytest.mark.parametrize("backend", ["pyarrow", "numpy_nullable"])
def test_types_of_other_backends(tmp_path, backend):
    whole = pd.DataFrame({"a": [1, 2, 3], "s": ["x", None, "y"], "f": [1.5, 2, 3], "b": [True, False, True]})
    whole.to_parquet(tmp_path / "x.parquet")
    expected = pd.read_parquet(tmp_path, dtype_backend=backend)
    ours = dd.read_parquet(tmp_path, dtype_backend=backend)
    assert ours.dtypes.to_dict() == expected.dtypes.to_dict()
    pd.testing.assert_frame_equal(ours.compute(scheduler="sync"), expected, check_column_type=False)


def test_nested_dates_decimals_and_categories(tmp_path):
    table = pa.table(
        {
            "list": [[1, 2], None, [3]],
            "struct": [{"x": 1}, {"x": 2}, None],
            "date": pa.array([1, 2, None], pa.date32()),
            "decimal": pa.array([1, None, 3], pa.decimal128(5, 2)),
            "time": pa.array([1, 2, None], pa.timestamp("us", "UTC")),
            "word": pa.array(["a", "b", None]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    ours = dd.read_parquet(tmp_path)
    made, expected = ours.compute(scheduler="sync"), pd.read_parquet(tmp_path)
    pd.testing.assert_frame_equal(made.drop(columns="list"), expected.drop(columns="list"))
    assert [None if each is None else list(each) for each in made["list"]] == [[1, 2], None, [3]]
    coded = dd.read_parquet(tmp_path, categories=["date"]).compute(scheduler="sync")
    assert isinstance(coded.date.dtype, pd.CategoricalDtype)


def test_every_backend_reads_the_same(tmp_path):
    whole = pd.DataFrame({"a": range(100), "s": [f"w{number % 3}" for number in range(100)]})
    whole.to_parquet(tmp_path / "x.parquet", row_group_size=10)
    ours = dd.read_parquet(tmp_path, split_row_groups=True)
    for scheduler in ["sync", "threads", "processes"]:
        pd.testing.assert_frame_equal(ours.compute(scheduler=scheduler, num_workers=2), whole)
        assert ours[ours.a > 49].a.sum().compute(scheduler=scheduler, num_workers=2) == sum(range(50, 100))


def test_damaged_files_are_named(tmp_path):
    whole = pd.DataFrame({"a": np.arange(100_000)})
    path = tmp_path / "x.parquet"
    whole.to_parquet(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ValueError, match=r"cannot read .*x\.parquet as Parquet"):
        dd.read_parquet(path)
    path.write_bytes(raw[:10] + b"\xff" * (len(raw) - 2000) + raw[-1990:])
    with pytest.raises((ReadError, ValueError), match=r"x\.parquet"):
        dd.read_parquet(path).compute(scheduler="sync")


def test_files_that_change_after_the_call_are_noticed(tmp_path):
    write(tmp_path / "x.parquet", a=[1, 2])
    ours = dd.read_parquet(tmp_path)
    write(tmp_path / "x.parquet", a=[1, 2, 3])
    with pytest.raises(ReadError, match="has changed"):
        ours.compute(scheduler="sync")


def test_footers_are_read_once(tmp_path, monkeypatch):
    write(tmp_path / "x.parquet", a=[1, 2])
    dd.read_parquet(tmp_path)
    import weft.dataframe.io.footers as footers

    def never(*args, **options):
        raise AssertionError("a footer is read again")

    monkeypatch.setattr(footers, "opened_parquet", never)
    assert dd.read_parquet(tmp_path).npartitions == 1
    assert MEMORY.used > 0


def test_duplicate_columns_and_unknown_options(tmp_path):
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="several columns named"):
        dd.read_parquet(tmp_path)
    write(tmp_path / "x.parquet", a=[1])
    for options, kind in [
        ({"nonsense": 1}, TypeError),
        ({"engine": "fastparquet"}, ValueError),
        ({"dtype_backend": "x"}, ValueError),
    ]:
        with pytest.raises(kind):
            dd.read_parquet(tmp_path, **options)
    with pytest.raises(TypeError, match="path"):
        dd.read_parquet()


def test_one_part_may_be_read_at_once(tmp_path):
    whole = pd.DataFrame({"a": range(4), "b": range(4)})
    whole.to_parquet(tmp_path / "x.parquet", row_group_size=2)
    dataset = dd.read_parquet(tmp_path, split_row_groups=True).expr.dataset
    pd.testing.assert_frame_equal(read_parquet_part(dataset, 1, ["b"]), whole[["b"]].iloc[2:])


def test_footers_are_read_by_so_many_a_thread(tmp_path, monkeypatch):
    for number in range(7):
        pd.DataFrame({"a": [number]}).to_parquet(tmp_path / f"{number}.parquet")
    threads = []
    one = footers.footer_of
    monkeypatch.setattr(
        footers,
        "footer_of",
        lambda *given, **options: threads.append(threading.current_thread()) or one(*given, **options),
    )
    for size in (None, 0, 1, 3, 100):
        threads.clear()
        frame = dd.read_parquet(tmp_path, metadata_task_size=size)
        assert frame.a.compute().tolist() == list(range(7))
        if size == 0:
            assert set(threads[:7]) == {threading.current_thread()}
        if size == 100:
            assert len(set(threads[:7])) == 1
    with pytest.raises(ValueError, match="metadata_task_size"):
        dd.read_parquet(tmp_path, metadata_task_size=-1)
