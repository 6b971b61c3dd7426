"""The reference page of engines: what Polars computes and when not, made from the translations themselves."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from functools import lru_cache
from typing import Any

from weft.dataframe.kernels.polars.elementwise import OPERATIONS
from weft.dataframe.kernels.polars.relation import engine_type
from weft.dataframe.kernels.polars.translator import TRANSLATIONS
from weft.dataframe.kernels.table import KERNELS

__all__ = ["reference_page"]

_INTRODUCTION = """\
# Engines

<!-- Made from the translations: python -m weft.dataframe.kernels.polars.reference > docs/reference/engines.md -->

pandas computes everything. Polars computes the largest parts of a program of which every operation is translated, where its
answer is pandas' own; `explain()` says for each part which engine it is and, for pandas, why. `dataframe.engine` is `auto`,
`pandas`, or `polars`, which raises where there is no translation. What is no single query (it might not fit the memory budget,
a user's function stands in it, its partitions are kept) is divided: Polars computes the pieces between Weft's own exchanges
partition by partition. `dataframe.queries = "partitions"` always divides, as a cluster does.

"""


def reference_page() -> str:
    """The page as Markdown: nodes, operations on rows, and what pandas alone computes."""
    translated = {name: TRANSLATIONS[name] for name in names_of(TRANSLATIONS)}
    only = sorted(set(names_of(KERNELS["pandas"])) - set(translated))
    return (
        _INTRODUCTION
        + section("Nodes", "node", translated)
        + section("Operations on rows", "operation", OPERATIONS)
        + "## pandas alone\n\n"
        + "Nodes: "
        + ", ".join([f"`{name}`" for name in only])
        + ".\n\nOperations on rows: all that are not in the table above; users' functions.\n"
    )


def names_of(table: Any) -> list[str]:
    """The nodes that a table of kernels has."""
    return sorted(table._functions)


def section(title: str, what: str, functions: dict[str, Any]) -> str:
    """A table of the names that go by each function, and of what each leaves to pandas."""
    names = defaultdict(list)
    for name, function in functions.items():
        names[function].append(name)
    rows = sorted(
        [(", ".join([f"`{name}`" for name in sorted(each)]), function) for function, each in names.items()],
        key=lambda row: row[0],
    )
    lines = [f"| {shown} | {'; '.join(reasons(function)) or 'nothing'} |\n" for shown, function in rows]
    return f"## {title}\n\n| {what} | stays in pandas |\n| --- | --- |\n{''.join(lines)}\n"


def reasons(function: Any) -> list[str]:
    """What a translation says where it does not translate, in the functions of this package that it calls, too."""
    seen: list[Any] = []
    found: list[str] = []
    waiting = [function]
    while waiting:
        each = waiting.pop(0)
        if each in seen or not inspect.isfunction(each) or not each.__module__.startswith(__package__ or ""):
            continue
        if each.__module__ == engine_type.__module__:  # types that neither has are the same for all
            continue
        seen.append(each)
        defined = functions_of(each.__module__)
        if each.__name__ not in defined:
            continue
        for part in ast.walk(defined[each.__name__]):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
                if part.func.id == "Untranslatable" and part.args:
                    found.append(said(part.args[0]))
                waiting.append(each.__globals__.get(part.func.id))
    return list(dict.fromkeys(found))


def said(message: ast.expr) -> str:
    """A message as it is written, with dots for what is filled in."""
    if isinstance(message, ast.JoinedStr):
        parts = [str(each.value) if isinstance(each, ast.Constant) else "..." for each in message.values]
        text = "".join(parts)
    else:
        text = str(message.value) if isinstance(message, ast.Constant) else "..."
    return re.sub(r" stays? in pandas$", "", text).replace("|", "\\|")


@lru_cache
def functions_of(module: str) -> dict[str, ast.FunctionDef]:
    """The functions that a module defines."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}


if __name__ == "__main__":
    print(reference_page(), end="")
