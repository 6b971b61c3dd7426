"""Random nested containers of delayed values, beside the same containers of plain ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft
from weft.delayed import delayed


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Box:
    content: Any


class Lazy(NamedTuple):
    """Stands for a number; is exchanged for a delayed value, or the number."""

    number: int


LEAVES = st.one_of(st.builds(Lazy, st.integers(0, 5)), st.integers(0, 5), st.text(max_size=2), st.none())
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=2), st.builds(Lazy, st.integers(0, 5))), inner, max_size=3),
        st.sets(st.one_of(st.integers(6, 9), st.builds(Lazy, st.integers(0, 5))), max_size=3),
        st.builds(Pair, inner, inner),
        st.builds(Box, inner),
        st.builds(slice, st.one_of(st.none(), st.builds(Lazy, st.integers(0, 5))), st.integers(0, 3)),
    ),
    max_leaves=8,
)


def exchanged(value: Any, leaf: Any) -> Any:
    if isinstance(value, Lazy):
        return leaf(value.number)
    if isinstance(value, Pair):
        return Pair(*[exchanged(each, leaf) for each in value])
    if isinstance(value, Box):
        return Box(exchanged(value.content, leaf))
    if isinstance(value, slice):
        return slice(exchanged(value.start, leaf), value.stop)
    if isinstance(value, dict):
        return {exchanged(key, leaf): exchanged(each, leaf) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)([exchanged(each, leaf) for each in value])
    return value


def same(value: Any) -> Any:
    return value


square = delayed(lambda n: n * n, pure=True)


@pytest.mark.parametrize("scheduler", ["inline", "threads"])
@settings(max_examples=60)
@given(nested=NESTED)
def test_lazy_and_plain_containers_give_the_same(scheduler, nested):
    lazy = exchanged(nested, square)
    plain = exchanged(nested, lambda n: n * n)
    assert delayed(same)(lazy).compute(scheduler=scheduler) == plain
    assert delayed(same)(value=lazy).compute(scheduler=scheduler) == plain
    assert weft.compute(lazy, [lazy], scheduler=scheduler) == (plain, [plain])
    wrapped = delayed([lazy])
    assert wrapped.compute(scheduler=scheduler) == [plain]
