"""Results of statistical tests, named as SciPy names them; they compute together."""

from __future__ import annotations

from typing import Any, NamedTuple

from weft.execution import compute

__all__ = [
    "F_onewayResult",
    "KurtosistestResult",
    "NormaltestResult",
    "PowerDivergenceResult",
    "SkewtestResult",
    "TtestResult",
]


def both_computed(self: Any, kwargs: dict[str, Any]) -> Any:
    """The same pair with values instead of lazy arrays, computed together."""
    return type(self)(*compute(*self, traverse=False, **kwargs))


class TtestResult(NamedTuple):
    """What a t test gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)


class PowerDivergenceResult(NamedTuple):
    """What a chi-square test gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)


class SkewtestResult(NamedTuple):
    """What a test of skewness gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)


class KurtosistestResult(NamedTuple):
    """What a test of kurtosis gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)


class NormaltestResult(NamedTuple):
    """What a test of normality gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)


class F_onewayResult(NamedTuple):  # noqa: N801 (SciPy's name)
    """What a one-way analysis of variance gives."""

    statistic: Any
    pvalue: Any

    def compute(self, **kwargs: Any) -> Any:
        """The same with values instead of lazy arrays; keywords as of `weft.compute`."""
        return both_computed(self, kwargs)
