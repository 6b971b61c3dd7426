"""Words of files counted and folded without making them: the same as one by one."""

from __future__ import annotations

from collections import Counter
from operator import add

import pytest

import weft.bag as db
from weft.bag.kernels import words as module

LINES = ["the cat and the dog\n", "  the end\n", "\n", "Dog AND cat\n", "end"] * 7


@pytest.fixture(params=[(1 << 18, 1 << 24), (1, 30)], ids=["one tally", "many tallies"])
def words(request, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "FEW", request.param[0])
    monkeypatch.setattr(module, "MANY", request.param[1])
    monkeypatch.setattr("weft.io.text.CHUNK", 16)
    path = tmp_path / "a.txt"
    path.write_text("".join(LINES))
    return db.read_text(str(path), blocksize=150).str.split().flatten()


EXPECTED = "".join(LINES).split()


def folded(key, binop, initial):
    totals = {}
    for word in EXPECTED:
        found = key(word)
        totals[found] = binop(totals.get(found, initial), word)
    return totals


def computed(bag):
    return bag.compute(scheduler="sync")


def test_frequencies_and_distinct(words):
    assert list(computed(words.frequencies())) == list(Counter(EXPECTED).items())
    assert computed(words.distinct()) == list(dict.fromkeys(EXPECTED))
    assert computed(words.count()) == len(EXPECTED)


@pytest.mark.parametrize("key", [str, len, str.lower, lambda word: word[0]], ids=["own", "len", "lower", "first"])
def test_foldby_keeps_the_order_of_records_with_equal_keys(words, key):
    joined = words.foldby(key, lambda total, word: total + " " + word, "", add)
    assert list(computed(joined)) == list(folded(key, lambda total, word: total + " " + word, "").items())
    counted = words.foldby(key, lambda total, word: total + 1, 0, add, 0)
    assert list(computed(counted)) == list(folded(key, lambda total, word: total + 1, 0).items())


def test_foldby_without_a_first_total_and_with_one_that_is_made(words):
    longest = words.foldby(len, max)
    assert dict(computed(longest)) == {
        length: max(word for word in EXPECTED if len(word) == length) for length in set(map(len, EXPECTED))
    }
    each = words.foldby(str, lambda total, word: [*total, word], list, add)
    assert {word: len(found) for word, found in computed(each)} == dict(Counter(EXPECTED))


def test_errors_tell_the_line_of_the_word(words):
    def key(word):
        return {"the": 1}[word] if word == "Dog" else word

    def binop(total, word):
        return total + (1 if word != "AND" else None)

    for bag, text in ((words.foldby(key, binop, 0, add), "Dog"), (words.foldby(str, binop, 0, add), "AND")):
        with pytest.raises((KeyError, TypeError)) as info:
            computed(bag)
        offset = "".join(LINES).index("Dog AND")
        assert f"byte {offset} of" in info.value.__notes__[0], text
        assert "'Dog AND cat\\n'" in info.value.__notes__[0]


def test_undecodable_words_tell_their_place(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one two\nthr\xffee four\n")
    words = db.read_text(str(path)).str.split().flatten()
    for bag in (words, words.frequencies(), words.foldby(str, max), words.count()):
        with pytest.raises(UnicodeDecodeError) as info:
            computed(bag)
        assert f"byte 11 of {path}" in info.value.__notes__[0]
