"""Values of NumPy, pandas, Arrow and SciPy: by content, wherever it lies."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from weft.errors import TokenizationError
from weft.tokenize import tokenize

#: Each makes a value whose token differs from that of all others; evaluated in several processes.
DIFFERENT = """
np.array([]); np.array([], dtype='i4'); np.array([[]]); np.array(1); np.array(1.0); np.array([1]); np.array([[1]])
np.array([1, 2]); np.array([2, 1]); np.array([1.0, 2.0]); np.array([1, 2], dtype='i4')
np.array([1, 2], dtype='>i8'); np.arange(10**6); np.arange(10**6)[::-1]; np.arange(10**6).reshape(1000, 1000)
np.arange(10**6).reshape(1000, 1000).T; np.arange(10**6).reshape(100, 100, 100).transpose(1, 0, 2)
np.broadcast_to(1, (10**6, 10**6)); np.broadcast_to(np.arange(3), (10**6, 3))
np.broadcast_to(np.arange(3)[:, None], (3, 10**6)); np.zeros(5, dtype='V0'); np.array(['a', 'b'])
np.array([b'a', b'b']); np.array(['a', 'b'], dtype=object); np.array(['ab', ''], dtype=object)
np.array(['a', None], dtype=object); np.array([[1], [2, 3]], dtype=object)
np.array(['a', 'b'], dtype=np.dtypes.StringDType()); np.array([0, 1], dtype='M8[ns]')
np.array([0, 1], dtype='M8[s]'); np.array([0, 1], dtype='m8[s]'); np.matrix([1, 2])
np.array([(1, 2.0)], dtype=[('a', 'i8'), ('b', 'f8')]); np.array([(1, 2.0)], dtype=[('a', 'i8'), ('c', 'f8')])
np.ma.masked_array([1, 2], mask=[0, 1]); np.ma.masked_array([1, 2], mask=[1, 0]); np.ma.masked_array([1, 2])
np.ma.masked; np.float64(1); np.float32(1); np.int64(1); np.bool_(True); np.str_('a'); np.datetime64(1, 's')
np.datetime64(1, 'ms'); np.dtype('f8'); np.dtype('f4'); np.dtype('>f8'); np.dtype([('a', 'i4')])
np.dtype([('b', 'i4')]); np.dtype(('i4', 3)); np.dtype({'names': ['a'], 'formats': ['i4'], 'itemsize': 8})
np.dtypes.StringDType(); np.dtypes.StringDType(na_object=None); np.add; np.float64; np.random.default_rng(1)
np.random.default_rng(2); np.random.RandomState(1); np.random.SeedSequence(1); scipy.special.expit
scipy.special.logit; pd.Series([1, 2]); pd.Series([1, 2], name='a'); pd.Series([1, 2], index=[1, 2])
pd.Series([1, 2], index=['a', 'b']); pd.Series([1.0, 2.0]); pd.Series([1, 2], dtype='Int64')
pd.Series([1, None], dtype='Int64'); pd.Series([1, 2], dtype='f4'); pd.Series(['a', 'b'])
pd.Series(['a', 'b'], dtype=object); pd.Series(['a', 'b'], dtype='string')
pd.Series(['a', 'b'], dtype='string[python]'); pd.Series(['a', None]); pd.Series(['a', 'b'], dtype='category')
pd.Series(pd.Categorical(['a', 'b'], categories=['b', 'a'])); pd.Series(pd.Categorical(['a', 'b'], ordered=True))
pd.Series([1, 2], dtype='int64[pyarrow]'); pd.Series([1, 2], dtype='Sparse[int]')
pd.Series([0, 1]).astype('Sparse[int]'); pd.Series(pd.to_datetime([0, 1]))
pd.Series(pd.to_datetime([0, 1], utc=True)); pd.Series(pd.to_timedelta([0, 1]))
pd.Series(pd.period_range('2000', periods=2, freq='D')); pd.Series(pd.interval_range(0, 2))
pd.Series([True, None], dtype='boolean'); pd.DataFrame({'a': [1, 2]}); pd.DataFrame({'b': [1, 2]})
pd.DataFrame({'a': [1, 2], 'b': [3, 4]}); pd.DataFrame(); pd.DataFrame({'b': [3, 4], 'a': [1, 2]})
pd.DataFrame({'a': [1, 2]}, index=[0, 2]); attached(pd.DataFrame({'a': [1, 2]}))
pd.DataFrame({'a': [1, 2]}).set_flags(allows_duplicate_labels=False); pd.Index([1, 2]); pd.Index([1, 2], name='a')
pd.Index(['a']); pd.RangeIndex(2); pd.RangeIndex(3); pd.RangeIndex(2, name='a')
pd.MultiIndex.from_product([[1, 2], ['a']]); pd.MultiIndex.from_product([[1, 2], ['a']], names=['x', 'y'])
pd.date_range('2000', periods=2); pd.DatetimeIndex(['2000-01-01', '2000-01-02']); pd.CategoricalIndex(['a'])
pd.Timestamp('2000'); pd.Timestamp('2000', tz='UTC'); pd.Timestamp('2000', tz='Europe/Paris'); pd.Timedelta('1s')
pd.NaT; pd.NA; pd.Timestamp('2000').as_unit('s'); pd.Period('2000', 'D'); pd.Period('2000', 'M'); pd.Interval(0, 1)
pd.Interval(0, 1, closed='both'); pd.CategoricalDtype(['a']); pd.CategoricalDtype(['b'])
pd.DatetimeTZDtype('ns', 'UTC'); pd.Int64Dtype(); pd.StringDtype('python'); pd.StringDtype('pyarrow')
pd.ArrowDtype(pa.int64()); pd.offsets.Day(1); pd.offsets.Day(2); pd.offsets.MonthEnd(1); pd.offsets.Week(weekday=1)
pd.offsets.Week(weekday=2); pd.PeriodDtype('D'); pd.IntervalDtype('int64', 'left'); pa.array([1, 2])
pa.array([1, 2], 'int32'); pa.array([1, None]); pa.array(['a', 'b']); pa.array([[1], [2]])
pa.chunked_array([[1, 2], [3]]); pa.table({'a': [1, 2]}); pa.table({'b': [1, 2]}); pa.record_batch({'a': [1, 2]})
pa.table({'a': [1, 2]}).replace_schema_metadata({'k': 'v'}); pa.array(['a', 'a']).dictionary_encode(); pa.int64()
pa.string(); pa.dictionary(pa.int8(), pa.string()); pa.list_(pa.int8()); pa.field('a', pa.int8())
pa.schema([('a', pa.int8())]); pa.scalar(1); pa.scalar(1, 'int8'); pa.py_buffer(b'a'); pc.field('a') > 1
pc.field('a') > 2; scipy.sparse.csr_matrix(np.eye(3)); scipy.sparse.csc_matrix(np.eye(3))
scipy.sparse.coo_matrix(np.eye(3)); scipy.sparse.csr_array(np.eye(3)); scipy.sparse.dia_matrix(np.eye(3))
scipy.sparse.lil_matrix(np.eye(3)); scipy.sparse.dok_matrix(np.eye(3)); scipy.sparse.bsr_matrix(np.eye(3))
scipy.sparse.csr_matrix(2 * np.eye(3)); scipy.sparse.csr_matrix(np.eye(3, 4))
scipy.sparse.csr_matrix(np.eye(3, dtype='f4')); {'a', 'b', 'c', 1, None}
{'x': {'y': {1, 2}}, 'z': frozenset('abc')}; lambda x: x in {'a', 'b', 'c'}; type('T', (), {'a': 1})
functools.partial(np.add, 1, out={'a', 'b'}); datetime.datetime(2000, 1, 1); pathlib.PurePosixPath('a'); len
np.linalg.norm
""".replace("\n", ";").split(";")  # fmt: skip
DIFFERENT = [text.strip() for text in DIFFERENT if text.strip()]

PREPARE = """
import datetime, functools, pathlib
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.compute as pc, scipy.sparse, scipy.special
from weft.tokenize import tokenize

def attached(frame):
    frame.attrs['unit'] = 'm'
    return frame
"""
NAMESPACE: dict[str, object] = {}
exec(PREPARE, NAMESPACE)


def made(text):
    return eval(text, NAMESPACE)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_different_values_have_different_tokens():
    tokens = {}
    for text in DIFFERENT:
        token = tokenize(made(text), ensure_deterministic=True)
        assert token not in tokens, f"{text} has the token of {tokens[token]}"
        assert tokenize(made(text)) == token, text
        tokens[token] = text


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_tokens_are_the_same_in_every_process():
    script = f"{PREPARE}\nfor text in {DIFFERENT!r}: print(tokenize(eval(text)))"
    runs = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    printed = [run.communicate()[0].split() for run in runs]
    here = [tokenize(made(text)) for text in DIFFERENT]
    for text, *tokens in zip(DIFFERENT, here, *printed, strict=True):
        assert len(set(tokens)) == 1, text


arrays = npst.arrays(
    npst.scalar_dtypes() | npst.array_dtypes(max_size=2),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(arrays)
def test_a_copy_has_the_same_token(array):
    assert tokenize(array) == tokenize(array.copy())


@given(arrays.filter(lambda array: array.size > 1 and array.dtype.itemsize > 0), st.data())
def test_a_changed_byte_changes_the_token(array, data):
    array = np.ascontiguousarray(array).copy()
    before = tokenize(array)
    place = data.draw(st.integers(0, array.nbytes - 1))
    array.reshape(-1).view("u1")[place] ^= 1
    assert tokenize(array) != before


@pytest.mark.parametrize(
    "step", [(slice(None, None, 2),), (slice(None), slice(None, None, -1)), (slice(1, 900), slice(5, 7))]
)
def test_a_view_has_the_token_of_its_copy(step):
    array = np.arange(10**6).reshape(1000, 1000)
    assert tokenize(array[step]) == tokenize(array[step].copy())


def test_a_wide_view_is_hashed_in_pieces():
    wide = np.arange(4 * 10**5).reshape(2, -1)[:, ::-1]
    assert tokenize(wide) == tokenize(wide.copy())


def test_a_memory_map_is_its_content(tmp_path):
    for name in "ab":
        np.arange(1000).tofile(tmp_path / name)
    first, second = (np.memmap(tmp_path / name, dtype="i8", mode="r") for name in "ab")
    assert tokenize(first) == tokenize(second)


def test_the_state_of_a_generator_counts():
    generator = np.random.default_rng(1)
    before = tokenize(generator)
    generator.random()
    assert tokenize(generator) != before


def test_large_arrays_are_hashed_where_they_lie(monkeypatch):
    seen = []

    class Hasher:
        def update(self, buffer):
            seen.append(buffer)

        def digest(self):
            return b""

    monkeypatch.setattr(hashlib, "sha256", lambda **options: Hasher())
    array = np.ones(1000)
    tokenize(array)
    assert [np.shares_memory(array, np.asarray(buffer)) for buffer in seen] == [True]


def test_equal_frames_have_one_token_however_pandas_keeps_them():
    whole = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    grown = pd.DataFrame({"a": [1, 2]})
    grown["b"] = [3, 4]
    assert tokenize(whole) == tokenize(grown)


def test_metadata_of_a_frames_subclass_counts():
    class Geo(pd.DataFrame):
        _metadata = ("crs",)

        @property
        def _constructor(self):
            return Geo

    def geo(crs):
        frame = Geo({"a": [1]})
        object.__setattr__(frame, "crs", crs)
        return frame

    assert tokenize(geo("x")) == tokenize(geo("x")) != tokenize(geo("y"))


def test_how_arrow_data_are_cut_does_not_count():
    assert tokenize(pa.chunked_array([[1, 2], [3]])) == tokenize(pa.chunked_array([[1], [], [2, 3]]))
    assert tokenize(pa.table({"a": pa.chunked_array([["x"], ["y"]])})) == tokenize(pa.table({"a": ["x", "y"]}))
    assert tokenize(pa.chunked_array([], pa.int8())) == tokenize(pa.chunked_array([[]], pa.int8()))


def test_an_arrow_slice_has_the_token_of_its_content():
    table = pa.table({"a": range(1000), "b": [str(number) for number in range(1000)]})
    assert tokenize(table.slice(8, 16)) == tokenize(pa.table({"a": range(8, 24), "b": [str(n) for n in range(8, 24)]}))


def test_a_ufunc_made_by_the_user_is_known_by_identity():
    first, second = (np.frompyfunc(lambda x: x, 1, 1) for _ in range(2))
    assert tokenize(first) != tokenize(second)
    with pytest.raises(TokenizationError):
        tokenize(first, ensure_deterministic=True)


def test_plain_values_need_no_library():
    use = "import sys; from weft.tokenize import tokenize; tokenize(1, 'a', {}, len, lambda: 1)"
    script = f"{use}; print({{'numpy', 'pandas', 'pyarrow', 'scipy', 'yaml'}} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"


@pytest.mark.parametrize("dtype", ["f8", ">i4", "U5", "M8[ns]", [("a", "i4"), ("b", "f8")]])
def test_a_dtype_that_has_travelled_keeps_its_token(dtype):
    there = np.dtype(dtype)
    assert tokenize(pickle.loads(pickle.dumps(there))) == tokenize(there)
