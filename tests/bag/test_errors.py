"""What fails says which record it was, and where it stands."""

from __future__ import annotations

import gzip
import json
import os

import fsspec
import pytest
from tests.bag.strategies import value

import weft.bag as db


def notes(info):
    return "\n".join(info.value.__notes__)


@pytest.mark.parametrize("scheduler", ["sync", "processes"])
def test_the_record_that_a_function_fails_for_is_named(scheduler):
    bag = db.from_sequence(["1", "2", "x3", "4"], npartitions=1).map(str.strip).filter(None).map(int)
    with pytest.raises(ValueError, match="invalid literal") as info:
        bag.compute(scheduler=scheduler)
    assert "at the record 'x3', number 2 of its partition" in notes(info)


@pytest.mark.parametrize("blocksize", [None, 12])
def test_the_line_that_a_function_fails_for_is_named_with_its_byte(tmp_path, blocksize):
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"1\n2\r\nnone\n4\n" * 1 + b"5\n" * 20)
    with pytest.raises(ValueError, match="invalid literal") as info:
        value(db.read_text(str(path), blocksize=blocksize).map(int))
    assert f"at the record 'none\\n', byte 5 of {path}" in notes(info)


def test_the_line_that_is_no_json_is_named_with_its_byte(tmp_path):
    path = tmp_path / "numbers.json"
    path.write_text('{"a": 1}\n{"a": \n{"b": 1}\n')
    with pytest.raises(json.JSONDecodeError) as info:
        value(db.read_json(str(path)))
    assert "byte 9 of" in notes(info)
    with pytest.raises(KeyError) as info:
        value(db.read_json(str(path), on_error="skip").pluck("a"))
    assert "byte 16 of" in notes(info)


def test_errors_of_a_map_are_skipped_or_collected():
    bag = db.from_sequence(["1", "x", "3"], npartitions=1)
    assert value(bag.map(int, on_error="skip")) == [1, 3]
    one, bad, three = value(bag.map(int, on_error="collect"))
    assert (one, three) == (1, 3)
    assert (bad.record, bad.path) == ("x", None)
    assert bad.error.startswith("ValueError: invalid literal")
    assert value(bag.map(lambda x, on_error: on_error, on_error="mine")) == ["mine"] * 3
    with pytest.raises(ValueError, match="'raise', 'skip' or 'collect'"):
        bag.map(int, on_error="ignore")


def test_collected_errors_stay_where_they_are_until_somebody_asks_for_them(tmp_path):
    bag = db.from_sequence(["1", "x", "3"], npartitions=1).map(int, on_error="collect")
    (bad,) = value(bag.filter(lambda each: isinstance(each, db.BadRecord)))
    assert value(bag.map(lambda x: x + 1)) == [2, bad, 4]
    assert value(bag.map(lambda x, y: x + y, bag.remove(is_bad).sum())) == [5, bad, 7]
    assert value(bag.filter(lambda x: x > 1)) == [bad, 3]
    assert value(bag.remove(lambda x: x > 1)) == [1, bad]
    assert value(bag.remove(is_bad).map(str).str.zfill(2)) == ["01", "03"]
    assert value(bag.map(lambda x: 6 / (x - 1), on_error="skip")) == [bad, 3.0]
    pairs = bag.map(lambda x: (x, [x]))
    assert value(pairs.pluck(0)) == value(bag) == value(bag.persist(scheduler="sync").map(abs))
    assert value(pairs.starmap(lambda x, y: x + len(y))) == [2, bad, 4]
    assert value(pairs.pluck(1).flatten()) == [1, bad, 3]
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntw\xff\nthree\n")
    lines = db.read_text(str(path), on_error="collect", include_path=True)
    one, bad, three = value(lines.pluck(0).str.strip().str.upper())
    assert (one, bad.record, three) == ("ONE", b"tw\xff\n", "THREE")
    path.write_bytes(b'{"n": 1}\n\n{"n": "\xff"}\nnone\n')
    for encoding in ("utf-8", "ascii"):
        one, undecodable, no_json = value(db.read_json(str(path), encoding=encoding, on_error="collect").pluck("n"))
        assert (one, undecodable.offset, no_json.offset) == (1, 10, 21)


def is_bad(record):
    return isinstance(record, db.BadRecord)


def test_the_record_is_named_also_where_many_are_read_at_a_time():
    bag = db.from_sequence([1] * 50 + ["x"] + [2] * 50, npartitions=1)
    for made in (bag.groupby(lambda x: x + 1), bag.mean(), bag.var(), bag.join(bag, lambda x: x + 1)):
        with pytest.raises(TypeError) as info:
            value(made)
        assert "at the record 'x', number 50 of its partition" in notes(info)


def test_a_key_function_that_raises_stop_iteration_is_told():
    with pytest.raises(RuntimeError, match="StopIteration"):
        value(db.range(200, 1).groupby(lambda x: next(iter(range(x % 100)))))


def test_collected_errors_tell_file_and_byte(tmp_path):
    path = tmp_path / "n.txt"
    path.write_text("1\nx\n3\n")
    bad = value(db.read_text(str(path)).map(int, on_error="collect"))[1]
    assert (bad.record, bad.path, bad.offset) == ("x\n", str(path), 2)


def test_lines_that_are_no_json_are_skipped_or_collected(tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_text('{"a": 1}\n\n{]\n{"a": 2}\n')
    assert value(db.read_json(str(path), on_error="skip")) == [{"a": 1}, {"a": 2}]
    one, bad, two = value(db.read_json(str(path), on_error="collect"))
    assert (one, two) == ({"a": 1}, {"a": 2})
    assert (bad.record, bad.path, bad.offset) == (b"{]\n", str(path), 10)


def test_undecodable_lines_are_named_skipped_or_collected(tmp_path):
    path = tmp_path / "n.txt"
    path.write_bytes(b"one\ntw\xff\nthree\n")
    with pytest.raises(UnicodeDecodeError) as info:
        value(db.read_text(str(path)))
    assert f"at byte 6 of {path}, in the line" in notes(info)
    with pytest.raises(UnicodeDecodeError):
        value(db.read_text(str(path)).count())
    assert value(db.read_text(str(path), on_error="skip")) == ["one\n", "three\n"]
    assert value(db.read_text(str(path), on_error="skip").count()) == 2
    bad = value(db.read_text(str(path), on_error="collect"))[1]
    assert (bad.record, bad.path, bad.offset) == (b"tw\xff\n", str(path), 4)
    assert value(db.read_text(str(path), errors="replace"))[1] == "tw\ufffd\n"


def test_files_that_are_cut_off_are_named_skipped_or_collected(tmp_path):
    whole = gzip.compress(b"".join(b"%d is a line of text\n" % i for i in range(50_000)))
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match=r"cannot read .*cut.txt.gz to its end") as info:
        value(db.read_text(str(path)).count())
    assert type(info.value).__name__ == "ReadError"
    read = value(db.read_text(str(path), on_error="skip"))
    assert 0 < len(read) < 50_000
    assert read[0] == "0 is a line of text\n"
    *lines, bad = value(db.read_text(str(path), on_error="collect"))
    assert lines == read
    assert bad.path == str(path)
    assert "ReadError" in bad.error


@pytest.mark.parametrize("kind", sorted(filter(None, fsspec.available_compressions())))
def test_damaged_files_of_every_compression_are_named(tmp_path, kind):
    path = str(tmp_path / "damaged")
    with fsspec.open(path, "wb", compression=kind) as file:
        file.write(b"".join(b"%d is a line of text\n" % i for i in range(20_000)))
    with open(path, "rb+") as file:
        file.truncate(os.path.getsize(path) - 3)
    with pytest.raises(OSError, match=f"cannot read {path} to its end"):
        value(db.read_text(path, compression=kind))
    *lines, bad = value(db.read_text(path, compression=kind, on_error="collect"))
    assert bad.path == path
    assert lines == value(db.read_text(path, compression=kind, on_error="skip"))


def first_of(line):
    return next(iter(line.strip()))


def test_a_function_that_raises_stop_iteration_does_not_end_the_partition_unseen(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\n\nthree\n")
    for bag in (db.read_text(str(path)), db.from_sequence(["one", "", "three"], npartitions=1)):
        with pytest.raises(RuntimeError, match="StopIteration") as info:
            value(bag.map(first_of))
        assert "at the record ''" in notes(info) or "at the record '\\n'" in notes(info)
        with pytest.raises(RuntimeError, match="StopIteration"):
            value(bag.map(first_of).count())
        assert value(bag.map(first_of, on_error="skip")) == ["o", "t"]
    with pytest.raises(RuntimeError, match="StopIteration"):
        value(db.range(3, 1).map(lambda x: next(iter([]))).sum())
    assert value(db.range(3, 1).any())


def test_files_that_are_not_there_are_missed_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        db.read_text(str(tmp_path / "none.txt"))
    with pytest.raises(FileNotFoundError):
        db.read_text(str(tmp_path / "*.txt"))
    with pytest.raises(ValueError, match="empty list"):
        db.read_text([])


def test_partitions_of_unequal_lengths_do_not_go_side_by_side():
    one, two = db.from_sequence([1, 2, 3], npartitions=1), db.from_sequence([1, 2], npartitions=1)
    with pytest.raises(ValueError, match="different lengths"):
        value(db.zip(one, two))
    with pytest.raises(ValueError, match="different lengths"):
        value(one.map(max, two))
    with pytest.raises(ValueError, match="1 and 2 partitions"):
        db.zip(one, db.range(3, 2))


def test_bags_without_records_say_what_they_cannot_give():
    empty = db.from_sequence([])
    with pytest.raises(ValueError, match=r"max\(\) of a bag without records"):
        value(empty.max())
    with pytest.raises(ZeroDivisionError):
        value(empty.mean())
    with pytest.raises(ZeroDivisionError, match="needs more than 1"):
        value(db.from_sequence([1]).var(ddof=1))
    with pytest.raises(TypeError, match="needs initial="):
        value(empty.fold(max))
    assert (value(empty.sum()), value(empty.count()), value(empty)) == (0, 0, [])


def test_wrong_calls_fail_when_they_are_made():
    bag = db.range(3, 1)
    for call, error in [
        (lambda: bag.map(3), TypeError),
        (lambda: db.map(abs, [1, 2]), ValueError),
        (lambda: bag.filter(3), TypeError),
        (lambda: bag.starmap(max, key=bag), TypeError),
        (lambda: bag.product([1]), TypeError),
        (lambda: bag.join(3, abs), TypeError),
        (lambda: bag.repartition(), ValueError),
        (lambda: bag.repartition(0), ValueError),
        (lambda: bag.repartition(partition_size=0), ValueError),
        (lambda: bag.groupby(abs, method="p2p"), ValueError),
        (lambda: bag.groupby(abs, npartitions=0), ValueError),
        (lambda: bag.groupby(abs, max_branch=1), ValueError),
        (lambda: bag.sum(split_every=1), ValueError),
        (lambda: bag.random_sample(2), ValueError),
        (lambda: bag.fold(max, out_type=list), TypeError),
        (lambda: bag.str.nothing(), AttributeError),
        (lambda: bool(bag), TypeError),
        (lambda: db.concat([[1]]), TypeError),
        (lambda: db.from_sequence([1], 1, 1), TypeError),
        (lambda: db.from_sequence([1], 0), ValueError),
        (lambda: db.range(3, 0), ValueError),
        (lambda: db.Bag({}, "x", 1), KeyError),
        (lambda: db.Bag([1, 2]), TypeError),
        (lambda: db.Item({"x": 1}, "y"), KeyError),
    ]:
        with pytest.raises(error):
            call()


def test_topk_needs_a_whole_number():
    with pytest.raises(TypeError, match="needs a whole number"):
        db.range(3, 1).topk(2.5)


@pytest.mark.parametrize("raw", [b"no mark", "cut".encode("utf-16")[:-1]])
def test_files_in_other_encodings_that_cannot_be_decoded_are_named_or_skipped(tmp_path, raw):
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(UnicodeError) as info:
        db.read_text(str(path), encoding="utf-16").compute(scheduler="sync")
    assert str(path) in info.value.__notes__[0]
    assert db.read_text(str(path), encoding="utf-16", on_error="skip").compute(scheduler="sync") in ([], ["cu"])
    *_, bad = db.read_text(str(path), encoding="utf-16", on_error="collect").compute(scheduler="sync")
    assert bad.path == str(path)


def test_what_is_no_sequence_makes_no_bag():
    with pytest.raises(TypeError, match="takes an iterable of records"):
        db.from_sequence(5)
