"""Blocks that are needed late are held, or made again."""

import numpy as np
import pytest
from tests.array.strategies import graph_size

import weft.array as da
from weft import config
from weft.expr import optimize, walk
from weft.physical import rewrite
from weft.physical.blockwise import Blockwise


@pytest.fixture
def small_budget():
    with config.set({"memory.budget": "1 MiB"}):
        yield


def copies(x):
    """How often blocks that exist already are made again."""
    (root,) = optimize([x.expr], phases=["simplify", "lower", "hold"])
    assert rewrite.RULES_OF
    return sum(isinstance(each, Blockwise) and bool(each.again) for each in walk(root))


def random_array():
    return da.random.default_rng(0).random((1000, 1000), chunks=(100, 1000))


@pytest.mark.usefixtures("small_budget")
def test_what_would_wait_for_all_blocks_is_drawn_again():
    x = random_array()
    centred = x - x.mean(0)
    assert copies(centred) == 1
    whole = x.compute()
    np.testing.assert_allclose(centred.compute(), whole - whole.mean(0))


def test_what_fits_into_memory_is_held():
    x = random_array()
    assert copies(x - x.mean(0)) == 0


@pytest.mark.usefixtures("small_budget")
def test_what_is_read_at_the_same_time_is_made_once():
    x = random_array()
    assert copies(x.sum() + x.max()) == 0
    assert copies((x + 1) * x) == 0


@pytest.mark.usefixtures("small_budget")
def test_what_a_user_made_is_held():
    x = da.ones((1000, 1000), chunks=(100, 1000)).map_blocks(np.sin)
    assert copies(x - x.mean(0)) == 0


@pytest.mark.usefixtures("small_budget")
def test_light_operations_are_made_again_with_their_source():
    x = da.sqrt(random_array() + 1)
    scaled = (x - x.mean(0)) / x.std(0)
    assert copies(scaled.sum()) >= 1
    whole = x.compute()
    np.testing.assert_allclose(
        float(scaled.sum().compute()), float(((whole - whole.mean(0)) / whole.std(0)).sum()), atol=1e-6
    )
    assert graph_size(scaled.sum()) < 60


@pytest.mark.usefixtures("small_budget")
def test_copies_do_not_change_names_or_results_of_what_is_wanted_too():
    import weft

    x = random_array()
    whole, centred = weft.compute(x, x - x.mean())
    np.testing.assert_allclose(centred, whole - whole.mean())
