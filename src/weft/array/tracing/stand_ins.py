"""What a function of blocks does, learnt by calling it with stand-ins that write down what is done with them.

A stand-in knows how many axes its block has and of what type the elements are, not how long it is: slices count from the
start or from the end, and hold for all blocks that are long enough. What a function gives is a *value*: a tree of inputs,
elementwise functions, slices, and layers of what was assigned. Asked for what lies in a window (so many elements from either
end), a value tells which windows of its parts that takes, down to windows of the inputs.

    made = block.copy()                            Layers of block everywhere,
    made[1:-1] = (block[:-2] + block[2:]) / 2      and, within the window (1, 1), a quotient

The window (1, 1) of this is the quotient's window (0, 0), which takes the windows (0, 2) and (2, 0) of the block.

What a stand-in cannot do raises `Untraceable`, which no ``except Exception`` of the function catches. Views that would show
later assignments are given up on, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Input", "StandIn", "Untraceable", "Window", "resolve"]

#: For each axis how many elements at the start and at the end are left out.
Window = tuple[tuple[int, int], ...]
#: A place along an axis: ``(0, k)`` is k from the start, ``(1, -k)`` is k before the end. In long axes they order as tuples.
Place = tuple[int, int]

#: How far slices may reach into a block.
FARTHEST = 64


class Untraceable(BaseException):
    """A function does what stand-ins cannot follow."""


class Input(NamedTuple):
    """A block that the function is given."""

    number: int


class Operation(NamedTuple):
    """An elementwise function of values and numbers."""

    function: Callable[..., Any]
    operands: tuple[Any, ...]


class Cast(NamedTuple):
    """A value in another dtype."""

    value: Any
    dtype: np.dtype[Any]


class Moved(NamedTuple):
    """What lies in a window of a value; negative where it begins before the value does."""

    value: Any
    window: Window


class Layer(NamedTuple):
    """A value that lies somewhere in another."""

    region: tuple[tuple[Place, Place], ...]
    value: Any


class Layers(NamedTuple):
    """Values over values; the last lies on top. Where there is none, nothing was ever assigned."""

    layers: tuple[Layer, ...]


Value = Input | Operation | Cast | Moved | Layers
UNASSIGNED = Layers(())


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of which only the type is known.

    Parameters
    ----------
    value : Value
    dtype : dtype
    lost : tuple of int
        By how much each axis is shorter than that of the function's argument.
    reach : list of int
        How far slices reached into blocks along each axis; all stand-ins of a call share it.
    is_own : bool
        Whether the function may write to it.
    base : StandIn, optional
        That of which this is a view.
    """

    def __init__(
        self,
        value: Any,
        dtype: np.dtype[Any],
        lost: tuple[int, ...],
        reach: list[int],
        *,
        is_own: bool = True,
        base: StandIn | None = None,
    ) -> None:
        self.kept = value
        self.dtype = dtype
        self.lost = lost
        self.reach = reach
        self.is_own = is_own
        self.base_of_view = base
        self.seen_value = None if base is None else base.kept

    @property
    def ndim(self) -> int:
        return len(self.lost)

    def now(self) -> Any:
        """The value, unless what it is a view of has been written to since."""
        if self.base_of_view is not None and self.base_of_view.kept is not self.seen_value:
            raise Untraceable("a view was read after its base had been written to")
        return self.kept

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(f"the attribute {name} was asked for")

    def __getitem__(self, index: Any) -> StandIn:
        window = window_of(self.region(index))
        base = self if self.base_of_view is None else self.base_of_view
        return StandIn(
            Moved(self.now(), window),
            self.dtype,
            self.less(window),
            self.reach,
            is_own=False,
            base=base if base.is_own else None,
        )

    def __setitem__(self, index: Any, given: Any) -> None:
        if not self.is_own:
            raise Untraceable("an argument, or a view, was written to")
        region = self.region(index)
        value = operand(given)
        if isinstance(given, StandIn):
            if given.lost != self.less(window_of(region)):
                raise Untraceable("something was assigned that has to be broadcast")
            if given.dtype != self.dtype:
                value = Cast(value, self.dtype)
        else:
            value = Operation(constant, (value, self.dtype))
        before = self.kept.layers if isinstance(self.kept, Layers) else (Layer(everywhere(self.ndim), self.kept),)
        self.kept = Layers((*before, Layer(region, value)))

    def region(self, index: Any) -> tuple[tuple[Place, Place], ...]:
        """The part that an index selects."""
        region = region_of(index, self.ndim)
        for axis, (start, stop) in enumerate(region):
            self.reach[axis] = max(self.reach[axis], abs(start[1]), abs(stop[1]))
        return region

    def less(self, window: Window) -> tuple[int, ...]:
        """What a window of this has lost."""
        return tuple([own + before + after for own, (before, after) in zip(self.lost, window, strict=True)])

    def made(self, value: Any, dtype: np.dtype[Any]) -> StandIn:
        """A new array of this length."""
        return StandIn(value, dtype, self.lost, self.reach)

    def copy(self, order: str = "C") -> StandIn:
        return self.made(self.now(), self.dtype)

    def astype(self, dtype: Any) -> StandIn:
        wanted = np.dtype(dtype)
        return self.made(Cast(self.now(), wanted), wanted)

    def clip(self, low: Any = None, high: Any = None) -> StandIn:
        return applied(np.clip, (self, low, high))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> StandIn:
        if method != "__call__" or keywords or ufunc.signature is not None or ufunc.nout != 1:
            raise Untraceable(f"{ufunc.__name__} was not simply called")
        return applied(ufunc, inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> StandIn:
        if function in (np.where, np.clip) and not keywords and len(args) == 3:
            return applied(function, args)
        if function is np.copy and len(args) == 1 and not keywords:
            return self.copy()
        if function is np.roll:
            return rolled(*args, **keywords)
        if function in LIKE and len(args) == 1 and not keywords:
            number = LIKE[function]
            return self.made(UNASSIGNED if number is None else Operation(constant, (number, self.dtype)), self.dtype)
        if function is np.full_like and len(args) == 2 and not keywords:
            return self.made(Operation(constant, (operand(args[1]), self.dtype)), self.dtype)
        raise Untraceable(f"{function.__name__} was called")

    def refuse(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("the elements were asked for")

    __array__ = __bool__ = __len__ = __iter__ = __float__ = __int__ = __complex__ = __index__ = __contains__ = refuse
    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ifloordiv__ = __imod__ = __ipow__ = refuse
    __iand__ = __ior__ = __ixor__ = __ilshift__ = __irshift__ = __imatmul__ = __delitem__ = refuse
    __hash__ = None  # type: ignore[assignment]


#: Functions that make arrays like another, and what is in them.
LIKE: dict[Any, Any] = {np.zeros_like: 0, np.ones_like: 1, np.empty_like: None}


def constant(number: Any, dtype: np.dtype[Any]) -> Any:
    """A number as NumPy assigns it to elements of a dtype."""
    made = np.empty((), dtype)
    made[()] = number
    return made[()]


def operand(given: Any) -> Any:
    """The value of a stand-in; a number as it is."""
    if isinstance(given, StandIn):
        return given.now()
    if (
        given is None
        or isinstance(given, (bool, int, float, complex, np.generic))
        or (isinstance(given, np.ndarray) and not given.ndim)
    ):
        return given
    raise Untraceable(f"a {type(given).__name__} met a block")


def applied(function: Callable[..., Any], inputs: Sequence[Any]) -> StandIn:
    """What an elementwise function gives."""
    blocks = [each for each in inputs if isinstance(each, StandIn)]
    if any(each.lost != blocks[0].lost for each in blocks):
        raise Untraceable("blocks of different lengths met")
    samples = [np.empty((0,) * each.ndim, each.dtype) if isinstance(each, StandIn) else each for each in inputs]
    made = function(*samples)
    if type(made) is not np.ndarray or made.ndim != blocks[0].ndim:
        raise Untraceable(f"{function.__name__} gave something else than one array")
    return blocks[0].made(Operation(function, tuple([operand(each) for each in inputs])), made.dtype)


def rolled(block: Any, shift: Any, axis: Any = None) -> StandIn:
    """What `numpy.roll` gives, but for the elements that come around."""
    if not isinstance(block, StandIn) or type(shift) is not int or type(axis) is not int:
        raise Untraceable("roll was called with several shifts")
    if not -block.ndim <= axis < block.ndim or abs(shift) > FARTHEST:
        raise Untraceable("roll was called with a large shift")
    region, window = list(everywhere(block.ndim)), [(0, 0)] * block.ndim
    region[axis] = ((0, max(shift, 0)), (1, min(shift, 0)))
    window[axis] = (max(-shift, 0), max(shift, 0))
    block.reach[axis] = max(block.reach[axis], abs(shift))
    return block.made(Layers((Layer(tuple(region), Moved(block.now(), tuple(window))),)), block.dtype)


def everywhere(ndim: int) -> tuple[tuple[Place, Place], ...]:
    return (((0, 0), (1, 0)),) * ndim


def region_of(index: Any, ndim: int) -> tuple[tuple[Place, Place], ...]:
    """The part of an array that an index of slices selects."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(each is Ellipsis for each in parts):
        at = next(place for place, each in enumerate(parts) if each is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (ndim - len(parts) + 1)
    parts += [slice(None)] * (ndim - len(parts))
    if len(parts) != ndim:
        raise Untraceable("an index has another number of axes")
    return tuple([part_of(each) for each in parts])


def part_of(part: Any) -> tuple[Place, Place]:
    """Where a slice or an integer begins and ends."""
    if type(part) is int:
        return place_of(part), (1, 0) if part == -1 else place_of(part + 1)
    if not isinstance(part, slice) or part.step not in (None, 1):
        raise Untraceable("an index is no plain slice")
    return (0, 0) if part.start is None else place_of(part.start), (1, 0) if part.stop is None else place_of(part.stop)


def place_of(at: Any) -> Place:
    if type(at) is not int or abs(at) > FARTHEST:
        raise Untraceable("an index goes far into a block")
    return (0, at) if at >= 0 else (1, at)


def window_of(region: Sequence[tuple[Place, Place]]) -> Window:
    """A region that goes from near the start to near the end, as a window."""
    if any(start[0] != 0 or stop[0] != 1 for start, stop in region):
        raise Untraceable("a slice does not go from near the start to near the end")
    return tuple([(start[1], -stop[1]) for start, stop in region])


def resolve(
    value: Any, window: Window, read: Callable[[int, Window], Any], known: dict[tuple[int, Window], Any]
) -> Any:
    """What lies in a window of a value.

    ``read(number, window)`` gives a window of an input; what it gives is handed to the functions that were recorded.
    """
    if not isinstance(value, (Input, Operation, Cast, Moved, Layers)):
        return value
    found = known.get((id(value), window))
    if found is None:
        found = known[id(value), window] = resolved(value, window, read, known)
    return found


def resolved(
    value: Value, window: Window, read: Callable[[int, Window], Any], known: dict[tuple[int, Window], Any]
) -> Any:
    match value:
        case Input(number):
            return read(number, window)
        case Operation(function, operands):
            return function(*[resolve(each, window, read, known) for each in operands])
        case Cast(inner, dtype):
            return resolve(inner, window, read, known).astype(dtype)
        case Moved(inner, by):
            return resolve(inner, added(window, by), read, known)
        case Layers(layers):
            for region, inner in reversed(layers):
                within = [
                    start <= (0, before) and (1, -after) <= stop
                    for (start, stop), (before, after) in zip(region, window, strict=True)
                ]
                if all(within):
                    own = tuple([(-start[1], stop[1]) for start, stop in region])
                    return resolve(inner, added(window, own), read, known)
                if not any(
                    stop <= (0, before) or start >= (1, -after)
                    for (start, stop), (before, after) in zip(region, window, strict=True)
                ):
                    raise Untraceable("a window has several parts")
    raise Untraceable("what was never assigned is read")


def added(window: Window, by: Window) -> Window:
    return tuple([(before + more, after + yet) for (before, after), (more, yet) in zip(window, by, strict=True)])
