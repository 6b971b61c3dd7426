"""Small plans that are kept, for when the same expression is computed again.

To rewrite, lower and number a small expression takes ten times as long as running what comes out of it. A plan is plain data,
and follows from the expression, the configuration and the rules; so it can be used again. It stays with the expression, among
what else has been derived from it, and goes when that goes. For expressions that are built anew see `weft.execution.templates`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from weft.config.state import version
from weft.graph import Plan
from weft.typing import Key

__all__ = ["Kept", "keep", "kept_plan"]

#: Where an expression keeps its plan, among what else has been derived from it.
OWN = "_kept_plan"
#: Blocks that a plan may have to stay with its expression.
SMALL = 256


class Kept(NamedTuple):
    """A plan, and what it was made for."""

    plan: Plan
    keys: list[Key]
    kind: type
    fuse: bool
    version: object


def kept_plan(expression: Any, kind: type, fuse: bool) -> Kept | None:
    """The plan that was made for this very expression, if it would be made the same way now."""
    kept: Kept | None = expression.__dict__.get(OWN)
    if kept is None or kept.version is not version() or kept.kind is not kind or kept.fuse != fuse:
        return None
    return kept


def keep(expression: Any, kept: Kept) -> None:
    """Keep a small plan with its expression."""
    if kept.plan.nblocks <= SMALL:
        expression.__dict__[OWN] = kept
