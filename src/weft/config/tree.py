"""Nested dictionaries addressed by dotted keys, in which a hyphen and an underscore are the same letter.

Everything here is a function of the dictionaries it is given; the global configuration lives in ``state``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from weft.errors import ConfigError

__all__ = ["canonical_name", "expand_environment_variables", "merge", "update"]

Tree: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]
Priority: TypeAlias = Literal["new", "old", "new-defaults"]


class _Missing:
    """The type of `MISSING`, which stands for no value where None is one."""

    def __repr__(self) -> str:
        return "<no default>"


MISSING = _Missing()


def canonical_name(k: str, config: Mapping[str, Any]) -> str:
    """The spelling of ``k`` in use in ``config``: with hyphens or with underscores.

    Examples
    --------
    >>> canonical_name("chunk_size", {"chunk-size": 1})
    'chunk-size'
    """
    if k in config:
        return k
    for spelling in (k.replace("_", "-"), k.replace("-", "_")):
        if spelling in config:
            return spelling
    # A name may mix the two, as in "worker_ttl-max".
    folded = fold(k)
    return next((name for name in config if isinstance(name, str) and fold(name) == folded), k)


def merge(*dicts: Mapping[str, Any]) -> Tree:
    """One nested dictionary out of several; later ones win, and none is changed.

    Examples
    --------
    >>> merge({"x": 1, "y": {"a": 2}}, {"y": {"b": 3}})
    {'x': 1, 'y': {'a': 2, 'b': 3}}
    """
    result: Tree = {}
    for each in dicts:
        update(result, each)
    return result


def update(
    old: Tree,
    new: Mapping[str, Any],
    priority: Priority = "new",
    defaults: Mapping[str, Any] | None = None,
) -> Tree:
    """Put ``new`` into ``old``, in place and at every depth; gives ``old``.

    Parameters
    ----------
    old : dict
        Is changed.
    new : mapping
        Is not changed, and shares no dictionary with the result.
    priority : {"new", "old", "new-defaults"}
        Who wins where both have a value: the new one, the old one, or the new one only where the old one
        is still what ``defaults`` has.
    defaults : mapping, optional
        The earlier defaults, for ``"new-defaults"``.

    Raises
    ------
    ConfigError
        For any other ``priority``.

    Examples
    --------
    >>> update({"x": 1, "y": {"a": 2}}, {"x": 2, "y": {"b": 3}}, priority="old")
    {'x': 1, 'y': {'a': 2, 'b': 3}}
    """
    if priority not in ("new", "old", "new-defaults"):
        raise ConfigError(f"cannot update with priority={priority!r}: use 'new', 'old' or 'new-defaults'.")
    for name, value in new.items():
        name = canonical_name(name, old)
        current = old.get(name, MISSING)
        default = MISSING if defaults is None else defaults.get(canonical_name(name, defaults), MISSING)
        if isinstance(value, Mapping):
            if not isinstance(current, dict):
                if current is not MISSING and current is not None and priority != "new":
                    continue
                current = old[name] = {}
            update(current, value, priority, default if isinstance(default, Mapping) else None)
        elif current is MISSING or priority == "new" or (priority == "new-defaults" and current == default):
            old[name] = value
    return old


def expand_environment_variables(config: Any) -> Any:
    """Replace ``$NAME`` and ``${NAME}`` in every text of a nested structure.

    Examples
    --------
    >>> import os
    >>> os.environ["WHERE"] = "/data"
    >>> expand_environment_variables({"spill": {"directory": "$WHERE/spill"}, "sizes": [1, "$WHERE"]})
    {'spill': {'directory': '/data/spill'}, 'sizes': [1, '/data']}
    """
    if isinstance(config, Mapping):
        return {name: expand_environment_variables(value) for name, value in config.items()}
    if isinstance(config, str):
        return os.path.expandvars(config)
    if type(config) in (list, tuple, set, frozenset):
        return type(config)(expand_environment_variables(item) for item in config)
    return config


def fold(key: str) -> str:
    """One spelling for all spellings of a key."""
    return key.replace("_", "-")


def path_of(key: str) -> Path:
    """The names along a dotted key."""
    path = tuple(key.split(".")) if isinstance(key, str) else ()
    if not all(path) or not path:
        raise ConfigError(
            f"cannot use {key!r} as a configuration key: write names joined by dots, e.g. 'memory.budget'."
        )
    return path


def leaves(tree: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is not itself a non-empty mapping, with its path."""
    for name, value in tree.items():
        path = (*above, str(name))
        if isinstance(value, Mapping) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def lookup(tree: Mapping[str, Any], path: Path) -> Any:
    """The value at ``path``, or `MISSING`."""
    found: Any = tree
    for name in path:
        if not isinstance(found, Mapping):
            return MISSING
        found = found.get(canonical_name(name, found), MISSING)
    return found


def assign(tree: Tree, path: Path, value: Any) -> None:
    """Put ``value`` at ``path``, making what dictionaries are missing on the way."""
    for name in path[:-1]:
        name = canonical_name(name, tree)
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    tree[canonical_name(path[-1], tree)] = value


def remove(tree: Tree, path: Path) -> Any:
    """Take the value at ``path`` out and give it, or `MISSING`; dictionaries left empty go too."""
    name = canonical_name(path[0], tree)
    if len(path) == 1:
        return tree.pop(name, MISSING)
    inner = tree.get(name)
    if not isinstance(inner, dict):
        return MISSING
    removed = remove(inner, path[1:])
    if not inner and removed is not MISSING:
        del tree[name]
    return removed


def copied(value: Any) -> Any:
    """Mappings anew at every depth, as plain dictionaries; all else as it is."""
    return {name: copied(item) for name, item in value.items()} if isinstance(value, Mapping) else value
