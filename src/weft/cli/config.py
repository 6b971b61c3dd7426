"""``weft config``: look at the configuration, and change it for good in a YAML file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

__all__ = ["config"]


@click.group()
def config() -> None:
    """Print and change the configuration."""


@config.command("list")
def list_() -> None:
    """Print the configuration that holds, as YAML.

    It is that of all files and the environment.
    """
    from weft.config import state

    click.echo(as_text(state.global_tree()))


@config.command()
@click.argument("key")
def get(key: str) -> None:
    """Print the value of KEY, such as array.chunk-size."""
    from weft import config as configuration

    click.echo(as_text(configuration.get(key)))


@config.command()
@click.argument("key")
def find(key: str) -> None:
    """Print the files that set KEY.

    The strongest comes last. Fails if there is none.
    """
    from weft.config import find_paths, paths_containing_key

    found = list(paths_containing_key(key))
    for path in found:
        click.echo(path)
    if not found:
        raise click.ClickException(f"no configuration file sets {key!r}; looked in {', '.join(find_paths())}.")


@config.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.argument("value")
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The YAML file to change.  [default: your own file that has KEY, or else weft.yaml in your own directory]",
)
def set_(key: str, value: str, file: Path | None) -> None:
    """Write VALUE for KEY to a YAML file.

    VALUE is read as a Python literal, or else as text: 4, true, none, "[1, 2]", "4 GiB". Comments in the file are lost.
    """
    from weft.config import interpret_value, schema

    assignments = list(schema.checked(key, interpret_value(value)))
    target = own_file(key) if file is None else file
    change_file(target, assignments)
    click.echo(f"Set {key} in {target}")


def own_file(key: str) -> Path:
    """The user's own file that has the last word on ``key``, or else the one to make."""
    from weft.config import paths_containing_key, user_path

    place = Path(user_path())
    if place.suffix in (".yaml", ".yml") or place.is_file():
        return place
    return next(reversed(list(paths_containing_key(key, [place]))), place / "weft.yaml")


def change_file(file: Path, assignments: list[tuple[tuple[str, ...], Any]]) -> None:
    """Assign values in a YAML file, which is replaced as a whole: nobody reads half of it."""
    import yaml

    from weft.config import collect_yaml
    from weft.config.tree import assign

    trees = collect_yaml([file])
    tree = trees[0] if trees else {}
    for path, value in assignments:
        assign(tree, path, value)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        unfinished.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)


def as_text(value: Any) -> str:
    """Text as it is, groups of options as YAML, anything else as JSON (which is YAML too)."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        import yaml

        return yaml.safe_dump(dict(value), sort_keys=True, allow_unicode=True).rstrip()
    return json.dumps(value, default=str)
