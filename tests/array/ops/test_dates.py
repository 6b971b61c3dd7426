"""Business days and texts of times beside NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import chunks_of

import weft.array as da

DAYS = st.integers(-40_000, 40_000).map(lambda day: np.datetime64(day, "D"))
HOLIDAYS = ["2011-07-04", "1980-01-01"]


@st.composite
def days(draw, elements=DAYS):
    whole = draw(hnp.arrays("M8[D]", hnp.array_shapes(min_dims=1, max_dims=2, max_side=6), elements=elements))
    return whole, da.from_array(whole, chunks=draw(chunks_of(whole.shape)))


@settings(max_examples=60, deadline=None)
@given(
    days(),
    st.sampled_from(["1111100", "Mon Wed", [1, 0, 1, 1, 0, 1, 1]]),
    st.sampled_from([None, HOLIDAYS]),
    st.booleans(),
)
def test_business_days_agree_with_numpys(pair, weekmask, holidays, as_calendar):
    whole, chunked = pair
    options = {"weekmask": weekmask} if holidays is None else {"weekmask": weekmask, "holidays": holidays}
    if as_calendar:
        options = {"busdaycal": np.busdaycalendar(**options)}
    for function, arguments in (
        (np.is_busday, ()),
        (np.busday_count, (np.datetime64("2001-02-03"),)),
        (np.busday_count, (whole.max(),)),
    ):
        found = function(chunked, *arguments, **options)
        expected = function(whole, *arguments, **options)
        assert isinstance(found, da.Array)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.compute(), expected)
    for roll in ("forward", "backward", "modifiedfollowing", "modifiedpreceding", "nat"):
        steps = np.arange(whole.size).reshape(whole.shape) - 3
        found = np.busday_offset(chunked, da.from_array(steps, chunks=2), roll=roll, **options)
        np.testing.assert_array_equal(found.compute(), np.busday_offset(whole, steps, roll=roll, **options))


@settings(max_examples=30, deadline=None)
@given(
    days(DAYS | st.just(np.datetime64("NaT"))),
    st.sampled_from([None, "D", "h", "s"]),
    st.sampled_from(["naive", "UTC"]),
)
def test_texts_of_times_agree_with_numpys(pair, unit, timezone):
    whole, chunked = pair
    found = np.datetime_as_string(chunked, unit=unit, timezone=timezone)
    expected = np.datetime_as_string(whole, unit=unit, timezone=timezone)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.compute(), expected)


def test_what_cannot_be_is_refused_at_once():
    chunked = da.from_array(np.array(["2024-05-04", "2024-05-06"], "M8[D]"), chunks=1)
    with pytest.raises(NotImplementedError, match="name the unit"):
        da.datetime_as_string(chunked, unit="auto")
    with pytest.raises(ValueError, match="roll"):
        da.busday_offset(chunked, 1, roll="sideways")
    with pytest.raises(ValueError, match="weekmask"):
        da.is_busday(chunked, weekmask="0000000")
    for more in ({"holidays": HOLIDAYS}, {"holidays": np.array(HOLIDAYS, "M8[D]")}, {"weekmask": np.ones(7, bool)}):
        with pytest.raises(ValueError, match="both"):
            da.is_busday(chunked, **more, busdaycal=np.busdaycalendar())
    with pytest.raises(TypeError, match="cast"):
        da.is_busday(da.ones(3, chunks=2))
    with pytest.raises(ValueError, match="Non-business day"):
        da.busday_offset(chunked, 1).compute()
