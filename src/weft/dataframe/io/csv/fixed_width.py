"""Where the columns of text in fixed width begin and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["column_places"]


def column_places(text: str, options: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The places of columns: runs of positions at which some of the first rows have more than space.

    >>> column_places("id  name\\n 1  Ann\\n22  Bo\\n", {})
    [(0, 2), (4, 8)]
    """
    skipped = options.get("skiprows") or 0
    leave = set(range(skipped)) if isinstance(skipped, int) else set(skipped)
    blanks = set(options.get("delimiter") or "\n\t ") | set("\r\n")
    comment = options.get("comment")
    lines = [line for number, line in enumerate(text.splitlines()) if number not in leave]
    if comment:
        lines = [line.partition(comment)[0] for line in lines]
    lines = lines[: int(options.get("infer_nrows", 100))]
    width = max(map(len, lines), default=0)
    taken = [any(place < len(line) and line[place] not in blanks for line in lines) for place in range(width)]
    edges = [
        place for place in range(width + 1) if (place < width and taken[place]) != (place > 0 and taken[place - 1])
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))
