"""Files appear whole or not at all, and read back as they were written."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow.parquet as pq
import pytest

from weft.demo import writing
from weft.demo.files import DataFiles
from weft.demo.job import run
from weft.demo.writing import SCHEMA, to_table, write_answers, write_atomically


@pytest.fixture(scope="module")
def answers(sample_files: DataFiles) -> dict[str, pd.DataFrame]:
    return run(sample_files, parts=2).answers


def fail_halfway(file: BinaryIO) -> None:
    file.write(b"half")
    file.flush()
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_parquet_file_reads_back_equal(answers: dict[str, pd.DataFrame], tmp_path: Path):
    path = tmp_path / "answers.parquet"

    write_answers(path, answers)

    table = pq.read_table(path)
    assert table.equals(to_table(answers))
    assert table.schema.equals(SCHEMA, check_metadata=False)
    assert table.schema.metadata[b"dep_delay"] == b"mean over the departed flights, in minutes"


def test_each_answer_can_be_had_back_from_the_table(answers: dict[str, pd.DataFrame]):
    table = to_table(answers).to_pandas()

    for name, answer in answers.items():
        own = table[table["question"] == name][list(answer.columns)].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, answer, check_dtype=False, check_exact=True)


def test_nothing_is_there_under_the_final_name_until_all_is_written(tmp_path: Path):
    path = tmp_path / "file"
    seen = []

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        file.flush()
        seen.append(path.exists())
        file.write(b" and half")

    write_atomically(path, write)

    assert seen == [False]
    assert path.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_halfway_leaves_nothing(tmp_path: Path):
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "file", fail_halfway)

    assert list(tmp_path.iterdir()) == []


def test_a_failure_halfway_leaves_the_last_good_file(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"good")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, fail_halfway)

    assert path.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_after_writing_leaves_nothing(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*args: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(writing.os, step, fail)

    with pytest.raises(OSError, match="Input/output error"):
        write_atomically(tmp_path / "file", lambda file: file.write(b"whole"))

    assert list(tmp_path.iterdir()) == []


def test_being_interrupted_leaves_nothing(tmp_path: Path):
    def interrupt(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", interrupt)

    assert list(tmp_path.iterdir()) == []


def test_a_parquet_writer_that_fails_halfway_leaves_nothing(
    answers: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing.pq, "write_table", lambda table, file: fail_halfway(file))

    with pytest.raises(OSError, match="No space left"):
        write_answers(tmp_path / "answers.parquet", answers)

    assert list(tmp_path.iterdir()) == []
