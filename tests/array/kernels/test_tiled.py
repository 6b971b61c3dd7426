from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft.array as da
from weft.array.kernels import tiled
from weft.array.kernels.tiled import Tiled, UfuncStep
from weft.expr import optimize

UNARY = [np.negative, np.square, np.isfinite, np.exp2]
BINARY = [np.add, np.multiply, np.maximum, np.less, np.subtract]


@st.composite
def chains(draw, ninputs):
    """Random chains of ufuncs over some inputs, all of which, and all results, count in the end."""
    steps = []
    for place in range(draw(st.integers(1, 7))):
        slots = st.integers(0, ninputs + place - 1)
        if draw(st.booleans()):
            steps.append(UfuncStep(draw(st.sampled_from(UNARY)), (draw(slots),)))
        else:
            steps.append(UfuncStep(draw(st.sampled_from(BINARY)), (draw(slots), draw(slots))))
    unread = set(range(ninputs + len(steps) - 1)) - {slot for step in steps for slot in step.slots}
    for slot in sorted(unread):
        steps.append(UfuncStep(np.add, (slot, ninputs + len(steps) - 1)))
    return Tiled(tuple(steps), ninputs)


@st.composite
def inputs(draw):
    """Arrays that broadcast, in several orders of memory, with scalars among them."""
    shape = draw(st.sampled_from([(40,), (7, 9), (3, 4, 5), (1, 50)]))
    made = [np.arange(np.prod(shape), dtype=draw(st.sampled_from(["f8", "f4", "i4"]))).reshape(shape) % 7]
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["same", "transposed", "broadcast", "constant", "python", "numpy"]))
        like = np.ones(shape) * draw(st.integers(-2, 2))
        made.append(
            {
                "same": like,
                "transposed": np.ascontiguousarray(like.T).T,
                "broadcast": like[..., :1],
                "constant": np.broadcast_to(np.float32(2), shape),
                "python": 3,
                "numpy": np.float64(1.5),
            }[kind]
        )
    return made


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_tiles_give_what_numpy_gives(data):
    values = data.draw(inputs())
    chain = data.draw(chains(len(values)))
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(tiled, "SMALL", 0)
        patch.setattr(tiled, "CACHE", 0)
        patch.setattr(tiled, "LEAST", 8)
        try:
            expected = chain.step_by_step(list(values))
        except TypeError:
            with pytest.raises(TypeError):
                chain(*values)
            return
        result = chain(*values)
    assert np.asarray(result).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(result, expected)


def test_objects_and_small_blocks_are_computed_step_by_step():
    chain = Tiled((UfuncStep(np.add, (0, 0)), UfuncStep(np.negative, (1,))), 1)
    assert chain(np.array([1, "a"], dtype=object)[:1])[0] == -2
    np.testing.assert_array_equal(chain(np.arange(3)), [0, -2, -4])
    assert chain(2) == -4


def test_a_chain_can_be_sent_elsewhere():
    chain = Tiled((UfuncStep(np.add, (0, 0)),), 1)
    assert pickle.loads(pickle.dumps(chain))(2) == 4


def fused_functions(x):
    (tree,) = optimize([x.expr])
    nodes = [tree, *tree.children]
    return [type(call.function).__name__ for node in nodes if hasattr(node, "calls") for call in node.calls]


def test_runs_of_ufuncs_over_large_blocks_are_compiled():
    x = da.from_array(np.ones((512, 512)), chunks=-1)
    assert fused_functions((x + 1) * 2 - x) == ["Tiled"]
    assert fused_functions((x + 1).T * 2 - 1) == ["ufunc", "function", "Tiled"]
    assert fused_functions(x + 1) == ["ufunc"]


def test_small_blocks_are_not_compiled():
    x = da.from_array(np.ones((512, 512)), chunks=8)
    assert fused_functions((x + 1) * 2) == ["ufunc", "ufunc"]


def test_compiled_programs_compute_what_numpy_does():
    whole = np.linspace(0, 1, 300_000).reshape(300, 1000)
    x = da.from_array(whole, chunks=(150, 1000))
    y = ((x - x.mean(0)) / x.std(0) + da.ones((300, 1000), chunks=(150, 1000))).sum(1)
    expected = ((whole - whole.mean(0)) / whole.std(0) + 1).sum(1)
    np.testing.assert_allclose(y.compute(scheduler="sync"), expected)
