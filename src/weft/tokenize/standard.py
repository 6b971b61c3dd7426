"""Normal forms of the standard library's values."""

from __future__ import annotations

import array
import datetime
import decimal
import fractions
import pathlib
import re
import uuid
import zoneinfo
from typing import Any

from weft.tokenize.encode import normalize_token


@normalize_token.register(pathlib.PurePath)
def _normalize_path(path: pathlib.PurePath) -> Any:
    return str(path)


@normalize_token.register(datetime.date, datetime.time)
def _normalize_date(value: Any) -> Any:
    return value.isoformat(), getattr(value, "tzinfo", None), getattr(value, "fold", 0)


@normalize_token.register(datetime.timedelta)
def _normalize_timedelta(value: datetime.timedelta) -> Any:
    return value.days, value.seconds, value.microseconds


@normalize_token.register(datetime.timezone)
def _normalize_timezone(value: datetime.timezone) -> Any:
    return value.utcoffset(None), value.tzname(None)


@normalize_token.register(zoneinfo.ZoneInfo)
def _normalize_zone(value: zoneinfo.ZoneInfo) -> Any:
    # A zone read from a file has no name: it is known by identity.
    return value if value.key is None else value.key


@normalize_token.register(decimal.Decimal)
def _normalize_decimal(value: decimal.Decimal) -> Any:
    return value.as_tuple()[:]


@normalize_token.register(fractions.Fraction)
def _normalize_fraction(value: fractions.Fraction) -> Any:
    return value.numerator, value.denominator


@normalize_token.register(uuid.UUID)
def _normalize_uuid(value: uuid.UUID) -> Any:
    return value.bytes


@normalize_token.register(re.Pattern)
def _normalize_pattern(value: re.Pattern[Any]) -> Any:
    return value.pattern, value.flags


@normalize_token.register(array.array)
def _normalize_array(value: array.array[Any]) -> Any:
    return value.typecode, memoryview(value)
