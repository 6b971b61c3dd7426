from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.dataframe.io.predicates import Bounds, arrow_expression, columns_of, filters_of, may_hold, settled

VALUES = st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=1, max_size=6)


@st.composite
def predicates(draw, depth=2):
    if depth and draw(st.booleans()):
        word = draw(st.sampled_from(["and", "or"]))
        return (word, draw(predicates(depth=depth - 1)), draw(predicates(depth=depth - 1)))
    operator = draw(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge", "isin", "isna", "notna"]))
    value = draw(st.integers(-3, 3))
    return (operator, "a", {"isin": (value, 1), "isna": None, "notna": None}.get(operator, value))


@given(VALUES, predicates())
def test_statistics_never_exclude_what_a_filter_keeps(values, predicate):
    table = pa.table({"a": pa.array(values, pa.int64())})
    kept = table.filter(arrow_expression(predicate)).num_rows
    present = [each for each in values if each is not None]
    bounds = Bounds(min(present, default=None), max(present, default=None), values.count(None))
    if kept:
        assert may_hold(predicate, {"a": bounds}.get)
    settles = [settled(predicate, {"a": each}) for each in values]
    assert sum(settles) == kept


def test_columns_and_unknown_bounds():
    predicate = ("and", ("eq", "a", 1), ("or", ("lt", "b", 2), ("eq", "a", 3)))
    assert columns_of(predicate) == ("a", "b")
    assert may_hold(predicate, {}.get)
    assert may_hold(("lt", "a", "text"), {"a": Bounds(1, 2, 0)}.get)
    assert settled(predicate, {"b": 5}) == ("and", ("eq", "a", 1), ("eq", "a", 3))


def test_filters_of_users():
    expression, known = filters_of([("a", ">", 1), ("b", "in", ["x"])], ("a", "b"))
    assert known == ("and", ("gt", "a", 1), ("isin", "b", ("x",)))
    assert isinstance(expression, pc.Expression)
    assert filters_of([[("a", "==", 1)], [("a", "not in", [3])]], ("a",))[1] == (
        "or",
        ("eq", "a", 1),
        ("notna", "a", None),
    )
    assert filters_of(pc.field("a") > 1, ("a",))[1] is None


@pytest.mark.parametrize(
    ("filters", "kind", "words"),
    [
        ([("c", ">", 1)], KeyError, "no column 'c'"),
        ([("a", "~", 1)], ValueError, "operator"),
        ([("a", ">")], ValueError, "is \\(column, operator, value\\)"),
        ([("a", "in", "text")], TypeError, "collection"),
        ("a > 1", TypeError, "a list such as"),
        ([[]], ValueError, "empty list"),
    ],
)
def test_wrong_filters_are_refused(filters, kind, words):
    with pytest.raises(kind, match=words):
        filters_of(filters, ("a", "b"))
