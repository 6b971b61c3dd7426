from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {"a": [1, 2, 3], "b": ["x", None, "z"], "c": [1.5, None, 2.0], "d": pd.date_range("2020", periods=3)}
)


def test_a_partition_for_each_file_as_pandas_reads_them(tmp_path):
    for number in range(3):
        WHOLE.assign(a=WHOLE.a + number).to_excel(tmp_path / f"{number}.xlsx", index=False)
    ours = dd.read_excel(str(tmp_path / "*.xlsx"))
    assert ours.npartitions == 3
    expected = pd.concat([pd.read_excel(tmp_path / f"{number}.xlsx") for number in range(3)])
    pd.testing.assert_frame_equal(ours.compute(scheduler="sync"), expected)
    assert ours.a.sum().compute(scheduler="sync") == expected.a.sum()


def test_sheets_by_name_number_and_all(tmp_path):
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as book:
        WHOLE.to_excel(book, sheet_name="one", index=False)
        WHOLE[["a"]].to_excel(book, sheet_name="two", index=False)
    pd.testing.assert_frame_equal(dd.read_excel(path, "two").compute(scheduler="sync"), WHOLE[["a"]])
    several = dd.read_excel(path, None)
    assert list(several) == ["one", "two"]
    pd.testing.assert_frame_equal(several["two"].compute(scheduler="sync"), WHOLE[["a"]])
    for options in [{"usecols": ["a", "c"]}, {"nrows": 2}, {"skiprows": 1, "header": None}, {"index_col": 0}]:
        made = dd.read_excel(path, "one", **options).compute(scheduler="sync")
        pd.testing.assert_frame_equal(made, pd.read_excel(path, sheet_name="one", **options))
    with pytest.raises(ValueError, match=r"x\.xlsx.*three"):
        dd.read_excel(path, "three")
    with pytest.raises(TypeError, match="nonsense"):
        dd.read_excel(path, nonsense=1)


def test_files_with_other_columns_or_types_are_an_error(tmp_path):
    WHOLE.to_excel(tmp_path / "0.xlsx", index=False)
    WHOLE.rename(columns={"a": "z"}).to_excel(tmp_path / "1.xlsx", index=False)
    with pytest.raises(ValueError, match=r"1\.xlsx.*'a'"):
        dd.read_excel(str(tmp_path / "*.xlsx")).compute(scheduler="sync")
    WHOLE.assign(a="word").to_excel(tmp_path / "1.xlsx", index=False)
    with pytest.raises(ValueError, match=r"1\.xlsx"):
        dd.read_excel(str(tmp_path / "*.xlsx")).compute(scheduler="sync")


def test_a_frame_is_written_as_one_sheet(tmp_path):
    path = tmp_path / "x.xlsx"
    dd.from_pandas(WHOLE, npartitions=2).to_excel(path, sheet_name="s", index=False)
    pd.testing.assert_frame_equal(pd.read_excel(path, sheet_name="s"), WHOLE, check_dtype=False)
    with pytest.raises(TypeError, match="nonsense"):
        dd.from_pandas(WHOLE, npartitions=2).to_excel(path, nonsense=1)
    assert [each.name for each in tmp_path.iterdir()] == ["x.xlsx"]
