"""Lengths that count themselves when they are used as integers."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest

import weft.array as da
from weft.array.ops import sizes

WHOLE = np.arange(10)
CHOSEN = WHOLE[WHOLE > 3]


def chosen():
    """A fresh array of six elements of which nobody has counted how many they are."""
    x = da.from_array(WHOLE, chunks=4)
    return x[x > 3]


@pytest.fixture
def counted(monkeypatch):
    """How often lengths have been counted."""
    calls = []
    original = sizes.take_down
    monkeypatch.setattr(sizes, "take_down", lambda cuts, counters: calls.extend(cuts) or original(cuts, counters))
    return calls


@pytest.mark.parametrize("ask", [math.isnan, np.isnan, lambda n: np.isnan([n, 2])[0], lambda n: repr(n) == "nan"])
@pytest.mark.parametrize("length", [lambda x: x.shape[0], lambda x: x.size, lambda x: x.nbytes])
def test_whoever_asks_whether_a_length_is_known_counts_nothing(ask, length, counted):
    assert ask(length(chosen()))
    assert not counted


USES = {
    "int": int,
    "index": operator.index,
    "range": lambda n: list(range(n)),
    "list": lambda n: [1] * n,
    "slice": lambda n: list(range(20))[:n],
    "bool": bool,
    "equal": lambda n: n == 6,
    "equal from the right": lambda n: 6 == n,  # noqa: SIM300
    "unequal": lambda n: n != 6,
    "equal to none": lambda n: n == None,  # noqa: E711
    "less": lambda n: n < 7,
    "plus": lambda n: n + 1,
    "minus from the right": lambda n: 20 - n,
    "divided": lambda n: n / 4,
    "divmod": lambda n: divmod(n, 4),
    "power": lambda n: pow(n, 2, 5),
    "negative": operator.neg,
    "bits": lambda n: (n & 3, 1 << n, ~n),
    "float": lambda n: 1.5 * n,
    "NumPy's number": lambda n: np.float64(12) / n,
    "NumPy's integer": lambda n: np.int64(6) * n,
    "NumPy's array": lambda n: (np.arange(3) * n).tolist(),
    "zeros": lambda n: np.zeros((n, 2)).shape,
    "integers": lambda n: np.array([n], int).tolist(),
    "round": round,
    "floor": math.floor,
    "product": lambda n: math.prod((2, n)),
    "format": "{:03d}".format,
    "hash": lambda n: {6: "six"}[n],
    "maximum": lambda n: int(max(n, 2)),
}


@pytest.mark.parametrize("name", USES)
def test_a_length_is_counted_when_it_is_used_as_an_integer(name):
    made, expected = USES[name](chosen().shape[0]), USES[name](6)
    assert made == expected
    assert type(made) is type(expected)


SPACES = {
    "len": lambda xp, x: len(x),
    "size": lambda xp, x: x.size + 0,
    "nbytes": lambda xp, x: x.nbytes + 0,
    "shape": lambda xp, x: x.shape == (6,),
    "shape on the right": lambda xp, x: x.shape == (6,),
    "other shape": lambda xp, x: x.shape == (5,),
    "shape of two axes": lambda xp, x: x[:, None].shape == (6, 1),
    "arange": lambda xp, x: xp.arange(int(x.shape[0])) if xp is np else xp.arange(x.shape[0]),
    "zeros": lambda xp, x: xp.zeros(x.shape[0]),
    "full": lambda xp, x: xp.full((2, x.shape[0]), 3),
    "full of": lambda xp, x: xp.full(2, x.shape[0]),
    "linspace": lambda xp, x: xp.linspace(0, x.shape[0], x.shape[0]),
    "clip": lambda xp, x: xp.clip(x, 5, x.shape[0]),
    "reshape": lambda xp, x: xp.arange(6).reshape(x.shape),
    "its own shape": lambda xp, x: (x * 2).reshape(x.shape),
    "reshape to rows": lambda xp, x: x.reshape(2, -1),
    "split by its length": lambda xp, x: xp.split(x, x.shape[0] // 2),
    "iterate": lambda xp, x: [int(each) for each in x],
    "mean by hand": lambda xp, x: x.sum() / x.shape[0],
    "array and length": lambda xp, x: x - x.shape[0],
    "length and array": lambda xp, x: x.shape[0] - x,
    "where": lambda xp, x: xp.where(x > 5, x, x.shape[0]),
    "asarray": lambda xp, x: xp.asarray(x.shape[0]),
    "broadcast_to": lambda xp, x: xp.broadcast_to(xp.asarray(1), x.shape),
    "broadcast": lambda xp, x: x + xp.arange(6),
    "last": lambda xp, x: x[x.shape[0] - 1],
    "slice": lambda xp, x: xp.arange(20)[: x.shape[0]],
    "tile": lambda xp, x: xp.tile(x, 2).shape[0] == 12,
    "random": lambda xp, x: xp.random.default_rng(0).random(x.shape).shape == (6,),
}


@pytest.mark.parametrize("name", SPACES)
def test_programs_that_use_lengths_agree_with_numpy(name):
    made, expected = SPACES[name](da, chosen()), SPACES[name](np, CHOSEN)
    if isinstance(expected, list):
        assert len(made) == len(expected)
    for ours, theirs in zip(made, expected, strict=True) if isinstance(expected, list) else [(made, expected)]:
        ours = ours.compute() if hasattr(ours, "compute") else ours
        np.testing.assert_array_equal(ours, theirs)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype


def test_an_element_is_set_to_a_length():
    x = da.zeros(3, chunks=2)
    x[1] = chosen().shape[0]
    x[2] += chosen().shape[0]
    np.testing.assert_array_equal(x.compute(), [0, 6, 6])


def test_lengths_are_counted_once_for_all_arrays_that_share_them(counted):
    x = chosen()
    y, z = x * 2, x[:, None] + np.zeros((1, 2))
    assert len(x) == y.shape[0] == z.shape[0] == 6
    assert z.size == 12
    assert len(counted) == 1


def test_the_array_that_was_asked_goes_on_with_its_length():
    x = chosen()
    n = x.shape[0]
    assert int(n) == 6
    assert x.shape == (6,)
    assert type(x.shape[0]) is int
    assert x.chunks == ((0, 4, 2),)
    assert repr(n) == "6"
    np.testing.assert_array_equal(x.compute(), CHOSEN)


def test_a_length_is_that_of_the_array_as_it_was():
    x = chosen()
    n = x.shape[0]
    x += 1
    assert n == 6
    np.testing.assert_array_equal(x.compute(), CHOSEN + 1)


def test_equal_symbols_are_equal_without_counting(counted):
    x = chosen()
    assert x.shape == (x + 1).shape
    assert not counted
    assert x.shape == chosen().shape
    assert da.nonzero(x)[0].shape != x[x > 5].shape


def test_shapes_with_an_arrays_own_length_count_nothing(counted):
    x = chosen()
    wide = da.broadcast_to(x[:, None], (x.shape[0], 3))
    flat = (x + 1).reshape(x.shape)
    assert not counted
    np.testing.assert_array_equal(wide.compute(), np.broadcast_to(CHOSEN[:, None], (6, 3)))
    np.testing.assert_array_equal(flat.compute(), CHOSEN + 1)


def test_no_elements_are_none_whatever_is_not_counted(counted):
    x = chosen()[:, None][:, :0]
    assert (x.size, x.nbytes) == (0, 0)
    assert not counted


def test_a_shape_can_be_assigned():
    x = da.from_array(WHOLE, chunks=4)
    y = x.copy()
    x.shape = (2, -1)
    assert x.shape == (2, 5)
    assert y.shape == (10,)
    np.testing.assert_array_equal(x.compute(), WHOLE.reshape(2, 5))
    with pytest.raises(ValueError, match="reshape"):
        x.shape = (3, 3)


def test_lengths_can_be_copied_and_pickled():
    n = chosen().shape[0]
    assert math.isnan(pickle.loads(pickle.dumps(n)))
    assert pickle.loads(pickle.dumps(n)) == copy.deepcopy(n) == 6


def test_a_selection_whose_length_is_known_is_still_reduced_in_one_pass():
    x = chosen()
    assert len(x) == 6
    assert x.mean().compute() == CHOSEN.mean()
