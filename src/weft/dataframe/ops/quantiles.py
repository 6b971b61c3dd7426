"""Medians and quantiles, exact however many partitions there are: by counting, without moving rows (see `weft.selection`)."""

from __future__ import annotations

from collections.abc import Sequence
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.decimals import is_decimal
from weft.dataframe.kernels.pandas.reductions import columns_of
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, meta_nonempty, tried
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.reductions import RowReduce, is_rows, of_numbers, pairs
from weft.dataframe.treewise import SPLIT_EVERY, Treewise
from weft.expr import Expr, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce
from weft.selection import HALFWAY, Wanted

__all__ = ["Quantiles", "quantile"]

#: How values between two elements come about, and what of ``method=`` is meant by it: all of them are exact.
INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
METHODS = ("default", "dask", "tdigest", "exact", "single", "table")


@node
class Quantiles(Treewise):
    """Quantiles of each column."""

    source: FrameExpr
    wanted: tuple[float, ...]
    is_scalar: bool
    interpolation: str

    @property
    def label(self) -> str:
        return "quantile"

    @derived
    def meta(self) -> Any:
        asked = self.wanted[0] if self.is_scalar else list(self.wanted)
        interpolation = "linear" if self.interpolation == HALFWAY else self.interpolation
        meta = self.source.meta
        made = meta_nonempty(meta).quantile(asked, interpolation=interpolation)
        is_short = not self.is_scalar and meta.ndim == 1 and str(meta.dtype) in ("float32", "Float32")
        return made.astype(meta.dtype) if is_short else made

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][Quantiles]
        source, count = self.source, (self.source.npartitions,)
        dtypes = tuple([number_dtype(each.dtype) for each in columns_of(self.source.meta)])
        wanted = Wanted(self.wanted, self.interpolation, True)

        def each(label: str, function: Any, *sources: tuple[Expr, Any], told: Sequence[Same] = ()) -> Expr:
            return blockwise(Outline(self.name, label, count), function, list(sources), list(told))

        def together(label: str, parts: Expr, combine: Any, finish: Any, *arguments: Any) -> Expr:
            outline = Outline(self.name, label, (1,))
            return TreeReduce(outline, parts, (0,), combine, finish, arguments, SPLIT_EVERY, True)

        one = (None,)
        counts = each("count", steps.count, (source, (0,)), told=[Same(dtypes)])
        chosen = together("choose", counts, steps.merge, steps.choose, wanted, dtypes)
        parts = each("extract", steps.extract, (source, (0,)), (chosen, one), told=[Same(dtypes)])
        for _ in range(1, max([dtype.itemsize * 8 // 16 for dtype in dtypes], default=1)):
            counts = each("count", steps.collect, (parts, (0,)), (chosen, one))
            total = together("add", counts, steps.add, itself)
            narrowed = blockwise(
                Outline(self.name, "choose", (1,)), steps.narrow, [(total, (0,)), (chosen, (0,))], [Same(dtypes)]
            )
            parts = each("extract", steps.keep, (parts, (0,)), (chosen, one), (narrowed, one))
            chosen = narrowed
        left = together("join", parts, steps.join, itself)
        columns = [Same(wanted), Same(dtypes), Same(self.source.meta), Same(self.is_scalar), Same(self.meta)]
        return blockwise(self.outline, steps.finish, [(left, (0,)), (chosen, (0,))], columns)


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


def number_dtype(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype in which values are compared."""
    if dtype.kind in "mM":
        return np.dtype(np.int64)
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    if isinstance(dtype, np.dtype):
        return dtype
    return np.dtype({"f": np.float64, "i": np.int64, "u": np.uint64}[dtype.kind])


def quantile(frame: Any, q: Any, interpolation: str = "linear") -> Any:
    """Quantiles of all rows; what pandas refuses is refused here."""
    if interpolation not in (*INTERPOLATIONS, HALFWAY):
        raise ValueError(f"interpolation is one of {', '.join(INTERPOLATIONS)}; it is {interpolation!r}")
    is_scalar = np.ndim(q) == 0
    wanted = tuple([float(each) for each in ([q] if is_scalar else q)])
    if any(not 0 <= each <= 1 for each in wanted):
        raise ValueError(f"percentiles should all be in the interval [0, 1]. They are {q!r}.")
    if not is_scalar and not wanted:
        return whole_result(frame, "quantile", call_of([], interpolation=interpolation))
    if any(is_for_pandas(column.dtype) for column in columns_of(frame.expr.meta)):
        return whole_result(frame, "quantile", call_of(q, interpolation=interpolation))
    if any(is_decimal(column.dtype) for column in columns_of(frame.expr.meta)):
        if interpolation in ("lower", "higher", "nearest"):  # these are decimal numbers, all others floats
            return whole_result(frame, "quantile", call_of(q, interpolation=interpolation))
        frame = elementwise("decimals_as_floats", frame)
    for column in columns_of(frame.expr.meta):
        if column.dtype.kind not in "iufbmM" or isinstance(column.dtype, (pd.CategoricalDtype, pd.SparseDtype)):
            raise TypeError(f"dtype '{column.dtype}' does not support operation 'quantile'")
        if column.dtype.kind == "f" and column.dtype.itemsize > 8:
            raise TypeError(f"cannot compute quantiles of {column.dtype}: use astype('float64') first")
    expr = Quantiles(frame.expr, wanted, is_scalar, interpolation)
    _ = expr.meta
    return new(expr)


def is_for_pandas(dtype: Any) -> bool:
    """Whether quantiles of a type are left to pandas, which gets all rows."""
    return isinstance(dtype, (pd.PeriodDtype, pd.SparseDtype)) or (isinstance(dtype, np.dtype) and dtype.kind in "Oc")


def rows_together(frame: Any, q: Any, interpolation: str, method: str) -> Any:
    """Quantiles of each row, the rows as columns, whose labels are computed."""
    meta = UNKNOWN
    options = {"axis": 1, "interpolation": interpolation, "method": method}
    if np.ndim(q):
        labels = new(IndexOf(frame.expr)).compute()
        example = meta_nonempty(frame.expr.meta).quantile(q, **options)
        kind = example.dtypes.iloc[0] if len(labels) else np.dtype(np.float64)
        meta = pd.DataFrame(columns=labels, index=pd.Index([], dtype="float64"), dtype=kind)
    return whole_result(frame, "quantile", call_of(q, **options), meta=meta)


def check_method(method: str) -> None:
    """Refuse methods that are not known."""
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, all of which are exact here; it is {method!r}")


def median(frame: Any, axis: Any, skipna: bool, numeric_only: bool) -> Any:
    """The median of all rows, or of each."""
    frame = of_numbers(frame, numeric_only)
    if not skipna and axis in (0, "index", None):
        return whole_result(
            frame, "median", call_of(axis=axis, skipna=False) if axis is None else call_of(skipna=False)
        )
    if axis is None and frame.expr.meta.ndim == 2:
        return whole_result(frame, "median", call_of(axis=None))
    if is_rows(frame, axis):
        return new(RowReduce(frame.expr, "median", pairs(skipna=bool(skipna))))
    _ = tried(methodcaller("median"), frame.expr.meta)
    if any(is_for_pandas(column.dtype) for column in columns_of(frame.expr.meta)):
        return whole_result(frame, "median", call_of())
    floats = [
        label
        for label, column in zip(frame.expr.columns, columns_of(frame.expr.meta), strict=True)
        if column.dtype.kind == "b"
    ]
    if floats:
        frame = frame.astype("float64") if frame.expr.meta.ndim == 1 else frame.astype(dict.fromkeys(floats, "float64"))
    made = quantile(frame, 0.5, HALFWAY)
    return made.rename(None) if frame.expr.meta.ndim == 2 else made


class QuantileMethods(FrameBase):
    """Medians and quantiles."""

    __slots__ = ()

    def median(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, method: str = "default") -> Any:
        """Median of the values, exact.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> float(dd.from_pandas(pd.Series([5, 1, 9, 3]), npartitions=3).median().compute())
        4.0
        """
        check_method(method)
        return median(self, axis, skipna, numeric_only)

    def median_approximate(self, axis: Any = 0, method: str = "default", numeric_only: bool = False) -> Any:
        """Median of the values. It is exact: the name is that of a library where exactness costs more."""
        check_method(method)
        return median(self, axis, True, numeric_only)


class FrameQuantileMethods(QuantileMethods):
    """Quantiles of frames."""

    __slots__ = ()

    def quantile(
        self,
        q: Any = 0.5,
        axis: Any = 0,
        numeric_only: bool = False,
        interpolation: str = "linear",
        method: str = "default",
    ) -> Any:
        """Quantiles of each column, exact.

        Parameters
        ----------
        q : float or list of float
            Between 0 and 1; a list gives a frame with a row for each.
        axis : {0, 1}
        numeric_only : bool
            Whether columns of other types are left out.
        interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}
            What stands between two elements.
        method : {"default", "tdigest", "exact"}
            All of them are exact.
        """
        check_method(method)
        frame = of_numbers(self, numeric_only)
        if is_rows(frame, axis):
            if method == "table" or np.ndim(q):  # as many columns as there are rows
                return rows_together(frame, q, interpolation, "table" if method == "table" else "single")
            return new(RowReduce(frame.expr, "quantile", pairs(q=q, interpolation=interpolation)))
        if method == "table":
            return whole_result(frame, "quantile", call_of(q, interpolation=interpolation, method=method))
        return quantile(frame, q, interpolation)


class SeriesQuantileMethods(QuantileMethods):
    """Quantiles of series."""

    __slots__ = ()

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", method: str = "default") -> Any:
        """Quantiles of the values, exact; see `DataFrame.quantile`."""
        check_method(method)
        return quantile(self, q, interpolation)
