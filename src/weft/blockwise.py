"""Layers of matching blocks, under the name by which programs written for Dask import them."""

from weft.collection.blockwise import BlockIndex, Blockwise, BlockwiseDep, BlockwiseDepDict, blockwise, blockwise_token
from weft.collection.joining import fuse_roots, optimize_blockwise, rewrite_blockwise

__all__ = [
    "BlockIndex",
    "Blockwise",
    "BlockwiseDep",
    "BlockwiseDepDict",
    "blockwise",
    "blockwise_token",
    "fuse_roots",
    "optimize_blockwise",
    "rewrite_blockwise",
]
