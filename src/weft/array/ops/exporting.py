"""What other libraries ask of an array: NumPy's array, DLPack, the array API standard, a name, a drawing, a graph."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from weft.array import protocols
from weft.array.base import ArrayBase, new
from weft.array.expr import SameLayout
from weft.array.ops.casting import check_device
from weft.array.ops.transposing import swapaxes
from weft.array.svg import svg
from weft.expr import Expr, derived, node

__all__: list[str] = []


@node
class Named(SameLayout):
    """The same blocks under a name that the user gave."""

    given: str

    @derived
    def name(self) -> str:
        return self.given

    @property
    def label(self) -> str:
        return self.source.label

    def lower(self) -> Expr:
        return self.source


class ExportMethods(ArrayBase):
    """What other libraries, and notebooks, ask of an array."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None, **kwargs: Any) -> np.ndarray[Any, Any]:
        """The computed array, for functions that take nothing else."""
        if copy is False:
            raise ValueError("a chunked array has to be computed to become a NumPy array: copy=False is not possible")
        computed = np.asarray(self.compute(**kwargs), dtype)
        return computed.copy() if copy and not computed.flags.writeable else computed

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """The namespace of the array API standard: `weft.array` itself."""
        return protocols.array_namespace(api_version)

    @property
    def device(self) -> str:
        """Where blocks are computed."""
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The array on a device; there is only ``"cpu"``."""
        if stream is not None:
            raise ValueError(f"to_device() knows no streams, and got {stream!r}")
        check_device(device)
        return self

    def __dlpack__(self, **kwargs: Any) -> Any:
        """The computed array in DLPack's form."""
        if kwargs.get("copy") is False:
            raise BufferError("a chunked array has to be computed to be given away: copy=False is not possible")
        return np.array(self.compute()).__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The device of the computed array: the CPU."""
        return (1, 0)

    @property
    def mT(self) -> Any:  # noqa: N802 (NumPy's name)
        """The matrices of the last two axes transposed."""
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return swapaxes(self, -1, -2)

    @property
    def A(self) -> Any:  # noqa: N802 (an old name)
        """The array itself."""
        return self

    @property
    def weft(self) -> Any:
        """The graph that computes the array: a mapping of keys to tasks."""
        return self.__weft_graph__()

    def __weft_layers__(self) -> tuple[str, ...]:
        return (self.name,)

    def named(self, name: str) -> Any:
        """The same array with its blocks under another name; the keys are ``(name, i, j, ...)``.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ones(3, chunks=2).named("start").name
        'start'
        """
        if not isinstance(name, str):
            raise TypeError(f"blocks are named by a text, not by {name!r}")
        return new(Named(self.expr, name))

    def to_svg(self, size: int = 500) -> str:
        """A drawing of the chunks; see `weft.array.svg.svg`."""
        return svg(self.chunks, size=size)
