from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
import sparse
from tests.array.strategies import assert_same

import weft
import weft.array as da
from weft.array import array_api, protocols

WHOLE = np.arange(12.0).reshape(3, 4)
X = da.from_array(WHOLE, chunks=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda np_, x: np_.sum(x, axis=0),
        lambda np_, x: np_.concatenate([x, WHOLE]),
        lambda np_, x: np_.where(x > 3, x, 0),
        lambda np_, x: np_.ones_like(x),
        lambda np_, x: np_.transpose(x),
        lambda np_, x: np_.mean(x, keepdims=True),
        lambda np_, x: np_.linalg.norm(x),
        lambda np_, x: np_.matmul(x, x.T),
        lambda np_, x: np_.vecdot(x, x),
        lambda np_, x: np_.tril(x),
        lambda np_, x: np_.clip(x, 2, 5),
        lambda np_, x: np_.std(x, axis=1, ddof=1),
        lambda np_, x: np_.diff(x),
        lambda np_, x: np_.broadcast_to(x, (2, 3, 4)),
        lambda np_, x: np_.lib.stride_tricks.sliding_window_view(x, 2, axis=1),
    ],
)
def test_functions_of_numpy_give_chunked_arrays(call):
    ours = call(np, X)
    assert isinstance(ours, da.Array)
    assert_same(ours, np.asarray(call(np, WHOLE)), exact=False)


def test_numpys_functions_make_chunked_arrays_like_others():
    for ours, expected in [
        (np.asarray([1, 2], like=X), np.asarray([1, 2])),
        (np.ones(3, like=X), np.ones(3)),
        (np.full((2, 2), 7, like=X), np.full((2, 2), 7)),
        (np.arange(4, like=X), np.arange(4)),
        (np.eye(3, M=2, k=1, like=X), np.eye(3, 2, 1)),
        (np.tri(3, like=X), np.tri(3)),
        (np.identity(2, like=X), np.identity(2)),
        (np.fromfunction(lambda i: i, (3,), like=X), np.arange(3.0)),
    ]:
        assert isinstance(ours, da.Array)
        assert_same(ours, expected)


def test_what_is_known_is_told_at_once():
    assert np.shape(X) == (3, 4)
    assert np.ndim(X) == 2
    assert np.size(X) == 12
    assert not np.iscomplexobj(X)
    assert np.result_type(X, "c8") == np.complex128
    assert not np.may_share_memory(X, WHOLE)


def test_functions_that_weft_does_not_have_say_so():
    with pytest.raises(TypeError, match=r"numpy\.roots is not available for chunked arrays"):
        np.roots(X[0])
    with pytest.raises(TypeError, match="compute"):
        np.polyder(X[0])


def test_functions_that_write_get_the_computed_array():
    file = io.BytesIO()
    np.save(file, X)
    file.seek(0)
    assert np.load(file).tolist() == WHOLE.tolist()
    target = np.zeros((3, 4))
    np.copyto(target, X)
    assert target.tolist() == WHOLE.tolist()
    assert np.array2string(X) == np.array2string(WHOLE)


def test_an_array_in_memory_is_not_written_to_by_a_lazy_operation():
    total = np.zeros((3, 4))
    with pytest.raises(TypeError, match="out="):
        total += X
    with pytest.raises(TypeError, match="out="):
        np.add(X, 1, out=total)


def test_ufuncs_on_axes_are_those_of_weft_or_are_applied():
    assert_same(np.matmul(X, WHOLE.T), WHOLE @ WHOLE.T)
    with pytest.raises(RuntimeError, match="signature"):
        np.vecdot.reduce(X)


def test_numpy_gets_the_computed_array():
    assert type(np.asarray(X)) is np.ndarray
    assert np.asarray(X, dtype="f4").dtype == np.float32
    assert np.array(X).tolist() == WHOLE.tolist()
    with pytest.raises(ValueError, match="copy"):
        np.asarray(X, copy=False)
    copied = np.array(X)
    copied[0] = 5
    assert X.compute()[0, 1] == 1


class Wrapper:
    """Stands for the classes of xarray and pint, which hold chunked arrays."""

    def __init__(self, inner):
        self.inner = inner

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return Wrapper(getattr(ufunc, method)(*[each.inner if isinstance(each, Wrapper) else each for each in inputs]))

    def __array_function__(self, func, types, args, kwargs):
        return "asked"

    def __radd__(self, other):
        return Wrapper(other + self.inner)

    __rmul__ = __rsub__ = __radd__

    def __eq__(self, other):
        return "compared"

    __hash__ = None


class Refusing:
    """Takes no part in ufuncs."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "mine"

    def __rdivmod__(self, other):
        return "mine"


def test_classes_that_may_hold_chunked_arrays_see_operations_first():
    for made in (X + Wrapper(X), np.add(X, Wrapper(X)), np.add(WHOLE, Wrapper(X))):
        assert isinstance(made, Wrapper)
        assert_same(made.inner, WHOLE + WHOLE)
    assert (Wrapper(X) == X) == "compared"
    assert X + Refusing() == "mine"
    assert divmod(X, Refusing()) == "mine"
    assert np.concatenate([X, Wrapper(X)]) == "asked"
    with pytest.raises(TypeError):
        X - Refusing()


def test_operations_with_xarray_are_xarrays():
    xarray = pytest.importorskip("xarray")
    labelled = xarray.DataArray(WHOLE, dims=("a", "b"))
    made = X + labelled
    assert isinstance(made, xarray.DataArray)
    assert isinstance(made.data, da.Array)
    assert_same(made.data, WHOLE * 2)


class Counted(np.lib.mixins.NDArrayOperatorsMixin):
    """A block type of a user's own: an array that counts the operations that made it."""

    def __init__(self, values, operations=0):
        self.values, self.operations = np.asarray(values), operations

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)
    ndim = property(lambda self: self.values.ndim)
    nbytes = property(lambda self: self.values.nbytes)
    size = property(lambda self: self.values.size)

    def __getitem__(self, index):
        return type(self)(self.values[index], self.operations)

    def copy(self):
        return type(self)(self.values.copy(), self.operations)

    def astype(self, dtype, copy=True):
        return type(self)(self.values.astype(dtype), self.operations)

    def reshape(self, *shape):
        return type(self)(self.values.reshape(*shape), self.operations)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if any(isinstance(each, da.Array) for each in inputs):
            return NotImplemented
        counts = [each.operations for each in inputs if isinstance(each, Counted)]
        values = [each.values if isinstance(each, Counted) else each for each in inputs]
        return Counted(getattr(ufunc, method)(*values, **keywords), sum(counts) + 1)

    def __array_function__(self, func, types, args, kwargs):
        def plain(value):
            if isinstance(value, Counted):
                return value.values
            return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value

        made = func(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})
        return Counted(made) if isinstance(made, np.ndarray) else made


def test_blocks_may_be_of_a_class_that_a_user_registers():
    da.register_chunk_type(Counted)
    assert da.chunk_types.is_valid_chunk_type(Counted)
    ours = da.from_array(Counted(WHOLE), chunks=2)
    assert isinstance(ours.expr.meta, Counted)
    for made, expected in [
        (ours + 1, WHOLE + 1),
        (ours * ours, WHOLE * WHOLE),
        (Counted(WHOLE) + ours, WHOLE * 2),
        (X + ours, WHOLE * 2),
        (ours[1:, ::2], WHOLE[1:, ::2]),
        (da.concatenate([ours, ours]), np.concatenate([WHOLE, WHOLE])),
        (ours.sum(axis=0), WHOLE.sum(axis=0)),
    ]:
        assert isinstance(made, da.Array)
        result = made.compute(scheduler="sync")
        assert isinstance(result, Counted)
        np.testing.assert_array_equal(result.values, expected)


class Flagged(np.lib.mixins.NDArrayOperatorsMixin):
    """An array with a flag, which takes part in ufuncs and in nothing else."""

    def __init__(self, values, flag):
        self.values = values
        self.flag = flag

    shape = property(lambda self: self.values.shape)
    ndim = property(lambda self: self.values.ndim)
    dtype = property(lambda self: self.values.dtype)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def __getitem__(self, key):
        return Flagged(self.values[key], self.flag)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if method != "__call__" or not all(isinstance(each, (Flagged, np.ndarray)) for each in inputs):
            return NotImplemented
        values = [each.values if isinstance(each, Flagged) else each for each in inputs]
        return Flagged(ufunc(*values, **keywords), any(each.flag for each in inputs if isinstance(each, Flagged)))


def test_blocks_of_a_registered_class_may_know_ufuncs_only():
    with pytest.raises(TypeError):
        da.ones(5, chunks=5) - Flagged(np.ones(5), True)
    da.register_chunk_type(Flagged)
    made = da.ones(5, chunks=5) - Flagged(np.ones(5), True)
    assert repr(made).endswith("chunktype=tests.Flagged>")
    result = made.compute(scheduler="sync")
    assert type(result) is Flagged
    assert result.flag
    np.testing.assert_array_equal(result.values, np.zeros(5))


def test_a_chunk_type_is_a_class():
    with pytest.raises(TypeError, match="class"):
        da.register_chunk_type(WHOLE)
    assert not da.chunk_types.is_valid_chunk_type(list)
    assert not da.chunk_types.is_valid_chunk_type(WHOLE)
    assert da.chunk_types.is_valid_array_type(da.Array)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x + x,
        lambda x: x * 2,
        lambda x: np.sin(x),
        lambda x: x.sum(axis=0),
        lambda x: x.mean(axis=1),
        lambda x: x.max(),
        lambda x: x[1:, ::2],
        lambda x: x[2],
        lambda x: x.T,
        lambda x: x.astype("f4"),
        lambda x: np.concatenate([x, x], axis=1),
        lambda x: np.stack([x, x]),
        lambda x: np.where(x > 0.5, x, 0),
        lambda x: x + 1,
        lambda x: x * np.arange(8),
        lambda x: np.clip(x, 0, 0.5),
        lambda x: x.reshape((8, 6)),
        lambda x: np.add.reduce(x),
        lambda x: np.tril(x),
    ],
)
def test_sparse_blocks_stay_sparse(call):
    whole = sparse.random((6, 8), 0.3, random_state=0)
    ours = call(da.from_array(whole, chunks=(4, 3)))
    expected = call(whole)
    result = ours.compute(scheduler="sync")
    assert isinstance(ours.expr.meta, sparse.SparseArray)
    assert isinstance(result, sparse.SparseArray)
    np.testing.assert_allclose(result.todense(), expected.todense())
    assert ours.dtype == result.dtype


def test_sparse_blocks_become_numpys():
    whole = sparse.random((6, 8), 0.3, random_state=0)
    ours = da.from_array(whole, chunks=(4, 3))
    assert_same(ours.to_backend("numpy"), whole.todense())
    assert isinstance(da.zeros((3, 3), chunks=2, like=ours).compute(), sparse.SparseArray)
    assert isinstance(da.ones_like(ours, shape=3).compute(), sparse.SparseArray)
    assert isinstance(da.ones_like(ours, subok=False).compute(), np.ndarray)


def test_the_namespace_is_the_package_with_the_linear_algebra_of_the_standard():
    assert set(da.__all__) <= set(dir(array_api))
    assert array_api.sum is da.sum
    assert array_api.fft is da.fft
    positive = np.array([[4.0, 2.0], [2.0, 5.0]])
    assert_same(array_api.linalg.cholesky(da.asarray(positive)), np.linalg.cholesky(positive))
    assert_same(da.linalg.cholesky(da.asarray(positive)), np.linalg.cholesky(positive).T)
    assert X.__array_namespace__() is array_api
    assert X.__array_namespace__(api_version="2024.12") is array_api
    with pytest.raises(ValueError, match=r"2024\.12"):
        X.__array_namespace__(api_version="2077.1")
    with pytest.raises(ValueError, match="already"):
        protocols.install({"numpy": da})


def test_arrays_travel_and_are_copied():
    for made in (pickle.loads(pickle.dumps(X + 1)), copy.copy(X + 1), copy.deepcopy(X + 1), (X + 1).copy()):
        assert made.name == (X + 1).name
        assert_same(made, WHOLE + 1)
    changed = X.copy()
    changed += 1
    assert_same(X, WHOLE)
    assert weft.compute(copy.deepcopy([X]))[0][0].tolist() == WHOLE.tolist()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sort(x, axis=0),
        lambda x: np.pad(x, 1),
        lambda x: np.pad(x, ((0, 2), (1, 0))),
        lambda x: x @ np.ones((8, 2)),
        lambda x: x @ np.arange(8.0),
    ],
)
def test_what_sparse_blocks_give_beside_numpys_is_known_before(call):
    whole = np.where(np.arange(48).reshape(6, 8) % 5 == 0, np.arange(48.0).reshape(6, 8), 0)
    made = call(da.from_array(sparse.COO.from_numpy(whole), chunks=(3, 4)))
    result = made.compute(scheduler="sync")
    assert type(result) is type(made.expr.meta)
    np.testing.assert_allclose(result.todense() if hasattr(result, "todense") else result, call(whole))


class Metres(Counted):
    """An array that does not mix with numbers that are no lengths, and does not make any."""

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if not all(isinstance(each, Metres) for each in inputs):
            raise TypeError("not a length")
        return Metres(getattr(ufunc, method)(*[each.values for each in inputs], **keywords))

    def __array_function__(self, func, types, args, kwargs):
        if func in (np.take_along_axis, np.full_like):
            raise TypeError(f"no implementation of {func.__name__}")
        made = super().__array_function__(func, types, args, kwargs)
        if func in (np.zeros_like, np.argmax, np.argmin):
            return made.values if isinstance(made, Counted) else made
        return Metres(made.values) if isinstance(made, Counted) else made


def test_blocks_that_mix_with_nothing_else_are_added_up_and_compared():
    da.register_chunk_type(Metres)
    ours = da.from_array(Metres(WHOLE), chunks=2)
    assert type(ours.expr.meta) is Metres
    for name in ("cumsum", "sum", "max"):
        made = getattr(np, name)(ours, axis=0).compute(scheduler="sync")
        assert type(made) is Metres
        np.testing.assert_allclose(made.values, getattr(np, name)(WHOLE, axis=0))
    for name in ("argmax", "argmin"):
        np.testing.assert_array_equal(getattr(np, name)(ours, axis=1).compute(), getattr(np, name)(WHOLE, axis=1))
        assert getattr(np, name)(ours).compute() == getattr(np, name)(WHOLE)
