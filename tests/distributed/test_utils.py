"""Small helpers."""

import asyncio
import logging

import pytest

from weft.distributed.utils import get_ip, log_errors


@log_errors
def divide(x):
    return 1 / x


@log_errors
async def divide_later(x):
    return 1 / x


def test_errors_are_logged_and_pass(caplog):
    assert divide(2) == 0.5
    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
        divide(0)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(divide_later(0))
    with pytest.raises(ZeroDivisionError), log_errors():
        divide(0)
    assert [each.exc_info[0] for each in caplog.records] == [ZeroDivisionError] * 4


def test_this_machine_has_an_address():
    assert len(get_ip().split(".")) == 4
