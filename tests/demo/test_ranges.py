"""Every line of a file lies in exactly one byte range."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.demo.ranges import cut_lines, read_range

FIELDS = st.text(st.characters(codec="utf-8", exclude_characters='\r\n",'), max_size=8)


@st.composite
def csv_texts(draw: st.DrawFn) -> bytes:
    """A header and any number of rows, with either line end, the last line possibly without one."""
    columns = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(FIELDS, min_size=columns, max_size=columns), max_size=30))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(",".join(row) for row in [[f"column{i}" for i in range(columns)], *rows])
    return (text + draw(st.sampled_from(["", end]))).encode()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ranges") / "lines.csv"


def bodies(path: Path, text: bytes, parts: int) -> list[bytes]:
    """What each range holds, without its header."""
    path.write_bytes(text)
    ranges = cut_lines(path, parts)
    return [read_range(part).removeprefix(part.header) for part in ranges]


def lines_of(text: bytes) -> list[bytes]:
    """Lines with their ends; of the text's end only what is there."""
    return [line for line in re.split(rb"(?<=\n)", text) if line]


@given(csv_texts(), st.integers(1, 50))
def test_every_line_is_in_exactly_one_part(path: Path, text: bytes, parts: int):
    _, _, body = text.partition(b"\n")

    found = bodies(path, text, parts)

    assert len(found) == parts
    assert [line for part in found for line in lines_of(part)] == lines_of(body)


@given(csv_texts(), st.integers(1, 20))
def test_rows_read_part_by_part_are_the_rows_of_the_whole(path: Path, text: bytes, parts: int):
    path.write_bytes(text)

    rows = [row for part in cut_lines(path, parts) for row in csv.DictReader(io.StringIO(read_range(part).decode()))]

    assert rows == list(csv.DictReader(io.StringIO(text.decode())))


def test_parts_are_of_about_equal_size(path: Path):
    text = b"number\n" + b"".join(b"%03d\n" % number for number in range(1000))

    sizes = [len(body) for body in bodies(path, text, 10)]

    assert sizes == [400] * 10


def test_a_cut_within_a_line_moves_to_the_next_line(path: Path):
    assert bodies(path, b"n\n1\n23456789\n3\n", 2) == [b"1\n23456789\n", b"3\n"]


def test_a_cut_at_a_line_start_stays(path: Path):
    assert bodies(path, b"n\n11\n22\n", 2) == [b"11\n", b"22\n"]


def test_more_parts_than_lines_gives_empty_parts(path: Path):
    found = bodies(path, b"n\r\n1\r\n2", 6)

    assert len(found) == 6
    assert [body for body in found if body] == [b"1\r\n", b"2"]


@pytest.mark.parametrize("text", [b"", b"n", b"n\n", b"n\r\n"])
def test_a_file_without_rows_gives_empty_parts(path: Path, text: bytes):
    assert bodies(path, text, 3) == [b"", b"", b""]


def test_no_parts_at_all_is_an_error(path: Path):
    path.write_bytes(b"n\n1\n")

    with pytest.raises(ValueError, match="into 0 parts: there must be at least one"):
        cut_lines(path, 0)
