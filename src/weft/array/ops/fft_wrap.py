"""Transforms that other libraries bring, applied to chunked arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.ops.fft import length_for, several_axes
from weft.array.ops.fft_transform import Step, Transform, checked, whole_along
from weft.array.ops.rechunking import laid_out
from weft.array.ops.transposing import normal_axis
from weft.records import record

__all__ = ["fft_wrap"]

SINGLE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
#: Transforms over several axes: what is done along the last, what along the others, and whether there are two axes.
MULTIPLE = {
    "fft2": ("fft", "fft"),
    "ifft2": ("ifft", "ifft"),
    "rfft2": ("rfft", "fft"),
    "irfft2": ("irfft", "ifft"),
    "fftn": ("fft", "fft"),
    "ifftn": ("ifft", "ifft"),
    "rfftn": ("rfft", "fft"),
    "irfftn": ("irfft", "ifft"),
}


def fft_wrap(
    fft_func: Callable[..., Any], kind: str | None = None, dtype: Any = None, allow_fftpack: bool = False
) -> Callable[..., Any]:
    """Make a function of NumPy arrays that is called like one of `numpy.fft` a function of chunked arrays.

    Parameters
    ----------
    fft_func : callable
        Takes ``(a, n, axis)`` or ``(a, s, axes)``, by name, and ``norm`` where one is given.
    kind : str, optional
        Which function of `numpy.fft` it behaves like; that of its own name by default.
    dtype : dtype, optional
        What it gives; by default it is called with a few ones to see.
    allow_fftpack : bool
        Whether functions of ``scipy.fftpack`` are taken, whose real transforms are laid out in another way.

    Returns
    -------
    callable
        Unlike the functions of `weft.array.fft` it needs all of the axes whole in a block; the array is cut so.

    Raises
    ------
    ValueError
        There is no such kind.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> transform = da.fft.fft_wrap(np.fft.rfft)
    >>> transform(da.ones(8, chunks=2)).shape
    (5,)
    """
    name = fft_func.__name__ if kind is None else kind
    if "fftpack" in getattr(fft_func, "__module__", "") and not allow_fftpack:
        raise ValueError(
            f"{name}() of scipy.fftpack packs real transforms in a layout of its own. "
            "Use scipy.fft, or say allow_fftpack=True."
        )
    given = None if dtype is None else np.dtype(dtype)
    if name in SINGLE:
        return AlongAxis(fft_func, name, given)
    if name in MULTIPLE:
        return OverAxes(fft_func, name, given)
    raise ValueError(f"fft_wrap: unknown kind {name!r}: it is one of {', '.join((*SINGLE, *MULTIPLE))}")


@record
class Wrapped:
    """A wrapped transform."""

    function: Callable[..., Any]
    kind: str
    dtype: np.dtype[Any] | None

    @property
    def __name__(self) -> str:
        return self.kind

    def apply(self, x: Any, steps: list[Step], keywords: dict[str, Any], norm: str | None) -> Any:
        """The transform of an array whose axes are made whole."""
        if norm is not None:
            keywords["norm"] = norm
        for kind, _, length in steps:
            if length < 1:
                raise ValueError(f"Invalid number of FFT data points ({length}) specified for {kind}.")
        made = self.dtype
        if made is None:
            made = np.asarray(self.function(np.ones((4,) * (2 if self.kind.endswith("2") else 1), x.dtype))).dtype
        grid = whole_along(x.expr, steps)
        source = x.expr if grid is None else laid_out(x.expr, grid)
        whole = [axis for _, axis, _ in steps if source.numblocks[axis] > 1]
        if whole:
            source = x.rechunk(dict.fromkeys([axis for _, axis, _ in steps], -1)).expr
        return new(Transform(source, tuple(steps), norm, made, self.function, tuple(keywords.items())))


class AlongAxis(Wrapped):
    """A transform along one axis."""

    def __call__(self, a: Any, n: int | None = None, axis: int | None = None, norm: str | None = None) -> Any:
        """The transform; arguments as `weft.array.fft.fft` has them."""
        x = checked(a, norm)
        place = normal_axis(-1 if axis is None else axis, x.ndim)
        step = (self.kind, place, length_for(self.kind, n, x.shape[place]))
        return self.apply(x, [step], {"n": n, "axis": place}, norm)


class OverAxes(Wrapped):
    """A transform over several axes."""

    def __call__(self, a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
        """The transform; arguments as `weft.array.fft.fftn` has them."""
        x = checked(a, norm)
        if axes is None and self.kind.endswith("2"):
            axes = (-2, -1)
        last, others = MULTIPLE[self.kind]
        pairs = several_axes(x, s, axes, last)
        steps = [(others, *pair) for pair in pairs[:-1]] + [(last, *pair) for pair in pairs[-1:]]
        places = tuple([axis for axis, _ in pairs])
        return self.apply(x, steps, {"s": None if s is None else tuple(s), "axes": places}, norm)
