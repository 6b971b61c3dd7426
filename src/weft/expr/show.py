"""Trees as text, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable

from weft.expr.node import Expr, short

__all__ = ["difference", "tree_text"]


def tree_text(*roots: Expr, limit: int = 1000) -> str:
    """The trees, one node a line, operands indented; what stood before is marked with its number.

    Parameters
    ----------
    roots : Expr
    limit : int
        Lines after which the text is cut.
    """
    counts: dict[str, int] = {}
    stack = [*roots]
    while stack:
        node = stack.pop()
        counts[node.name] = counts.get(node.name, 0) + 1
        if counts[node.name] == 1:
            stack.extend(node.children)
    numbers: dict[str, int] = {}
    lines: list[str] = []
    todo: list[tuple[Expr, int]] = [(root, 0) for root in reversed(roots)]
    while todo:
        node, depth = todo.pop()
        if len(lines) == limit:
            lines.append("...")
            break
        indent = "  " * depth
        if node.name in numbers:
            lines.append(f"{indent}{type(node).__name__} (see #{numbers[node.name]})")
            continue
        mark = ""
        if counts[node.name] > 1 and node.children:
            numbers[node.name] = len(numbers) + 1
            mark = f"  #{numbers[node.name]}"
        lines.append(f"{indent}{line_of(node)}{mark}")
        todo.extend([(child, depth + 1) for child in reversed(node.children)])
    return "\n".join(lines)


def line_of(node: Expr) -> str:
    """A node without its children: class and the plain operands."""
    values = [
        f"{field}={short(value)}"
        for field, value in zip(node.fields, node.operands, strict=True)
        if not isinstance(value, Expr) and not _has_nodes(value)
    ]
    return f"{type(node).__name__}({', '.join(values)})"


def difference(before: Expr | Iterable[Expr], after: Expr | Iterable[Expr]) -> str:
    """What changed from one tree to another, in the form of `diff -u`; empty if nothing did."""
    old, new = (tree_text(*((side,) if isinstance(side, Expr) else side)).splitlines() for side in (before, after))
    import difflib  # here, for a quick import

    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm=""))


def _has_nodes(value: object) -> bool:
    return type(value) is tuple and any(isinstance(each, Expr) or _has_nodes(each) for each in value)
