"""The real data, and a small sample of it that is quick to work through."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from weft.demo.files import DataFiles, find_files


@pytest.fixture(scope="session")
def real_files() -> DataFiles:
    """The whole data set."""
    return find_files()


@pytest.fixture(scope="session")
def sample_files(real_files: DataFiles, tmp_path_factory: pytest.TempPathFactory) -> DataFiles:
    """Every 60th flight, in a plain CSV file, with all planes and the rest."""
    folder = tmp_path_factory.mktemp("sample")
    with zipfile.ZipFile(real_files.flights) as archive, archive.open("flights.csv") as file:
        header, *lines = file.read().splitlines(keepends=True)
    flights = folder / "flights.csv"
    flights.write_bytes(header + b"".join(lines[::60]))
    return with_flights(real_files, flights, folder)


@pytest.fixture(scope="session")
def tiny_files(sample_files: DataFiles, tmp_path_factory: pytest.TempPathFactory) -> DataFiles:
    """Twenty flights."""
    folder = tmp_path_factory.mktemp("tiny")
    flights = folder / "flights.csv"
    flights.write_bytes(b"".join(sample_files.flights.read_bytes().splitlines(keepends=True)[:21]))
    return with_flights(sample_files, flights, folder)


def with_flights(files: DataFiles, flights: Path, folder: Path) -> DataFiles:
    others = [Path(shutil.copy(path, folder)) for path in (files.planes, files.airlines, files.airports, files.weather)]
    return DataFiles(flights, *others)
