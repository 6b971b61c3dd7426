"""Statistical tests and moments of samples, after ``scipy.stats``: ``da.stats``.

Each sample goes through one pass of central moments (see `weft.array.ops.statistics`); the rest is arithmetic on results,
and probabilities are functions of ``scipy.special``. Tests give a pair of chunked arrays, ``statistic`` and ``pvalue``,
whose ``compute()`` computes both together.
"""

from __future__ import annotations

import builtins
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.io.from_array import asarray
from weft.array.kernels.statistics import agreeing, kurtosis_of, skew_of, term_of_denominator
from weft.array.ops.elementwise import elementwise, where
from weft.array.ops.reducing import axes_of
from weft.array.ops.reductions import mean
from weft.array.ops.reductions import sum as sum_of
from weft.array.ops.sizes import known
from weft.array.ops.statistics import central_moments
from weft.array.stats_results import (
    F_onewayResult,
    KurtosistestResult,
    NormaltestResult,
    PowerDivergenceResult,
    SkewtestResult,
    TtestResult,
)

__all__ = [
    "chisquare",
    "f_oneway",
    "kurtosis",
    "kurtosistest",
    "moment",
    "normaltest",
    "power_divergence",
    "skew",
    "skewtest",
    "ttest_1samp",
    "ttest_ind",
    "ttest_rel",
]


#: The powers of Cressie and Read by the names that SciPy gives them.
POWERS = {
    "pearson": 1.0,
    "log-likelihood": 0.0,
    "freeman-tukey": -0.5,
    "mod-log-likelihood": -1.0,
    "neyman": -2.0,
    "cressie-read": 2 / 3,
}


class Sample(NamedTuple):
    """A sample's size along the axes, its mean, and means of the powers 2, 3, ... of distances from it."""

    size: int
    mean: Any
    moments: tuple[Any, ...]


def sample_of(a: Any, axis: Any, order: int, nan_policy: str = "propagate") -> Sample:
    """Moments of a sample up to an order."""
    if nan_policy != "propagate":
        if nan_policy not in ("omit", "raise"):
            raise ValueError(f"nan_policy must be one of {{'propagate', 'raise', 'omit'}}, not {nan_policy!r}")
        raise NotImplementedError(
            f"nan_policy={nan_policy!r} is not supported: NaN propagates. Leave NaN out beforehand, e.g. x[~isnan(x)]."
        )
    a = known(asarray(a))
    axes = axes_of(axis, a.ndim)
    sums = central_moments(a, builtins.max(order, 2), axes, False)
    size = prod(a.shape[each] for each in axes)
    return Sample(size, sums[1], tuple([sums[place] / size if size else sums[place] for place in range(2, order + 1)]))


def two_sided(t: Any, df: Any) -> Any:
    """Probability of a t at least as far from zero."""
    from scipy.special import stdtr

    return elementwise(stdtr, df, -abs(t)) * 2


def normal_two_sided(z: Any) -> Any:
    """Probability of a normal number at least as far from zero."""
    from scipy.special import ndtr

    return elementwise(ndtr, -abs(z)) * 2


def chi_square_above(x: Any, df: Any) -> Any:
    """Probability of a chi-square number at least as large."""
    from scipy.special import chdtrc

    return elementwise(chdtrc, df, x)


def spread_of(sample: Sample) -> Any:
    """Variance with one less than the size as the divisor."""
    return (
        sample.moments[0] * (sample.size / builtins.max(sample.size - 1, 0))
        if sample.size > 1
        else sample.moments[0] * np.nan
    )


def ttest_ind(a: Any, b: Any, axis: Any = 0, equal_var: bool = True, nan_policy: str = "propagate") -> TtestResult:
    """Test whether two independent samples have the same mean.

    Parameters
    ----------
    a, b : array_like
    axis : int or None
    equal_var : bool
        Whether variances are taken to be equal; else this is Welch's test.
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import weft.array as da
    >>> result = da.stats.ttest_ind(da.arange(10, chunks=5), da.arange(10, chunks=5) + 1)
    >>> round(float(result.statistic.compute()), 4)
    -0.7385
    """
    x, y = sample_of(a, axis, 2, nan_policy), sample_of(b, axis, 2, nan_policy)
    vx, vy = spread_of(x), spread_of(y)
    if equal_var:
        df: Any = x.size + y.size - 2
        pooled = (vx * (x.size - 1) + vy * (y.size - 1)) / df
        scale = elementwise(np.sqrt, pooled * (1 / x.size + 1 / y.size))
    else:
        ex, ey = vx / x.size, vy / y.size
        df = (ex + ey) ** 2 / (ex**2 / (x.size - 1) + ey**2 / (y.size - 1))
        df = where(elementwise(np.isnan, df), 1, df)
        scale = elementwise(np.sqrt, ex + ey)
    t = (x.mean - y.mean) / scale
    return TtestResult(t, two_sided(t, df))


def ttest_1samp(a: Any, popmean: Any, axis: Any = 0, nan_policy: str = "propagate") -> TtestResult:
    """Test whether a sample's mean is a given one.

    Parameters
    ----------
    a : array_like
    popmean : scalar or array_like
    axis : int or None
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.stats.ttest_1samp(da.arange(5, chunks=2), 2).compute().pvalue)
    1.0
    """
    x = sample_of(a, axis, 2, nan_policy)
    t = (x.mean - popmean) / elementwise(np.sqrt, spread_of(x) / x.size)
    return TtestResult(t, two_sided(t, x.size - 1))


def ttest_rel(a: Any, b: Any, axis: Any = 0, nan_policy: str = "propagate") -> TtestResult:
    """Test whether two related samples have the same mean; see `ttest_1samp`.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.asarray([1.0, 2.0, 4.0]).rechunk(2)
    >>> round(float(da.stats.ttest_rel(x, x[::-1]).statistic.compute()), 4)
    0.0
    """
    return ttest_1samp(asarray(a) - asarray(b), 0, axis, nan_policy)


def power_divergence(
    f_obs: Any, f_exp: Any = None, ddof: int = 0, axis: Any = 0, lambda_: Any = None
) -> PowerDivergenceResult:
    """Cressie-Read power divergence: test whether frequencies are those expected.

    Parameters
    ----------
    f_obs : array_like
    f_exp : array_like, optional
        Equal frequencies by default.
    ddof : int
        What is taken from the degrees of freedom, which are one less than the number of frequencies.
    axis : int or None
    lambda_ : float or str, optional
        The power, or its name; 1 (Pearson's chi-square) by default.

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.power_divergence(da.asarray([16, 18, 16]).rechunk(2)).statistic.compute()), 3)
    0.16
    """
    from scipy.special import xlogy

    if isinstance(lambda_, str):
        if lambda_ not in POWERS:
            raise ValueError(
                f"invalid string for lambda_: {lambda_!r}. Valid strings are {', '.join(map(repr, POWERS))}"
            )
        lambda_ = POWERS[lambda_]
    power = 1.0 if lambda_ is None else float(lambda_)
    observed = known(asarray(f_obs)).astype(float)
    axes = axes_of(axis, observed.ndim)
    if f_exp is None:
        expected = mean(observed, axes, keepdims=True)
    else:
        expected = known(asarray(f_exp)).astype(float)
        together = observed + expected * 0
        sums = sum_of(together, axes, keepdims=True), sum_of(observed * 0 + expected, axes, keepdims=True)
        observed = observed * elementwise(agreeing, *sums)
    if power == 1:
        terms = (observed - expected) ** 2 / expected
    elif power == 0:
        terms = elementwise(xlogy, observed, observed / expected) * 2.0
    elif power == -1:
        terms = elementwise(xlogy, expected, expected / observed) * 2.0
    else:
        terms = observed * ((observed / expected) ** power - 1) / (0.5 * power * (power + 1))
    statistic = sum_of(terms, axes)
    count = prod(terms.shape[each] for each in axes)
    return PowerDivergenceResult(statistic, chi_square_above(statistic, count - 1 - ddof))


def chisquare(f_obs: Any, f_exp: Any = None, ddof: int = 0, axis: Any = 0) -> PowerDivergenceResult:
    """Chi-square test; see `power_divergence`.

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.chisquare(da.asarray([16, 18, 16]).rechunk(2)).statistic.compute()), 3)
    0.16
    """
    return power_divergence(f_obs, f_exp, ddof, axis, "pearson")


def skew(a: Any, axis: Any = 0, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """Skewness: the third central moment by the variance to the power of 3/2.

    Parameters
    ----------
    a : array_like
    axis : int or None
    bias : bool
        Whether the estimate may be biased.
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.skew(da.asarray([1.0, 2.0, 6.0]).rechunk(2)).compute()), 3)
    0.595
    """
    x = sample_of(a, axis, 3, nan_policy)
    return elementwise(skew_of, x.mean, *x.moments, size=x.size, bias=bool(bias))


def kurtosis(a: Any, axis: Any = 0, fisher: bool = True, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """Kurtosis: the fourth central moment by the square of the variance.

    Parameters
    ----------
    a : array_like
    axis : int or None
    fisher : bool
        Whether 3 is taken off, so that normal numbers have 0.
    bias : bool
        Whether the estimate may be biased.
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.stats.kurtosis(da.asarray([1.0, 2.0, 3.0]).rechunk(2)).compute())
    -1.5
    """
    x = sample_of(a, axis, 4, nan_policy)
    second, _, fourth = x.moments
    return elementwise(kurtosis_of, x.mean, second, fourth, size=x.size, bias=bool(bias), fisher=bool(fisher))


def skewtest(a: Any, axis: Any = 0, nan_policy: str = "propagate") -> SkewtestResult:
    """Test whether the skewness is that of normal numbers.

    Parameters
    ----------
    a : array_like
        At least eight observations.
    axis : int or None
    nan_policy : {"propagate"}

    Notes
    -----
    D'Agostino, Belanger and D'Agostino (1990), "A suggestion for using powerful and informative tests of normality".

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.skewtest(da.arange(20, chunks=5) ** 2).compute().statistic), 3)
    1.428
    """
    b = skew(a, axis, True, nan_policy)
    n = float(size_along(a, axis))
    if n < 8:
        raise ValueError(f"skewtest is not valid with less than 8 samples; {int(n)} samples were given.")
    y = b * np.sqrt((n + 1) * (n + 3) / (6.0 * (n - 2)))
    beta = 3.0 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2.0) * (n + 5) * (n + 7) * (n + 9))
    w = -1 + np.sqrt(2 * (beta - 1))
    delta = 1 / np.sqrt(0.5 * np.log(w))
    alpha = np.sqrt(2.0 / (w - 1))
    y = where(elementwise(np.equal, y, 0), 1, y)
    z = elementwise(np.arcsinh, y / alpha) * delta
    return SkewtestResult(z, normal_two_sided(z))


def kurtosistest(a: Any, axis: Any = 0, nan_policy: str = "propagate") -> KurtosistestResult:
    """Test whether the kurtosis is that of normal numbers.

    Parameters
    ----------
    a : array_like
        At least five observations.
    axis : int or None
    nan_policy : {"propagate"}

    Notes
    -----
    Anscombe and Glynn (1983), "Distribution of the kurtosis statistic b2 for normal samples".

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.kurtosistest(da.arange(20, chunks=5)).compute().statistic), 3)
    -1.706
    """
    n = float(size_along(a, axis))
    if n < 5:
        raise ValueError(f"kurtosistest requires at least 5 observations; only n={int(n)} observations were given.")
    b = kurtosis(a, axis, False, True, nan_policy)
    expected = 3.0 * (n - 1) / (n + 1)
    variance = 24.0 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x = (b - expected) / np.sqrt(variance)
    root = 6.0 * (n**2 - 5 * n + 2) / ((n + 7) * (n + 9)) * np.sqrt(6.0 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    freedom = 6.0 + 8.0 / root * (2.0 / root + np.sqrt(1 + 4.0 / root**2))
    denominator = x * np.sqrt(2 / (freedom - 4.0)) + 1
    z = (1 - 2 / (9.0 * freedom) - elementwise(term_of_denominator, denominator, freedom=freedom)) / np.sqrt(
        2 / (9.0 * freedom)
    )
    return KurtosistestResult(z, normal_two_sided(z))


def normaltest(a: Any, axis: Any = 0, nan_policy: str = "propagate") -> NormaltestResult:
    """Test whether a sample is of normal numbers, by skewness and kurtosis; see `skewtest` and `kurtosistest`.

    Examples
    --------
    >>> import weft.array as da
    >>> round(float(da.stats.normaltest(da.arange(20, chunks=5)).compute().statistic), 3)
    3.992
    """
    s, _ = skewtest(a, axis, nan_policy)
    k, _ = kurtosistest(a, axis, nan_policy)
    both = s * s + k * k
    return NormaltestResult(both, chi_square_above(both, 2))


def f_oneway(*samples: Any, axis: Any = 0) -> F_onewayResult:
    """One-way analysis of variance: test whether several samples have the same mean.

    Parameters
    ----------
    *samples : array_like
        At least two.
    axis : int or None

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(5, chunks=2)
    >>> float(da.stats.f_oneway(x, x + 1).statistic.compute())
    1.0
    """
    from scipy.special import fdtrc

    if len(samples) < 2:
        raise TypeError(f"at least two inputs are required; got {len(samples)}.")
    found = [sample_of(each, axis, 2) for each in samples]
    total = builtins.sum(each.size for each in found)
    grand = found[0].mean * (found[0].size / total)
    within = found[0].moments[0] * found[0].size
    for each in found[1:]:
        grand = grand + each.mean * (each.size / total)
        within = within + each.moments[0] * each.size
    between = (found[0].mean - grand) ** 2 * found[0].size
    for each in found[1:]:
        between = between + (each.mean - grand) ** 2 * each.size
    above, below = len(found) - 1, total - len(found)
    f = (between / above) / (within / below)
    return F_onewayResult(f, elementwise(fdtrc, above, below, f))


def moment(a: Any, moment: int = 1, axis: Any = 0, nan_policy: str = "propagate") -> Any:
    """Central moment: the mean of a power of the distances from the mean.

    Parameters
    ----------
    a : array_like
    moment : int
        The power.
    axis : int or None
    nan_policy : {"propagate"}

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.stats.moment(da.arange(5, chunks=2), 2).compute())
    2.0
    """
    if not hasattr(moment, "__index__") or moment < 0:
        raise ValueError(f"a moment is a whole number, not below 0; it is {moment!r}")
    x = sample_of(a, axis, builtins.max(int(moment), 2), nan_policy)
    if moment < 2:
        return elementwise(np.zeros_like if moment else np.ones_like, x.mean)
    return x.moments[int(moment) - 2]


def size_along(a: Any, axis: Any) -> int:
    """How many observations there are."""
    a = known(asarray(a))
    return prod(a.shape[each] for each in axes_of(axis, a.ndim))
