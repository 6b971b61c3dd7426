"""Sizes, durations and shares as people write them: text to numbers and back.

Sizes are whole bytes; ``kB``, ``MB`` ... count in thousands, ``KiB``, ``MiB`` ... in 1,024s. Durations are seconds.
A unit is read without regard to case, with or without a space before it, and may stand alone (``"MB"`` is one
megabyte). A text that is not understood is a ``ValueError`` that lists what would have been.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["format_bytes", "format_time", "parse_bytes", "parse_fraction_or_bytes", "parse_timedelta"]

#: Bytes in each unit, by its lower-case spelling.
BYTE_UNITS: dict[str, int] = {"": 1, "b": 1, "byte": 1, "bytes": 1} | {
    spelling: size
    for power, letter in enumerate("kmgtpe", start=1)
    for spelling, size in [
        (letter, 1000**power),
        (f"{letter}b", 1000**power),
        (f"{letter}i", 1024**power),
        (f"{letter}ib", 1024**power),
    ]
}

#: Seconds in each unit, by its lower-case spelling.
_TIME_SPELLINGS: dict[tuple[str, ...], float] = {
    ("ns", "nanosecond", "nanoseconds"): 1e-9,
    ("us", "µs", "μs", "microsecond", "microseconds"): 1e-6,
    ("ms", "millisecond", "milliseconds"): 1e-3,
    ("s", "sec", "secs", "second", "seconds"): 1,
    ("m", "min", "mins", "minute", "minutes"): 60,
    ("h", "hr", "hrs", "hour", "hours"): 3600,
    ("d", "day", "days"): 86_400,
    ("w", "week", "weeks"): 604_800,
}
TIME_UNITS: dict[str, float] = {spelling: size for names, size in _TIME_SPELLINGS.items() for spelling in names}

_BYTE_HELP = "B, kB, MB, GB, TB, PB, EB (thousands) or KiB, MiB, GiB, TiB, PiB, EiB (1,024s)"
_TIME_HELP = "ns, us, ms, s, min (or m), h, d, w, or their long names"

_QUANTITY = r"(?i)\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)?\s*([^\W\d_]*)\s*"


def parse_bytes(size: str | float) -> int:
    """Whole bytes of a size such as ``"128 MiB"``.

    Parameters
    ----------
    size : str, int or float
        A number with a unit; a bare number counts bytes. Parts of a byte are dropped.

    Raises
    ------
    ValueError
        For an unknown unit, no number, or a size that is negative or not finite.

    Examples
    --------
    >>> parse_bytes("4 GiB")
    4294967296
    >>> parse_bytes("1.5kB")
    1500
    >>> parse_bytes(100)
    100
    """
    number, unit = _split(size, "size", "'128 MiB'", _BYTE_HELP)
    try:
        nbytes = number * BYTE_UNITS[unit.lower()]
    except KeyError:
        raise ValueError(f"cannot read {size!r} as a size: no unit {unit!r}. Units are {_BYTE_HELP}.") from None
    if not (math.isfinite(nbytes) and nbytes >= 0):
        raise ValueError(f"cannot read {size!r} as a size: it must be finite and not negative, e.g. '128 MiB'.")
    return int(nbytes)


@overload
def parse_timedelta(duration: str | float | timedelta, default: str = "seconds") -> float: ...
@overload
def parse_timedelta(duration: None, default: str = "seconds") -> None: ...
def parse_timedelta(duration: str | float | timedelta | None, default: str = "seconds") -> float | None:
    """Seconds of a duration such as ``"2 min"``; None stays None.

    Parameters
    ----------
    duration : str, int, float or timedelta
        A number with a unit. Negative durations are allowed.
    default : str
        The unit of a bare number.

    Raises
    ------
    ValueError
        For an unknown unit, no number, or a duration that is not finite.

    Examples
    --------
    >>> parse_timedelta("2 min")
    120.0
    >>> parse_timedelta("300ms")
    0.3
    >>> parse_timedelta(5, default="ms")
    0.005
    """
    if duration is None:
        return None
    if hasattr(duration, "total_seconds"):
        return float(duration.total_seconds())
    number, unit = _split(duration, "duration", "'2 min'", _TIME_HELP)
    unit = unit or default
    try:
        scale = TIME_UNITS[unit.lower()]
    except KeyError:
        raise ValueError(f"cannot read {duration!r} as a duration: no unit {unit!r}. Units are {_TIME_HELP}.") from None
    # Dividing by a whole number is exact to the last bit: "5 us" is 5e-06, which 5 * 1e-06 is not.
    seconds = number * scale if scale >= 1 else number / round(1 / scale)
    if not math.isfinite(seconds):
        raise ValueError(f"cannot read {duration!r} as a duration: it must be finite, e.g. '2 min'.")
    return float(seconds)


def parse_fraction_or_bytes(size: str | float, total: int) -> int:
    """Bytes of a size that may also be a share of ``total``.

    Parameters
    ----------
    size : str, int or float
        A percentage (``"60%"``), a float from 0 to 1 or its text (``0.6``, ``"0.6"``), or a size (``"4 GiB"``).
    total : int
        The bytes of which a share is taken.

    Raises
    ------
    ValueError
        If it is neither, or a share outside 0 to 100 %.

    Examples
    --------
    >>> parse_fraction_or_bytes("60%", 1000)
    600
    >>> parse_fraction_or_bytes(0.5, 1000)
    500
    >>> parse_fraction_or_bytes("2 kB", 1000)
    2000
    """
    share = _share(size)
    if share is None:
        return parse_bytes(size)
    if not 0 <= share <= 1:
        raise ValueError(
            f"cannot take {size!r} as a share: it must lie between 0% and 100%. "
            f"For an absolute size write a unit ({_BYTE_HELP})."
        )
    return int(share * total)


def format_bytes(nbytes: float) -> str:
    """A size as text with a binary unit.

    Examples
    --------
    >>> format_bytes(1)
    '1 B'
    >>> format_bytes(1_234_567)
    '1.18 MiB'
    """
    for prefix, power in (("Pi", 5), ("Ti", 4), ("Gi", 3), ("Mi", 2), ("ki", 1)):
        unit = 1024**power
        if abs(nbytes) >= unit * 0.9:
            return f"{nbytes / unit:.2f} {prefix}B"
    return f"{nbytes:.0f} B"


def format_time(seconds: float) -> str:
    """A duration as text, in the unit that suits its length.

    Examples
    --------
    >>> format_time(0.0123)
    '12.30 ms'
    >>> format_time(7325)
    '2hr 2m'
    """
    if seconds < 0:
        return "-" + format_time(-seconds)
    for long_name, short_name, long, short, least in (
        ("d", "hr", 86_400, 3600, 2 * 86_400),
        ("hr", "m", 3600, 60, 2 * 3600),
        ("m", "s", 60, 1, 600),
    ):
        if seconds >= least:
            return f"{int(seconds // long)}{long_name} {int(seconds % long // short)}{short_name}"
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.2f} {unit}"
    return f"{seconds * 1e9:.0f} ns" if seconds else "0 s"


def _split(quantity: str | float, kind: str, example: str, units: str) -> tuple[float, str]:
    """The number and the unit of a quantity; a unit alone counts one of it."""
    if isinstance(quantity, (int, float)) and not isinstance(quantity, bool):
        return quantity, ""
    if not isinstance(quantity, str):
        raise ValueError(f"cannot read {quantity!r} as a {kind}: give a number, or text such as {example}.")
    match = re.fullmatch(_QUANTITY, quantity)
    if match is None or not any(match.groups()):
        raise ValueError(f"cannot read {quantity!r} as a {kind}: write a number and a unit, e.g. {example} ({units}).")
    digits, unit = match[1], match[2]
    if digits is None:
        return 1, unit
    number = digits.replace("_", "")
    return (int(number) if number.lstrip("+-").isdigit() else float(number)), unit


def _share(size: str | float) -> float | None:
    """The fraction that ``size`` stands for, or None if it is an absolute size."""
    if isinstance(size, float):
        return size if size <= 1 else None
    if not isinstance(size, str):
        return None
    text = size.strip()
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        return float(text) if "." in text and float(text) <= 1 else None
    except ValueError:
        if text.endswith("%"):
            raise ValueError(f"cannot read {size!r} as a share: write a percentage such as '60%'.") from None
        return None
