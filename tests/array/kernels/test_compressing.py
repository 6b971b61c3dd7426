"""What masks select, reduced band by band: as if it had been written out first."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft
import weft.array as da
from weft.array.kernels import compressing, reductions
from weft.array.kernels.compressing import COMBINED, CompressedReduction
from weft.array.kernels.indexing import compressed
from weft.array.kernels.tiled import Step
from weft.expr import optimize


@pytest.fixture
def small_bands(monkeypatch):
    monkeypatch.setattr(compressing, "SMALL", 1)
    monkeypatch.setattr(compressing, "BAND", 64)
    monkeypatch.setattr(compressing, "STACK", 80)


def parts(partial):
    return partial if isinstance(partial, tuple) else (partial,)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(COMBINED)), st.sampled_from(["f8", "i4", "f2", "c16"]))
def test_bands_give_what_the_whole_selection_gives(data, end, kind):
    shape, axes = data.draw(
        st.sampled_from(
            [
                ((40,), (0,)),
                ((30, 4), (0,)),
                ((30, 4), (0, 1)),
                ((25, 2, 3), (0, 2)),
                ((25, 12), (0,)),
                ((25, 3, 4), (0, 1)),
            ]
        )
    )
    density = data.draw(st.sampled_from([0.0, 0.1, 0.6, 1.0]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    block = (rng.random(shape) + 0.5).astype(kind)
    mask = rng.random(shape if data.draw(st.booleans()) else shape[:1]) < density
    if mask.ndim > 1:
        axes = (0,)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressing, "SMALL", 1)
        patch.setattr(compressing, "BAND", 64)
        patch.setattr(compressing, "STACK", 8)
        found = CompressedReduction(end)(block, 0, axes, None, mask)
    wanted = end(compressed(block, mask, 0), axes, None)
    for own, other in zip(parts(found), parts(wanted), strict=True):
        if other is None:
            assert own is None
        elif np.asarray(other).dtype.kind in "fc":
            np.testing.assert_allclose(own, other, rtol=1e-2 if kind == "f2" else 1e-9, atol=1e-9)
        else:
            np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("axes", [(0,), (0, 1)])
@pytest.mark.usefixtures("small_bands")
def test_what_is_not_selected_may_be_anything(axes):
    block = np.arange(400.0).reshape(40, 10)
    mask = np.arange(40) % 3 > 0
    block[~mask] = np.nan
    block[3] = np.inf
    made = CompressedReduction(reductions.sum_chunk)(block, 0, axes, None, mask)
    np.testing.assert_allclose(made, block[mask].sum(axis=axes, keepdims=True))
    block[1, 2] = np.nan
    assert np.isnan(CompressedReduction(reductions.sum_chunk)(block, 0, axes, None, mask)).any()


@pytest.mark.usefixtures("small_bands")
def test_bands_with_few_selected_rows_and_such_with_others_that_are_not_finite_add_up():
    block = np.random.default_rng(0).random((100, 10))
    mask = np.r_[np.zeros(30), np.ones(30), np.arange(40) % 20 == 0].astype(bool)
    block[~mask] = np.inf
    step = Step(np.greater, (0, 1), ())
    made = CompressedReduction(reductions.sum_chunk, (step,))(block, 0, (0, 1), None, np.where(mask, 1.0, 0.0), 0.5)
    np.testing.assert_allclose(made, block[mask].sum(keepdims=True))


def test_a_reduction_of_a_selection_is_one_call():
    x = da.from_array(np.arange(200_000.0).reshape(-1, 2), chunks=(50_000, 2))
    names = [call.function.__name__ for node in walk(x[x[:, 0] > 9].mean()) for call in node.calls]
    assert "compressed-counted_mean_chunk" in names
    assert not {"compressed", "greater"} & set(names)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["sum", "mean", "max", "var"]), st.sampled_from([1, 3, 40]), st.integers(0, 9))
def test_masks_of_several_functions_are_made_with_the_rows(name, width, seed):
    rng = np.random.default_rng(seed)
    whole, other = rng.random((300, width)), rng.random(300)
    x, y = da.from_array(whole, chunks=(120, width)), da.from_array(other, chunks=70)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressing, "SMALL", 1)
        patch.setattr(compressing, "BAND", 512)
        patch.setattr(compressing, "STACK", 64)
        picks = [
            (x[:, 0] > 0.3) & ~(y * 2 > 1.5),
            x > 0.5,
            abs(x - 0.5) < 0.1,
            x[:, :1] > 0.5 if width == 1 else y > 0.5,
        ]
        masks = [(whole[:, 0] > 0.3) & ~(other * 2 > 1.5), whole > 0.5, abs(whole - 0.5) < 0.1]
        masks.append(whole[:, :1] > 0.5 if width == 1 else other > 0.5)
        for pick, mask in zip(picks, masks, strict=True):
            ours, numpys = getattr(x[pick], name)().compute(), getattr(whole[mask], name)()
            np.testing.assert_allclose(ours, numpys, rtol=1e-12)


def test_a_selection_that_is_wanted_as_well_stays():
    x = da.from_array(np.arange(200_000.0), chunks=50_000)
    chosen = x[x > 9]
    values, total = weft.compute(chosen, chosen.sum())
    assert total == values.sum() == np.arange(10.0, 200_000.0).sum()


@pytest.mark.usefixtures("small_bands")
def test_programs_travel():
    reduction = pickle.loads(pickle.dumps(CompressedReduction(reductions.sum_chunk, (Step(np.greater, (0, 1)),))))
    block = np.arange(100.0)
    assert reduction(block, 0, (0,), None, block, 50) == block[51:].sum()


def walk(x):
    """The nodes that have calls of what is run for an array."""
    (root,) = optimize([x.expr])
    stack, found = [root], []
    while stack:
        each = stack.pop()
        stack.extend(each.children)
        if hasattr(each, "calls"):
            found.append(each)
    return found
