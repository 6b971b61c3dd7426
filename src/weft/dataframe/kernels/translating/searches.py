"""What is looked for in columns: patterns, beginnings and ends, and bounds; the same for every engine."""

from __future__ import annotations

from typing import Any

from weft.dataframe.kernels.translating import PLAIN_PATTERN, Untranslatable
from weft.dataframe.kernels.translating.relation import TRUTH, text

__all__ = ["affixed", "bounds_of", "searched"]


def searched(value: Any, pat: Any, dtype: Any, case: bool, flags: int, na: Any, regex: bool, engine: str) -> Any:
    """The column in which `str.contains` looks for a pattern. Raises Untranslatable where an engine may read it otherwise."""
    column = text(value)
    if not case or flags or na is not False or dtype != TRUTH or not isinstance(pat, str):
        raise Untranslatable("str.contains() with such options stays in pandas")
    if regex and not PLAIN_PATTERN.fullmatch(pat):
        raise Untranslatable(f"the pattern {pat!r} may mean something else to {engine}")
    return column


def affixed(value: Any, pat: Any, dtype: Any, na: Any) -> Any:
    """The column of which it is asked how its texts begin, or end."""
    column = text(value)
    if not isinstance(pat, str) or na is not False or dtype != TRUTH:
        raise Untranslatable("several texts are looked for by pandas")
    return column


def bounds_of(inclusive: str) -> tuple[str, str]:
    """The comparisons with the lower and the upper bound that ``between`` makes."""
    return "ge" if inclusive in ("both", "left") else "gt", "le" if inclusive in ("both", "right") else "lt"
