"""Functions called later: ``delayed``."""

from weft.delayed.delayed import Delayed, DelayedAttr, DelayedLeaf, delayed
from weft.delayed.trace import unpack_collections

__all__ = ["Delayed", "DelayedAttr", "DelayedLeaf", "delayed", "unpack_collections"]
