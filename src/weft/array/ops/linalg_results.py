"""What factorisations return: named tuples with NumPy's names."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["EigResult", "EighResult", "QRResult", "SVDResult", "SlogdetResult"]


class QRResult(NamedTuple):
    """First and second factor."""

    Q: Any
    R: Any


class SVDResult(NamedTuple):
    """Left singular vectors, singular values, right singular vectors (adjoint)."""

    U: Any
    S: Any
    Vh: Any


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class SlogdetResult(NamedTuple):
    """Sign, and logarithm of the absolute value."""

    sign: Any
    logabsdet: Any
