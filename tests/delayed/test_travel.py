"""Delayed values that travel."""

from __future__ import annotations

import operator
import pickle

import cloudpickle
import pytest

import weft
from weft.delayed import delayed

add = delayed(operator.add)


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_values_compute_the_same_under_the_same_key_elsewhere(pickler):
    x = add(add(1, 2), [delayed(operator.neg)(3)][0])
    back = pickler.loads(pickler.dumps(x))
    assert (back.key, back.compute()) == (x.key, x.compute())


def test_what_two_values_share_is_one_task_after_the_journey():
    seen = []
    shared = delayed(seen.append)(1)
    one, other = pickle.loads(pickle.dumps((shared == None, shared != None)))  # noqa: E711
    weft.compute(one, other)
    assert len({*one.weft} & {*other.weft}) == 1


def test_functions_and_attributes_travel():
    f = pickle.loads(pickle.dumps(delayed(divmod, nout=2, pure=True)))
    first, second = f(7, 2)
    assert weft.compute(first, second) == (3, 1)
    z = delayed(complex)(1, 2)
    assert pickle.loads(pickle.dumps(z.imag)).compute() == 2
    assert pickle.loads(pickle.dumps(z.conjugate()))._length is None


def test_a_very_long_chain_travels_and_computes():
    x = delayed(0)
    for _ in range(20_000):
        x = add(x, 1)
    assert pickle.loads(pickle.dumps(x)).compute() == 20_000


def test_annotations_and_known_length_travel():
    with weft.annotate(retries=2):
        x = delayed(divmod, nout=2)(7, 2)
    back = pickle.loads(pickle.dumps(x))
    assert len(back) == 2
    (layer,) = back.weft.layers
    assert layer.annotations_of(0) == {"retries": 2}


def test_persisted_values_travel_with_their_blocks():
    x = add(1, 2).persist()
    assert pickle.loads(pickle.dumps(x)).compute() == 3
