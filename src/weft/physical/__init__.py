"""The few steps that make tasks. All collections lower to these.

``base`` has what every one of them is and `write_graph`; ``blockwise`` one block from matching blocks, ``tree_reduce`` many
to one, ``exchange`` all to all, ``source`` data in memory, ``gather`` a few to one, ``opaque`` a graph made elsewhere; ``fuse``
joins blockwise nodes; ``grid`` says which block of one grid is read for which of another.
"""

from weft.expr import PIPELINE
from weft.physical.base import LOWERING, BlockExpr, Names, Outline, Physical, block_keys, build, write_graph
from weft.physical.blockwise import Blockwise, Call, Column, Listed, Product, Same, blockwise, from_parts
from weft.physical.exchange import Dense, Exchange, Routes, plan_rounds
from weft.physical.fuse import COMPILERS, FUSING, Fused, add_compiler
from weft.physical.gather import Gather, Reads
from weft.physical.grid import Pick, identity_pick
from weft.physical.opaque import Opaque
from weft.physical.rewrite import lowered
from weft.physical.source import InMemory, Whole
from weft.physical.tree_reduce import TreeReduce

PIPELINE["lower"].close(LOWERING)
PIPELINE["fuse"].add(FUSING)

__all__ = [
    "COMPILERS",
    "LOWERING",
    "BlockExpr",
    "Blockwise",
    "Call",
    "Column",
    "Dense",
    "Exchange",
    "Fused",
    "Gather",
    "InMemory",
    "Listed",
    "Names",
    "Opaque",
    "Outline",
    "Physical",
    "Pick",
    "Product",
    "Reads",
    "Routes",
    "Same",
    "TreeReduce",
    "Whole",
    "add_compiler",
    "block_keys",
    "blockwise",
    "build",
    "from_parts",
    "identity_pick",
    "lowered",
    "plan_rounds",
    "write_graph",
]
