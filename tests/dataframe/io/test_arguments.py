"""Arguments that a reader or writer cannot use are errors at the call, which say why; none is ignored."""

from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd

WHOLE = pd.DataFrame({"a": range(6), "s": list("uvwxyz")})


def frame():
    """Two partitions."""
    return dd.from_pandas(WHOLE, npartitions=2)


@pytest.mark.parametrize("writer", ["to_csv", "to_json", "to_orc", "to_feather", "to_parquet"])
def test_writers_know_their_arguments(tmp_path, writer):
    with pytest.raises(TypeError, match="knows no argument 'sepp'"):
        getattr(frame(), writer)(str(tmp_path / "x"), sepp=";")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("meta", [None, WHOLE.iloc[:0]])
def test_read_json_knows_its_arguments(tmp_path, meta):
    WHOLE.to_json(tmp_path / "x.json", orient="records", lines=True)
    with pytest.raises(TypeError, match="knows no argument 'sepp'"):
        dd.read_json(str(tmp_path / "x.json"), meta=meta, sepp=";")


def test_engines_of_users_have_their_own_arguments(tmp_path):
    WHOLE.to_csv(tmp_path / "x.json", index=False)
    read = dd.read_json(str(tmp_path / "x.json"), engine=by_another, meta=WHOLE.iloc[:0], separator=",")
    pd.testing.assert_frame_equal(read.compute(scheduler="sync"), WHOLE, check_dtype=False)


def by_another(text, orient, lines, separator):
    """A parser of something else."""
    return pd.read_csv(text, sep=separator)


def test_lines_of_json_are_added(tmp_path):
    place = str(tmp_path / "x-*.json")
    frame().to_json(place)
    frame().to_json(place, mode="a")
    found = dd.read_json(place).compute(scheduler="sync")
    assert found.a.tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]
    with pytest.raises(ValueError, match="mode"):
        frame().to_json(place, mode="x")
    with pytest.raises(ValueError, match="only lines"):
        frame().to_json(place, mode="a", orient="split")


def test_read_orc_takes_stripes_of_one_file_or_of_several(tmp_path):
    frame().to_orc(str(tmp_path / "x"), write_index=False)
    assert dd.read_orc(str(tmp_path / "x"), split_stripes=2, aggregate_files=True).npartitions == 1
    with pytest.raises(ValueError, match="split_stripes=False"):
        dd.read_orc(str(tmp_path / "x"), split_stripes=False, aggregate_files=True)


def test_readers_of_sql_know_their_arguments(tmp_path):
    pytest.importorskip("sqlalchemy")
    uri = f"sqlite:///{tmp_path / 'x.db'}"
    frame().to_sql("t", uri, index=False)
    for read, what in ((dd.read_sql_table, "t"), (dd.read_sql_query, "select * from t")):
        for argument in ({"chunksize": 3}, {"sepp": ";"}):
            with pytest.raises(TypeError, match="knows no argument"):
                read(what, uri, "a", **argument)
        with pytest.raises(TypeError, match="divisions or limits"):
            read(what, uri, "a", divisions=[0, 3, 5], limits=(0, 3))
