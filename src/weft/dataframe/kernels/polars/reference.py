"""The reference page of engines: what Polars and DuckDB compute and when not, made from the translations themselves."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from functools import lru_cache
from typing import Any

from weft.dataframe.kernels.duckdb.elementwise import OPERATIONS as OF_DUCKDB
from weft.dataframe.kernels.duckdb.translator import TRANSLATIONS as DUCKDB
from weft.dataframe.kernels.polars.elementwise import OPERATIONS
from weft.dataframe.kernels.polars.translator import TRANSLATIONS
from weft.dataframe.kernels.table import KERNELS

__all__ = ["reference_page"]

#: Where translations are; and modules of what holds for all of them.
PACKAGES = tuple([f"weft.dataframe.kernels.{name}" for name in ("polars", "duckdb", "translating")])
TYPES = ("weft.dataframe.kernels.polars.relation", "weft.dataframe.kernels.duckdb.relation")

_INTRODUCTION = """\
# Engines

<!-- Made from the translations: python -m weft.dataframe.kernels.polars.reference > docs/reference/engines.md -->

pandas computes everything. Polars computes the largest parts of a program of which every operation is translated, where its
answer is pandas' own; `explain()` says for each part which engine it is and, for pandas, why. DuckDB computes groups of large
files by few keys, joins of them that are summed up, and whole programs that might not fit the memory budget, as far as each
operation is translated for it, too. `dataframe.engine` is `auto`, `pandas`, or `polars` or `duckdb`, which raise where there is
no translation. What is no single query (it might not fit the memory budget,
a user's function stands in it, its partitions are kept) is divided: Polars computes the pieces between Weft's own exchanges
partition by partition. `dataframe.queries = "partitions"` always divides, as a cluster does.

"""


def reference_page() -> str:
    """The page as Markdown: nodes, operations on rows, and what pandas alone computes."""
    translated = {name: TRANSLATIONS[name] for name in names_of(TRANSLATIONS)}
    only = sorted(set(names_of(KERNELS["pandas"])) - set(translated))
    return (
        _INTRODUCTION
        + section("Nodes", "node", translated, {name: DUCKDB[name] for name in names_of(DUCKDB)})
        + section("Operations on rows", "operation", OPERATIONS, OF_DUCKDB)
        + "## pandas alone\n\n"
        + "Nodes: "
        + ", ".join([f"`{name}`" for name in only])
        + ".\n\nOperations on rows: all that are not in the table above; users' functions.\n"
    )


def names_of(table: Any) -> list[str]:
    """The nodes that a table of kernels has."""
    return sorted(table._functions)


def section(title: str, what: str, functions: dict[str, Any], also: dict[str, Any]) -> str:
    """A table of the names that go by the same functions, of what Polars leaves to pandas, and what DuckDB does not compute."""
    names = defaultdict(list)
    for name, function in functions.items():
        names[function, also.get(name)].append(name)
    rows = sorted(
        [(", ".join([f"`{name}`" for name in sorted(each)]), *both) for both, each in names.items()],
        key=lambda row: row[0],
    )
    lines = [
        f"| {shown} | {'; '.join(reasons(function)) or 'nothing'} | {without(second, function)} |\n"
        for shown, function, second in rows
    ]
    return f"## {title}\n\n| {what} | stays in pandas | is not for DuckDB |\n| --- | --- | --- |\n{''.join(lines)}\n"


def without(function: Any, first: Any) -> str:
    """What DuckDB does not compute of what has a translation for it; what Polars leaves, too, is not repeated."""
    if function is None:
        return "all"
    more = [each for each in reasons(function) if each not in reasons(first)]
    return "; ".join(more) or "the same"


def reasons(function: Any) -> list[str]:
    """What a translation says where it does not translate, in the functions of this package that it calls, too."""
    seen: list[Any] = []
    found: list[str] = []
    waiting = [function]
    while waiting:
        each = waiting.pop(0)
        if each in seen or not inspect.isfunction(each) or not each.__module__.startswith(PACKAGES):
            continue
        if each.__module__ in TYPES:  # types that none has are the same for all
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
