"""Expressions of columns written as text: whether each row's value depends on that row alone.

``"a > b"`` is evaluated partition by partition. ``"a > a.mean()"`` and ``"a in b"`` look at whole columns, as do functions of
the user's (``"@f(a)"``), for all that is known; such are evaluated for all rows at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Hashable

__all__ = ["goes_by_rows"]

#: Methods of columns that treat each value by itself.
METHODS = frozenset(
    {
        *("abs", "astype", "between", "clip", "fillna", "isna", "isnull", "notna", "notnull", "round", "mod", "pow"),
        *("add", "sub", "mul", "div", "truediv", "floordiv", "eq", "ne", "lt", "le", "gt", "ge"),
    }
)
#: Accessors whose methods do so, but for some.
ACCESSORS, OF_ALL = frozenset({"str", "dt"}), frozenset({"cat", "get_dummies"})
#: What stands in place of a quoted column, and of a variable of the caller's, in names.
QUOTED, LOCAL = "__quoted_column_", "__local_"


def goes_by_rows(text: str, labels: Collection[Hashable]) -> bool:
    """Whether an expression gives each row what it gives that row alone; False where that is not certain.

    Examples
    --------
    >>> goes_by_rows("a > 1 and b.str.len() == 2", ["a", "b"])
    True
    >>> goes_by_rows("a > a.mean()", ["a"]), goes_by_rows("a in b", ["a", "b"]), goes_by_rows("a in [1, 2]", ["a", "b"])
    (False, False, True)
    >>> goes_by_rows("a.str.cat(sep=',') == 'x'", ["a"])
    False
    """
    plain = re.sub(r"`[^`]*`", QUOTED, text)
    plain = re.sub(r"@(?=\w)", LOCAL, plain)
    try:
        tree = ast.parse(plain.strip())
    except SyntaxError:
        return False
    return all(is_by_rows(each, labels) for each in ast.walk(tree))


def is_by_rows(part: ast.AST, labels: Collection[Hashable]) -> bool:
    """Whether one step does."""
    match part:
        case ast.Call(func=ast.Name(id=name)):
            return not name.startswith(LOCAL)
        case ast.Call(func=ast.Attribute(attr="isin"), args=args):
            return not any(names_column(each, labels) for each in args)
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=accessor), attr=method)):
            return method not in OF_ALL if accessor in ACCESSORS else method in METHODS
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in METHODS
        case ast.Compare(ops=ops, comparators=sides):
            sets = [side for op, side in zip(ops, sides, strict=True) if isinstance(op, (ast.In, ast.NotIn))]
            return not any(names_column(each, labels) for each in sets)
        case ast.Call():
            return False
    return True


def names_column(part: ast.AST, labels: Collection[Hashable]) -> bool:
    """Whether a column stands anywhere in an expression."""
    names = [each.id for each in ast.walk(part) if isinstance(each, ast.Name)]
    return any(name in labels or name.startswith(QUOTED) or name in ("index", "columns") for name in names)
