"""``out=``: the array that is given stands for the result from now on, in its own dtype, as NumPy would have filled it."""

import numpy as np
import pytest

import weft.array as da

WHOLE = np.array([[1.6, 2.7, -3.5], [3.2, 4.9, 0.5]])
FUNCTIONS = {
    "matmul": lambda m, x, out: m.matmul(x, x.T, out=out),
    "dot": lambda m, x, out: m.dot(x, x.T, out=out),
    "vecdot": lambda m, x, out: m.vecdot(x, x, out=out),
    "multi_dot": lambda m, x, out: m.linalg.multi_dot([x, x.T, x], out=out),
    "take": lambda m, x, out: m.take(x, [1, 0, -1], axis=1, out=out),
    "compress": lambda m, x, out: m.compress([True, False, True], x, axis=1, out=out),
    "concat": lambda m, x, out: m.concat([x, x], axis=0, out=out),
    "choose": lambda m, x, out: m.choose((x > 0).astype(int), [x, -x], out=out),
    "fft": lambda m, x, out: m.fft.fft(x, out=out),
    "ifftn": lambda m, x, out: m.fft.ifftn(x, out=out),
    "rfft2": lambda m, x, out: m.fft.rfft2(x, out=out),
    "irfft": lambda m, x, out: m.fft.irfft(x, out=out),
    "sum": lambda m, x, out: m.sum(x, axis=0, out=out),
    "prod": lambda m, x, out: m.prod(x, axis=0, out=out),
    "mean": lambda m, x, out: m.mean(x, axis=0, out=out),
    "max": lambda m, x, out: m.max(x, axis=0, out=out),
    "nansum": lambda m, x, out: m.nansum(x, axis=0, out=out),
    "cumsum": lambda m, x, out: m.cumsum(x, axis=0, out=out),
    "median": lambda m, x, out: m.median(x, axis=0, out=out),
    "quantile": lambda m, x, out: m.quantile(x, 0.3, axis=0, out=out),
    "argmax": lambda m, x, out: m.argmax(x, axis=0, out=out),
    "std": lambda m, x, out: m.std(x, axis=0, out=out),
    "clip": lambda m, x, out: m.clip(x, 0, 2, out=out),
    "round": lambda m, x, out: m.round(x, out=out),
}


@pytest.mark.parametrize("call", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_result_is_in_the_array_that_was_given(call):
    expected = call(np, WHOLE, None)
    filled = np.zeros(expected.shape, expected.dtype)
    assert call(np, WHOLE, filled) is filled
    ours = da.zeros(expected.shape, dtype=expected.dtype, chunks=2)

    assert call(da, da.from_array(WHOLE, chunks=2), ours) is ours

    np.testing.assert_allclose(ours.compute(), filled)


@pytest.mark.parametrize("name", ["sum", "prod", "nansum", "nanprod", "max"])
@pytest.mark.parametrize("kind", ["f4", "f8", "c16"])
def test_results_are_made_in_a_wider_dtype_that_is_asked_for(name, kind):
    whole = (WHOLE * 1000).astype("f2")
    filled = getattr(np, name)(whole, axis=0, out=np.zeros(3, kind))
    ours = da.zeros(filled.shape, dtype=kind, chunks=2)

    getattr(da, name)(da.from_array(whole, chunks=1), axis=0, out=ours)

    assert ours.dtype == kind
    np.testing.assert_allclose(ours.compute(), filled, rtol=1e-6)


@pytest.mark.parametrize("name", ["sum", "max", "mean", "cumsum", "median"])
def test_results_are_cut_to_whole_numbers_that_are_asked_for(name):
    whole = np.array([[1.0, 2.0], [5.0, 8.0]])
    filled = getattr(np, name)(whole, axis=0, out=np.zeros((2, 2) if name == "cumsum" else 2, "i4"))
    ours = da.zeros(filled.shape, dtype="i4", chunks=1)

    getattr(da, name)(da.from_array(whole, chunks=1), axis=0, out=ours)

    np.testing.assert_array_equal(ours.compute(), filled)


REFUSED = {
    "std into integers": (lambda m, x, out: m.std(x, axis=0, out=out(3, "i8")), TypeError),
    "nanmean into integers": (lambda m, x, out: m.nanmean(x, axis=0, out=out(3, "i8")), TypeError),
    "positions into floats": (lambda m, x, out: m.argmax(x, axis=0, out=out(3, "f8")), TypeError),
    "dot into another dtype": (lambda m, x, out: m.dot(x, x.T, out=out((2, 2), "f4")), ValueError),
    "matmul into integers": (lambda m, x, out: m.matmul(x, x.T, out=out((2, 2), "i8")), TypeError),
    "a transform into real numbers": (lambda m, x, out: m.fft.fft(x, out=out((2, 3), "f8")), TypeError),
    "another shape": (lambda m, x, out: m.sum(x, axis=0, out=out(2, "f8")), ValueError),
}


@pytest.mark.parametrize(("call", "error"), REFUSED.values(), ids=REFUSED)
def test_arrays_that_cannot_hold_the_result_are_refused(call, error):
    with pytest.raises(error):
        call(np, WHOLE, np.zeros)
    with pytest.raises(error):
        call(da, da.from_array(WHOLE, chunks=2), da.zeros)


def test_products_are_made_in_a_dtype_that_is_asked_for():
    whole = np.full((2, 2), 100, "i1")
    np.testing.assert_array_equal(
        da.matmul(da.from_array(whole, chunks=1), whole, dtype="i4").compute(), np.matmul(whole, whole, dtype="i4")
    )
    with pytest.raises(TypeError, match="casting"):
        da.matmul(da.ones((2, 2)), da.ones((2, 2)), dtype="i4")


def test_einsum_casts_what_it_gives_out_where_it_may():
    out = da.zeros(2, dtype=int, chunks=1)
    assert da.einsum("ij->i", da.from_array(WHOLE, chunks=2), out=out, casting="unsafe") is out
    assert out.compute().tolist() == WHOLE.sum(axis=1).astype(int).tolist()
    with pytest.raises(TypeError, match="cast"):
        da.einsum("ij->i", da.from_array(WHOLE, chunks=2), out=out)


NOTHING_TO_DO = {
    "tile": lambda x: da.tile(x, 1),
    "concatenate": lambda x: da.concatenate([x, x[:0]]),
    "hstack": lambda x: da.hstack([x]),
    "block": lambda x: da.block([[x]]),
    "append": lambda x: da.append(x, x[:0], axis=0),
    "delete": lambda x: da.delete(x, [], axis=0),
    "diff": lambda x: da.diff(x, n=0),
    "rot90": lambda x: da.rot90(x, 0),
    "fftshift": lambda x: da.fft.fftshift(x, axes=()),
    "reshape": lambda x: x.reshape(2, 3),
    "rechunk": lambda x: x.rechunk(x.chunks),
    "squeeze": lambda x: x.squeeze(),
    "transpose": lambda x: x.transpose(0, 1),
    "broadcast_to": lambda x: da.broadcast_to(x, (2, 3)),
    "real": lambda x: x.real,
    "einsum": lambda x: da.einsum("ij", x),
    "clip": lambda x: da.clip(x, None, None),
    "roll": lambda x: da.roll(x, 0),
    "repeat": lambda x: da.repeat(x, 1, axis=0),
}


@pytest.mark.parametrize("name", NOTHING_TO_DO)
def test_what_is_done_in_place_to_a_result_does_not_change_what_it_was_made_of(name):
    x = da.from_array(WHOLE, chunks=2)
    made = NOTHING_TO_DO[name](x)
    made += 1
    np.testing.assert_array_equal(x.compute(), WHOLE)
    np.testing.assert_array_equal(made.compute(), WHOLE + 1)


def test_arrays_without_axes_are_scalars_that_do_not_change_in_place():
    x = da.from_array(WHOLE, chunks=2)
    first = total = x.sum()
    total += 0.5
    expected = np.sum(WHOLE)
    assert [float(first), float(total)] == [expected, expected + 0.5]
    total -= x  # NumPy's scalar becomes an array
    np.testing.assert_array_equal(total.compute(), expected + 0.5 - WHOLE)
    count = (x > 0).sum()
    count /= 2
    assert count.dtype == np.float64
