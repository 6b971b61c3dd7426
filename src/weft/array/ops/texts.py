"""Functions of `numpy.strings` and `numpy.char`, applied to the texts of chunked arrays.

Those that are ufuncs work as ufuncs do. The others are called for blocks, which are broadcast; as with `astype(str)`, blocks
may differ in how long their texts are, and the joined array has the longest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.ops.gufunc import apply_gufunc
from weft.records import record

__all__ = ["of_each_text"]


@record
class OfTexts:
    """A function whose arrays come first, and are put among its other arguments; one part of what it gives, perhaps."""

    function: Callable[..., Any]
    places: tuple[int, ...]
    others: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    part: int | None

    @property
    def __name__(self) -> str:
        return str(self.function.__name__)

    def __call__(self, *blocks: Any) -> Any:
        arguments = list(self.others)
        for place, block in zip(self.places, blocks, strict=True):
            arguments[place] = block
        made = self.function(*arguments, **dict(self.keywords))
        return np.asarray(made if self.part is None else made[self.part])


def of_each_text(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a function of texts gives for chunked arrays among its positional arguments.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> np.strings.upper(da.from_array(np.array(["a", "bb"]), chunks=1)).compute()
    array(['A', 'BB'], dtype='<U2')
    """
    places = tuple([place for place, each in enumerate(args) if isinstance(each, ArrayBase)])
    others = tuple([None if place in places else each for place, each in enumerate(args)])
    keywords = tuple(kwargs.items())
    shown = function(*[longest(each.dtype) if isinstance(each, ArrayBase) else each for each in args], **kwargs)
    parts = np.shape(shown)[1:] if isinstance(shown, np.ndarray) else ()  # those of `numpy.char.partition`
    signature = ",".join(["()"] * len(places)) + ("->(parts)" if parts else "->()")
    sizes = {"parts": parts[0]} if parts else None
    arrays = [args[place] for place in places]

    def part(number: int | None, dtype: Any) -> Any:
        call = OfTexts(function, places, others, keywords, number)
        if parts or number is not None:  # any part of a text may be all of it
            dtype = np.result_type(dtype, arrays[0].dtype)
        return apply_gufunc(call, signature, *arrays, output_dtypes=dtype, output_sizes=sizes)

    if isinstance(shown, tuple):
        return tuple([part(number, each.dtype) for number, each in enumerate(shown)])
    return part(None, shown.dtype)


def longest(dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """One text as long as the dtype has room for, as a guess at how long results will be."""
    room = {"U": dtype.itemsize // 4, "S": dtype.itemsize}.get(dtype.kind)
    return np.ones(1, dtype) if room is None else np.array(["a" * room]).astype(dtype)
