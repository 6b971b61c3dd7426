"""Functions of dates, day by day: business days, and times as texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.kernels.bound import Bound
from weft.array.ops.broadcasting import bound, elementwise

__all__ = ["busday_count", "busday_offset", "datetime_as_string", "is_busday"]


def is_busday(
    dates: Any, weekmask: Any = "1111100", holidays: Any = None, busdaycal: Any = None, out: Any = None
) -> Any:
    """Whether each date is a business day.

    Parameters
    ----------
    dates : array-like of datetime64[D]
    weekmask : str or array-like of bool
        Which days of the week are, from Monday on: ``"1111100"``, ``"Mon Tue Wed Thu Fri"``.
    holidays : array-like of datetime64[D], optional
        Days that are none.
    busdaycal : numpy.busdaycalendar, optional
        Has both; in place of them.
    out : Array, optional
        Stands for the result from now on.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> days = da.arange(np.datetime64("2024-05-03"), np.datetime64("2024-05-07"), chunks=2)
    >>> da.is_busday(days).compute()
    array([ True, False, False,  True])
    """
    return bound(elementwise(Bound(np.is_busday, **calendar(weekmask, holidays, busdaycal)), days(dates)), out)


def busday_offset(
    dates: Any,
    offsets: Any,
    roll: str = "raise",
    weekmask: Any = "1111100",
    holidays: Any = None,
    busdaycal: Any = None,
    out: Any = None,
) -> Any:
    """The date that lies a number of business days after each date.

    Parameters
    ----------
    dates : array-like of datetime64[D]
    offsets : array-like of int
    roll : str
        From where it is counted for dates that are no business day: ``"forward"``, ``"backward"``, ``"modifiedfollowing"``,
        ``"modifiedpreceding"``; ``"nat"`` gives no time, and ``"raise"`` raises when it is computed.
    weekmask, holidays, busdaycal, out
        As of `is_busday`.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> days = da.arange(np.datetime64("2024-05-03"), np.datetime64("2024-05-07"), chunks=2)
    >>> da.busday_offset(days, 1, roll="forward").compute()
    array(['2024-05-06', '2024-05-07', '2024-05-07', '2024-05-07'],
          dtype='datetime64[D]')
    """
    np.busday_offset(np.empty(0, "M8[D]"), 0, roll=roll)  # type: ignore[call-overload]  # knows the words
    step = Bound(np.busday_offset, roll=roll, **calendar(weekmask, holidays, busdaycal))
    return bound(
        elementwise(step, days(dates), offsets if isinstance(offsets, ArrayBase) else np.asarray(offsets)), out
    )


def busday_count(
    begindates: Any,
    enddates: Any,
    weekmask: Any = "1111100",
    holidays: Any = (),
    busdaycal: Any = None,
    out: Any = None,
) -> Any:
    """How many business days there are from one date up to another, that one excluded; negative if they are the other way round.

    Parameters
    ----------
    begindates, enddates : array-like of datetime64[D]
    weekmask, holidays, busdaycal, out
        As of `is_busday`.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> days = da.arange(np.datetime64("2024-05-03"), np.datetime64("2024-05-07"), chunks=2)
    >>> da.busday_count(days, "2024-05-08").compute()
    array([3, 2, 2, 2])
    """
    count = Bound(np.busday_count, **calendar(weekmask, holidays, busdaycal))
    return bound(elementwise(count, days(begindates), days(enddates)), out)


def datetime_as_string(arr: Any, unit: str | None = None, timezone: Any = "naive", casting: str = "same_kind") -> Any:
    """Times as texts of ISO 8601.

    Parameters
    ----------
    arr : array-like of datetime64
    unit : str, optional
        In which the texts end, ``"D"`` say; that of the times by default. (``"auto"`` depends on all of them: it raises.)
    timezone : {"naive", "UTC", "local"} or tzinfo
    casting : str
        Which units may be given.

    Raises
    ------
    NotImplementedError
        ``unit="auto"``.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.datetime_as_string(da.from_array(np.array(["2024-05-03T10", "2024-05-04T11"], "M8[h]"), chunks=1)).compute()
    array(['2024-05-03T10', '2024-05-04T11'], dtype='<U32')
    """
    if unit == "auto":
        raise NotImplementedError(
            'datetime_as_string: unit="auto" looks at all times, which chunks do not: name the unit, e.g. unit="s"'
        )
    times = arr if isinstance(arr, ArrayBase) else np.asarray(arr)
    return elementwise(Bound(np.datetime_as_string, unit=unit, timezone=timezone, casting=casting), times)


def days(dates: Any) -> Any:
    """Dates as an array of days."""
    return dates if isinstance(dates, ArrayBase) else np.asarray(dates, "M8[D]")


def calendar(weekmask: Any, holidays: Any, busdaycal: Any) -> dict[str, Any]:
    """Business days as arguments that can be named by their content."""
    if busdaycal is None:
        busdaycal = np.busdaycalendar(weekmask, [] if holidays is None else np.asarray(holidays, "M8[D]"))
    elif not np.array_equal(weekmask, "1111100") or (holidays is not None and np.size(holidays)):
        raise ValueError("Cannot supply both the weekmask/holidays and the busdaycal parameters: give one of them.")
    return {"weekmask": busdaycal.weekmask, "holidays": busdaycal.holidays}
