"""What stands around a user's function of blocks in a task: keywords, lists of blocks, checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.array.expr import joined_blocks
from weft.records import record

__all__ = ["Gathering", "Repacked", "ShapeChecked", "WithKeywords"]


@record
class WithKeywords:
    """A function with keyword arguments that are the same for all blocks."""

    func: Callable[..., Any]
    keywords: tuple[tuple[str, Any], ...]

    @property
    def __name__(self) -> str:
        return str(getattr(self.func, "__name__", type(self.func).__name__))

    def __weft_tokenize__(self) -> Any:
        return (self.func, self.keywords)

    def __call__(self, *values: Any, **told: Any) -> Any:
        return self.func(*values, **dict(self.keywords), **told)


@record
class Gathering:
    """A function some of whose arguments are made of several blocks.

    ``shapes`` has an entry for each argument: None for one block, ``...`` for a value that is no block (they come after
    all blocks), and else how many blocks there are along each lost axis, and which axes those are.
    """

    func: Callable[..., Any]
    shapes: tuple[Any, ...]
    concatenate: bool

    def __weft_tokenize__(self) -> Any:
        return (self.func, repr(self.shapes), self.concatenate)

    def __call__(self, *values: Any, **told: Any) -> Any:
        taken, plain = 0, len(values) - sum(shape is Ellipsis for shape in self.shapes)
        arguments = []
        for shape in self.shapes:
            if shape is Ellipsis:
                arguments.append(values[plain])
                plain += 1
            elif shape is None:
                arguments.append(values[taken])
                taken += 1
            else:
                counts, axes = shape
                number = 1
                for count in counts:
                    number *= count
                blocks = values[taken : taken + number]
                taken += number
                arguments.append(self.together(blocks, counts, axes))
        return self.func(*arguments, **told)

    def together(self, blocks: tuple[Any, ...], counts: tuple[int, ...], axes: tuple[int, ...]) -> Any:
        """Blocks joined, or as nested lists."""
        if self.concatenate:
            grid = [1] * blocks[0].ndim
            order = sorted(range(len(axes)), key=axes.__getitem__)
            if order != list(range(len(axes))):
                blocks = tuple(reordered(blocks, counts, order))
            for axis, count in zip(axes, counts, strict=True):
                grid[axis] = count
            return joined_blocks(blocks, grid)
        parts = list(blocks)
        for count in reversed(counts[1:]):
            parts = [parts[at : at + count] for at in range(0, len(parts), count)]
        return parts


def reordered(blocks: tuple[Any, ...], counts: tuple[int, ...], order: list[int]) -> list[Any]:
    """Blocks of a grid with its axes in another order."""
    import numpy as np

    numbers = np.arange(len(blocks)).reshape(counts).transpose(order).ravel()
    return [blocks[number] for number in numbers.tolist()]


@record
class Repacked:
    """A function for which computed collections are put back to where they stood among its arguments.

    Parameters
    ----------
    func : callable
    arrays : tuple of bool
        For each positional argument whether it is an array's block; those come first, then the computed collections.
    repack : callable
        Makes the other arguments and the keywords of the list of computed collections.
    """

    func: Callable[..., Any]
    arrays: tuple[bool, ...]
    repack: Callable[[list[Any]], tuple[Any, ...]]

    @property
    def __name__(self) -> str:
        return str(getattr(self.func, "__name__", type(self.func).__name__))

    def __call__(self, *values: Any, **told: Any) -> Any:
        blocks = sum(self.arrays)
        others, keywords = self.repack(list(values[blocks:]))
        block, other = iter(values[:blocks]), iter(others)
        arguments = [next(block) if is_array else next(other) for is_array in self.arrays]
        return self.func(*arguments, **keywords, **told)


@record
class ShapeChecked:
    """A function whose results must have ``ndim`` axes."""

    func: Callable[..., Any]
    ndim: int

    def __call__(self, *values: Any, **told: Any) -> Any:
        made = self.func(*values, **told)
        if getattr(made, "ndim", 0) != self.ndim:
            name = getattr(self.func, "__name__", self.func)
            raise ValueError(
                f"Dimension mismatch: expected output of {name} to have dims = {self.ndim}. "
                f"Got {getattr(made, 'ndim', 0)} instead."
            )
        return made
