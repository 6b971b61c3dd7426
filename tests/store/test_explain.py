import functools
import threading

import numpy as np
import pandas as pd
import pytest

from weft.store.explain import explain_unpicklable

LOCK = threading.Lock()


class Holder:
    def __init__(self, inner):
        self.inner = inner
        self.fine = 1

    def method(self):
        return self.fine


class Careful:
    """Leaves its lock at home; something else is wrong with it."""

    def __init__(self):
        self.lock = LOCK
        self.rows = (x for x in "abc")

    def __getstate__(self):
        return {"rows": self.rows}


def closure():
    lock = LOCK

    def clean(x):
        with lock:
            return x

    return clean


def reads_global():
    return [lambda: LOCK for _ in range(3)]


reads_global.__module__ = "not_importable"


def with_default(x, *, lock=LOCK):
    return x


with_default.__module__ = "not_importable"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            closure(),
            "function `clean` cannot travel to another process: its closure variable `lock` is a _thread.lock (",
        ),
        (reads_global, "function `reads_global` cannot travel to another process: its global `LOCK` is a _thread.lock"),
        (with_default, "its default of `lock` is a _thread.lock"),
        (
            {"a": [1, (LOCK,)]},
            "the value cannot travel to another process: its item 'a' is a list, its item 1 is a tuple",
        ),
        (Holder({"x": LOCK}), "its attribute `inner` is a dict, its item 'x' is a _thread.lock"),
        (Holder(LOCK).method, "its attribute `inner` is a _thread.lock"),
        (Careful(), "its attribute `rows` is a generator"),
        (functools.partial(max, 1, key=LOCK), "its argument `key` is a _thread.lock"),
        (np.array([1, LOCK], dtype=object), "its item 1 is a _thread.lock"),
        (pd.DataFrame({"a": [1], "b": [LOCK]}), "its column 'b' is a pandas.Series, its item 0 is a _thread.lock"),
        ((x for x in "abc"), "the value cannot travel to another process: it is a generator"),
        ((x for x in "abc"), "Turn it into a list first."),
        (LOCK, "Make it inside the function that needs it, or pass what it is made from."),
    ],
)
def test_the_culprit_is_named_with_the_way_to_it(value, message):
    assert message in explain_unpicklable(value)


def test_the_type_of_a_series_is_spelled_as_users_write_it():
    assert "its item 0 is a pandas.Series," in explain_unpicklable([pd.Series([LOCK])])


def test_a_value_in_a_circle_is_explained_once():
    circle = [LOCK]
    circle.insert(0, circle)

    assert "its item 1 is a _thread.lock" in explain_unpicklable(circle)


def test_a_value_nested_too_deeply_is_explained():
    nested = []
    for _ in range(100_000):
        nested = [nested]

    assert "nested too deeply" in explain_unpicklable(nested)


def test_the_caller_may_name_the_value():
    assert explain_unpicklable([LOCK], "the result of task ('sum', 0)").startswith(
        "the result of task ('sum', 0) cannot"
    )
