"""JSON is decoded as Python's own module does, with whatever library is there."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.io import json as module
from weft.io.json import loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.booleans())
def test_values_are_those_of_json(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text",
    ["NaN", "[1, Infinity]", '"\\ud800"', "123456789012345678901234567890", "1e999", " 1\n", "[" * 900 + "]" * 900],
)
def test_what_a_fast_library_refuses_or_rounds_is_exact(text):
    assert repr(loads(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", "'a'", "\ufeff1"])
def test_errors_are_those_of_json(text):
    with pytest.raises(json.JSONDecodeError) as ours:
        loads(text)
    with pytest.raises(json.JSONDecodeError) as theirs:
        json.loads(text)
    assert str(ours.value) == str(theirs.value)


def test_without_a_fast_library_json_itself_is_used(monkeypatch):
    monkeypatch.setattr(module, "quick_loads", lambda: None)
    assert math.isnan(loads("NaN"))
