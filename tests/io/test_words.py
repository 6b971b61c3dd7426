"""Words counted by pyarrow, and by Python: the same, in the same order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.io import words as module
from weft.io.text import LineFormat
from weft.io.words import Splitter, Tally, add_counts

CHARACTERS = "ab ABß\u03a3\u0130\t\n\x0b\x0c\r\x1c\x1f\x85\xa0\u1680\u2003\u2028\u3000\u00e9\U0001f600\x00"
PIECES = st.lists(st.text(CHARACTERS, max_size=12).map(lambda text: text + "\n"), max_size=5)
CHANGES = st.lists(st.sampled_from(module.CHANGES), max_size=2).map(tuple)


@pytest.fixture(params=["pyarrow", "python"], autouse=True)
def library(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(module, "arrow_compute", lambda is_much: None)
    else:
        pytest.importorskip("pyarrow.compute")


@given(PIECES, CHANGES, st.sampled_from(["utf-8", "utf-8:surrogatepass", "cp1252:replace", "ascii:surrogateescape"]))
def test_a_tally_has_the_words_of_all_pieces(pieces, changes, how):
    encoding, _, errors = how.partition(":")
    form = LineFormat(encoding, errors or "strict")
    raws = [text.encode("utf-8") for text in pieces]
    tally = Tally(Splitter(changes))
    expected: Counter[str] = Counter()
    for raw in raws:
        tally.add(raw, form)
        text = raw.decode(encoding, errors or "strict")
        for change in changes:
            text = getattr(text, change)()
        expected.update(text.split())
    assert list(tally.take().items()) == list(expected.items())
    assert tally.take() == {}


def test_what_pyarrow_cannot_hold_is_counted_in_its_place():
    tally = Tally(Splitter())
    form = LineFormat("utf-8", "surrogateescape")
    for raw in (b"one two\n", b"three \xff two\n", b"four one\n"):
        tally.add(raw, form)
    assert list(tally.take().items()) == [("one", 2), ("two", 2), ("three", 1), ("\udcff", 1), ("four", 1)]


def test_counts_are_added():
    total = {"a": 1}
    add_counts(total, {"b": 2, "a": 3})
    assert total == {"a": 4, "b": 2}
