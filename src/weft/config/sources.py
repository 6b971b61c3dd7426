"""Where configuration comes from: YAML files, then the environment, then what a parent process hands down.

Later sources win. Files are looked for in, from first to last:

1. ``$WEFT_ROOT_CONFIG`` (``/etc/weft`` without it)
2. ``{sys.prefix}/etc/weft``
3. ``{site prefix}/etc/weft`` for each site prefix
4. ``~/.config/weft``
5. ``$WEFT_CONFIG``

Each may be a file or a directory of ``.yaml`` and ``.yml`` files, read in the order of their names.
"""

from __future__ import annotations

import ast
import os
import site
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from weft.config import schema
from weft.config.tree import (
    MISSING,
    Tree,
    assign,
    expand_environment_variables,
    fold,
    leaves,
    lookup,
    merge,
    path_of,
    remove,
    update,
)
from weft.errors import ConfigError, ConfigWarning, UnknownOptionError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "check_deprecations",
    "collect_env",
    "collect_yaml",
    "deserialize",
    "ensure_file",
    "find_paths",
    "interpret_value",
    "paths_containing_key",
    "serialize",
    "user_path",
]

PREFIX = "WEFT_"
INHERIT = "WEFT_INTERNAL_INHERIT_CONFIG"
#: Variables that steer where configuration comes from, and are none themselves.
_STEERING = ("WEFT_CONFIG", "WEFT_ROOT_CONFIG")
_LITERALS = {"none": None, "null": None, "true": True, "false": False}


def user_path(env: Mapping[str, str] | None = None) -> str:
    """The file or directory of the user's own configuration: ``$WEFT_CONFIG``, or ``~/.config/weft``."""
    env = os.environ if env is None else env
    return env.get("WEFT_CONFIG") or os.path.join(os.path.expanduser("~"), ".config", "weft")


def find_paths(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """All places where configuration files may be, the strongest last."""
    env = os.environ if env is None else env
    found = [
        env.get("WEFT_ROOT_CONFIG") or "/etc/weft",
        os.path.join(sys.prefix, "etc", "weft"),
        *(os.path.join(prefix, "etc", "weft") for prefix in site.PREFIXES),
        os.path.join(os.path.expanduser("~"), ".config", "weft"),
        user_path(env),
    ]
    return tuple(dict.fromkeys(found))


def gather(
    paths: Iterable[str | os.PathLike[str]] | None,
    env: Mapping[str, str] | None,
    others: frozenset[str],
) -> Tree:
    """Files, environment and inheritance as one checked tree, without defaults."""
    env = os.environ if env is None else env
    if paths is None:
        paths = find_paths(env)
        chosen = env.get("WEFT_CONFIG")
        if chosen and not os.path.exists(chosen):
            warnings.warn(f"WEFT_CONFIG names {chosen!r}, which does not exist: it is not read.", ConfigWarning, 4)
    trees: list[Tree] = []
    for path, tree in collect_yaml(paths, return_paths=True):
        renamed = expand_environment_variables(tree)
        rename_keys(renamed, schema.DEPRECATIONS)
        trees.append(schema.check_tree(renamed, f" in {path}", others))
    return merge(*trees, expand_environment_variables(collect_env(env, others=others)))


@overload
def collect_yaml(paths: Iterable[str | os.PathLike[str]], *, return_paths: Literal[False] = ...) -> list[Tree]: ...
@overload
def collect_yaml(
    paths: Iterable[str | os.PathLike[str]], *, return_paths: Literal[True]
) -> list[tuple[Path, Tree]]: ...
def collect_yaml(
    paths: Iterable[str | os.PathLike[str]], *, return_paths: bool = False
) -> list[Tree] | list[tuple[Path, Tree]]:
    """What the YAML files say, one dictionary a file, in the order in which later ones win.

    Parameters
    ----------
    paths : iterable of paths
        Files, and directories of ``.yaml`` and ``.yml`` files. What does not exist is passed over.
    return_paths : bool
        Give pairs of path and dictionary.

    Raises
    ------
    ConfigError
        For a file that cannot be read, is not YAML, or is not a mapping.

    Examples
    --------
    >>> collect_yaml(["/not/there"])
    []
    """
    found = [(file, tree) for file in _files(paths) if (tree := _read(file))]
    return found if return_paths else [tree for _, tree in found]


def collect_env(env: Mapping[str, str] | None = None, *, others: frozenset[str] = frozenset()) -> Tree:
    """What ``WEFT_*`` variables say: a double underscore goes one level deeper, values are read as literals.

    What a parent process hands down in ``WEFT_INTERNAL_INHERIT_CONFIG`` wins: a child sees what its parent saw.

    Warns
    -----
    ConfigWarning
        For a variable that is neither an option nor below another package's registered name; one that looks
        like an option of Weft is not used.

    Raises
    ------
    ConfigError
        For an option with a value of the wrong type.

    Examples
    --------
    >>> collect_env({"WEFT_ARRAY__CHUNK_SIZE": "64 MiB", "WEFT_NUM_WORKERS": "4", "HOME": "/root"})
    {'array': {'chunk-size': '64 MiB'}, 'num_workers': 4}
    """
    env = os.environ if env is None else env
    result: Tree = {}
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable in _STEERING or variable.startswith("WEFT_INTERNAL_"):
            continue
        key = variable.removeprefix(PREFIX).lower().replace("__", ".")
        # The variable's whole value is kept as text where it is not a literal, so sizes need no quotes.
        value = interpret_value(env[variable])
        try:
            assignments = list(schema.checked(key, value, f" from the environment variable {variable}", others))
        except UnknownOptionError:
            warnings.warn(_unknown_variable(variable, key), ConfigWarning, 5)
            continue
        for path, item in assignments:
            if not schema.is_own(path) and path[0] not in others:
                warnings.warn(_unknown_variable(variable, key), ConfigWarning, 5)
            assign(result, path, item)
    if env.get(INHERIT):
        update(result, deserialize(env[INHERIT]))
    return result


def interpret_value(value: str) -> Any:
    """The Python literal that a text spells, or the text itself.

    Examples
    --------
    >>> interpret_value("[1, 2]"), interpret_value("true"), interpret_value("4 GiB")
    ([1, 2], True, '4 GiB')
    """
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return _LITERALS.get(value.strip().lower(), value)


def paths_containing_key(key: str, paths: Iterable[str | os.PathLike[str]] | None = None) -> Iterator[Path]:
    """The configuration files that set ``key``, the strongest last.

    Examples
    --------
    >>> list(paths_containing_key("memory.budget", paths=["/not/there"]))
    []
    """
    path = path_of(key)
    for file, tree in collect_yaml(find_paths() if paths is None else paths, return_paths=True):
        if lookup(tree, path) is not MISSING:
            yield file


def ensure_file(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str] | None = None,
    comment: bool = True,
) -> None:
    """Copy a package's default configuration to where the user may edit it, unless it is there already.

    Parameters
    ----------
    source : path
        The YAML file that the package brings.
    destination : path, optional
        A directory, or a ``.yaml`` file; the user's configuration directory by default.
    comment : bool
        Comment every line out, so that the package's later defaults still hold.

    Warns
    -----
    ConfigWarning
        If the file cannot be written, as in a read-only home directory.
    """
    from pathlib import Path  # here, for a quick import

    source = Path(source)
    place = Path(user_path() if destination is None else destination)
    if destination is None and place.suffix in (".yaml", ".yml"):
        place = place.parent  # WEFT_CONFIG may name one file: other packages' files stand beside it
    target = place if place.suffix in (".yaml", ".yml") else place / source.name
    if target.exists():
        return
    text = source.read_text(encoding="utf-8")
    if comment:
        lines = text.splitlines(keepends=True)
        text = "".join(line if line.startswith("#") or not line.strip() else f"# {line}" for line in lines)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, target)
    except OSError as error:
        warnings.warn(f"cannot write the configuration file {target}: {error}.", ConfigWarning, 2)


def serialize(data: Mapping[str, Any]) -> str:
    """Configuration as one line of text, for a child process's environment.

    Raises
    ------
    ConfigError
        For a value that JSON does not have, such as an executor object.

    Examples
    --------
    >>> deserialize(serialize({"array": {"chunk-size": "1 MiB"}}))
    {'array': {'chunk-size': '1 MiB'}}
    """
    import base64
    import json

    try:
        return base64.urlsafe_b64encode(json.dumps(data, default=_as_json).encode()).decode()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"cannot serialize the configuration: {error}. Leave that key out.") from None


def deserialize(data: str) -> Tree:
    """What `serialize` was given.

    Raises
    ------
    ConfigError
        If the text is not from `serialize`.
    """
    import base64
    import json

    try:
        tree = json.loads(base64.urlsafe_b64decode(data.encode()))
    except ValueError as error:
        raise ConfigError(f"cannot read a serialized configuration: {error}. Make it with serialize().") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"cannot read a serialized configuration: it holds {type(tree).__name__}, not a mapping.")
    return tree


def portable(tree: Mapping[str, Any]) -> Tree:
    """The part of a tree that can be serialized."""
    import json

    result: Tree = {}
    for path, value in leaves(tree):
        try:
            json.dumps(value, default=_as_json)
        except (TypeError, ValueError):
            continue
        assign(result, path, value)
    return result


def rename_keys(tree: Tree, deprecations: Mapping[str, str | None]) -> dict[str, str | None]:
    """Move values from old keys to new ones, with a warning for each; in place. The keys that were moved are given."""
    moved: dict[str, str | None] = {}
    for old in deprecations:
        value = lookup(tree, path_of(old))
        if value is not MISSING:
            new = check_deprecations(old, deprecations)
            remove(tree, path_of(old))
            assign(tree, path_of(new), value)
            moved[old] = new
    return moved


def check_deprecations(key: str, deprecations: Mapping[str, str | None] | None = None) -> str:
    """The current name of a key; warns if ``key`` is an old one.

    Raises
    ------
    ConfigError
        If the key is gone and has no successor.

    Examples
    --------
    >>> check_deprecations("memory.budget")
    'memory.budget'
    """
    table = schema.DEPRECATIONS if deprecations is None else deprecations
    by_name = {fold(old): new for old, new in table.items()}
    if fold(key) not in by_name:
        return key
    new = by_name[fold(key)]
    if new is None:
        raise ConfigError(f"cannot use {key!r}: the option is gone and has no successor. Remove it.")
    warnings.warn(f"the configuration key {key!r} is now called {new!r}: use that.", FutureWarning, 3)
    return new


def _files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    found = []
    for place in paths:
        if os.path.isdir(place):
            try:
                names = sorted(os.listdir(place))
            except PermissionError:
                continue  # a directory of another user's, such as a locked /etc/weft, holds nothing for this one
            found += [os.path.join(place, name) for name in names if name.endswith((".yaml", ".yml"))]
        elif os.path.isfile(place):
            found.append(os.fspath(place))
    if found:
        from pathlib import Path  # here, for a quick import where there is no file

        yield from map(Path, found)


def _read(file: Path) -> Tree:
    import yaml

    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the configuration file {file}: {error}. Mend it, or move it away.") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(
            f"cannot use the configuration file {file}: it holds a {type(tree).__name__}, not a mapping. "
            f"Write it as 'memory:' and, indented below, 'budget: 4 GiB'."
        )
    return tree


def _unknown_variable(variable: str, key: str) -> str:
    nearest = schema.nearest(key)
    hint = f" Did you mean {nearest.variable}?" if nearest else ""
    return f"the environment variable {variable} is no option of Weft.{hint}"


def _as_json(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"a value of type {type(value).__name__} is not plain data")
