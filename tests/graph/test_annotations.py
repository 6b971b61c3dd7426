"""What users attach to tasks."""

from __future__ import annotations

import pytest

import weft
from weft.graph.annotations import annotate, get_annotations, resolved


def annotations_of(*collections):
    layers = [layer for each in collections for layer in each.weft.layers]
    return {key: layer.annotations_of(place) for layer in layers for place, key in enumerate(layer.keys)}


def test_annotations_add_up_inside_one_another_and_end_with_the_block():
    with annotate(priority=1, retries=2):
        with annotate(priority=5, color="red"):
            assert get_annotations() == {"priority": 5, "retries": 2, "color": "red"}
        assert get_annotations() == {"priority": 1, "retries": 2}
    assert get_annotations() == {}


def test_they_end_with_the_block_even_if_it_fails():
    with pytest.raises(RuntimeError), annotate(priority=1):
        raise RuntimeError
    assert get_annotations() == {}


def test_calls_operators_and_methods_made_inside_carry_them():
    x = weft.delayed(abs)(-1)
    with annotate(retries=3):
        made = [weft.delayed(abs)(x), x + 1, x.bit_length(), x.real, x[0], weft.delayed([x])]
    for each in made:
        found = annotations_of(each)
        assert found[each.key] == {"retries": 3}
        assert found[x.key] is None


def test_functions_are_asked_for_each_key():
    assert resolved({"priority": lambda key: len(key), "color": "red"}, "abc") == {"priority": 3, "color": "red"}
    with annotate(retries=lambda key: "many"):
        x = weft.delayed(abs)(-1)
    with pytest.raises(ValueError, match="retries must be an integer"):
        x.compute()


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": "high"},
        {"priority": True},
        {"retries": -1},
        {"resources": ["GPU"]},
        {"resources": {"GPU": -1}},
        {"timeout": 0},
        {"timeout": "soon"},
    ],
)
def test_values_that_make_no_sense_are_refused_at_once(wrong):
    with pytest.raises((TypeError, ValueError)), annotate(**wrong):
        raise AssertionError("not reached")


def test_executors_by_name_are_refused():
    with annotate(executor="default"):
        pass
    with pytest.raises(ValueError, match="one pool of threads"), annotate(executor="gpu"):
        pass
