from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from weft.io.delimited import Dialect, record_start, whole_records

PIECES = ["x", "", "a,b", 'say ""hi""', "line\nbreak", "\n", ",", "1", '""', "long text " * 3, "a\r\nb", "5"]


@st.composite
def written_records(draw):
    """Records as bytes, and how many fields they have."""
    fields = draw(st.integers(1, 4))

    def field():
        text = draw(st.sampled_from(PIECES))
        quoted = any(mark in text for mark in ',\n"\r') or draw(st.booleans())
        return f'"{text}"' if quoted else text or "0"

    count = draw(st.integers(1, 10))
    return [(",".join([field() for _ in range(fields)]) + "\n").encode() for _ in range(count)], fields


@settings(max_examples=60)
@given(written_records())
def test_records_are_found_from_any_place(made):
    records, fields = made
    text = b"".join(records)
    starts = [0]
    for record in records:
        starts.append(starts[-1] + len(record))
    dialect = Dialect(fields=fields)
    for place in range(1, len(text) + 1):
        expected = next((start for start in starts if start > place), len(text))
        assert record_start(io.BytesIO(text), place, dialect) == expected


def test_long_quoted_fields_are_no_records():
    inner = "1,2\n" * 5000
    text = f'a,b\n"{inner}",x\n3,4\n'.encode()
    place = len(text) // 2
    assert record_start(io.BytesIO(text), place, Dialect(fields=2)) == len(text) - 4


def test_quotes_in_the_middle_of_fields_are_characters():
    text = b'12" vinyl,1\n' * 20
    assert record_start(io.BytesIO(text), 30, Dialect(fields=2)) == 36


def test_escaped_quotes_and_no_quotes():
    escaped = b'"a\\"\nb",1\n"c",2\n'
    assert record_start(io.BytesIO(escaped), 3, Dialect(escape="\\", doubled=False, fields=2)) == 10
    assert record_start(io.BytesIO(b'"\n"\n'), 1, Dialect(quote=None)) == 2


def test_whole_records_leave_out_the_last_one():
    assert whole_records(b'a,b\n"x\ny",1\n"z\n', Dialect()) == b'a,b\n"x\ny",1\n'
    assert whole_records(b"a,b", Dialect()) == b""
