"""``delayed``: calls that are written down instead of made. HOT: building a call (``benchmarks/scheduler.py``).

A :class:`Delayed` is a thin face over one node (:mod:`weft.physical.call`). ``delayed(f)`` is a :class:`DelayedLeaf`, which
holds the function and, once it was called, the programs for the argument patterns seen; a call with plain arguments then
costs a few microseconds.
"""

from __future__ import annotations

import operator
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar, overload

from weft.collection.base import Collection
from weft.delayed.calls import GETATTR, SAME, FunctionDoc, Method, caller, is_pure, name_of_node
from weft.delayed.from_graph import node_from_graph
from weft.delayed.operators import OperatorMethods
from weft.delayed.trace import ATOMS, Traced, node_of, trace
from weft.delayed.travel import pack, unpack
from weft.graph.annotations import ANNOTATIONS
from weft.graph.graph import Graph
from weft.graph.key import check_key
from weft.graph.makers import identity
from weft.graph.program import Program, Step, name_of
from weft.graph.renaming import replace_name_in_key
from weft.physical.call import Call, Data, fresh_name
from weft.tokenize import tokenize
from weft.typing import Key, no_default

__all__ = ["Delayed", "DelayedAttr", "DelayedLeaf", "delayed"]

P = ParamSpec("P")
T = TypeVar("T")


@overload
def delayed(
    obj: Callable[P, T],
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> DelayedLeaf[P, T]: ...
@overload
def delayed(
    obj: Delayed[T], name: str | None = None, pure: bool | None = None, nout: int | None = None, traverse: bool = True
) -> Delayed[T]: ...
@overload
def delayed(
    obj: T, name: str | None = None, pure: bool | None = None, nout: int | None = None, traverse: bool = True
) -> Delayed[T]: ...
@overload
def delayed(
    *, name: str | None = None, pure: bool | None = None, nout: int | None = None, traverse: bool = True
) -> Callable[[Callable[P, T]], DelayedLeaf[P, T]]: ...
def delayed(
    obj: Any = no_default,
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> Any:
    """Wrap a function, so that calling it makes a task, or a value, so that what is done with it makes tasks.

    Parameters
    ----------
    obj : object
        A function to be called later, or any value. Containers with delayed values inside become one delayed value, and
        so does another collection. Without it, the result is a decorator.
    name : str, optional
        The key of a wrapped value; for a function, what its tasks are called.
    pure : bool, optional
        The function gives equal results for equal arguments and does nothing else: equal calls are one task. By default
        every call is a task of its own, unless ``delayed-pure`` is configured.
    nout : int, optional
        How many values a call returns: the result can then be unpacked.
    traverse : bool
        Look for delayed values inside lists, tuples, dicts, sets, slices and dataclasses.

    Returns
    -------
    Delayed

    Examples
    --------
    As a decorator:

    >>> import weft
    >>> @weft.delayed
    ... def add(a, b):
    ...     return a + b
    >>> total = add(add(1, 2), 3)
    >>> total.compute()
    6

    >>> @weft.delayed(nout=2)
    ... def halves(x):
    ...     return x // 2, x - x // 2
    >>> small, large = halves(7)

    Around a call:

    >>> weft.delayed(divmod, nout=2)(7, 2)
    Delayed('divmod-...')
    >>> quotient, rest = weft.delayed(divmod, nout=2)(7, 2)
    >>> weft.compute(quotient, rest)
    (3, 1)
    """
    if nout is not None and (isinstance(nout, bool) or not isinstance(nout, int) or nout < 0):
        raise ValueError(f"nout must be a whole number, 0 or more, not {nout!r}")
    if name is not None:
        check_key(name)
    if obj is no_default:
        return partial(delayed, name=name, pure=pure, nout=nout, traverse=traverse)
    if isinstance(obj, Delayed):
        return obj if name is None and nout is None else obj._again(name, nout)
    node = node_of(obj)
    if node is None and callable(obj):
        return DelayedLeaf(obj, name, pure=pure, nout=nout, traverse=traverse)
    label = type(obj).__name__
    pure = is_pure(pure)
    if node is None and type(obj) not in ATOMS:
        traced = trace(identity, (obj,), {}, traverse, name=label)
        if traced.inputs:
            key = name if name is not None or not pure else f"{label}-{tokenize(obj)}"
            node = Call(traced.program, traced.inputs, traced.constants, key, caller(), ANNOTATIONS.get())
            return Delayed._of(node, nout)
    if node is None or (type(node) is Data and (name is not None or pure)):
        key = name if name is not None else f"{label}-{tokenize(obj)}" if pure else fresh_name(label)
        node = Data(key, obj)
    elif name is not None:
        node = Call(SAME, (node,), (), name, caller(), ANNOTATIONS.get())
    return Delayed._of(node, nout)


class Delayed(OperatorMethods, Collection, Generic[T]):
    """A value that is computed later.

    Made by :func:`delayed`. Attributes, items, calls and operators give further delayed values.

    Parameters
    ----------
    key : Key
        The key of the value in the graph.
    dsk : mapping of keys to tasks
        A graph made elsewhere.
    length : int, optional
        How many items the value has, so that it can be unpacked.
    layer : str, optional
        The layer that the key is in, where the graph has layers and the key's name is not the layer's.

    Examples
    --------
    >>> Delayed("y", {"x": 2, "y": (pow, "x", 3)}).compute()
    8
    """

    __slots__ = ("_length", "_node")

    __weft_scheduler__ = "threads"
    #: The result is the one block as it is.
    __weft_single__ = True

    def __init__(
        self, key: Key, dsk: Mapping[Key, Any] | None = None, length: int | None = None, layer: Any = None
    ) -> None:
        check_key(key)
        if dsk is None:
            raise TypeError("Delayed(key, dsk) needs a graph. To wrap a function or a value, call delayed(...).")
        layers = getattr(dsk, "layers", None)
        if layer is not None and (not isinstance(layers, Mapping) or layer not in layers):
            raise ValueError(f"Delayed({key!r}, layer={layer!r}): the graph has no such layer.")
        object.__setattr__(self, "_length", length)
        object.__setattr__(self, "_node", node_from_graph(key, dsk))

    @classmethod
    def _of(cls, node: Any, length: int | None = None) -> Delayed[Any]:
        self: Delayed[Any] = object.__new__(Delayed)
        object.__setattr__(self, "_node", node)
        object.__setattr__(self, "_length", length)
        return self

    def _again(self, name: str | None, nout: int | None) -> Delayed[Any]:
        """The same value under another key, or of known length."""
        node = self._node if name is None else Call(SAME, (self._node,), (), name, caller(), ANNOTATIONS.get())
        return Delayed._of(node, self._length if nout is None else nout)

    # -- the collection protocol ------------------------------------------------------------------------------------

    def __weft_expr__(self) -> Any:
        return self._node

    def _weft_node_(self) -> Any:
        return self._node

    def __weft_keys__(self) -> list[Key]:
        return [self._node.key]

    def __weft_layers__(self) -> tuple[str, ...]:
        return (str(self._node.key),)

    def __weft_tokenize__(self) -> Key:
        return self._node.key  # type: ignore[no-any-return]

    def __weft_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return single_key, ()

    def __weft_postpersist__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return rebuild, (self._node.key, self._length)

    # -- what users see ---------------------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """The key of the one block."""
        return self._node.key  # type: ignore[no-any-return]

    @property
    def weft(self) -> Graph:
        """The graph that computes this value: a mapping of keys to tasks."""
        return self.__weft_graph__()  # type: ignore[no-any-return]

    def compute(self, **kwargs: Any) -> T:
        """Compute this value and return it.

        Parameters
        ----------
        **kwargs
            ``scheduler``, ``num_workers`` and the rest of what :func:`weft.compute` takes.
        """
        return super().compute(**kwargs)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Delayed({self.key!r})"

    def __hash__(self) -> int:
        return hash(self.key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(
                f"a delayed value gives no private attribute such as {name!r}. "
                f"To read it later: delayed(getattr)(x, {name!r})."
            )
        return DelayedAttr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("_node", "_length"):
            object.__setattr__(self, name, value)
            return
        raise TypeError(
            f"cannot set {name!r} of a delayed value: there is nothing to change before it is computed. "
            "Make the change in a delayed function that returns the changed value."
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise TypeError(
            f"cannot delete {name!r} of a delayed value: there is nothing to change before it is computed. "
            "Make the change in a delayed function that returns the changed value."
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"cannot set item {index!r} of a delayed value: there is nothing to change before it is computed. "
            "Make the change in a delayed function that returns the changed value."
        )

    def __iter__(self) -> Iterator[Delayed[Any]]:
        if self._length is None:
            raise TypeError(
                "cannot iterate over a delayed value: how many items it has is not known before it is computed. "
                "Say so with delayed(f, nout=n), or compute it first."
            )
        return map(self.__getitem__, range(self._length))

    def __contains__(self, item: object) -> NoReturn:
        raise TypeError(
            "what a delayed value contains is not known before it is computed. "
            "Compute it first, or ask later: delayed(operator.contains)(x, item)."
        )

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError(
                "the length of a delayed value is not known before it is computed. "
                "Say it with delayed(f, nout=n), or use delayed(len)(x)."
            )
        return self._length  # type: ignore[no-any-return]

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "the truth of a delayed value is not known before it is computed, so it cannot decide an if, while, and, or. "
            "Compute it first, or move the decision into a delayed function."
        )

    def __call__(
        self, *args: Any, pure: bool | None = None, weft_key_name: Key | None = None, **kwargs: Any
    ) -> Delayed[Any]:
        return call(self, args, kwargs, pure=pure, key=weft_key_name, label=name_of_node(self._node))

    def __getitem__(self, index: Any) -> Delayed[Any]:
        return self._operated(operator.getitem, self, index)

    def _operated(self, function: Callable[..., Any], *operands: Any) -> Delayed[Any]:
        return call(function, operands, {}, pure=True, label=function.__name__.strip("_"))

    def __reduce__(self) -> Any:
        return _travelled, (pack(self._node), self._length)


class DelayedLeaf(Delayed[Any], Generic[P, T]):
    __doc__ = FunctionDoc("A wrapped function: calling it makes a task.")

    __slots__ = (
        "__name__", "__qualname__", "__wrapped__", "_direct", "_function", "_label", "_leaf_node", "_mixed", "_nout",
        "_pure", "_traverse",
    )  # fmt: skip

    def __init__(
        self,
        obj: Callable[P, T],
        key: str | None = None,
        pure: bool | None = None,
        nout: int | None = None,
        traverse: bool = True,
    ) -> None:
        put = object.__setattr__
        label = key or name_of(obj)
        put(self, "_function", obj)
        put(self, "_label", label)
        put(self, "_pure", pure)
        put(self, "_nout", nout)
        put(self, "_traverse", traverse)
        put(self, "_length", None)
        put(self, "_leaf_node", None)
        put(self, "_direct", Program.call(obj, name=label))
        put(self, "_mixed", {})
        put(self, "__wrapped__", obj)
        for name in ("__name__", "__qualname__"):
            put(self, name, getattr(obj, name, None))

    @property
    def _node(self) -> Any:
        """The function itself as a value, for whoever passes it on."""
        if self._leaf_node is None:
            key = f"{self._label}-{tokenize(self._function)}" if is_pure(self._pure) else fresh_name(self._label)
            object.__setattr__(self, "_leaf_node", Data(key, self._function))
        return self._leaf_node

    def __call__(
        self, *args: Any, pure: bool | None = None, weft_key_name: Key | None = None, **kwargs: Any
    ) -> Delayed[T]:
        pure = is_pure(self._pure if pure is None else pure)
        if kwargs or weft_key_name is not None or pure or ANNOTATIONS.get() is not None:
            return self._call_carefully(args, kwargs, pure, weft_key_name)
        inputs: list[Any] = []
        constants: list[Any] = []
        straight = True
        for arg in args:
            kind = type(arg)
            if kind is Delayed or kind is DelayedAttr:
                inputs.append(arg._node)
                if constants:
                    straight = False
            elif kind in ATOMS:
                constants.append(arg)
            else:
                return self._call_carefully(args, kwargs, None, None)
        program = self._direct if straight else self._mixed_program(tuple([type(arg) in ATOMS for arg in args]))
        frame = sys._getframe(1)
        made = object.__new__(Delayed)
        put = object.__setattr__
        put(made, "_node", Call(program, tuple(inputs), tuple(constants), None, (frame.f_code, frame.f_lasti)))
        put(made, "_length", self._nout)
        return made

    def _mixed_program(self, is_constant: tuple[bool, ...]) -> Program:
        """The program for arguments where constants come before nodes."""
        program: Program | None = self._mixed.get(is_constant)
        if program is None:
            node, constant = 0, len(is_constant) - sum(is_constant)
            slots = []
            for fixed in is_constant:
                slots.append(constant if fixed else node)
                constant += fixed
                node += not fixed
            program = Program((Step(self._function, tuple(slots)),), len(slots), name=self._label)
            self._mixed[is_constant] = program
        return program

    def _call_carefully(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], pure: bool | None, key: Key | None
    ) -> Delayed[Any]:
        return call(
            self._function,
            args,
            kwargs,
            pure=pure,
            key=key,
            nout=self._nout,
            label=self._label,
            traverse=self._traverse,
        )

    def __repr__(self) -> str:
        return f"Delayed({self._label!r})"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def _again(self, name: str | None, nout: int | None) -> DelayedLeaf[P, T]:
        label = self._label if name is None else name
        return DelayedLeaf(self._function, label, self._pure, self._nout if nout is None else nout, self._traverse)

    def __reduce__(self) -> Any:
        return DelayedLeaf, (self._function, self._label, self._pure, self._nout, self._traverse)


class DelayedAttr(Delayed[Any]):
    """An attribute of a delayed value; called, a method call in one task."""

    __slots__ = ("_attr", "_attr_node", "_made", "_obj")

    def __init__(self, obj: Delayed[Any], attr: str) -> None:
        put = object.__setattr__
        put(self, "_obj", obj)
        put(self, "_attr", attr)
        put(self, "_length", None)
        put(self, "_attr_node", None)
        put(self, "_made", (caller(), ANNOTATIONS.get()))

    @property
    def _node(self) -> Any:
        if self._attr_node is None:
            key = f"getattr-{tokenize(self._obj.key, self._attr)}"
            node = Call(GETATTR, (self._obj._node,), (self._attr,), key, *self._made)
            object.__setattr__(self, "_attr_node", node)
        return self._attr_node

    def __getattr__(self, name: str) -> Any:
        if name == "dtype" and self._attr == "dtype":
            raise AttributeError("dtype")  # what numpy asks for to decide whether this is a dtype itself
        return super().__getattr__(name)

    def __call__(
        self, *args: Any, pure: bool | None = None, weft_key_name: Key | None = None, **kwargs: Any
    ) -> Delayed[Any]:
        return call(Method(self._attr), (self._obj, *args), kwargs, pure=pure, key=weft_key_name, label=self._attr)

    def __reduce__(self) -> Any:
        return DelayedAttr, (self._obj, self._attr)


def call(
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    pure: bool | None = None,
    key: Key | None = None,
    nout: int | None = None,
    label: str = "call",
    traverse: bool = True,
) -> Delayed[Any]:
    """A delayed call of a function, or of what a delayed value gives."""
    if "dask_key_name" in kwargs:
        kwargs = {**kwargs}
        named = kwargs.pop("dask_key_name")
        key = named if key is None else key
    traced: Traced = trace(function, args, kwargs, traverse, name=label)
    if key is not None:
        check_key(key)
    elif is_pure(pure):
        key = f"{label}-{tokenize(function, args, kwargs)}"
    return Delayed._of(Call(traced.program, traced.inputs, traced.constants, key, caller(), ANNOTATIONS.get()), nout)


def single_key(seq: Any) -> Any:
    """The only item of a list of results; a lazy value that a task returned is computed in turn.

    >>> single_key([5])
    5
    """
    (value,) = seq
    while isinstance(value, Delayed):
        value = value.compute()
    return value


def _travelled(entries: list[tuple[Any, ...]], length: int | None) -> Delayed[Any]:
    return Delayed._of(unpack(entries), length)


def rebuild(
    graph: Mapping[Key, Any], key: Key, length: int | None, rename: Mapping[str, str] | None = None
) -> Delayed[Any]:
    """A delayed value over another graph (or over blocks that a backend holds)."""
    new = replace_name_in_key(key, rename) if rename else key
    return Delayed._of(node_from_graph(new, graph), length)
