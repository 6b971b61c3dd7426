from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import weft.dataframe.io


@pytest.mark.parametrize("name", [each.name for each in pkgutil.iter_modules(weft.dataframe.io.__path__)])
def test_examples_run(name):
    module = import_module(f"weft.dataframe.io.{name}")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
