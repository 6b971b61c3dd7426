"""``import weft`` is quick: it loads nothing that is large or that most programs need later, if at all."""

import pickle
import subprocess
import sys

import pytest

from weft import errors

LATER = ["numpy", "pandas", "asyncio", "cloudpickle", "concurrent.futures", "ctypes", "hashlib", "logging", "pathlib",
         "pickle", "subprocess", "tempfile", "urllib.parse", "yaml"]  # fmt: skip


@pytest.mark.parametrize("module", ["weft", "weft.config"])
def test_an_import_loads_no_large_modules(module: str) -> None:
    program = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert module in loaded
    assert set(LATER).isdisjoint(loaded)


@pytest.mark.parametrize("module", ["weft.array", "weft.dataframe", "weft.bag"])
def test_collections_load_no_file_systems_engines_or_clusters(module: str) -> None:
    program = f"import numpy, pandas, sys; import {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert {"duckdb", "fsspec", "polars", "ray", "sklearn", "xarray", "zarr", "sqlalchemy", "asyncio"}.isdisjoint(
        loaded
    )


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
        ("weft.array", "numpy", "array"),
        ("weft.dataframe", "pandas", "dataframe"),
        ("weft.interop.xarray", "numpy", "array"),
    ],
)
def test_a_collection_without_its_library_says_what_to_install(module: str, library: str, extra: str) -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; sys.modules[{library!r}] = None; import {module}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode
    assert "MissingDependencyError: " in done.stderr
    assert f'pip install "weft[{extra}]"' in done.stderr


def test_the_error_that_is_made_later_is_one_class() -> None:
    made = errors.CancelledError

    assert errors.CancelledError is made
    assert pickle.loads(pickle.dumps(made("gone"))).args == ("gone",)
    assert type(pickle.loads(pickle.dumps(made("gone")))) is made
    with pytest.raises(AttributeError, match="no attribute 'Cancelled'"):
        errors.Cancelled  # noqa: B018
