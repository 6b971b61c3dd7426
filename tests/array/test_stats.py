"""Statistical tests, compared with SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import weft.array as da

X = np.random.default_rng(0).gamma(2.0, 1.0, (30, 4))
Y = np.random.default_rng(1).gamma(2.0, 1.2, (30, 4))


def chunked(x):
    return da.from_array(x, chunks=(7, 3))


def assert_like(ours, expected):
    result = ours.compute(scheduler="sync")
    if hasattr(expected, "pvalue"):
        np.testing.assert_allclose(result.statistic, expected.statistic, rtol=1e-9)
        np.testing.assert_allclose(result.pvalue, expected.pvalue, rtol=1e-9)
    else:
        np.testing.assert_allclose(result, expected, rtol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("name", ["skew", "kurtosis", "kurtosistest", "chisquare", "power_divergence", "moment"])
def test_one_sample(name, axis):
    if name == "kurtosistest" and axis == 1:
        axis = 0
    assert_like(getattr(da.stats, name)(chunked(X), axis=axis), getattr(scipy.stats, name)(X, axis=axis))


@pytest.mark.parametrize("axis", [0, None])
@pytest.mark.parametrize("name", ["skewtest", "normaltest"])
def test_normality(name, axis):
    assert_like(getattr(da.stats, name)(chunked(X), axis=axis), getattr(scipy.stats, name)(X, axis=axis))


@pytest.mark.parametrize("axis", [0, 1, None])
def test_means_of_samples(axis):
    assert_like(da.stats.ttest_1samp(chunked(X), 2, axis=axis), scipy.stats.ttest_1samp(X, 2, axis=axis))
    assert_like(da.stats.ttest_rel(chunked(X), chunked(Y), axis=axis), scipy.stats.ttest_rel(X, Y, axis=axis))
    for equal in (True, False):
        ours = da.stats.ttest_ind(chunked(X), chunked(Y), axis=axis, equal_var=equal)
        assert_like(ours, scipy.stats.ttest_ind(X, Y, axis=axis, equal_var=equal))
    assert_like(da.stats.f_oneway(chunked(X), chunked(Y), chunked(X + 1)), scipy.stats.f_oneway(X, Y, X + 1))


@pytest.mark.parametrize("bias", [True, False])
def test_bias_may_be_taken_out(bias):
    assert_like(da.stats.skew(chunked(X), bias=bias), scipy.stats.skew(X, bias=bias))
    assert_like(
        da.stats.kurtosis(chunked(X), fisher=False, bias=bias), scipy.stats.kurtosis(X, fisher=False, bias=bias)
    )


@pytest.mark.parametrize(
    "power", ["pearson", "log-likelihood", "freeman-tukey", "mod-log-likelihood", "neyman", "cressie-read", 0.3]
)
def test_powers_of_divergence(power):
    expected = Y * X.sum(axis=0) / Y.sum(axis=0)
    ours = da.stats.power_divergence(chunked(X), chunked(expected), ddof=1, lambda_=power)
    assert_like(ours, scipy.stats.power_divergence(X, expected, ddof=1, lambda_=power))


def test_frequencies_must_agree():
    with pytest.raises(ValueError, match="must agree"):
        da.stats.chisquare(chunked(X), chunked(Y)).compute(scheduler="sync")


def test_equal_numbers_have_no_skewness():
    assert np.isnan(da.stats.skew(da.ones(9, chunks=4)).compute())


def test_too_few_observations_are_refused_at_once():
    with pytest.raises(ValueError, match="less than 8"):
        da.stats.skewtest(da.ones(5, chunks=2))
    with pytest.raises(ValueError, match="at least 5"):
        da.stats.kurtosistest(da.ones(4, chunks=2))
    with pytest.raises(NotImplementedError, match="nan_policy"):
        da.stats.skew(da.ones(5, chunks=2), nan_policy="omit")
    with pytest.raises(TypeError, match="two inputs"):
        da.stats.f_oneway(da.ones(5, chunks=2))


def test_both_results_are_computed_together():
    result = da.stats.ttest_1samp(chunked(X), 2).compute()
    assert type(result).__name__ == "TtestResult"
    statistic, pvalue = result
    assert statistic.shape == pvalue.shape == (4,)
