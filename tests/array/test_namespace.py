"""The namespace: families that are imported when they are asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import weft.array as da
from weft.array import _LATER


@pytest.mark.parametrize("module", _LATER)
def test_a_family_that_is_imported_later_is_listed_as_it_lists_itself(module):
    names = import_module(f"weft.array.{module}").__all__
    passed_on = {"comparing": ["assert_eq"], "utils": ["array_expr_enabled"]}.get(module, names)
    assert sorted(_LATER[module]) == sorted(passed_on)


def test_importing_the_namespace_imports_no_rare_family():
    code = "import sys, weft.array; print(*[name for name in sys.modules if name.startswith('weft.array.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "weft.array.array" in loaded
    assert not {f"weft.array.{module}" for module in _LATER} & set(loaded)


def test_a_name_that_is_not_there_says_so():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = da.nothing
    assert {"histogram", "random", "sum"} <= set(dir(da))
