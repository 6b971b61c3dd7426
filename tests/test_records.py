"""Records: small immutable values."""

import pickle

import pytest

from weft.records import record, replaced
from weft.tokenize import tokenize


@record
class Point:
    x: int
    y: int = 0


@record
class Place:
    x: int
    y: int = 0


def test_records_are_compared_by_class_and_values():
    assert Point(1) == Point(1, 0)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Place(1)
    assert Point(y=2, x=1) == Point(1, 2)


def test_records_do_not_change():
    point = Point(1)
    with pytest.raises(AttributeError, match="do not change"):
        point.x = 2
    with pytest.raises(AttributeError, match="do not change"):
        del point.x


def test_records_are_named_by_their_values():
    assert tokenize(Point(1)) == tokenize(Point(1))
    assert tokenize(Point(1)) != tokenize(Place(1))


def test_records_travel_and_match():
    point = pickle.loads(pickle.dumps(Point(1, 2)))
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert repr(point) == "Point(x=1, y=2)"


def test_missing_fields_are_errors():
    with pytest.raises(TypeError, match="x"):
        Point()


@record
class Marked(Point):
    mark: str = ""


def test_records_derive_from_records():
    marked = Marked(1, 2, "a")
    assert repr(marked) == "Marked(x=1, y=2, mark='a')"
    assert marked != Marked(1, 2)
    assert replaced(marked, y=3) == Marked(1, 3, "a")
