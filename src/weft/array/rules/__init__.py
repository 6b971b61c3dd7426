"""All rules of arrays, phase by phase, in the order in which they are asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.bordered import compute_in_place
from weft.array.kernels.chains import tile_elementwise
from weft.array.kernels.compressing import reduce_compressed
from weft.array.kernels.elementwise import Output, same_elements, select_block
from weft.array.kernels.sorting import sort_in_place
from weft.array.kernels.tile_writers import add_writer, write_result
from weft.array.kernels.written_chains import write_chains
from weft.array.ops.elementwise import cast
from weft.array.rules.axes_before import axes_before_elementwise
from weft.array.rules.coarsen import coarsen_before_reduction
from weft.array.rules.compress_before_reduction import compress_before_reduction
from weft.array.rules.merge_axes import merge_axes
from weft.array.rules.merge_rechunks import merge_rechunks
from weft.array.rules.merge_reshapes import merge_block_reshapes, merge_reshapes
from weft.array.rules.merge_slices import merge_slices
from weft.array.rules.rechunk_before import rechunk_before_operations
from weft.array.rules.rechunk_before_concatenate import rechunk_before_concatenate
from weft.array.rules.rechunk_into_source import rechunk_into_source
from weft.array.rules.reduce_before_rechunk import reduce_before_rechunk
from weft.array.rules.reduce_by_cells import reduce_by_cells
from weft.array.rules.share_pass import share_pass
from weft.array.rules.slice_before import (
    slice_before_axes,
    slice_before_broadcast,
    slice_before_elementwise,
    slice_before_rechunk,
    slice_before_reduction,
)
from weft.array.rules.slice_before_concatenate import slice_before_concatenate
from weft.array.rules.slice_before_lines import slice_before_lines
from weft.array.rules.slice_before_reshape import slice_before_reshape
from weft.array.rules.slice_before_take import slice_before_compress, slice_before_points
from weft.array.rules.slice_into_source import slice_into_source
from weft.array.rules.trace_overlap import trace_overlap
from weft.expr import add_rules
from weft.physical.fuse import add_compiler

__all__ = ["LOWER", "SIMPLIFY", "install"]

SIMPLIFY = (
    trace_overlap,
    merge_slices,  # before slices move: one moves as cheaply as two
    slice_into_source,
    slice_before_rechunk,
    slice_before_axes,
    slice_before_reduction,
    slice_before_broadcast,
    slice_before_elementwise,
    slice_before_concatenate,
    slice_before_reshape,
    slice_before_points,
    slice_before_compress,
    slice_before_lines,
    merge_reshapes,
    merge_rechunks,
    rechunk_before_concatenate,
    rechunk_into_source,
    rechunk_before_operations,
    merge_axes,
    axes_before_elementwise,
    compress_before_reduction,
    reduce_before_rechunk,
    coarsen_before_reduction,  # late: slices make sources smaller first
    reduce_by_cells,  # after that: what is drawn in tiny chunks is none of its business
    share_pass,  # when it is settled what is reduced
)

#: Lowering puts rechunks in where operands are cut differently; those are merged and pushed like the user's own.
LOWER = (merge_rechunks, rechunk_into_source, rechunk_before_operations, merge_block_reshapes)


def write_cast(out: Any, block: Any, dtype: Any) -> None:
    """`cast` into an array, for tiles."""
    np.copyto(out, block, casting="unsafe")


def install() -> None:
    """Add the rules and the compilers (of masked reductions, elementwise chains, sorts, writes) to the pipeline."""
    add_rules(simplify=SIMPLIFY, lower=LOWER)
    add_compiler(reduce_compressed)
    add_compiler(tile_elementwise)
    add_compiler(compute_in_place)
    add_compiler(sort_in_place)
    add_compiler(write_chains)
    add_writer(cast, write_cast)
    for function in (select_block, same_elements, Output(np.modf, 0), Output(np.frexp, 0), Output(np.frexp, 1)):
        add_writer(function, write_result(function))
