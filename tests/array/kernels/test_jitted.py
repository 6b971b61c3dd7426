from __future__ import annotations

import pickle

import numpy as np
import pytest

import weft
import weft.array as da
from weft.array.kernels import jitted, reductions, tiled
from weft.array.kernels.jitted import Jitted
from weft.array.kernels.tiled import End, Step, Tiled
from weft.expr import optimize

pytest.importorskip("numba")

FLOATS = np.array([0.0, -0.0, 1.0, -2.5, np.nan, np.inf, -np.inf, 1e-310, 7e20, 0.1, 3.0, -7.25])
INTEGERS = np.array([0, 1, 2, 3, 127, 128, 200, 255, 7, 9, 100, 64])


@pytest.fixture(autouse=True)
def everything_in_tiles(monkeypatch):
    monkeypatch.setattr(tiled, "SMALL", 0)


def values_of(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.arange(144) % 5 < 2, np.arange(144) % 3 < 1
    values = FLOATS if dtype.kind == "f" else INTEGERS
    with np.errstate(all="ignore"):
        left, right = np.meshgrid(values.astype(dtype), values.astype(dtype))
    return left.ravel(), right.ravel()


def assert_same_bits(chain, *values):
    with np.errstate(all="ignore"):
        expected = np.asarray(chain.step_by_step(list(values)))
        result = np.asarray(chain(*values))
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


BASIC = {np.add, np.multiply, np.less, np.square}
CASES = [
    (function, dtype)
    for function, (kinds, _) in jitted.TEMPLATES.items()
    for dtype in ("f8", "f4", "i4", "u1", "?")
    if np.dtype(dtype).kind in kinds and (dtype in ("f8", "?") or function in BASIC or "f" not in kinds)
]


@pytest.mark.parametrize(("function", "dtype"), CASES)
def test_machine_code_gives_numpys_bits(function, dtype):
    chain = Jitted((Step(function, tuple(range(function.nin))),), function.nin, is_eager=True)
    values = values_of(dtype)[: function.nin]
    assert is_compiled(chain, values)
    assert_same_bits(chain, *values)


def is_compiled(chain, values):
    problem = chain.problem(values)
    structure = chain.structure(problem)
    return structure is not None and jitted.STATES.code(structure, 0, True) is not None


STEPS = (
    Step(np.subtract, (0, 1)),
    Step(np.true_divide, (3, 2)),
    Step(np.greater, (4, 1)),
    Step(np.where, (5, 4, 0)),
    Step(np.power, (6, 2)),
)


@pytest.mark.parametrize("shape", [(40,), (8, 5), (4, 5, 6)])
@pytest.mark.parametrize("other", ["same", "row", "column", "transposed", "number"])
def test_operands_of_all_shapes_are_read_where_they_belong(shape, other):
    whole = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    second = {
        "same": whole[::-1] * 2,
        "row": whole[:1] + 0.5,
        "column": whole[..., :1] - 0.5,
        "transposed": np.asfortranarray(whole + 1),
        "number": np.float64(0.25),
    }[other]
    chain = Jitted(STEPS, 3, is_eager=True)
    assert is_compiled(chain, (whole, second, 2))
    assert_same_bits(chain, whole, second, 2)
    whole.flags.writeable = False
    assert_same_bits(chain, whole[::-1], second, 2)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize(
    "chunk", [reductions.sum_chunk, reductions.mean_chunk, reductions.max_chunk, reductions.var_chunk]
)
def test_reductions_end_chains(axes, chunk):
    whole = np.random.default_rng(1).random((70, 110)).astype("f4")
    chain = Jitted((Step(np.multiply, (0, 1)),), 4, (), End(chunk, (2, 3)), is_eager=True)
    expected = Tiled(chain.steps, 4, (), chain.end)(whole, whole[:1], axes, None)
    result = chain(whole, whole[:1], axes, None)
    pair = (result, expected) if isinstance(expected, tuple) else ((result,), (expected,))
    for ours, numpys in zip(*pair, strict=True):
        np.testing.assert_allclose(ours, numpys, rtol=1e-6)


def test_sums_are_as_accurate_as_numpys():
    value = np.random.default_rng(5).random(200_000).astype("f4")
    chain = Jitted((Step(np.positive, (0,)),), 3, (), End(reductions.sum_chunk, (1, 2)), is_eager=True)
    exact = float(np.sum(value, dtype="f8"))
    assert abs(float(chain(value, (0,), None)[0]) - exact) <= 2 * max(abs(float(value.sum()) - exact), exact * 2**-24)


@pytest.mark.parametrize(
    ("steps", "values"),
    [
        ((Step(np.exp, (0,)),), (FLOATS,)),
        ((Step(np.power, (0, 1)),), (FLOATS, 3)),
        ((Step(np.add, (0, 1)),), (np.arange(9).astype("f2"), 1)),
        ((Step(np.add, (0, 0)),), (np.arange(9) * 1j,)),
        ((Step(np.floor_divide, (0, 1)),), (INTEGERS, 0)),
        ((Step(np.add, (0, 1)),), (INTEGERS.astype("u1"), INTEGERS.astype("f4"))),
    ],
)
def test_what_is_not_compiled_is_computed_in_tiles(steps, values):
    assert_same_bits(Jitted(steps, len(values), is_eager=True), *values)


def test_a_chain_is_compiled_when_it_has_worked_enough(monkeypatch):
    monkeypatch.setattr(jitted, "HOT", 5 * 8 * FLOATS.size)
    monkeypatch.setattr(jitted, "STATES", jitted.States())
    chain = Jitted((Step(np.negative, (0,)), Step(np.add, (1, 0))), 1)
    seen = []
    for _ in range(4):
        assert_same_bits(chain, FLOATS)
        (state,) = jitted.STATES.known.values()
        seen.append(state.code is not None)
    assert seen == [False, False, True, True]


def test_a_chain_can_be_sent_elsewhere():
    chain = Jitted((Step(np.add, (0, 0)),), 1, is_eager=True)
    assert pickle.loads(pickle.dumps(chain))(np.arange(3.0)).tolist() == [0, 2, 4]


def kinds_of(x):
    (tree,) = optimize([x.expr])
    return [type(call.function) for call in tree.calls]


def test_the_configuration_decides():
    x = da.from_array(np.ones((512, 512)), chunks=-1)
    y = (x + 1) * 2
    for mode, kind in {"auto": Jitted, True: Jitted, False: Tiled}.items():
        with weft.config.set({"array.jit": mode}):
            assert kinds_of(y) == [kind]
            assert float(y.sum().compute(scheduler="sync")) == 4 * 512 * 512
    assert kinds_of(np.exp(x) * 2) == [Tiled]
