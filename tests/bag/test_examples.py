"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import weft.bag

MODULES = [each.name for each in pkgutil.walk_packages(weft.bag.__path__, "weft.bag.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS).failed == 0
