"""The global configuration, and the functions that read and change it.

There is one tree for the whole process. It is filled on first use (defaults, files, environment) and belongs to all
threads: what one thread sets, all see. Reading goes through `get`, which gives a value as it was written, or `value`,
which gives it in its unit and is cheap enough to call for every graph.

Contexts of several threads may overlap in any order. A context that ends takes back its own changes only: those of
contexts that began later and still run are rolled back, the ending one's too, and the later ones are applied again.
"""

from __future__ import annotations

import itertools
import os
import weakref
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from weft.config import schema, sources
from weft.config.tree import MISSING, Path, Tree, assign, copied, lookup, merge, path_of, remove, update
from weft.errors import ConfigError
from weft.forking import ForkLock

__all__ = [
    "child_environment",
    "collect",
    "get",
    "no_default",
    "pop",
    "refresh",
    "rename",
    "set",
    "update_defaults",
    "value",
]

#: Stands for "no default given", since None is one.
no_default: Any = MISSING


#: Types of values that are only data: what else may be set is not kept alive by what is remembered.
PLAIN = (str, int, float, bool, type(None))
#: States whose parsed values are remembered.
STATES = 16


class _State:
    """All that changes. ``parsed`` belongs to what the tree says: it is another one after a change, and the same again after the way back."""

    def __init__(self) -> None:
        self.tree: Tree = {}
        self.parsed: dict[str, Any] = {}
        self.known: dict[Any, dict[str, Any]] = {}  # parsed values by what the tree says, the oldest first
        self.defaults: list[Tree] = [schema.defaults()]
        self.loaded = False
        self.lock = ForkLock()
        self.contexts: weakref.WeakSet[Setting] = weakref.WeakSet()
        self.ticket = itertools.count()

    def others(self) -> frozenset[str]:
        """Top-level names that other packages have registered."""
        return frozenset(name for defaults in self.defaults[1:] for name in defaults)


_state = _State()


def get(
    key: str,
    default: Any = no_default,
    config: Mapping[str, Any] | None = None,
    override_with: Any = None,
) -> Any:
    """The value of ``key``, as it was written.

    Parameters
    ----------
    key : str
        Names joined by dots; hyphens and underscores are the same.
    default : optional
        What to give for a key that nobody has set.
    config : mapping, optional
        Look here instead of in the global configuration.
    override_with : optional
        Given instead, unless None: saves callers an ``if`` for their own argument.

    Raises
    ------
    UnknownOptionError
        (a ConfigError and KeyError) if nobody has set the key and there is no default.

    See Also
    --------
    value : the same in its unit, such as bytes.

    Examples
    --------
    >>> get("array.chunk-size")
    '128 MiB'
    >>> get("mypackage.option", default=3)
    3
    """
    if override_with is not None:
        return override_with
    key = sources.check_deprecations(key) if schema.DEPRECATIONS else key
    path = path_of(key)
    if config is None:
        with _state.lock:
            _load()
            found = copied(lookup(_state.tree, path))
        if found is MISSING and (option := schema.find(key)) is not None:
            return option.default
    else:
        found = lookup(config, path)
    if found is not MISSING:
        return found
    if default is no_default:
        raise schema.unknown_key(key, _state.tree if config is None else config)
    return default


def value(key: str) -> Any:
    """The value of one of Weft's options in its unit: sizes as whole bytes, durations as seconds.

    A share of memory is resolved against what this process may use. Keys of other packages are given as by `get`.
    Costs a fraction of a microsecond after the first call for a key.

    Raises
    ------
    UnknownOptionError
        If there is no such key.

    Examples
    --------
    >>> value("array.chunk-size")
    134217728
    """
    try:
        return _state.parsed[key]
    except KeyError:
        pass
    option = schema.find(key)
    with _state.lock:  # of one state: a slow reader must not put another one's value among these
        found = get(key)
        parsed = _state.parsed
    result = found if option is None else option.parse(found)
    # Another package's mapping is a copy that the caller may change: it must not be shared.
    if option is not None:
        parsed[key] = result
    return result


def version() -> object:
    """An object that stands for all options: whoever keeps what depended on them keeps this beside it.

    It is another one after a change, and the same again where a change is taken back.
    """
    return _state.parsed


class Setting:
    """Changes to the configuration, in force from when it is made; as a context manager it takes them back."""

    def __init__(self, changes: list[tuple[Path, Any]]) -> None:
        self._changes = changes
        self._before: list[tuple[Path, Any]] = []
        with _state.lock:
            _load()
            self._ticket = next(_state.ticket)
            self._apply()
            _state.contexts.add(self)
            _changed()

    def __enter__(self) -> Tree:
        return _state.tree

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _state.lock:
            if self not in _state.contexts:
                return  # a refresh has thrown the changes away
            _state.contexts.discard(self)
            later = sorted((each for each in _state.contexts if each._ticket > self._ticket), key=_ticket_of)
            now = [(path, copied(lookup(_state.tree, path))) for each in later for path, _ in each._changes]
            for each in reversed([self, *later]):
                each._revert()
            for each in later:
                each._apply()
            for path, current in now:
                if current is not MISSING:
                    assign(_state.tree, path, current)
            _changed()

    def _apply(self) -> None:
        self._before = []
        for path, new in self._changes:
            self._before.append(_displaced(_state.tree, path))
            assign(_state.tree, path, copied(new))

    def _revert(self) -> None:
        for path, old in reversed(self._before):
            if old is MISSING:
                remove(_state.tree, path)
            else:
                assign(_state.tree, path, old)


def set(arg: Mapping[str, Any] | None = None, **kwargs: Any) -> Setting:
    """Change the configuration, for good or for a ``with`` block.

    The change is in force when the call returns, for all threads of the process. Used as a context manager,
    it is taken back at the end of the block: only what this call changed, also if blocks of other threads overlap.

    Parameters
    ----------
    arg : mapping, optional
        Dotted keys, or nested mappings, with their values.
    **kwargs
        The same, with a double underscore for each dot: ``array__chunk_size="64 MiB"``.

    Raises
    ------
    ConfigError
        For an option that Weft does not have, or a value of the wrong type; nothing is changed then.

    Notes
    -----
    A mapping below one of Weft's own names sets the options in it and leaves the others; a mapping below another
    package's name replaces what was there.

    Examples
    --------
    >>> with set({"array.chunk-size": "64 MiB"}):
    ...     value("array.chunk-size")
    67108864
    >>> with set(array__chunk_size="1 MiB"):
    ...     get("array.chunk-size")
    '1 MiB'
    """
    if arg is not None and not isinstance(arg, Mapping):
        raise ConfigError(
            f"cannot set configuration from {arg!r}: give a mapping, e.g. config.set({{'memory.budget': '4 GiB'}})."
        )
    others = _state.others()
    changes: list[tuple[Path, Any]] = []
    for key, new in [*(arg or {}).items(), *((name.replace("__", "."), new) for name, new in kwargs.items())]:
        key = sources.check_deprecations(key) if schema.DEPRECATIONS else key
        changes += schema.checked(key, new, "", others)
    return Setting(changes)


def pop(key: str, default: Any = no_default, config: dict[str, Any] | None = None) -> Any:
    """Take a key out and give its value; an option of Weft falls back to its default.

    Parameters
    ----------
    key : str
    default : optional
        Given where nobody has set the key.
    config : dict, optional
        Take it out of this one, which is no more than a tree of dictionaries.

    Raises
    ------
    UnknownOptionError
        If nobody has set the key and there is no default.

    Examples
    --------
    >>> _ = set({"mypackage.option": 3})
    >>> pop("mypackage.option")
    3
    """
    if config is not None:
        removed = remove(config, path_of(key))
    else:
        with _state.lock:
            _load()
            removed = remove(_state.tree, path_of(key))
            _changed()
    if removed is not MISSING:
        return removed
    if default is no_default:
        raise schema.unknown_key(key, _state.tree if config is None else config)
    return default


def update_defaults(new: Mapping[str, Any]) -> None:
    """Register another package's defaults, and with them its top-level names.

    What users have set stays; what still is at an earlier default takes the new one.

    Raises
    ------
    ConfigError
        If it names an option of Weft's that does not exist, or with a value of the wrong type.

    Examples
    --------
    >>> update_defaults({"mypackage": {"option": 1}})
    >>> get("mypackage.option")
    1
    """
    checked = schema.check_tree(new, " among defaults", frozenset(map(str, new)))
    with _state.lock:
        earlier = merge(*_state.defaults)
        _state.defaults.append(checked)
        if _state.loaded:
            update(_state.tree, checked, priority="new-defaults", defaults=earlier)
            _changed()


def collect(
    paths: Iterable[str | os.PathLike[str]] | None = None,
    env: Mapping[str, str] | None = None,
) -> Tree:
    """What files and environment say now, checked, without defaults; changes nothing.

    Parameters
    ----------
    paths : iterable of paths, optional
        Files and directories to read instead of `find_paths`.
    env : mapping, optional
        Variables to read instead of ``os.environ``.

    Raises
    ------
    ConfigError
        For a file that cannot be used, an unknown option or a value of the wrong type.

    Examples
    --------
    >>> collect(paths=[], env={"WEFT_LOG__LENGTH": "5000"})
    {'log': {'length': 5000}}
    """
    return sources.gather(paths, env, _state.others())


def refresh(**kwargs: Any) -> None:
    """Read everything again: defaults, files, environment. What was set by `set` is forgotten.

    Parameters
    ----------
    **kwargs
        ``paths`` and ``env``, as for `collect`.

    Raises
    ------
    ConfigError
        As for `collect`; then everything stays as it was.

    Examples
    --------
    >>> refresh(paths=[], env={})
    """
    with _state.lock:
        tree = merge(*_state.defaults)
        update(tree, collect(**kwargs))
        _state.tree.clear()
        _state.tree.update(tree)
        _state.contexts.clear()
        _state.known.clear()
        _changed()
        _state.loaded = True


def rename(
    deprecations: Mapping[str, str | None] | None = None, config: dict[str, Any] | None = None
) -> dict[str, str | None]:
    """Move values that stand under old keys to the new ones, with a warning for each; gives the keys that were moved.

    Parameters
    ----------
    deprecations : mapping, optional
        Old key to new key, or to None for one that is gone; Weft's own table by default.
    config : dict, optional
        Move them in this one.
    """
    table = schema.DEPRECATIONS if deprecations is None else deprecations
    if config is not None:
        return sources.rename_keys(config, table)
    with _state.lock:
        _load()
        moved = sources.rename_keys(_state.tree, table)
        _changed()
    return moved


def child_environment() -> dict[str, str]:
    """The environment variable that gives a child process this process's configuration.

    Values that are not plain data, such as an executor object, stay behind.

    Examples
    --------
    >>> list(child_environment())
    ['WEFT_INTERNAL_INHERIT_CONFIG']
    """
    with _state.lock:
        _load()
        return {sources.INHERIT: sources.serialize(sources.portable(_state.tree))}


def global_tree() -> Tree:
    """The global nested dictionary itself: to look at. Change it through `set` only."""
    _load()
    return _state.tree


def all_defaults() -> list[Tree]:
    """The registered defaults, Weft's own first."""
    return _state.defaults


def _load() -> None:
    if not _state.loaded:
        with _state.lock:
            if not _state.loaded:
                refresh()


def _changed() -> None:
    """Under the lock, after a change: values are parsed anew, unless the tree says what it said before."""
    said = _said(_state.tree)
    parsed: dict[str, Any] = {}
    if said is not None:
        parsed = _state.known.pop(said, parsed)
        _state.known[said] = parsed
        if len(_state.known) > STATES:
            del _state.known[next(iter(_state.known))]
    _state.parsed = parsed


def _said(node: Any) -> Any:
    """What a tree says, to compare; None where it holds more than data."""
    if type(node) in PLAIN:
        return type(node), node
    if type(node) not in (dict, list, tuple):
        return None
    names = sorted(node, key=str) if type(node) is dict else range(len(node))
    said = [_said(node[name]) for name in names]
    return None if None in said else (type(node), *names, *said)


def _displaced(tree: Tree, path: Path) -> tuple[Path, Any]:
    """What an assignment to ``path`` displaces, and where: a plain value on the way makes room for a dictionary."""
    for depth in range(1, len(path)):
        found = lookup(tree, path[:depth])
        if found is not MISSING and not isinstance(found, dict):
            return path[:depth], found
    return path, lookup(tree, path)


def _ticket_of(setting: Setting) -> int:
    return setting._ticket
