"""Functions and classes: by name, or by what they do."""

from __future__ import annotations

import functools
import json
import math
import operator

import numpy as np
import pytest

from weft.errors import TokenizationError
from weft.tokenize import tokenize

CONSTANT = 1
LOOKED_UP = {"factor": 2}


def double(x):
    return x * 2


@functools.wraps(double)
def wrapped(x):
    return double(x)


def make(body, **namespace):
    """A function that cannot be imported, from source."""
    exec(compile(body, f"<cell {len(body)}>", "exec"), namespace)
    return namespace["f"]


def adder(n):
    return lambda x: x + n


class Tool:
    def __init__(self, n=0):
        self.n = n

    def __weft_tokenize__(self):
        return self.n

    def method(self):
        return self.n

    @classmethod
    def build(cls): ...

    @staticmethod
    def help(): ...


DIFFERENT = [
    *(double, wrapped, len, sum, operator.add, operator.sub),
    *(math.sin, np.sin, np.cos, np.sum, np.linalg.norm, json.dumps),
    *(str.upper, "a".upper, "b".upper, [1].append, object.__init__, "a".__len__, dict.fromkeys, int.from_bytes),
    *(Tool, Tool.method, Tool(1).method, Tool(2).method, Tool.build, Tool.help, int, np.float64, Exception),
    *(lambda x: x, lambda x: x + 1, lambda x: x + 2),
    *(lambda x: x + 1.0, lambda x, y=1: x, lambda x, y=2: x, lambda *x: x),
    *(lambda x, *, y=1: x, lambda x, /: x, lambda x: x.real, lambda x: x.imag, lambda x: [y + 1 for y in x]),
    *(lambda x: [y + 2 for y in x], lambda x: (lambda y: x + y), lambda x: (lambda y: x - y), adder(1), adder(2)),
    *(lambda x: CONSTANT, lambda x: LOOKED_UP, lambda x: double(x), lambda x: math.sin(x), lambda x: x in {1, 2}),
    *(functools.partial(double), functools.partial(double, 1)),
    *(functools.partial(double, x=1), functools.partial(wrapped, 1)),
    *(operator.itemgetter(1), operator.itemgetter(1, 2), operator.attrgetter("a"), operator.methodcaller("a", 1)),
    *(functools.lru_cache(double), np.vectorize(double), np.vectorize(wrapped)),
]  # fmt: skip


def test_different_functions_have_different_tokens():
    tokens = {}
    for function in DIFFERENT:
        token = tokenize(function, ensure_deterministic=True)
        assert token == tokenize(function)
        assert token not in tokens, f"{function!r} has the token of {tokens[token]!r}"
        tokens[token] = function


def test_a_function_that_was_defined_twice_the_same_way_has_one_token():
    body = "def f(x, y=1):\n    'Doc.'\n    return [g + x for g in (1, 2)] + LIMIT"
    assert tokenize(make(body, LIMIT=1)) == tokenize(make("\n\n" + body, LIMIT=1))
    assert tokenize(make(body, LIMIT=1)) != tokenize(make(body, LIMIT=2))
    assert tokenize(make(body, LIMIT=1)) != tokenize(make(body.replace("+ x", "- x"), LIMIT=1))
    assert tokenize(adder(3)) == tokenize(adder(3))


def test_only_globals_that_a_function_uses_count():
    assert tokenize(make("f = lambda x: x.other", other=1)) == tokenize(make("f = lambda x: x.other", other=2))
    nested = "f = lambda x: (lambda: other)"
    assert tokenize(make(nested, other=1)) != tokenize(make(nested, other=2))


def test_functions_that_call_each_other_have_tokens():
    body = "def f(n):\n    return n and g(n - 1)\ndef g(n):\n    return n and f(n - {})"
    assert tokenize(make(body.format(1)), ensure_deterministic=True) == tokenize(make(body.format(1)))
    assert tokenize(make(body.format(1))) != tokenize(make(body.format(2)))


def test_an_edited_function_of_a_module_changes_its_token(monkeypatch):
    before = tokenize(double)
    monkeypatch.setattr(double, "__code__", (lambda x: x * 3).__code__)
    assert tokenize(double) != before


def test_a_function_that_closes_over_an_unknown_object_is_an_error_where_a_deterministic_token_is_asked_for():
    held = object()
    with pytest.raises(TokenizationError, match=r"builtins\.object"):
        tokenize(lambda: held, ensure_deterministic=True)


def test_a_closure_over_a_name_without_a_value_has_a_token():
    def outer():
        def inner():
            return later

        token = tokenize(inner, ensure_deterministic=True)
        later = 1
        return token, tokenize(inner)

    before, after = outer()
    assert before != after


def local_class(constant, base=object):
    class Local(base):
        """Doc."""

        __slots__ = ("slot",)
        value = constant

        def method(self):
            return super().__repr__() + str(constant)

        @property
        def read(self):
            return self.value

        @functools.cached_property
        def cached(self):
            return self.value

        @classmethod
        def build(cls):
            return cls()

    return Local


def test_a_class_that_cannot_be_imported_is_its_bases_and_its_body():
    assert tokenize(local_class(1), ensure_deterministic=True) == tokenize(local_class(1))
    assert tokenize(local_class(1)) != tokenize(local_class(2))
    assert tokenize(local_class(1)) != tokenize(local_class(1, base=dict))


def test_generic_aliases_are_their_origin_and_arguments():
    assert tokenize(list[int]) == tokenize(list[int]) != tokenize(list[float])
    assert tokenize(int | None) == tokenize(int | None) != tokenize(int | str)
