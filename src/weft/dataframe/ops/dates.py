"""Dates, durations and periods: ``series.dt``."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.accessors import Accessor
from weft.dataframe.ops.beside import by_place, has_rows
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.neighbours import call_of, whole_rows

__all__ = ["DateAccessor", "DateParts", "zoned"]


class DateParts:
    """Parts and methods of dates, durations and periods, for columns and indexes."""

    __slots__ = ()

    def _call(self, operation: str, *args: Any, **keywords: Any) -> Any:
        return elementwise(operation, self, *args, **keywords)

    def _zoned(self, operation: str, what: Any, ambiguous: Any, nonexistent: Any) -> Any:
        return zoned(self, operation, what, ambiguous, nonexistent)

    def asfreq(self, freq: Any = None, how: str = "E") -> Any:
        """Periods of another frequency, in which those at hand end (``how="E"``) or start (``"S"``)."""
        return self._call("asfreq", freq, how=how)

    @property
    def week(self) -> Any:
        """Week of the year of periods."""
        return self._call("week")

    weekofyear = week

    @property
    def date(self) -> Any:
        """Dates, as Python objects."""
        return self._call("date")

    @property
    def day(self) -> Any:
        """Day of the month."""
        return self._call("day")

    @property
    def day_of_week(self) -> Any:
        """Day of the week, Monday 0."""
        return self._call("day_of_week")

    @property
    def day_of_year(self) -> Any:
        """Day of the year."""
        return self._call("day_of_year")

    @property
    def dayofweek(self) -> Any:
        """Day of the week, Monday 0."""
        return self._call("dayofweek")

    @property
    def dayofyear(self) -> Any:
        """Day of the year."""
        return self._call("dayofyear")

    @property
    def days(self) -> Any:
        """Whole days of a duration."""
        return self._call("days")

    @property
    def days_in_month(self) -> Any:
        """Days of its month."""
        return self._call("days_in_month")

    @property
    def daysinmonth(self) -> Any:
        """Days of its month."""
        return self._call("daysinmonth")

    @property
    def end_time(self) -> Any:
        """Last moment of a period."""
        return self._call("end_time")

    @property
    def hour(self) -> Any:
        """Hour."""
        return self._call("hour")

    @property
    def is_leap_year(self) -> Any:
        """Whether the year is a leap year."""
        return self._call("is_leap_year")

    @property
    def is_month_end(self) -> Any:
        """Whether it is the last day of a month."""
        return self._call("is_month_end")

    @property
    def is_month_start(self) -> Any:
        """Whether it is the first day of a month."""
        return self._call("is_month_start")

    @property
    def is_quarter_end(self) -> Any:
        """Whether it is the last day of a quarter."""
        return self._call("is_quarter_end")

    @property
    def is_quarter_start(self) -> Any:
        """Whether it is the first day of a quarter."""
        return self._call("is_quarter_start")

    @property
    def is_year_end(self) -> Any:
        """Whether it is the last day of a year."""
        return self._call("is_year_end")

    @property
    def is_year_start(self) -> Any:
        """Whether it is the first day of a year."""
        return self._call("is_year_start")

    @property
    def microsecond(self) -> Any:
        """Microsecond."""
        return self._call("microsecond")

    @property
    def microseconds(self) -> Any:
        """Microseconds of a duration beside its seconds."""
        return self._call("microseconds")

    @property
    def minute(self) -> Any:
        """Minute."""
        return self._call("minute")

    @property
    def month(self) -> Any:
        """Month."""
        return self._call("month")

    @property
    def nanosecond(self) -> Any:
        """Nanosecond."""
        return self._call("nanosecond")

    @property
    def nanoseconds(self) -> Any:
        """Nanoseconds of a duration beside its microseconds."""
        return self._call("nanoseconds")

    @property
    def quarter(self) -> Any:
        """Quarter."""
        return self._call("quarter")

    @property
    def qyear(self) -> Any:
        """Fiscal year of a period."""
        return self._call("qyear")

    @property
    def second(self) -> Any:
        """Second."""
        return self._call("second")

    @property
    def seconds(self) -> Any:
        """Seconds of a duration beside its days."""
        return self._call("seconds")

    @property
    def start_time(self) -> Any:
        """First moment of a period."""
        return self._call("start_time")

    @property
    def time(self) -> Any:
        """Time of day, as Python objects."""
        return self._call("time")

    @property
    def timetz(self) -> Any:
        """Time of day with its zone, as Python objects."""
        return self._call("timetz")

    @property
    def weekday(self) -> Any:
        """Day of the week, Monday 0."""
        return self._call("weekday")

    @property
    def year(self) -> Any:
        """Year."""
        return self._call("year")

    @property
    def components(self) -> Any:
        """Days, hours, minutes, ... of a duration, a column each."""
        return self._call("components")

    def as_unit(self, unit: str) -> Any:
        """In another unit."""
        return self._call("as_unit", unit)

    def ceil(self, freq: str, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded up to a frequency."""
        return self._zoned("ceil", freq, ambiguous, nonexistent)

    def day_name(self, locale: Any = None) -> Any:
        """Name of the weekday."""
        return self._call("day_name", locale=locale)

    def floor(self, freq: str, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded down to a frequency."""
        return self._zoned("floor", freq, ambiguous, nonexistent)

    def isocalendar(self) -> Any:
        """Year, week and day of ISO 8601, a column each."""
        return self._call("isocalendar")

    def month_name(self, locale: Any = None) -> Any:
        """Name of the month."""
        return self._call("month_name", locale=locale)

    def normalize(self) -> Any:
        """Midnight of the day."""
        return self._call("normalize")

    def round(self, freq: str, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """Rounded to a frequency."""
        return self._zoned("round", freq, ambiguous, nonexistent)

    def strftime(self, date_format: str) -> Any:
        """As text."""
        return self._call("strftime", date_format)

    def to_period(self, freq: Any = None) -> Any:
        """The period of a frequency that it is in."""
        return self._call("to_period", freq=freq)

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Any:
        """A moment of a period."""
        return self._call("to_timestamp", freq=freq, how=how)

    def total_seconds(self) -> Any:
        """A duration in seconds."""
        return self._call("total_seconds")

    def tz_convert(self, tz: Any) -> Any:
        """In another zone."""
        return self._call("tz_convert", tz)

    def tz_localize(self, tz: Any, ambiguous: Any = "raise", nonexistent: Any = "raise") -> Any:
        """With a zone, or with None without."""
        return self._zoned("tz_localize", tz, ambiguous, nonexistent)


class DateAccessor(Accessor, DateParts):
    """Parts and methods of dates, durations and periods."""

    __slots__ = ()

    def _zoned(self, operation: str, what: Any, ambiguous: Any, nonexistent: Any) -> Any:
        return zoned(self._column, f"dt.{operation}", what, ambiguous, nonexistent)

    def to_pydatetime(self) -> Any:
        """As Python objects."""
        return elementwise("python_objects", self._column, "to_pydatetime")

    def to_pytimedelta(self) -> Any:
        """As Python objects."""
        return elementwise("python_objects", self._column, "to_pytimedelta")

    @property
    def tz(self) -> Any:
        """The time zone."""
        return self._column.expr.meta.dt.tz

    @property
    def freq(self) -> Any:
        """The frequency of periods."""
        return self._column.expr.meta.dt.freq

    @property
    def unit(self) -> str:
        """The unit in which moments are counted."""
        return str(self._column.expr.meta.dt.unit)


def zoned(times: Any, operation: str, what: Any, ambiguous: Any, nonexistent: Any) -> Any:
    """An operation on moments of a zone. Which of two is meant, where clocks go back, is told by all times, or for each."""
    words = {"ambiguous": ambiguous, "nonexistent": nonexistent}
    if has_rows(ambiguous):
        words["ambiguous"] = by_place(times, np.asarray(ambiguous))
        return elementwise("zoned", times, operation, what, **words)
    if isinstance(ambiguous, str) and ambiguous == "infer" and times.npartitions > 1:
        return whole_rows(times, operation, *[call_of()] * operation.count("."), call_of(what, **words))
    return elementwise(operation, times, what, **words)


@function_named("zoned")
def zoned_by_place(times: Any, operation: str, what: Any, *, ambiguous: Any, nonexistent: Any) -> Any:
    """An operation on moments of a zone, told for each which one is meant."""
    return attrgetter(operation)(times)(what, ambiguous=np.asarray(ambiguous), nonexistent=nonexistent)


@function_named("python_objects")
def python_objects(column: pd.Series, name: str) -> pd.Series:
    """Moments or durations as Python objects."""
    made = np.asarray(getattr(column.dt, name)(), dtype=object)
    return pd.Series(made, index=column.index, name=column.name, dtype=object)
