"""Random arrays: the node that draws, and where its streams come from.

A `Stream` is what a seed becomes: it gives each call a key of its own, made of the seed and the number of the call. The
key, the shape and the place of an element decide its value (see `weft.array.kernels.random`): the chunks do not, so slices
and rechunks go right into the node.

Distributions are methods of `Distributions`, which NumPy's two interfaces, `Generator` and the older `RandomState`, have
in common. Parameters may be NumPy arrays, of which each block draws with its part, and chunked arrays: then blocks are
drawn on a grid of whole cells, and cut as asked for afterwards.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from math import isfinite, prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, axis_chunks, compress, grid_for
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import Region
from weft.array.kernels.random import Hole, Law, cell_box, draw
from weft.array.ops.creation import shape_of
from weft.array.ops.rechunking import laid_out
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Same, blockwise
from weft.physical.grid import Pick
from weft.physical.source import Whole

__all__ = ["Bounds", "Distributions", "Random", "RandomWith", "Stream", "drawn"]

#: NumPy arrays up to this many bytes are named by their content when they are parameters.
SMALL = 2**20
#: NumPy arrays up to this many bytes go along with each task when they are the same for all draws.
INLINE = 4096
#: Draws up to which parameters are tried out when a call is made, so that bad ones fail there.
TRIED = 2**18


@node
class Random(ArrayExpr):
    """A region of a random array.

    Parameters
    ----------
    law : Law
    key : (int, int)
        Names the stream.
    whole : tuple of int
        Shape of the array that was asked for.
    region : Region
        What of it this is.
    grid : Grid
    parameters : tuple of Held
        NumPy arrays for the holes in the law.
    """

    law: Law
    key: tuple[int, int]
    whole: tuple[int, ...]
    region: Region
    grid: Grid
    parameters: tuple[Held, ...] = ()

    holes = ("key",)

    @property
    def label(self) -> str:
        method = self.law.method
        return method if isinstance(method, str) else method.__name__

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.law.dtype

    def lower(self) -> Expr:
        outline = self.outline
        wholes = [
            (Whole(Outline(f"{self.name}-{i}", "parameter", ()), each), ()) for i, each in enumerate(self.parameters)
        ]
        columns: list[Column] = [Bounds(self.region, self.grid), Same(self.law), Same(self.key), Same(self.whole)]
        count = len(wholes)
        slots = [*range(count, count + 4), *range(count)]
        return blockwise(outline, draw, wholes, columns, slots=slots, cost=Cost.READ)


@node
class RandomWith(ArrayExpr):
    """A random array with parameters that are chunked arrays."""

    law: Law
    key: tuple[int, int]
    shape: tuple[int, ...]
    grid: Grid
    parameters: tuple[Any, ...]

    @property
    def label(self) -> str:
        return str(self.law.method)

    @derived
    def prototype(self) -> Any:
        return None  # NumPy draws, whatever the parameters are

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.law.dtype

    def lower(self) -> Expr:
        box = cell_box(self.shape, self.law.core)
        cells = tuple(
            [snapped(length, cut, side) for length, cut, side in zip(self.shape, self.grid, box, strict=True)]
        )
        if cells != self.grid:
            return laid_out(self.with_operands(grid=cells), self.grid)
        sources: list[tuple[Expr, Pick]] = []
        holes: dict[int, Hole] = {}
        for number, each in enumerate(self.parameters):
            if isinstance(each, ArrayExpr):
                skip = len(self.shape) - self.law.core - each.ndim
                wanted, pick = [], []
                for axis, length in enumerate(each.shape):
                    spread = length == 1 != self.shape[axis + skip]
                    wanted.append(1 if spread else self.grid[axis + skip])
                    pick.append(None if spread else axis + skip)
                sources.append((laid_out(each, tuple(wanted)), tuple(pick)))
            else:
                sources.append((Whole(Outline(f"{self.name}-{number}", "parameter", ()), each), ()))
            holes[number] = Hole(number, 0, isinstance(each, ArrayExpr))
        args = tuple(
            [holes[each.number]._replace(core=each.core) if isinstance(each, Hole) else each for each in self.law.args]
        )
        region = tuple([(0, 1, length) for length in self.shape])
        columns: list[Column] = [
            Bounds(region, self.grid),
            Same(replace(self.law, args=args)),
            Same(self.key),
            Same(self.shape),
        ]
        count = len(sources)
        slots = [*range(count, count + 4), *range(count)]
        return blockwise(self.outline, draw, sources, columns, slots=slots, cost=Cost.READ)


def snapped(length: int, cut: Any, side: int) -> Any:
    """The cut nearest to one whose chunks end where cells do."""
    if not isinstance(cut, tuple):
        return max(1, min(length, max(1, round(cut / side)) * side)) if side else 1
    ends, end = {0, length}, 0
    for each in cut:
        end += each
        ends.add(min(length, round(end / side) * side) if side else 0)
    edges = sorted(ends)
    return compress([high - low for low, high in pairwise(edges)] or [0])


@dataclass(frozen=True)
class Bounds:
    """Column: for each block ``(start, step, length)`` along each axis of the whole array."""

    region: Region
    grid: Grid

    def __weft_tokenize__(self) -> Any:
        return (self.region, self.grid)

    def values(self, numblocks: Any) -> list[Any]:
        made: list[tuple[Any, ...]] = [()]
        for (start, step, length), cut in zip(self.region, self.grid, strict=True):
            along, first = [], start
            for each in axis_chunks(length, cut):
                along.append((first, step, each))
                first += step * each
            made = [(*lead, last) for lead in made for last in along]
        return made


class Stream:
    """Keys for the calls of a generator, made of a seed and a count of the calls."""

    def __init__(self, seed: bytes, count: int = 0) -> None:
        self.seed = seed
        self.count = count
        self.lock = threading.Lock()

    @classmethod
    def of(cls, bits: Any) -> Stream:
        """A stream from 256 bits that a NumPy bit generator gives now; the operating system's without one."""
        return cls(os.urandom(32) if bits is None else np.random.Generator(bits).bytes(32))

    def next(self) -> tuple[int, int]:
        """The key for one more call."""
        with self.lock:
            self.count += 1
            count = self.count
        digest = blake2b(self.seed + count.to_bytes(16, "little"), digest_size=16, usedforsecurity=False).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def __reduce__(self) -> Any:
        return Stream, (self.seed, self.count)


def drawn(
    key: tuple[int, int],
    method: Any,
    args: tuple[Any, ...],
    size: Any,
    chunks: Any,
    *,
    core: tuple[int, ...] = (),
    cores: tuple[int, ...] | None = None,
    dtype: Any = None,
    affine: tuple[float, float] = (1.0, 0.0),
    keywords: Mapping[str, Any] | None = None,
    tries: bool = True,
) -> Any:
    """An array drawn with a method of `numpy.random.Generator`.

    Parameters
    ----------
    key : (int, int)
    method : str or callable
    args : tuple
        Scalars and arrays, NumPy's or chunked, which are broadcast.
    size : int, tuple or None
        By default the shape that the arguments have together.
    chunks : int, tuple, str or dict
        For the axes of ``size``; may name those of ``core`` too.
    core : tuple of int
        Shape of what one draw gives.
    cores : tuple of int, optional
        For each argument the number of its last axes that are not broadcast.
    dtype : dtype
        Of the result.
    affine : (float, float)
        Factor and summand for what is drawn.
    keywords : mapping, optional
        Further arguments of the method.
    tries : bool
        Whether to try the arguments out.
    """
    words = dict(keywords or {})
    kept = cores or (0,) * len(args)
    made: list[Any] = []
    parameters: list[Any] = []
    shapes = []
    for each, own in zip(args, kept, strict=True):
        value = each.expr if isinstance(each, ArrayBase) else each
        if not isinstance(value, ArrayExpr):
            value = plain(value)
            if not isinstance(value, np.ndarray) or (value.ndim <= own and value.nbytes <= INLINE):
                made.append(value)
                continue
        shapes.append(outer_shape(value, own))
        made.append(Hole(len(parameters), own, False))
        parameters.append(value)
    label = method if isinstance(method, str) else method.__name__
    outer = lengths_of(size, shapes, label)
    if tries:
        tried(method, made, parameters, words)
    shape = outer + core
    kind = np.dtype(dtype)
    grid = grid_of(chunks, outer, core, kind)
    law = Law(method, tuple(made), tuple(sorted(words.items())), kind, len(core), affine)
    held: tuple[Any, ...] = tuple(
        [each if isinstance(each, ArrayExpr) else Held.of(each, each.nbytes <= SMALL or None) for each in parameters]
    )
    if any(isinstance(each, ArrayExpr) for each in parameters):
        return new(RandomWith(law, key, shape, grid, held))
    return new(Random(law, key, shape, tuple([(0, 1, length) for length in shape]), grid, held))


def outer_shape(value: Any, core: int) -> tuple[int, ...]:
    """The axes of a parameter that are broadcast."""
    return tuple(value.shape)[: value.ndim - core]


def plain(value: Any) -> Any:
    """A parameter as a Python number if it is one, as an array otherwise."""
    if isinstance(value, (bool, int, float, ArrayBase)):
        return value
    array = np.asarray(value)
    return array.item() if array.ndim == 0 and array.dtype.kind in "biuf" else array


def are_numbers(*values: Any) -> bool:
    """Whether all parameters are single numbers, and finite."""
    return all(isinstance(each, (bool, int, float)) and isfinite(each) for each in values)


def lengths_of(size: Any, shapes: list[tuple[int, ...]], label: str) -> tuple[int, ...]:
    """The shape asked for, which the parameters must fit."""
    try:
        together = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"cannot draw {label}: the parameters could not be broadcast together with shapes "
            f"{' '.join(map(str, shapes))}. Lengths along an axis must be equal, or 1."
        ) from None
    if size is None:
        return together
    outer = shape_of(size)
    if shapes and (len(together) > len(outer) or np.broadcast_shapes(together, outer) != outer):
        raise ValueError(
            f"cannot draw {label} with size={size!r}: the parameters have the shape {together} together, which does not "
            "broadcast to it. Give a size that ends in that shape, or size=None."
        )
    return outer


def grid_of(chunks: Any, outer: tuple[int, ...], core: tuple[int, ...], dtype: np.dtype[Any]) -> Grid:
    """The grid for chunks of the outer axes, or of all; what one draw gives stays together unless asked otherwise."""
    if not core:
        return grid_for(chunks, outer, dtype)
    shape = outer + core
    if isinstance(chunks, (list, tuple)) and len(chunks) == len(outer):
        chunks = (*chunks, *[-1] * len(core))
    elif isinstance(chunks, str) or hasattr(chunks, "__index__"):
        chunks = (*[chunks] * len(outer), *[-1] * len(core))
    return grid_for(chunks, shape, dtype)


def tried(method: str, args: list[Any], parameters: list[Any], keywords: dict[str, Any]) -> None:
    """Draw with these parameters once, if that is little work, so that NumPy refuses bad ones at the call."""
    if any(isinstance(each, ArrayExpr) for each in parameters):
        return
    values = [parameters[each.number] if isinstance(each, Hole) else each for each in args]
    size: Any = 1
    if parameters:
        holes = [each for each in args if isinstance(each, Hole)]
        size = np.broadcast_shapes(*[outer_shape(parameters[each.number], each.core) for each in holes])
        if prod(size) > TRIED:
            return
    getattr(np.random.default_rng(0), method)(*values, size=size, **keywords)


class Distributions:
    """Distributions that both of NumPy's interfaces have.

    Sizes, parameters and results are those of `numpy.random.Generator`; ``chunks`` says how the array is cut, in any form
    that `normalize_chunks` takes, and changes no value.
    """

    _stream: Stream

    def _draw(self, method: str, args: tuple[Any, ...], size: Any, chunks: Any, dtype: Any = "f8") -> Any:
        return drawn(self._stream.next(), method, args, size, chunks, dtype=dtype)

    def _standard(self, method: str, scale: float, shift: float, size: Any, chunks: Any) -> Any:
        """``shift + scale * standard``."""
        affine = (float(scale), float(shift))
        return drawn(self._stream.next(), method, (), size, chunks, dtype="f8", affine=affine)

    def beta(self, a: Any, b: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Beta distribution; see `numpy.random.Generator.beta`."""
        return self._draw("beta", (a, b), size, chunks)

    def binomial(self, n: Any, p: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Binomial distribution: successes in ``n`` trials of probability ``p``; see `numpy.random.Generator.binomial`."""
        return self._draw("binomial", (n, p), size, chunks, "i8")

    def chisquare(self, df: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Chi-square distribution; see `numpy.random.Generator.chisquare`."""
        return self._draw("chisquare", (df,), size, chunks)

    def exponential(self, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Exponential distribution; see `numpy.random.Generator.exponential`."""
        scale = plain(scale)
        if are_numbers(scale):
            np.random.default_rng(0).exponential(scale)
            return self._standard("standard_exponential", scale, 0.0, size, chunks)
        return self._draw("exponential", (scale,), size, chunks)

    def f(self, dfnum: Any, dfden: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """F distribution; see `numpy.random.Generator.f`."""
        return self._draw("f", (dfnum, dfden), size, chunks)

    def gamma(self, shape: Any, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Gamma distribution; see `numpy.random.Generator.gamma`."""
        return self._draw("gamma", (shape, scale), size, chunks)

    def geometric(self, p: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Geometric distribution: trials up to the first success; see `numpy.random.Generator.geometric`."""
        return self._draw("geometric", (p,), size, chunks, "i8")

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Gumbel distribution; see `numpy.random.Generator.gumbel`."""
        return self._draw("gumbel", (loc, scale), size, chunks)

    def hypergeometric(self, ngood: Any, nbad: Any, nsample: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Hypergeometric distribution: good ones among ``nsample`` drawn without replacement; see `numpy.random.Generator.hypergeometric`."""
        return self._draw("hypergeometric", (ngood, nbad, nsample), size, chunks, "i8")

    def laplace(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Laplace distribution; see `numpy.random.Generator.laplace`."""
        return self._draw("laplace", (loc, scale), size, chunks)

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Logistic distribution; see `numpy.random.Generator.logistic`."""
        return self._draw("logistic", (loc, scale), size, chunks)

    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Log-normal distribution; see `numpy.random.Generator.lognormal`."""
        return self._draw("lognormal", (mean, sigma), size, chunks)

    def logseries(self, p: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Logarithmic series distribution; see `numpy.random.Generator.logseries`."""
        return self._draw("logseries", (p,), size, chunks, "i8")

    def multinomial(self, n: Any, pvals: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Multinomial distribution; see `numpy.random.Generator.multinomial`. The last axis has an entry for each of ``pvals``.

        The probabilities are computed now if they are a chunked array.
        """
        chances = np.asarray(pvals, float)
        if chances.ndim == 0:
            raise ValueError("multinomial() needs a sequence of probabilities as pvals, not a single number")
        return drawn(
            self._stream.next(),
            "multinomial",
            (n, chances),
            size,
            chunks,
            core=chances.shape[-1:],
            cores=(0, 1),
            dtype="i8",
        )

    def negative_binomial(self, n: Any, p: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Negative binomial distribution; see `numpy.random.Generator.negative_binomial`."""
        return self._draw("negative_binomial", (n, p), size, chunks, "i8")

    def noncentral_chisquare(self, df: Any, nonc: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Non-central chi-square distribution; see `numpy.random.Generator.noncentral_chisquare`."""
        return self._draw("noncentral_chisquare", (df, nonc), size, chunks)

    def noncentral_f(self, dfnum: Any, dfden: Any, nonc: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Non-central F distribution; see `numpy.random.Generator.noncentral_f`."""
        return self._draw("noncentral_f", (dfnum, dfden, nonc), size, chunks)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Normal (Gaussian) distribution; see `numpy.random.Generator.normal`."""
        loc, scale = plain(loc), plain(scale)
        if are_numbers(loc, scale):
            np.random.default_rng(0).normal(loc, scale)
            return self._standard("standard_normal", scale, loc, size, chunks)
        return self._draw("normal", (loc, scale), size, chunks)

    def pareto(self, a: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Pareto II (Lomax) distribution; see `numpy.random.Generator.pareto`."""
        return self._draw("pareto", (a,), size, chunks)

    def poisson(self, lam: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Poisson distribution; see `numpy.random.Generator.poisson`."""
        return self._draw("poisson", (lam,), size, chunks, "i8")

    def power(self, a: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Power distribution: density ``a * x**(a - 1)`` in [0, 1]; see `numpy.random.Generator.power`."""
        return self._draw("power", (a,), size, chunks)

    def rayleigh(self, scale: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Rayleigh distribution; see `numpy.random.Generator.rayleigh`."""
        return self._draw("rayleigh", (scale,), size, chunks)

    def standard_cauchy(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Standard Cauchy distribution; see `numpy.random.Generator.standard_cauchy`."""
        return self._draw("standard_cauchy", (), size, chunks)

    def standard_t(self, df: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Student's t distribution; see `numpy.random.Generator.standard_t`."""
        return self._draw("standard_t", (df,), size, chunks)

    def triangular(self, left: Any, mode: Any, right: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Triangular distribution; see `numpy.random.Generator.triangular`."""
        return self._draw("triangular", (left, mode, right), size, chunks)

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None, chunks: Any = "auto") -> Any:
        """Numbers in ``[low, high)``, all equally likely; see `numpy.random.Generator.uniform`."""
        low, high = plain(low), plain(high)
        if are_numbers(low, high):
            np.random.default_rng(0).uniform(low, high)
            return self._standard("random", high - low, low, size, chunks)
        return self._draw("uniform", (low, high), size, chunks)

    def vonmises(self, mu: Any, kappa: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Von Mises distribution: angles in [-pi, pi]; see `numpy.random.Generator.vonmises`."""
        return self._draw("vonmises", (mu, kappa), size, chunks)

    def wald(self, mean: Any, scale: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Wald (inverse Gaussian) distribution; see `numpy.random.Generator.wald`."""
        return self._draw("wald", (mean, scale), size, chunks)

    def weibull(self, a: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Weibull distribution; see `numpy.random.Generator.weibull`."""
        return self._draw("weibull", (a,), size, chunks)

    def zipf(self, a: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Zipf distribution; see `numpy.random.Generator.zipf`."""
        return self._draw("zipf", (a,), size, chunks, "i8")
