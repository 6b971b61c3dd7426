"""Functions around delayed values that writers of libraries use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weft.collection.highlevelgraph import HighLevelGraph
from weft.delayed.delayed import Delayed, call
from weft.delayed.trace import node_of
from weft.execution.containers import Containers
from weft.graph.key import check_key
from weft.graph.optimization import cull
from weft.graph.program import name_of
from weft.graph.spec import TaskRef, parse_input
from weft.physical.call import Gathered, fresh_name
from weft.tokenize import tokenize as deterministic_token
from weft.typing import Key

__all__ = ["call_function", "optimize", "tokenize", "unpack_collections"]


def tokenize(*args: Any, pure: bool | None = None, **kwargs: Any) -> str:
    """A name for a call: for pure ones made of the arguments, for others a new one each time.

    >>> tokenize(1, pure=True) == tokenize(1, pure=True), tokenize(1) == tokenize(1)
    (True, False)
    """
    return deterministic_token(*args, **kwargs) if pure else fresh_name("").lstrip("-")


def call_function(
    func: Callable[..., Any],
    func_token: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    pure: bool | None = None,
    nout: int | None = None,
) -> Delayed[Any]:
    """A delayed call of a function that is no delayed one.

    Parameters
    ----------
    func : callable
    func_token : str
        Names the function, in the key of a pure call.
    args, kwargs
        Its arguments; ``weft_key_name`` among the keywords is the key.
    pure : bool, optional
        Equal calls are one task.
    nout : int, optional
        How many values it returns.

    Examples
    --------
    >>> call_function(max, "max", (1, 2), {}).compute()
    2
    """
    keywords = dict(kwargs)
    label = name_of(func)
    key = keywords.pop("weft_key_name", None)
    pure = keywords.pop("pure", pure)
    if key is not None:
        check_key(key)
    elif pure:
        key = f"{label}-{deterministic_token(func_token, args, keywords)}"
    return call(func, args, keywords, key=key, nout=nout, label=label)


def optimize(dsk: Mapping[Key, Any], keys: Any, **kwargs: Any) -> Mapping[Key, Any]:
    """The part of a graph that the keys need: all that is done to the graphs of delayed values before they run.

    >>> optimize({"x": 1, "y": (abs, "x"), "z": 2}, ["y"])
    {'y': (<built-in function abs>, 'x'), 'x': 1}
    """
    if isinstance(dsk, HighLevelGraph):
        return dsk.cull(keys)
    return cull(dsk, keys)[0]


def unpack_collections(expr: Any, _return_collections: bool = True) -> tuple[Any, Any]:
    """Find collections in nested arguments.

    Parameters
    ----------
    expr : object
    _return_collections : bool
        Give the collections second; otherwise a graph that computes them.

    Returns
    -------
    task : object
        The arguments with references in place of collections, as a node where they are nested.
    collections : tuple of collections

    Examples
    --------
    >>> import weft
    >>> x = weft.delayed(abs)(-1, weft_key_name="x")
    >>> unpack_collections([x, 2])
    (List((TaskRef('x'), 2)), (Delayed('x'),))
    """
    found = Containers((expr,))
    single = []
    for collection in found.collections:
        node = node_of(collection)
        single.append(Delayed._of(node) if isinstance(node, Gathered) else collection)
    (task,) = found.repack([TaskRef(node_of(each).key) for each in single])
    if _return_collections:
        return parse_input(task), tuple(single)
    return parse_input(task), HighLevelGraph.merge(*[each.__weft_graph__() for each in single])
