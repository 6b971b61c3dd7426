"""The distributions that both kinds of generators have: NumPy's methods, with their arguments in NumPy's order."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.random import factored_normal
from weft.array.ops.random import Stream, are_numbers, drawn, plain

__all__ = ["Distributions"]


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

    def multivariate_normal(
        self,
        mean: Any,
        cov: Any,
        size: Any = None,
        check_valid: str = "warn",
        tol: float = 1e-8,
        *,
        method: str = "svd",
        chunks: Any = "auto",
    ) -> Any:
        """Normal distribution of vectors; see `numpy.random.Generator.multivariate_normal`.

        Mean and covariance are computed and factored now.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=1000, chunks=100)
        >>> x.shape, x.chunks[1]
        ((1000, 2), (2,))
        """
        centre, spread = np.asarray(mean, float), np.asarray(cov, float)
        numpys: Any = np.random.default_rng(0)
        numpys.multivariate_normal(centre, spread, 0, check_valid, tol, method=method)
        args = (centre, factor(spread, method))
        core = centre.shape
        return drawn(
            self._stream.next(), factored_normal, args, size, chunks, core=core, cores=(1, 2), dtype="f8", tries=False
        )

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


def factor(cov: Any, method: str) -> Any:
    """A matrix whose transpose times itself is a covariance."""
    if method == "cholesky":
        return np.linalg.cholesky(cov).T
    if method == "eigh":
        values, vectors = np.linalg.eigh(cov)
        return (vectors * np.sqrt(np.abs(values))).T
    vectors, values, _ = np.linalg.svd(cov)
    return (vectors * np.sqrt(values)).T
