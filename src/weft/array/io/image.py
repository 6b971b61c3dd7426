"""Stacks of images."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.expr import Cost, Expr, derived, node
from weft.extras import import_required
from weft.physical.blockwise import Listed, Same, from_parts
from weft.text import natural_sort_key

__all__ = ["imread"]

INSTALL = "weft.array.imread needs imageio, or a function imread=...: pip install 'weft[image]'"


@node
class Images(ArrayExpr):
    """Images of one shape, one after the other."""

    paths: tuple[tuple[str, int], ...]
    one: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[str], Any] | None
    preprocess: Callable[[Any], Any] | None

    @property
    def label(self) -> str:
        return "imread"

    @derived
    def shape(self) -> tuple[int, ...]:
        return (len(self.paths), *self.one)

    @derived
    def grid(self) -> Grid:
        return (1, *[max(1, length) for length in self.one])

    def lower(self) -> Expr:
        paths = Listed(tuple([path for path, _ in self.paths]))
        columns = [Same(self.read), Same(self.preprocess), Same(self.one), Same(self.dtype)]
        return from_parts(self.outline, read_one, paths, *columns, cost=Cost.HEAVY)


def read_image(path: str, read: Callable[[str], Any] | None, preprocess: Callable[[Any], Any] | None) -> Any:
    """The image in a file."""
    function = read or import_required("imageio.v3", INSTALL).imread
    image = np.asarray(function(path))
    return image if preprocess is None else np.asarray(preprocess(image))


def read_one(path: str, read: Any, preprocess: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """The image in a file as a stack of one."""
    image = read_image(path, read, preprocess)
    if image.shape != shape or image.dtype != dtype:
        raise ValueError(
            f"the image {path} is an array of shape {image.shape} and {image.dtype}, where the first of the stack has "
            f"{shape} and {dtype}: bring all to one with preprocess="
        )
    return image[None]


def imread(
    filename: str, imread: Callable[[str], Any] | None = None, preprocess: Callable[[Any], Any] | None = None
) -> Any:
    """The images that a pattern matches as one array, a chunk for each.

    Parameters
    ----------
    filename : str
        A path with wildcards, such as ``"images/2024-*.png"``; the files are taken in natural order.
    imread : callable, optional
        Reads the image of a path; ``imageio.v3.imread`` by default.
    preprocess : callable, optional
        Applied to each image.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import weft.array as da
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     for day in range(3):
    ...         np.save(f"{directory}/{day}.npy", np.full((2, 4), day))
    ...     x = da.imread(directory + "/*.npy", imread=np.load)
    ...     x.chunks, x.max().compute()
    (((1, 1, 1), (2,), (4,)), np.int64(2))
    """
    found = sorted(glob.glob(os.fspath(filename)), key=natural_sort_key)
    if not found:
        raise ValueError(f"no file matches {filename!r}: give a path with wildcards that does")
    first = read_image(found[0], imread, preprocess)
    paths = tuple([(os.path.abspath(path), os.stat(path).st_mtime_ns) for path in found])
    return new(Images(paths, first.shape, first.dtype, imread, preprocess))
