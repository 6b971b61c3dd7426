"""What is public: the names in ``__all__`` of each part of Weft, against a list that is looked at in reviews.

After a change that is meant, write the list anew with ``python -m tests.test_public_api``.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import weft

SNAPSHOT = Path(__file__).parent / "api_snapshot.txt"


def parts() -> list[str]:
    """The modules and packages right below ``weft`` that list what is public."""
    names = ["weft", *sorted(f"weft.{each.name}" for each in pkgutil.iter_modules(weft.__path__))]
    return [name for name in names if name != "weft.__main__" and hasattr(import_module(name), "__all__")]


def api() -> list[str]:
    return [f"{part}.{name}" for part in parts() for name in sorted(import_module(part).__all__)]


def test_the_public_names_are_those_in_the_list():
    listed, found = SNAPSHOT.read_text().split(), api()
    more, less = sorted(set(found) - set(listed)), sorted(set(listed) - set(found))
    assert not more + less, (
        f"public names that are not in {SNAPSHOT.name}: {more}; names in it that are gone: {less}. "
        "If that is meant: python -m tests.test_public_api"
    )


@pytest.mark.parametrize("part", parts())
def test_public_names_are_there_once_and_documented(part):
    module = import_module(part)
    names = module.__all__
    assert len(names) == len(set(names))
    missing = [name for name in names if needs_docstring(getattr(module, name)) and not getattr(module, name).__doc__]
    assert not missing, f"these need a docstring: {missing}"


def needs_docstring(found: Any) -> bool:
    kind = inspect.isclass(found) or inspect.isroutine(found)
    return inspect.ismodule(found) or (kind and found.__module__.startswith("weft"))


def test_names_that_programs_use_after_a_plain_import_are_found():
    for name in ["base.tokenize", "threaded.get", "utils.parse_bytes", "config.set", "order.order", "bytes.read_bytes"]:
        module, _, attribute = name.partition(".")
        assert callable(getattr(getattr(weft, module), attribute))
    assert {"base", "utils", "visualize"} <= set(dir(weft))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = weft.nothing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = import_module("weft.delayed").nothing


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(api()) + "\n")
