from __future__ import annotations

import sys

import numpy as np
import pytest
from tests.array.strategies import assert_same

import weft.array as da
from weft.errors import MissingDependencyError


def test_without_the_library_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tiledb", None)
    for call in (lambda: da.ones(3).to_tiledb(tmp_path / "x"), lambda: da.from_tiledb(tmp_path / "x")):
        with pytest.raises(MissingDependencyError, match="pip install tiledb"):
            call()


def test_arrays_come_back_as_they_were_written(tmp_path):
    pytest.importorskip("tiledb")
    whole = np.arange(60.0).reshape(12, 5)
    x = da.from_array(whole, chunks=(5, 5))
    assert x.to_tiledb(tmp_path / "x") is None
    assert da.from_tiledb(tmp_path / "x").chunks == x.chunks
    assert_same(da.from_tiledb(tmp_path / "x", chunks=4), whole)
    assert_same(x.to_tiledb(tmp_path / "y", return_stored=True), whole)
