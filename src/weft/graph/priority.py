"""Static order (placeholder until measured)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from weft.errors import CycleError


def order(inputs: Sequence[Sequence[int]], dependents: Sequence[Sequence[int]], wanted: Iterable[int]) -> list[int]:
    """Depth-first post-order from the outputs."""
    rank = [-1] * len(inputs)
    count = 0
    for root in sorted(set(wanted)):
        stack = [root]
        while stack:
            task = stack[-1]
            if rank[task] >= 0:
                stack.pop()
                continue
            todo = [source for source in inputs[task] if rank[source] < 0]
            if todo:
                stack.extend(reversed(todo))
                if len(stack) > 20 * len(inputs) + 100:
                    error = CycleError("cycle")
                    error.cycle = tuple(todo)  # type: ignore[attr-defined]
                    raise error
            else:
                rank[task] = count
                count += 1
                stack.pop()
    return rank
