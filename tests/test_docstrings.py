"""The examples in docstrings run, in parts that do not have them run by their own tests."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

PACKAGES = ["weft.collection", "weft.delayed", "weft.execution", "weft.graph", "weft.io"]
MODULES = [
    "weft.cache",
    "weft.callables",
    "weft.dispatch",
    "weft.ducks",
    "weft.extras",
    "weft.graph_manipulation",
    "weft.hints",
    "weft.scratch",
    "weft.seeds",
    "weft.text",
]
INSIDE = [
    f"{package}.{each.name}" for package in PACKAGES for each in pkgutil.iter_modules(import_module(package).__path__)
]


@pytest.mark.parametrize("name", [*MODULES, *INSIDE])
def test_examples_run(name):
    assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS).failed == 0
