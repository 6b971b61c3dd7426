"""Collections made of other kinds of collections: a table, so that none of them imports another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.registry import Registry

__all__ = ["CONVERSIONS"]

#: Functions that make a collection of whatever they take, by the name of its kind.
CONVERSIONS: Registry[Callable[..., Any]] = Registry("kind of collection")
CONVERSIONS.add("array-rows", "weft.array.io.from_blocks:array_of_rows")
CONVERSIONS.add("bag", "weft.bag.io.sequences:from_delayed")
CONVERSIONS.add("delayed", "weft.delayed.delayed:delayed")
CONVERSIONS.add("frame", "weft.dataframe.base:new")
CONVERSIONS.add("frame-of-array", "weft.dataframe.io.memory:from_dask_array")
CONVERSIONS.add("frame-blocks", "weft.dataframe.io.from_blocks:FromBlocks")
CONVERSIONS.add("frame-facts", "weft.dataframe.io.from_blocks:Known")
