"""Configuration: what users may tune, from files, the environment and code.

Read with `get` (as written) or `value` (in bytes and seconds), change with `set`, for good or for a ``with`` block.
The values are those of the process, for all its threads, and are read where a graph is built or run, never
inside a task. Sources, the later the stronger: defaults, YAML files, ``WEFT_*`` environment variables, `set`.

``schema`` has every option, ``sources`` the files and the environment, ``state`` the global values, ``tree`` the
nested dictionaries all of them work on; ``docs/reference/configuration.md`` is made from the schema.
"""

from __future__ import annotations

from typing import Any

from weft.config import schema, state
from weft.config.sources import (
    check_deprecations,
    collect_env,
    collect_yaml,
    deserialize,
    ensure_file,
    find_paths,
    interpret_value,
    paths_containing_key,
    serialize,
    user_path,
)
from weft.config.state import (
    child_environment,
    collect,
    get,
    no_default,
    pop,
    refresh,
    rename,
    set,
    update_defaults,
    value,
)
from weft.config.tree import canonical_name, expand_environment_variables, merge, update

__all__ = [
    "get",
    "value",
    "set",
    "pop",
    "refresh",
    "collect",
    "collect_env",
    "collect_yaml",
    "merge",
    "update",
    "update_defaults",
    "rename",
    "check_deprecations",
    "canonical_name",
    "interpret_value",
    "expand_environment_variables",
    "ensure_file",
    "find_paths",
    "user_path",
    "paths_containing_key",
    "serialize",
    "deserialize",
    "child_environment",
    "deprecations",
    "no_default",
    "config",
    "global_config",
    "defaults",
    "paths",
    "PATH",
]

#: Old keys and their new names, or None for an option that is gone.
deprecations = schema.DEPRECATIONS

config: dict[str, Any]
global_config: dict[str, Any]
defaults: list[dict[str, Any]]
paths: tuple[str, ...]
PATH: str

# Made when asked for, so that importing Weft reads no files, and so that they follow the environment.
_COMPUTED = {
    "config": state.global_tree,
    "global_config": state.global_tree,
    "defaults": state.all_defaults,
    "paths": find_paths,
    "PATH": user_path,
}


def __getattr__(name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name]()
    raise AttributeError(f"module 'weft.config' has no attribute {name!r}")
