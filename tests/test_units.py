"""Sizes, durations and shares, read and written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weft import units
from weft.units import format_bytes, format_time, parse_bytes, parse_fraction_or_bytes, parse_timedelta


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [
        ("4 GiB", 4 * 2**30),
        ("100", 100),
        ("1e3kb", 1_000_000),
        ("5k", 5000),
        (" 3 M", 3_000_000),
        ("MB", 1_000_000),
        ("1.5kib", 1536),
        ("5 B", 5),
        (".5 KiB", 512),
        ("1_000 bytes", 1000),
        ("9007199254740993", 9007199254740993),
        (123, 123),
        (5.4, 5),
    ],
)
def test_a_size_is_read_in_bytes(text, nbytes):
    assert parse_bytes(text) == nbytes


@pytest.mark.parametrize(
    "text", ["foos", "5 cool", "1 GBB", "", "  ", "-5 MB", "inf", "1 2 MB", None, True, [1], float("nan")]
)
def test_a_size_that_makes_no_sense_is_a_value_error(text):
    with pytest.raises(ValueError, match="as a size"):
        parse_bytes(text)


def test_the_error_about_a_size_lists_the_units():
    with pytest.raises(ValueError, match=r"no unit 'GBB'. Units are B, kB, MB.*GiB"):
        parse_bytes("1 GBB")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3s", 3),
        ("3.5 seconds", 3.5),
        ("300ms", 0.3),
        ("5 us", 5e-6),
        ("5µs", 5e-6),
        ("5ns", 5e-9),
        ("2 min", 120),
        ("3 m", 180),
        ("1h", 3600),
        ("1 Day", 86400),
        ("2 weeks", 1209600),
        ("12", 12),
        (12, 12),
        (timedelta(minutes=1), 60),
        ("-1 s", -1),
    ],
)
def test_a_duration_is_read_in_seconds(text, seconds):
    assert parse_timedelta(text) == seconds
    assert isinstance(parse_timedelta(text), float)


def test_a_bare_number_takes_the_default_unit():
    assert parse_timedelta("300", default="ms") == 0.3


@pytest.mark.parametrize("text", ["5 parsecs", "", "soon", "inf"])
def test_a_duration_that_makes_no_sense_is_a_value_error(text):
    with pytest.raises(ValueError, match="as a duration"):
        parse_timedelta(text)


def test_the_error_about_a_duration_lists_the_units():
    with pytest.raises(ValueError, match="Units are ns, us, ms, s, min"):
        parse_timedelta("5 parsecs")


@pytest.mark.parametrize(
    ("size", "nbytes"),
    [
        ("60%", 600),
        (" 12.5 % ", 125),
        (0.6, 600),
        ("0.6", 600),
        ("2 kB", 2000),
        (5, 5),
        (1, 1),
        ("1", 1),
        ("100%", 1000),
        (2048.0, 2048),
    ],
)
def test_a_size_may_be_a_share_of_the_total(size, nbytes):
    assert parse_fraction_or_bytes(size, 1000) == nbytes


@pytest.mark.parametrize("size", ["101%", "-1%", "many%", "1 GBB", -0.5, None])
def test_a_share_that_makes_no_sense_is_a_value_error(size):
    with pytest.raises(ValueError, match="cannot"):
        parse_fraction_or_bytes(size, 1000)


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1234, "1.21 kiB"),
        (12345678, "11.77 MiB"),
        (1234567890, "1.15 GiB"),
        (2**60, "1024.00 PiB"),
    ],
)
def test_a_size_is_written_in_a_binary_unit(nbytes, text):
    assert format_bytes(nbytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (1, "1.00 s"),
        (0.001234, "1.23 ms"),
        (0.00012345, "123.45 us"),
        (1e-7, "100 ns"),
        (123.456, "123.46 s"),
        (1234.567, "20m 34s"),
        (123456.7, "34hr 17m"),
        (12345678, "142d 21hr"),
        (-2, "-2.00 s"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_suits_it(seconds, text):
    assert format_time(seconds) == text


@given(st.integers(0, 2**63))
def test_a_written_size_reads_back_within_its_precision(nbytes):
    assert parse_bytes(format_bytes(nbytes)) == pytest.approx(nbytes, rel=0.01, abs=1)


@given(st.integers(0, 2**70), st.sampled_from(["", "B", "kB", "MiB", " GiB", "eb"]))
def test_whole_sizes_are_exact_at_any_length(number, unit):
    assert parse_bytes(f"{number}{unit}") == number * parse_bytes(f"1{unit}")


@given(st.text().filter(lambda text: not any(character.isdigit() for character in text)))
def test_text_without_a_number_or_a_known_unit_is_a_value_error(text):
    assume(text.strip().lower() not in {*units.BYTE_UNITS, *units.TIME_UNITS} - {""})
    for parse in (parse_bytes, parse_timedelta):
        with pytest.raises(ValueError, match="cannot read"):
            parse(text)


def test_no_duration_stays_none():
    assert parse_timedelta(None) is None


def test_an_hour_and_a_bit_is_told_in_minutes():
    assert format_time(4000) == "66m 40s"
