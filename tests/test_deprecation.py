"""What is deprecated warns, and goes when it was said to."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import weft
from weft.deprecation import Deprecation, deprecated


def marked(path):
    """Where a file uses the decorator, and for how long; nothing is imported, as optional packages may be missing."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "deprecated":
            named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
            yield Deprecation(f"{path}:{node.lineno}", named["since"], named["remove_in"], None)


def test_nothing_has_outlived_its_date():
    files = Path(weft.__file__).parent.rglob("*.py")
    overdue = [entry.name for file in files for entry in marked(file) if entry.is_due(weft.__version__)]
    assert not overdue, f"these were to be removed in or before {weft.__version__}: {overdue}"


def test_what_is_marked_is_found_in_the_source(tmp_path):
    file = tmp_path / "x.py"
    file.write_text('@deprecated(since="0.1", remove_in="0.2", instead="new")\ndef old(): ...\n')
    assert [entry.is_due("0.2") for entry in marked(file)] == [True]


def test_a_deprecated_function_warns_and_works():
    @deprecated(since="0.4", remove_in="0.6", instead="new()")
    def old(x, *, y=1):
        """Add.

        Twice.
        """
        return x + y

    with pytest.warns(FutureWarning, match=r"old is deprecated since Weft 0.4 and goes in 0.6. Use new\(\) instead\."):
        assert old(1, y=2) == 3
    assert old.__doc__ == "Add.\n\n.. deprecated:: 0.4\n   Goes in 0.6. Use new() instead.\n\nTwice."
    assert old.__name__ == "old"


def test_a_deprecated_class_warns_when_an_instance_is_made_and_stays_a_class():
    @deprecated(since="0.4", remove_in="1.0")
    class Old:
        def __init__(self, x):
            self.x = x

    with pytest.warns(FutureWarning, match=r"Old is deprecated since Weft 0.4 and goes in 1.0\.$"):
        old = Old(3)
    assert isinstance(old, Old)
    assert old.x == 3


@pytest.mark.parametrize(
    ("version", "due"),
    [
        ("0.5", False),
        ("0.5.9", False),
        ("0.6", True),
        ("0.6.0", True),
        ("0.6.0rc1", True),
        ("0.6.dev3", True),
        ("0.10", True),
    ],
)
def test_a_removal_is_due_when_its_version_is_reached(version, due):
    assert Deprecation("old", "0.4", "0.6", None).is_due(version) is due


def test_versions_that_make_no_sense_are_errors():
    with pytest.raises(ValueError, match="must be later"):
        deprecated(since="0.6", remove_in="0.6.0")
    with pytest.raises(ValueError, match="as a version"):
        deprecated(since="soon", remove_in="later")
