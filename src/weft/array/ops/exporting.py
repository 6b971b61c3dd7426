"""What other libraries ask of an array: NumPy's array, DLPack, the array API standard, a drawing, a graph."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from weft.array import protocols
from weft.array.base import ArrayBase
from weft.array.ops.casting import check_device
from weft.collection.convert import CONVERSIONS

__all__: list[str] = []


class ExportMethods(ArrayBase):
    """What other libraries, and notebooks, ask of an array."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None, **kwargs: Any) -> np.ndarray[Any, Any]:
        """The computed array, for functions that take nothing else; masked arrays stay masked where these are taken."""
        if copy is False:
            raise ValueError("a chunked array has to be computed to become a NumPy array: copy=False is not possible")
        computed: np.ndarray[Any, Any] = np.asanyarray(self.compute(**kwargs), dtype)
        return computed.copy() if copy and not computed.flags.writeable else computed

    def to_dask_dataframe(self, columns: Any = None, index: Any = None, meta: Any = None) -> Any:
        """The rows as a frame, or the elements as a series: chunks of rows are its partitions.

        Parameters
        ----------
        columns : list or label, optional
            Names of the columns, or of the series.
        index : Index or Series of `weft.dataframe`, optional
            Labels of the rows, in as many partitions.
        meta : pandas object, optional
            An empty example of the result.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ones((4, 2), chunks=2).to_dask_dataframe(columns=["a", "b"]).a.sum().compute()
        np.float64(4.0)
        """
        return CONVERSIONS["frame-of-array"](self, columns=columns, index=index, meta=meta)

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """The namespace of the array API standard: `weft.array.array_api`."""
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
    def A(self) -> Any:  # noqa: N802 (an old name)
        """The array itself."""
        return self

    @property
    def weft(self) -> Any:
        """The graph that computes the array: a mapping of keys to tasks."""
        return self.__weft_graph__()

    def to_svg(self, size: int = 500) -> str:
        """A drawing of the chunks; see `weft.array.svg.svg`."""
        from weft.array.svg import svg  # here, for a quick import

        return svg(self.chunks, size=size)
