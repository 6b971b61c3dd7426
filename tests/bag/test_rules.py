"""Rules, before and after, and where they must not apply."""

from __future__ import annotations

import json

import pytest

import weft.bag as db
from weft.bag.io.text import ReadLines
from weft.bag.kernels.text import ParseJson
from weft.bag.kernels.words import ReadWords
from weft.bag.rules.json import json_into_reader, parse_json, pluck_into_json
from weft.bag.rules.words import split_in_reader
from weft.expr import Context, optimize
from weft.io import json as json_module
from weft.io.words import Splitter


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    return str(path)


@pytest.mark.skipif(json_module.json_library() == "json", reason="there is no faster library than json")
def test_json_loads_becomes_a_decoder(path):
    after = parse_json(db.read_text(path).map(json.loads).expr)
    assert after.stage == ParseJson("orjson")
    assert parse_json(db.read_text(path).map(json.loads, parse_float=str).expr) is None
    assert parse_json(db.read_text(path).map(json.dumps).expr) is None


def test_plucking_moves_into_decoding_unless_others_read_the_values(path):
    values = db.read_json(path)
    plucked = values.pluck("a", 0)
    after = pluck_into_json(plucked.expr)
    assert (after.stage.is_plucked, after.stage.key, after.stage.default) == (True, "a", 0)
    assert pluck_into_json(plucked.expr, Context([plucked.expr, values.expr])) is None
    assert pluck_into_json(db.read_json(path, on_error="skip").pluck("a").expr) is None


def test_words_are_made_in_the_reader(tmp_path):
    place = tmp_path / "a.txt"
    place.write_bytes("one  two\r\n\x0bthree\n\n é\u2003four".encode())
    words = db.read_text(str(place)).str.split().flatten()
    assert isinstance(split_in_reader(words.expr).stage, ReadWords)
    for bag in (words, words.map(str.strip), db.read_text(str(place), blocksize=5).map(str.split).flatten()):
        expected = ["one", "two", "three", "é", "four"]
        assert bag.compute(scheduler="sync") == expected
        assert bag.compute(scheduler="sync", optimize_graph=False) == expected
    assert words.count().compute(scheduler="sync") == 5
    with pytest.raises(ValueError, match="invalid literal") as info:
        words.filter(lambda word: word == "three").map(int).compute(scheduler="sync")
    assert f"byte 10 of {place}" in info.value.__notes__[0]
    for other in (
        db.read_text(str(place)).str.capitalize().str.split(),
        db.read_text(str(place)).str.split().str.split(),
        db.read_text(str(place), linedelimiter="w").str.split(),
        db.read_text(str(place)).str.split(","),
        db.read_text(str(place), include_path=True).str.split(),
        db.read_text(str(place), on_error="skip").str.split(),
    ):
        assert split_in_reader(other.flatten().expr) is None


def test_changes_of_case_before_splitting_are_made_in_the_reader(tmp_path):
    place = tmp_path / "a.txt"
    place.write_text("One TWO\nΓΣ ΔΣΔ two\n")
    words = db.read_text(str(place)).str.strip().map(str.lower).str.split().flatten()
    assert split_in_reader(words.expr).stage.splitter == Splitter(("strip", "lower"))
    expected = {"one": 1, "two": 2, "γς": 1, "δ\u03c3δ": 1}
    assert dict(words.frequencies().compute(scheduler="sync")) == expected
    assert dict(words.frequencies().compute(scheduler="sync", optimize_graph=False)) == expected
    assert "read_text, strip, lower, split, flatten" in str(words.explain())


def test_decoding_moves_into_the_reader_where_bytes_are_enough(path):
    assert isinstance(json_into_reader(db.read_json(path).expr), ReadLines)
    for options in ({"encoding": "latin-1"}, {"errors": "replace"}):
        assert json_into_reader(db.read_json(path, **options).expr) is None
    text = db.read_text(path)
    decoded = text.map(json.loads)
    (left, right) = optimize([decoded.expr, text.expr], ("simplify",))
    assert right == text.expr
    assert not isinstance(left, ReadLines)
