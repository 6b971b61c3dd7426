from __future__ import annotations

import pytest

from weft.dataframe.kernels.pandas import hashing, lookup, moving, runs


@pytest.fixture(params=["numpy", "machine code"])
def way(request, monkeypatch):
    """Both ways to move and match rows."""
    if request.param == "machine code":
        pytest.importorskip("numba")
        assert moving.machine_code(wait=True) is not None
    else:
        for module in (hashing, lookup, runs):
            monkeypatch.setattr(module, "machine_code", lambda rows: None)
    return request.param
