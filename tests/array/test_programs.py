"""Random programs of array operators: the optimiser on and off agree with NumPy, on several backends."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import chunks_of

import weft.array as da

#: Each takes the library and an array of two axes, and gives one.
STEPS = {
    "add": lambda xp, x: x + 1.5,
    "scale": lambda xp, x: 2 - x * 0.5,
    "absolute": lambda xp, x: abs(x),
    "turn": lambda xp, x: x.T,
    "both": lambda xp, x: x + x * 2,
    "first rows": lambda xp, x: x[: max(1, x.shape[0] - 1)],
    "every other": lambda xp, x: x[:, ::2],
    "backwards": lambda xp, x: x[::-1],
    "by integers": lambda xp, x: x[[0, x.shape[0] - 1, 0]],
    "centred": lambda xp, x: x - x.mean(0),
    "scaled": lambda xp, x: x / (1 + abs(x).max()),
    "running": lambda xp, x: xp.cumsum(x, axis=1),
    "chosen": lambda xp, x: xp.where(x > 1, x, -x),
    "doubled": lambda xp, x: xp.concatenate([x, x[:1]], axis=0),
    "sorted": lambda xp, x: xp.sort(x, axis=0),
    "flat and back": lambda xp, x: x.reshape(-1).reshape(x.shape),
    "shifted": lambda xp, x: xp.roll(x, 1, axis=0),
    "outer": lambda xp, x: x @ x.T / (1 + abs(x).max()) ** 2,
    "means": lambda xp, x: x.mean(axis=1, keepdims=True) + x,
}


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=10), st.data())
def test_programs_give_what_numpy_gives_with_and_without_the_optimiser(names, data):
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    whole = np.random.default_rng(data.draw(st.integers(0, 3))).random(shape)
    x = da.from_array(whole, chunks=data.draw(chunks_of(shape)))
    for name in names:
        x, whole = STEPS[name](da, x), STEPS[name](np, whole)
    backend = data.draw(st.sampled_from(["inline", "threads"]))
    for optimize in (True, False):
        np.testing.assert_allclose(
            x.compute(optimize_graph=optimize, scheduler=backend), whole, rtol=1e-9, atol=1e-9, err_msg=str(names)
        )
