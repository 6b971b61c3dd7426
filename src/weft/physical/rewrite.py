"""From expressions to physical nodes, with or without optimising on the way."""

from __future__ import annotations

from collections.abc import Sequence

from weft.expr import Expr, Trace, optimize
from weft.physical import base, fuse, hold

__all__ = ["lowered"]


def lowered(expressions: Sequence[Expr], *, optimize: bool = True, trace: Trace | None = None) -> list[Expr]:
    """Physical nodes for expressions, in order.

    Parameters
    ----------
    expressions : sequence of Expr
    optimize : bool
        Whether to simplify and fuse; without it every operation makes its own tasks.
    trace : list, optional
        Gets a step for each rule that fires.
    """
    return run_phases(expressions, None if optimize else ("lower",), trace)


run_phases = optimize

#: Importing these has added their rules to the pipeline.
RULES_OF = (base, hold, fuse)
