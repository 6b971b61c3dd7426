"""The picture has its three panels, and is a PNG file that is whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from weft.demo.figure import draw, write_figure
from weft.demo.files import DataFiles
from weft.demo.job import run
from weft.demo.report import busiest_carriers


@pytest.fixture(scope="module")
def answers(sample_files: DataFiles) -> dict[str, pd.DataFrame]:
    return run(sample_files, parts=2).answers


def test_the_file_is_a_png_picture(answers: dict[str, pd.DataFrame], tmp_path: Path):
    path = tmp_path / "flights.png"

    write_figure(path, answers)

    assert path.read_bytes().startswith(b"\x89PNG")
    height, width, _ = matplotlib.image.imread(path).shape
    assert width > 2 * height > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_there_is_a_panel_for_routes_hours_and_weather(answers: dict[str, pd.DataFrame]):
    routes, hours, _colors, weather = draw(answers).axes

    assert len(routes.patches) == len(routes.get_yticklabels())
    airlines = [label.get_text() for label in hours.get_yticklabels()]
    assert len(airlines) == len(busiest_carriers(answers["hour"]))
    winds = [label.get_text() for label in weather.get_xticklabels()]
    assert winds == ["0-5", "5-10", "10-15", "15-20", "20-25", "25+"]


def test_the_weather_panel_shows_the_answers(answers: dict[str, pd.DataFrame]):
    clear_and_calm = answers["weather"].set_index(["wind", "visibility"]).loc[(5.0, 10.0), "dep_delay"]

    cells = draw(answers).axes[3].images[0].get_array()

    assert cells[0, 1] == clear_and_calm
    assert np.ma.is_masked(cells[-1, -1])


def test_a_handful_of_flights_can_be_drawn(tiny_files: DataFiles, tmp_path: Path):
    write_figure(tmp_path / "flights.png", run(tiny_files, parts=1).answers)

    assert (tmp_path / "flights.png").stat().st_size > 1000


def test_a_failure_while_drawing_leaves_nothing(
    answers: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(self: Figure, file: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)

    with pytest.raises(OSError, match="No space left"):
        write_figure(tmp_path / "flights.png", answers)

    assert list(tmp_path.iterdir()) == []
