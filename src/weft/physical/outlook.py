"""What expressions become, told to people: the physical tree in short lines, inserted rechunks, and what stayed apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from weft.expr import Expr, Trace, optimize, tree_text, walk
from weft.graph.program import name_of
from weft.physical.base import Physical
from weft.physical.blockwise import Blockwise
from weft.physical.exchange import Exchange
from weft.physical.fuse import why_apart
from weft.physical.gather import Gather
from weft.records import record
from weft.units import format_bytes

__all__ = ["Outlook", "add_remarks", "outlook", "physical_text"]


@record
class Outlook:
    """The stages between what was written and what runs, as text."""

    simplified: str  #: logical operations after rewriting
    physical: str  #: physical operations that will run
    rechunks: tuple[str, ...]  #: rechunks, with their bytes; those that alignment put in are marked
    apart: tuple[str, ...]  #: pairs of operations that did not fuse, with the reason
    remarks: tuple[str, ...] = ()  #: what collections say of their choices: which engine computes what, and why


#: Functions from simplified trees to lines about choices; see `add_remarks`.
REMARKS: list[Callable[[Sequence[Expr]], list[str]]] = []


def add_remarks(function: Callable[[Sequence[Expr]], list[str]]) -> None:
    """Let a collection tell of the choices that it makes after simplifying."""
    REMARKS.append(function)


def outlook(trees: Sequence[Expr], *, is_optimized: bool = True) -> Outlook:
    """What will become of expressions.

    Parameters
    ----------
    trees : sequence of Expr
        As written.
    is_optimized : bool
        Whether they are simplified and fused.
    """
    simplified = optimize(trees, ("simplify",)) if is_optimized else list(trees)
    trace: Trace = []
    lowered = optimize(simplified, ("choose", "divide", "lower") if is_optimized else ("lower",), trace)
    fused = optimize(lowered, ("hold", "fuse")) if is_optimized else lowered
    written = {node.name for node in walk(*simplified)}
    rechunks = [
        rechunk_text(step.before, step.after, step.before.name not in written)
        for step in trace
        if step.rule == "lower" and step.before.label.startswith("rechunk")
    ]
    apart = why_apart(lowered) if is_optimized else []
    remarks = [line for function in REMARKS for line in function(simplified)] if is_optimized else []
    return Outlook(
        tree_text(*simplified), physical_text(*fused), tuple(dict.fromkeys(rechunks)), tuple(apart), tuple(remarks)
    )


def rechunk_text(before: Any, after: Expr, is_inserted: bool) -> str:
    """What a rechunk moves."""
    kind = "inserted" if is_inserted else "asked for"
    if isinstance(after, (Gather, Exchange)):
        how = "all to all" if isinstance(after, Exchange) else "merging neighbours"
        return f"{kind}: {blocks_text(before.source)} to {blocks_text(before)}, {how}, moves {sized(before)}"
    return f"{kind}: {blocks_text(before.source)} to {blocks_text(before)}, by splitting, moves nothing"


def sized(node: Any) -> str:
    """Bytes of all that a node stands for."""
    nbytes = getattr(node, "nbytes", 0)
    return format_bytes(int(nbytes)) if nbytes == nbytes and nbytes else "an unknown size"


def blocks_text(node: Any) -> str:
    """``16 x 4 blocks``."""
    counts = " x ".join(map(str, node.numblocks)) or "1"
    return f"{counts} block{'s' * (prod(node.numblocks) != 1)}"


def physical_text(*roots: Expr, limit: int = 200) -> str:
    """Physical trees in short: what each operation is called, its kind, its blocks, and the functions of a task."""
    lines: list[str] = []
    seen: set[str] = set()
    stack: list[tuple[Expr, int]] = [(root, 0) for root in reversed(roots)]
    while stack:
        node, depth = stack.pop()
        if len(lines) == limit:
            lines.append("...")
            break
        known = node.name in seen
        lines.append("  " * depth + (f"{node.label} (see above)" if known else physical_line(node)))
        if not known:
            seen.add(node.name)
            stack.extend([(child, depth + 1) for child in reversed(node.children)])
    return "\n".join(lines)


def physical_line(node: Expr) -> str:
    """One operation."""
    if not isinstance(node, Physical):
        return repr(node)
    text = f"{node.label}: {type(node).__name__}, {blocks_text(node)}"
    if node.nbytes:
        text += f" of up to {format_bytes(node.nbytes)}"
    if isinstance(node, Blockwise):
        names = [name_of(call.function) for call in node.calls]
        text += f"; {', then '.join(names)}"
    return text
