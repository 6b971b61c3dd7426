"""One part of each text that is split: lists that nobody sees are not made."""

from __future__ import annotations

from weft.dataframe.ops.elementwise import Elementwise
from weft.expr import Expr, rule

__all__ = ["part_of_split"]


@rule
def part_of_split(node: Elementwise) -> Expr | None:
    """``column.str.split(",").str[1]`` takes the part from Arrow's lists, where the separator is a plain text."""
    match node:
        case Elementwise(
            "str.get", (Elementwise("str.split" | "str.rsplit" as name, (column,), words), int(place)), ()
        ):
            options = dict(words)
            is_plain = options.pop("regex", None) is False or name == "str.rsplit"
            separator, most = options.get("pat"), options.get("n", -1)
            if separator is None:
                is_plain = most <= 0  # Python keeps the white space at the end of what it does not split
            elif not isinstance(separator, str) or not separator:
                return None
            if is_plain or (separator is not None and len(separator) == 1 and dict(words).get("regex") is None):
                told = {"method": name.removeprefix("str."), "place": place, **options}
                return Elementwise("part_of_split", (column,), tuple(sorted(told.items())))
    return None
