"""Tokens: the same for equal values, different for different ones, and identities for what cannot be compared."""

from __future__ import annotations

import gc
import struct
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from fractions import Fraction
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath
from types import MappingProxyType, SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft import config
from weft.errors import TokenizationError
from weft.tokenize import encode, normalize_token, tokenize


class Colour(Enum):
    RED = 1
    GREEN = 2


class Size(IntEnum):
    SMALL = 1


class Access(Flag):
    READ = 1
    WRITE = 2


Pair = namedtuple("Pair", "left right")
Couple = namedtuple("Couple", "left right")


@dataclass
class Point:
    x: int
    y: object = None


@dataclass(frozen=True, slots=True)
class Slotted:
    x: int


@dataclass
class Circle:
    radius: float
    name: str = field(default="", compare=False)

    @cached_property
    def area(self):
        return 3 * self.radius**2


class Words(list):
    pass


class Named:
    def __init__(self, name):
        self.name = name

    def __weft_tokenize__(self):
        return self.name


class NamedDict(dict):
    def __weft_tokenize__(self):
        return "named"


class Plain:
    def __init__(self, x=0):
        self.x = x


class Other(Plain):
    pass


def words(*items, **attributes):
    result = Words(items)
    vars(result).update(attributes)
    return result


DIFFERENT = [
    *(None, True, False, 0, 1, -1, 2**100, 10**5000),
    *(1.0, 0.0, -0.0, float("nan"), float("inf"), 1j, -1j, complex(1, -0.0)),
    *("", "1", "a", "ä", "a\0", "\ud800", "None"),
    *(b"", b"1", b"a", bytearray(b"a"), memoryview(b"a"), b"x" * 100, "x" * 100),
    *(bytearray(b"x" * 100), memoryview(b"x" * 100), memoryview(b"x" * 100).cast("i"), ..., NotImplemented),
    *((), (1,), (1, 2), (1, (2,)), ((1,), 2), ((1, 2),), []),
    *([1], [1, 2], [[1], 2], ["1,2"], ["1", "2"], [[], []], [[[]]]),
    *(set(), {1}, {1, 2}, {"1", 2}, frozenset(), frozenset({1}), {}, {1: 2}, {2: 1}, {1: {}}, {(1, 2): 3}, {"a": 1}),
    *(deque([1]), deque([1], maxlen=3), OrderedDict(a=1, b=2)),
    *(OrderedDict(b=2, a=1), defaultdict(int), defaultdict(list)),
    *(Counter("ab"), MappingProxyType({1: 2}), SimpleNamespace(a=1), SimpleNamespace(a=2)),
    *(slice(None), slice(1), slice(1, None), slice(None, None, 1), range(1), range(2), range(0, 3, 2)),
    *(Colour.RED, Colour.GREEN, Size.SMALL, Access.READ, Access.READ | Access.WRITE, Colour, Size),
    *(Pair(1, 2), Couple(1, 2), Point(1), Point(2), Point(1, [2]), Slotted(1), Circle(1.0), Circle(1.0, "unit")),
    *(words(1), words(1, unit="m"), words(1, unit="s"), Named("a"), Named("b"), NamedDict(), NamedDict, Named),
    *(PurePosixPath("a/b"), PurePosixPath("a"), PureWindowsPath("a"), Decimal("1.0"), Decimal("1.00"), Fraction(1, 2)),
    *(date(2000, 1, 1), datetime(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC), time(1), time(1, fold=1), timedelta(1)),
    *(datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC")), timezone(timedelta(hours=1)), timezone(timedelta(hours=1), "x")),
    *(ZoneInfo("Europe/Paris"), UUID(int=1), UUID(int=2), int, float, type, Plain, Other, sys, gc),
]  # fmt: skip


def test_different_values_have_different_tokens():
    tokens = {}
    for value in DIFFERENT:
        token = tokenize(value)
        assert token not in tokens, f"{value!r} has the token of {tokens[token]!r}"
        tokens[token] = value


@pytest.mark.parametrize("value", DIFFERENT, ids=lambda value: type(value).__name__)
def test_values_with_content_have_deterministic_tokens(value):
    token = tokenize(value, ensure_deterministic=True)
    assert len(token) == 32
    assert int(token, 16) >= 0
    assert tokenize([value, {"a": value}]) == tokenize([value, {"a": value}])


def test_no_number_has_the_token_of_what_is_no_number():
    (number,) = struct.unpack("<d", b"nan-nan-")
    assert tokenize(number) != tokenize(float("nan")) == tokenize(-float("nan"))


def test_arguments_keywords_and_their_places_count():
    calls = [
        tokenize(),
        tokenize(1),
        tokenize(1, 2),
        tokenize((1, 2)),
        tokenize(a=1),
        tokenize({"a": 1}),
        tokenize(b=1),
    ]
    assert len(set(calls)) == len(calls)
    assert tokenize(a=1, b=2) == tokenize(b=2, a=1)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers() | st.text())
    ),
    max_leaves=8,
)


def typed(value):
    """A text that is equal for values that are equal and of equal types all through; for comparison only."""
    match value:
        case dict():
            return "{" + ",".join(sorted(f"{typed(k)}:{typed(v)}" for k, v in value.items())) + "}"
        case frozenset():
            return "<" + ",".join(sorted(map(typed, value))) + ">"
        case list() | tuple():
            return type(value).__name__ + "(" + ",".join(map(typed, value)) + ")"
    return f"{type(value).__name__} {value!r}"


@given(values, values)
def test_tokens_are_equal_exactly_when_values_and_types_are(first, second):
    assert (tokenize(first) == tokenize(second)) == (typed(first) == typed(second))


@given(st.lists(values, max_size=4), st.lists(values, max_size=4))
def test_no_two_sequences_run_together(first, second):
    assert (tokenize(*first) == tokenize(*second)) == (typed(first) == typed(second))


@given(st.dictionaries(st.text(), st.integers()), st.randoms(use_true_random=False))
def test_the_order_of_dictionaries_and_sets_does_not_count(mapping, random):
    items = list(mapping.items())
    random.shuffle(items)
    assert tokenize(dict(items)) == tokenize(mapping)
    assert tokenize({key for key, _ in items}) == tokenize(set(mapping))


def test_containers_that_hold_themselves_have_tokens():
    def loop():
        result = [1]
        result.append(result)
        return result

    def ring():
        result = {"a": []}
        result["a"].append(result)
        return result

    def point():
        result = Point(1)
        result.y = result
        return result

    assert tokenize(loop(), ensure_deterministic=True) == tokenize(loop())
    assert tokenize(ring(), ensure_deterministic=True) == tokenize(ring())
    assert tokenize(point(), ensure_deterministic=True) == tokenize(point())
    assert len({tokenize(value) for value in (loop(), ring(), point(), [loop()], [1, [1]])}) == 5


def test_one_object_many_times_is_as_good_as_equal_ones():
    inner = [1]
    assert tokenize([inner, inner]) == tokenize([[1], [1]])


def test_a_value_nested_deeper_than_the_stack_has_an_identity():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert tokenize(deep) != tokenize(deep)
    with pytest.raises(TokenizationError, match="nested this deeply"):
        tokenize(deep, ensure_deterministic=True)


def test_a_dataclass_counts_what_is_put_beside_its_fields_but_not_what_it_caches():
    circle = Circle(2.0)
    token = tokenize(circle)
    assert circle.area == 12
    assert tokenize(circle) == token
    circle.colour = "red"
    assert tokenize(circle) != token


def test_a_subclass_that_adds_state_in_slots_is_known_by_identity():
    class Marked(list):
        __slots__ = ("mark",)

    with pytest.raises(TokenizationError):
        tokenize(Marked(), ensure_deterministic=True)


def test_a_dataclass_inherited_by_a_plain_class_is_known_by_identity():
    class Extended(Point):
        pass

    assert tokenize(Extended(1)) != tokenize(Extended(1))


def test_an_unknown_object_keeps_a_token_that_no_other_has():
    first, second = Plain(), Plain()
    assert tokenize(first) == tokenize(first) != tokenize(second)
    first.x = 5
    assert tokenize([first]) == tokenize([first])


def test_an_object_never_takes_the_token_of_one_that_has_gone():
    tokens = {tokenize(Plain()) for _ in range(1000)}
    assert len(tokens) == 1000
    gc.collect()
    assert not [entry for entry in encode._IDENTITIES.values() if isinstance(entry[0](), Plain)]


def test_objects_that_compare_equal_are_still_known_by_identity():
    class Equal:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert tokenize(Equal()) != tokenize(Equal())


def test_an_object_whose_end_cannot_be_noticed_has_a_new_token_each_time():
    value = object()
    assert tokenize(value) != tokenize(value)


def test_an_unknown_object_is_an_error_where_a_deterministic_token_is_asked_for():
    with pytest.raises(
        TokenizationError, match=r"of type .*Plain: .*__weft_tokenize__.*normalize_token\.register\(Plain\)"
    ):
        tokenize({"a": [Plain()]}, ensure_deterministic=True)
    with config.set({"tokenize.ensure-deterministic": True}):
        with pytest.raises(TokenizationError):
            tokenize(Plain())
        assert tokenize(Plain(), ensure_deterministic=False)


@pytest.fixture
def separate_registry(monkeypatch):
    monkeypatch.setattr(encode.ENCODERS, "_registered", dict(encode.ENCODERS._registered))
    yield
    encode.FOUND.clear()


@pytest.mark.usefixtures("separate_registry")
def test_a_registered_function_says_what_identifies_a_class_and_its_subclasses():
    assert tokenize(Other(1)) != tokenize(Other(1))

    @normalize_token.register(Plain)
    def normalize_plain(value):
        return value.x

    assert tokenize(Plain(1), ensure_deterministic=True) == tokenize(Plain(1)) != tokenize(Plain(2))
    assert tokenize(Other(1)) == tokenize(Other(1)) != tokenize(Plain(1))
    assert tokenize(Plain(1)) != tokenize(1)
    assert normalize_token(Plain(7)) == 7
    assert normalize_token([7]) == [7]
    assert normalize_token(Named("a")) == "a"


@pytest.mark.usefixtures("separate_registry")
def test_a_function_that_returns_the_object_itself_leaves_it_its_identity():
    normalize_token.register(Plain)(lambda value: value)
    assert tokenize(Plain()) != tokenize(Plain())


@pytest.mark.usefixtures("separate_registry")
def test_functions_for_a_library_are_registered_with_its_first_value():
    foreign = type("Foreign", (Plain,), {"__module__": "library.inner"})
    normalize_token.register_lazy("library", lambda: normalize_token.register(foreign)(lambda value: value.x))
    assert tokenize(foreign(1)) == tokenize(foreign(1)) != tokenize(foreign(2))


def test_what_a_class_says_itself_goes_before_what_it_inherits():
    assert tokenize(NamedDict(a=1)) == tokenize(NamedDict(b=2)) != tokenize({})


def test_objects_and_sequences_have_a_normal_form():
    from weft.tokenize import normalize_object, normalize_seq

    class Plain:
        pass

    one = Plain()
    assert normalize_object(one) == normalize_object(one) != normalize_object(Plain())
    assert normalize_seq([1, (2,)]) == ("list", [1, (2,)])
