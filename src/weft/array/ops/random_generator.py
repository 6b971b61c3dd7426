"""The two interfaces that NumPy has: `Generator`, and the older `RandomState` with a global instance."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.kernels.random import NARROW
from weft.array.kernels.random import integers as bounded
from weft.array.ops.creation import shape_of
from weft.array.ops.random import Stream, drawn, plain
from weft.array.ops.random_choice import choice
from weft.array.ops.random_distributions import Distributions
from weft.array.ops.random_order import order, permuted, shuffled
from weft.array.ops.reducing import into

__all__ = ["Generator", "RandomState", "default_rng"]

#: Kinds of floats that the standard distributions come in.
FLOATS = frozenset({"f4", "f8"})
#: Dtypes of integers that are drawn a cell at a time where few different ones are wanted; NumPy is quick with narrower ones.
DRAWN_BY_CELLS = frozenset(map(np.dtype, ["i4", "u4", "i8", "u8"]))


class Generator(Distributions):
    """Random arrays, with the methods of `numpy.random.Generator` and ``chunks=``.

    A seed gives the same arrays whatever the chunks, the machine and the scheduler are; they are not those that NumPy gives
    for the seed.

    Parameters
    ----------
    bit_generator : numpy.random.BitGenerator
        Gives 256 bits, of which all arrays are made.

    See Also
    --------
    default_rng : The usual way to make one.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> rng = da.random.Generator(np.random.PCG64(7))
    >>> rng.normal(size=(4, 6), chunks=(2, 3))
    weft.array<standard_normal, shape=(4, 6), dtype=float64, chunksize=(2, 3), chunktype=numpy.ndarray>
    """

    def __init__(self, bit_generator: Any) -> None:
        if not isinstance(bit_generator, np.random.BitGenerator):
            raise TypeError(
                f"Generator() takes a BitGenerator of NumPy, not {type(bit_generator).__name__}: "
                "use default_rng(seed) for seeds of other kinds"
            )
        self._bits = bit_generator
        self._stream = Stream.of(bit_generator)

    @property
    def bit_generator(self) -> Any:
        """The NumPy bit generator that gave the seed."""
        return self._bits

    def spawn(self, n_children: int) -> list[Generator]:
        """Generators that are independent of this one and of each other."""
        return [type(self)(bits) for bits in self._bits.spawn(n_children)]

    def bytes(self, length: int) -> bytes:
        """Random bytes, at once."""
        return np.random.default_rng(list(self._stream.next())).bytes(length)

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
        chunks: Any = "auto",
    ) -> Any:
        """Integers from ``low`` to before ``high`` (or up to it), or below ``low``; see `numpy.random.Generator.integers`.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.random.default_rng(1).integers(10, size=1000, chunks=100)
        >>> int(x.min().compute()), int(x.max().compute())
        (0, 9)
        """
        return integers(self._stream, low, high, size, dtype, endpoint, chunks)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None, chunks: Any = "auto") -> Any:
        """Numbers in ``[0, 1)``, all equally likely; see `numpy.random.Generator.random`.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.random.default_rng(1).random((4, 6), chunks=(2, 3))
        >>> y = da.random.default_rng(1).random((4, 6), chunks=4)
        >>> bool((x == y).all().compute())
        True
        """
        return self._floats("random", (), size, dtype, out, chunks)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None, chunks: Any = "auto") -> Any:
        """Normal distribution of mean 0 and deviation 1; see `numpy.random.Generator.standard_normal`."""
        return self._floats("standard_normal", (), size, dtype, out, chunks)

    def standard_exponential(
        self, size: Any = None, dtype: Any = np.float64, method: str = "zig", out: Any = None, chunks: Any = "auto"
    ) -> Any:
        """Exponential distribution of scale 1; see `numpy.random.Generator.standard_exponential`."""
        if method not in ("zig", "inv"):
            raise ValueError(f"standard_exponential() has the methods 'zig' and 'inv', not {method!r}")
        return self._floats("standard_exponential", (), size, dtype, out, chunks, method=method)

    def standard_gamma(
        self, shape: Any, size: Any = None, dtype: Any = np.float64, out: Any = None, chunks: Any = "auto"
    ) -> Any:
        """Gamma distribution of scale 1; see `numpy.random.Generator.standard_gamma`."""
        return self._floats("standard_gamma", (shape,), size, dtype, out, chunks)

    def _floats(
        self, name: str, args: tuple[Any, ...], size: Any, dtype: Any, out: Any, chunks: Any, **keywords: Any
    ) -> Any:
        kind = np.dtype(dtype)
        if kind.str[1:] not in FLOATS:
            raise TypeError(f"Unsupported dtype {kind.name!r} for {name}: use float64 or float32")
        if out is not None:
            size, chunks = laid_out_as(out, kind, size)
        made = drawn(
            self._stream.next(), name, args, size, chunks, dtype=kind, keywords={"dtype": kind.type, **keywords}
        )
        return into(out, made)

    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
        chunks: Any = "auto",
    ) -> Any:
        """Elements of ``a``, or of ``range(a)``, at random; see `numpy.random.Generator.choice`.

        Without replacement and chances, each chunk is drawn by itself; with chances (which are computed now), in one piece.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.random.default_rng(1).choice(10**9, 10**6, replace=False, chunks=10**5)
        >>> x[:3].compute().shape
        (3,)
        """
        return choice(self._stream, a, size, replace, p, axis, shuffle, chunks)

    def permutation(self, x: Any, axis: int = 0, chunks: Any = "auto") -> Any:
        """``range(x)``, or the array ``x``, in a random order along an axis.

        Up to 65,536 elements all orders are equally likely; beyond, it is a keyed bijection.

        Examples
        --------
        >>> import weft.array as da
        >>> sorted(da.random.default_rng(1).permutation(5, chunks=2).compute().tolist())
        [0, 1, 2, 3, 4]
        """
        return permutation(self._stream, x, axis, chunks)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Give the chunked array ``x`` a random order along an axis, in place: the object stands for the result from now on.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.arange(5, chunks=2)
        >>> da.random.default_rng(1).shuffle(x)
        >>> int(x.sum().compute())
        10
        """
        shuffle(self._stream, x, axis)

    def permuted(self, x: Any, *, axis: int | None = None, out: Any = None) -> Any:
        """``x`` with each line along an axis in a random order of its own; without an axis all elements are."""
        return into(out, permuted(x, self._stream.next(), axis))

    def dirichlet(self, alpha: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Dirichlet distribution; see `numpy.random.Generator.dirichlet`. The last axis has an entry for each of ``alpha``."""
        weights = np.atleast_1d(np.asarray(alpha, float))
        return self._vectors("dirichlet", (weights,), weights.shape, size, chunks, "f8")

    def multivariate_hypergeometric(
        self, colors: Any, nsample: int, size: Any = None, method: str = "marginals", chunks: Any = "auto"
    ) -> Any:
        """Multivariate hypergeometric distribution; see `numpy.random.Generator.multivariate_hypergeometric`."""
        counts = np.asarray(colors)
        numpys: Any = np.random.default_rng(0)
        numpys.multivariate_hypergeometric(counts, nsample, method=method)
        args = (counts, operator.index(nsample))
        return self._vectors("multivariate_hypergeometric", args, counts.shape, size, chunks, "i8", method=method)

    def _vectors(
        self,
        name: str,
        args: tuple[Any, ...],
        core: tuple[int, ...],
        size: Any,
        chunks: Any,
        dtype: str,
        **keywords: Any,
    ) -> Any:
        cores = (len(core), *[0] * (len(args) - 1))
        return drawn(
            self._stream.next(), name, args, size, chunks, core=core, cores=cores, dtype=dtype, keywords=keywords
        )

    def __repr__(self) -> str:
        return f"Generator({type(self._bits).__name__})"


class RandomState(Distributions):
    """Random arrays, with the methods of NumPy's older `numpy.random.RandomState` and ``chunks=``.

    Parameters
    ----------
    seed : int, array, SeedSequence, BitGenerator or numpy.random.RandomState, optional
    RandomState : type, optional
        ``numpy.random.RandomState``, the only one there is.

    Examples
    --------
    >>> import weft.array as da
    >>> da.random.RandomState(5).randint(0, 10, size=6, chunks=3)
    weft.array<integers, shape=(6,), dtype=int64, chunksize=(3,), chunktype=numpy.ndarray>
    """

    def __init__(self, seed: Any = None, RandomState: Any = None) -> None:  # noqa: N803 (Dask's name)
        if RandomState is not None and RandomState is not np.random.RandomState:
            raise NotImplementedError(
                f"RandomState() draws with NumPy only, not with {RandomState!r}: leave RandomState= out"
            )
        self.seed(seed)

    def seed(self, seed: Any = None) -> None:
        """Start anew from a seed."""
        self._stream = Stream.of(None if seed is None else older_bits(seed))

    def get_state(self, legacy: bool = True) -> dict[str, Any]:
        """What all further arrays depend on, for `set_state`: a dict, whatever ``legacy`` says.

        Examples
        --------
        >>> import weft.array as da
        >>> draws = da.random.RandomState(5)
        >>> state = draws.get_state()
        >>> first = draws.rand(3).compute()
        >>> draws.set_state(state)
        >>> bool((draws.rand(3).compute() == first).all())
        True
        """
        return {"bit_generator": "weft", "state": {"seed": self._stream.seed.hex(), "calls": self._stream.count}}

    def set_state(self, state: Any) -> None:
        """Go on from a state that `get_state` has given."""
        if not isinstance(state, dict) or state.get("bit_generator") != "weft":
            raise ValueError(
                "set_state() takes what get_state() of a chunked RandomState has given: "
                "give a numpy.random.RandomState as the seed of a new one to start from NumPy's state"
            )
        self._stream = Stream(bytes.fromhex(state["state"]["seed"]), int(state["state"]["calls"]))

    def random(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Numbers in ``[0, 1)``, all equally likely."""
        return self._draw("random", (), size, chunks)

    def random_sample(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Numbers in ``[0, 1)``, all equally likely."""
        return self._draw("random", (), size, chunks)

    def rand(self, *lengths: int, chunks: Any = "auto") -> Any:
        """Numbers in ``[0, 1)``, all equally likely: an array of these lengths."""
        return self._draw("random", (), lengths or None, chunks)

    def randn(self, *lengths: int, chunks: Any = "auto") -> Any:
        """Normal distribution of mean 0 and deviation 1: an array of these lengths."""
        return self._draw("standard_normal", (), lengths or None, chunks)

    def standard_normal(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Normal distribution of mean 0 and deviation 1."""
        return self._draw("standard_normal", (), size, chunks)

    def standard_exponential(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Exponential distribution of scale 1."""
        return self._draw("standard_exponential", (), size, chunks)

    def standard_gamma(self, shape: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Gamma distribution of scale 1."""
        return self._draw("standard_gamma", (shape,), size, chunks)

    def randint(self, low: Any, high: Any = None, size: Any = None, chunks: Any = "auto", dtype: Any = "l") -> Any:
        """Integers from ``low`` to before ``high``, or below ``low``."""
        return integers(self._stream, low, high, size, dtype, False, chunks)

    def random_integers(self, low: Any, high: Any = None, size: Any = None, chunks: Any = "auto") -> Any:
        """Integers from ``low`` up to ``high``, or from 1 up to ``low``."""
        if high is None:
            low, high = 1, low
        return integers(self._stream, low, high, size, "l", True, chunks)

    def tomaxint(self, size: Any = None, chunks: Any = "auto") -> Any:
        """Integers from 0 up to the largest of the platform's ``long``."""
        return integers(self._stream, 0, np.iinfo("l").max, size, "l", True, chunks)

    def bytes(self, length: int) -> bytes:
        """Random bytes, at once."""
        return np.random.default_rng(list(self._stream.next())).bytes(length)

    def choice(self, a: Any, size: Any = None, replace: bool = True, p: Any = None, chunks: Any = "auto") -> Any:
        """Elements of a one-dimensional ``a``, or of ``range(a)``, at random."""
        if np.ndim(a) > 1:
            raise ValueError("a must be 1-dimensional: use default_rng(...).choice(a, ..., axis=...) for more axes")
        return choice(self._stream, a, size, replace, p, 0, True, chunks)

    def permutation(self, x: Any, chunks: Any = "auto") -> Any:
        """``range(x)``, or the array ``x``, in a random order along its first axis."""
        return permutation(self._stream, x, 0, chunks)

    def shuffle(self, x: Any) -> None:
        """Give the chunked array ``x`` a random order along its first axis, in place."""
        shuffle(self._stream, x, 0)

    def dirichlet(self, alpha: Any, size: Any = None, chunks: Any = "auto") -> Any:
        """Dirichlet distribution; the last axis has an entry for each of ``alpha``."""
        weights = np.atleast_1d(np.asarray(alpha, float))
        return drawn(
            self._stream.next(), "dirichlet", (weights,), size, chunks, core=weights.shape, cores=(1,), dtype="f8"
        )

    def __repr__(self) -> str:
        return "RandomState()"


def default_rng(seed: Any = None) -> Generator:
    """A generator of random arrays.

    Parameters
    ----------
    seed : int, array, SeedSequence, BitGenerator or Generator, optional
        A seed of any kind that `numpy.random.default_rng` takes. A generator of Weft is given back as it is; a NumPy
        generator gives bits for a seed. Without one the operating system does, and no two generators are alike.

    Returns
    -------
    Generator

    Examples
    --------
    >>> import weft.array as da
    >>> rng = da.random.default_rng(42)
    >>> rng.random((1000, 1000), chunks=(100, 1000))
    weft.array<random, shape=(1000, 1000), dtype=float64, chunksize=(100, 1000), chunktype=numpy.ndarray>
    """
    if isinstance(seed, Generator):
        return seed
    if isinstance(seed, np.random.Generator):
        return Generator(seed.bit_generator)
    if isinstance(seed, np.random.RandomState):
        return Generator(seed._bit_generator)
    if isinstance(seed, np.random.BitGenerator):
        return Generator(seed)
    return Generator(np.random.PCG64(seed))


def laid_out_as(out: Any, kind: np.dtype[Any], size: Any) -> tuple[Any, Any]:
    """Shape and chunks of the array that is to stand for what is drawn."""
    if not isinstance(out, ArrayBase):
        raise TypeError(f"out= must be a weft array, which will stand for the result; it is a {type(out).__name__}")
    if out.dtype != kind:
        raise TypeError(f"Supplied output array has wrong type. Expected {kind}, got {out.dtype}")
    if size is not None and shape_of(size) != out.shape:
        raise ValueError(f"size must match out.shape when used together: {size} and {out.shape}")
    return out.shape, out.chunks


def older_bits(seed: Any) -> Any:
    """The bit generator that NumPy's older interface makes of a seed."""
    if isinstance(seed, np.random.BitGenerator):
        return seed
    if isinstance(seed, np.random.Generator):
        return seed.bit_generator
    if isinstance(seed, np.random.RandomState):
        return seed._bit_generator
    if isinstance(seed, np.random.SeedSequence):
        return np.random.MT19937(seed)
    return np.random.RandomState(seed)._bit_generator


def integers(stream: Stream, low: Any, high: Any, size: Any, dtype: Any, endpoint: bool, chunks: Any) -> Any:
    """Integers from ``low`` to ``high``."""
    if high is None:
        low, high = 0, low
    kind = np.dtype(dtype)
    words = {"dtype": kind.type, "endpoint": endpoint}
    low, high = plain(low), plain(high)
    if are_whole(low, high) and kind in DRAWN_BY_CELLS:
        some = size is None or 0 not in shape_of(size)
        np.random.default_rng(0).integers(low, high, size=int(some), **words)  # NumPy refuses bad bounds at the call
        span = high - low + bool(endpoint)
        if span <= NARROW and low + span < 2**63:
            told = {"dtype": kind}
            return drawn(stream.next(), bounded, (low, span), size, chunks, dtype=kind, keywords=told, tries=False)
    return drawn(stream.next(), "integers", (low, high), size, chunks, dtype=kind, keywords=words)


def are_whole(*values: Any) -> bool:
    """Whether all values are Python integers."""
    return all(type(each) is int for each in values)


def permutation(stream: Stream, x: Any, axis: int, chunks: Any) -> Any:
    """A range or an array in a random order."""
    if hasattr(x, "__index__") and not getattr(x, "shape", ()) and not isinstance(x, ArrayBase):
        n = operator.index(x)
        if n < 0:
            raise ValueError(f"cannot permute range({n}): give a length that is not negative")
        return order(n, stream.next(), (n,), chunks)
    made = shuffled(x, stream.next(), axis, "permutation")
    return made if isinstance(chunks, str) and chunks == "auto" else made.rechunk(chunks)


def shuffle(stream: Stream, x: Any, axis: int) -> None:
    """An array in a random order, in place."""
    if not isinstance(x, ArrayBase):
        raise TypeError(
            f"shuffle() works in place on chunked arrays, not on {type(x).__name__}: "
            "use permutation(x), or shuffle with numpy.random"
        )
    x.expr = shuffled(x, stream.next(), axis, "shuffle").expr
