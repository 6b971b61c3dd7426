from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft
import weft.array as da
from weft.array.kernels import chains as compiling
from weft.array.kernels import reductions, tiled
from weft.array.kernels.numpy import filled, ranged
from weft.array.kernels.tiled import End, Leaf, Step, Tiled, UfuncStep
from weft.expr import optimize

UNARY = [np.negative, np.square, np.isfinite, np.exp2]
BINARY = [np.add, np.multiply, np.maximum, np.less, np.subtract]
CHUNKS = [each for each in reductions.COMBINE_OF if each.__module__ == reductions.__name__]
NAN_CHUNKS = [each for each in reductions.COMBINE_OF if each not in CHUNKS]


@st.composite
def chains(draw, ninputs):
    """Random chains of ufuncs over some inputs, all of which, and all results, count in the end."""
    steps = []
    for place in range(draw(st.integers(1, 7))):
        slots = st.integers(0, ninputs + place - 1)
        kind = draw(st.sampled_from(["unary", "binary", "binary", "where", "clip"]))
        if kind == "unary":
            steps.append(UfuncStep(draw(st.sampled_from(UNARY)), (draw(slots),)))
        elif kind == "where":
            steps.append(Step(np.where, (draw(slots), draw(slots), draw(slots))))
        elif kind == "clip":
            steps.append(Step(np.clip, (draw(slots), draw(slots), draw(slots))))
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


def in_tiles(chain, values, least=8):
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(tiled, "SMALL", 0)
        patch.setattr(tiled, "CACHE", 0)
        patch.setattr(tiled, "LEAST", least)
        return chain(*values)


def assert_same_partial(result, expected):
    if not isinstance(expected, tuple):
        result, expected = (result,), (expected,)
    for ours, numpys in zip(result, expected, strict=True):
        assert np.shape(ours) == np.shape(numpys)
        assert np.asarray(ours).dtype == np.asarray(numpys).dtype
        tolerance = 1e-5 if np.asarray(ours).dtype.char in "fFe" else 1e-11
        np.testing.assert_allclose(ours, numpys, rtol=tolerance, atol=tolerance)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_tiles_are_reduced_to_what_the_whole_block_is_reduced_to(data):
    shape = data.draw(st.sampled_from([(40,), (7, 9), (3, 4, 5), (1, 50), (50, 1)]))
    dtype = data.draw(st.sampled_from(["f8", "f4", "f2", "i4", "u1", "?", "c8"]))
    value = (np.arange(np.prod(shape)) % 5 - 2).astype(dtype).reshape(shape)
    order = data.draw(st.sampled_from(["C", "F", "strided"]))
    value = np.repeat(value, 2, 0)[::2] if order == "strided" else np.asarray(value, order=order)
    axes = tuple(sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))))
    chunk = data.draw(st.sampled_from(CHUNKS))
    steps = data.draw(st.sampled_from([(), (Step(np.multiply, (0, 0)),)]))
    chain = Tiled(steps, 3, (), End(chunk, (1, 2)))
    expected = chunk(value * value if steps else value, axes, None)
    assert_same_partial(in_tiles(chain, (value, axes, None)), expected)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("chunk", CHUNKS)
def test_partial_results_outlive_the_memory_that_the_next_chain_of_the_thread_uses(chunk, axes):
    value = np.linspace(-1, 1, 63).reshape(7, 9)
    square = Tiled((Step(np.multiply, (0, 0)),), 3, (), End(chunk, (1, 2)))
    for least in (8, 64):
        result = in_tiles(square, (value, axes, None), least)
        in_tiles(square, (value + 3, axes, None), least)
        assert_same_partial(result, chunk(value * value, axes, None))


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmin", "nanmax", "nanmean", "nanvar"])
def test_reductions_without_nan_are_made_in_tiles(name, axis, monkeypatch):
    monkeypatch.setattr(tiled, "SMALL", 0)
    monkeypatch.setattr(tiled, "CACHE", 0)
    monkeypatch.setattr(tiled, "LEAST", 8)
    monkeypatch.setattr(compiling, "SMALL", 0)
    whole = np.linspace(0.5, 1.5, 70).reshape(7, 10)
    whole[2, ::3] = np.nan
    x = da.from_array(whole, chunks=(4, 10))
    ours = getattr(da, name)(x * 2 - 1, axis=axis)
    np.testing.assert_allclose(ours.compute(scheduler="sync"), getattr(np, name)(whole * 2 - 1, axis=axis))
    assert any(chunk.__name__.startswith(name) for chunk in NAN_CHUNKS)


@pytest.mark.parametrize("shape", [(23,), (5, 23)])
def test_constants_and_ranges_are_made_in_tiles(shape):
    leaves = (Leaf(filled, (1, 2, 3)), Leaf(ranged, (4, 5, 6, 7)))
    chain = Tiled((Step(np.add, (0, 8)), Step(np.multiply, (10, 9))), 8, leaves)
    whole = np.linspace(0, 1, int(np.prod(shape))).reshape(shape)
    values = (whole, shape, 3, np.dtype("f4"), (10, 33), 1.5, 0.5, np.dtype("f8"))
    expected = (whole + np.full(shape, 3, "f4")) * (1.5 + 0.5 * np.arange(10, 33))
    np.testing.assert_array_equal(in_tiles(chain, values), expected)
    np.testing.assert_array_equal(chain(*values), expected)


def test_constants_alone_are_summed_without_being_written_out():
    chain = Tiled((Step(np.add, (6, 3)),), 6, (Leaf(filled, (0, 1, 2)),), End(reductions.sum_chunk, (4, 5)))
    values = ((30, 20), 1.0, np.dtype("f8"), 1, (0, 1), None)
    for result in (chain(*values), in_tiles(chain, values)):
        np.testing.assert_array_equal(result, [[1200.0]])


def test_sums_over_tiles_are_as_accurate_as_numpys():
    value = np.random.default_rng(5).random(200_000).astype("f4")
    chain = Tiled((), 3, (), End(reductions.sum_chunk, (1, 2)))
    exact = float(np.sum(value, dtype="f8"))
    ours = float(in_tiles(chain, (value, (0,), None), 64)[0])
    assert abs(ours - exact) <= 2 * max(abs(float(value.sum()) - exact), exact * 2**-24)


def test_half_floats_are_added_as_numpy_adds_them():
    value = np.full(5000, 0.1, "f2")
    chain = Tiled((Step(np.multiply, (0, 1)),), 4, (), End(reductions.sum_chunk, (2, 3)))
    assert in_tiles(chain, (value, np.float16(1), (0,), None))[0] == value.sum()


def test_objects_and_small_blocks_are_computed_step_by_step():
    chain = Tiled((UfuncStep(np.add, (0, 0)), UfuncStep(np.negative, (1,))), 1)
    assert chain(np.array([1, "a"], dtype=object)[:1])[0] == -2
    np.testing.assert_array_equal(chain(np.arange(3)), [0, -2, -4])
    assert chain(2) == -4


def test_a_chain_can_be_sent_elsewhere():
    chain = Tiled((UfuncStep(np.add, (0, 0)),), 1)
    assert pickle.loads(pickle.dumps(chain))(2) == 4


def fused_functions(x):
    with weft.config.set({"array.jit": False}):
        (tree,) = optimize([x.expr])
    nodes = [tree, *tree.children]
    return [type(call.function).__name__ for node in nodes if hasattr(node, "calls") for call in node.calls]


def test_runs_of_ufuncs_over_large_blocks_are_compiled():
    x = da.from_array(np.ones((512, 512)), chunks=-1)
    assert fused_functions((x + 1) * 2 - x) == ["Tiled"]
    assert fused_functions((x + 1).T * 2 - 1) == ["ufunc", "function", "Tiled"]
    assert fused_functions(x + 1) == ["ufunc"]


def test_casts_choices_and_constants_do_not_break_chains():
    x = da.from_array(np.ones((512, 512)), chunks=-1)
    y = da.where(x > 0, x.astype("f4") * 2, 0).clip(0, 1) + da.ones((512, 512), chunks=-1)
    assert fused_functions(y) == ["Tiled"]
    assert fused_functions(y.sum()) == ["Tiled", "function"]
    assert fused_functions(x.var()) == ["Tiled", "function"]
    assert fused_functions(da.arange(10**6, chunks=-1) * 2.0 + 1) == ["Tiled"]


def test_small_blocks_are_not_compiled():
    x = da.from_array(np.ones((512, 512)), chunks=8)
    assert fused_functions((x + 1) * 2) == ["ufunc", "ufunc"]


def test_compiled_programs_compute_what_numpy_does():
    whole = np.linspace(0, 1, 300_000).reshape(300, 1000)
    x = da.from_array(whole, chunks=(150, 1000))
    y = ((x - x.mean(0)) / x.std(0) + da.ones((300, 1000), chunks=(150, 1000))).sum(1)
    expected = ((whole - whole.mean(0)) / whole.std(0) + 1).sum(1)
    np.testing.assert_allclose(y.compute(scheduler="sync"), expected)


@pytest.mark.parametrize("dtype", ["bool", "i1", "u2", "f2", "f4", "i8", "f8", "c8", "c16"])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_choosing_by_a_mask_keeps_every_bit(dtype, share):
    rng = np.random.default_rng(3)
    x, y = (rng.integers(-3, 3, 400_000).astype(dtype) for _ in range(2))
    if x.dtype.kind in "fc":
        x[::7], y[::5], y[::11] = np.nan, -0.0, np.inf
    mask = rng.random(x.size) < share
    chain = Tiled((Step(np.where, (0, 1, 2)),), 3)
    for first, second in ((x, y), (x, y.dtype.type(0)), (x.dtype.type(1), y), (0, y), (x, y[:1])):
        made, expected = chain(mask, first, second), np.where(mask, first, second)
        assert made.dtype == expected.dtype
        assert made.tobytes() == expected.tobytes()


@pytest.mark.parametrize("shape", [(300, 200), (90, 3000), (3000, 90), (3, 400, 150)])
@pytest.mark.parametrize("axes", [None, (0,), (1,), (0, 1)])
def test_operands_that_lie_crosswise_are_copied_tile_by_tile(shape, axes):
    chance = np.random.default_rng(0)
    straight = chance.random(shape)
    crosswise = chance.random(shape[::-1]).T
    narrow = chance.integers(0, 100, shape[::-1]).astype("int16").T
    steps = (Step(np.add, (0, 1)), Step(np.multiply, (5, 2)), Step(np.subtract, (6, 1)))
    end = None if axes is None else End(reductions.max_chunk, (3, 4))
    expected = (straight + crosswise) * narrow - crosswise
    chain = Tiled(steps, 5, (), end)
    for _ in range(2):
        made = chain(straight, crosswise, narrow, axes, None)
        np.testing.assert_array_equal(made, expected if axes is None else expected.max(axes, keepdims=True))
