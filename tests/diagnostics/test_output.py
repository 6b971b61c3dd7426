"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weft.diagnostics.output import write_whole


def test_a_file_replaces_the_one_before(tmp_path: Path) -> None:
    for content in (b"before", b"after"):
        assert write_whole(tmp_path / "page", content) == tmp_path / "page"

    assert (tmp_path / "page").read_bytes() == b"after"


def test_a_file_that_cannot_be_finished_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page").write_bytes(b"before")

    def full(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path / "page", b"after")

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"page": b"before"}
