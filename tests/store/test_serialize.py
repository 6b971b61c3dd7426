import pickle
import subprocess
import sys
import types

import cloudpickle
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from weft.errors import SerializationError
from weft.store.serialize import Serialized, dumps, loads

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.text(), max_size=1)
    ),
    max_leaves=20,
)
plain_dtypes = (
    npst.scalar_dtypes()
    | npst.array_dtypes(npst.scalar_dtypes())
    | npst.unicode_string_dtypes()
    | npst.byte_string_dtypes()
)
arrays = plain_dtypes.flatmap(lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0, max_dims=3)))


def round_trip(value):
    """Through read-only memory, as from a mapped file."""
    header, buffers = dumps(value)
    return loads(header, [memoryview(bytes(buffer)) for buffer in buffers])


def assert_same_array(got, expected):
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert got.tobytes() == expected.tobytes()
    assert not got.flags.writeable


@given(values)
def test_nested_values_come_back(value):
    assert repr(round_trip(value)) == repr(value)


@given(arrays)
@example(np.array([], dtype=">M8[Y]"))  # NumPy's own pickle forgets the byte order of these
def test_arrays_of_all_types_come_back_read_only(array):
    assert_same_array(round_trip(array), array)


@given(arrays, st.data())
def test_slices_and_transposes_come_back(array, data):
    index = tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1]))) for _ in range(array.ndim))
    view = array[(*index, ...)].transpose(data.draw(st.permutations(range(array.ndim))))

    assert_same_array(round_trip(view), view)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_in_one_piece_are_not_copied(order):
    array = np.zeros((50, 100), order=order)
    header, buffers = dumps({"deep": [array]})

    assert len(header) < 500
    assert np.shares_memory(np.frombuffer(buffers[0]), array)
    assert np.shares_memory(loads(header, buffers)["deep"][0], array)
    assert loads(header, buffers)["deep"][0].strides == array.strides


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(100_000)[::2],
        np.zeros((300, 300))[:, :150],
        np.zeros((30, 50, 60)).transpose(1, 0, 2),
        np.zeros(50_000, dtype="M8[ns]"),
        np.zeros(50_000, dtype="m8[us]"),
        np.zeros(50_000, dtype=[("a", "i4"), ("b", "f8")]),
        pd.Series(pd.date_range("2020", periods=50_000, tz="UTC")),
        pd.Series(np.arange(50_000)).astype("Int64"),
        pd.Series(["text"] * 50_000),
        pd.Series(["a", "b"] * 50_000, dtype="category"),
        pa.table({"a": range(50_000)}),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', '')}",
)
def test_large_memory_stays_out_of_the_stream(value):
    header, buffers = dumps(value)

    assert len(header) < 2_000
    assert sum(buffer.nbytes for buffer in buffers) > 40_000


def test_an_array_that_repeats_one_element_stays_small():
    array = np.broadcast_to(np.arange(3.0), (1_000_000, 3))

    assert dumps(array).nbytes < 1_000
    assert_same_array(round_trip(array), array)


def test_arrays_of_objects_come_back_read_only():
    array = np.array(["a", None, {1: 2}], dtype=object)

    got = round_trip(array)

    assert got.tolist() == array.tolist()
    assert not got.flags.writeable


@given(st.lists(st.tuples(st.integers(-(2**60), 2**60), st.none() | st.text(), st.sampled_from(["x", "y"]))))
def test_frames_come_back(rows):
    frame = pd.DataFrame(rows, columns=["number", "text", "kind"])
    frame["kind"] = frame["kind"].astype("category")
    frame["day"] = pd.Timestamp("2013-01-01")

    pd.testing.assert_frame_equal(round_trip(frame), frame)
    pd.testing.assert_frame_equal(round_trip(frame.iloc[1:3]), frame.iloc[1:3])
    pd.testing.assert_frame_equal(round_trip(frame.set_index("text")), frame.set_index("text"))


def test_frames_on_read_only_memory_can_be_worked_with():
    frame = pd.DataFrame({"k": ["b", "a", "b", None], "x": [1.0, None, 3.0, 4.0], "n": [1, 2, 3, 4]})
    got = round_trip(frame)

    pd.testing.assert_frame_equal(got.groupby("k").sum(), frame.groupby("k").sum())
    pd.testing.assert_frame_equal(got.merge(got, on="k"), frame.merge(frame, on="k"))
    pd.testing.assert_frame_equal(got.sort_values(["k", "x"]), frame.sort_values(["k", "x"]))
    pd.testing.assert_frame_equal(got.fillna({"x": 0.0}), frame.fillna({"x": 0.0}))
    pd.testing.assert_frame_equal(pd.concat([got, got]), pd.concat([frame, frame]))
    assert (got.assign(y=got.n + 1).y == [2, 3, 4, 5]).all()
    with pytest.raises(ValueError, match="read-only"):
        got.loc[0, "n"] = 100


def sliced_table():
    return pa.table({"n": range(100_000), "s": [str(n) for n in range(100_000)]}).slice(500, 10)


@pytest.mark.parametrize(
    "value",
    [sliced_table(), sliced_table()["s"], sliced_table().to_batches()[0]],
    ids=lambda value: type(value).__name__,
)
def test_slices_of_arrow_tables_do_not_drag_the_table_along(value):
    assert dumps(value).nbytes < 3_000
    assert round_trip(value).equals(value)


def test_arrow_tables_are_not_copied():
    table = pa.table({"n": range(50_000)})
    header, buffers = dumps(table)

    got = loads(header, buffers)

    assert got.equals(table)
    assert got["n"].chunk(0).buffers()[1].address == table["n"].chunk(0).buffers()[1].address


def test_functions_that_cannot_be_imported_travel_by_value():
    factor = 3

    assert round_trip({"f": lambda x: x * factor})["f"](2) == 6
    assert loads(*dumps(lambda x: x * factor, callables=True))(2) == 6


def test_what_main_defines_can_be_read_in_another_process():
    script = """
import sys
from weft.store.serialize import dumps
class Point:
    def __init__(self, x):
        self.x = x
def double(x):
    return 2 * x
sys.stdout.buffer.write(dumps([Point(4), double]).header)
"""
    header = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True).stdout

    point, double = loads(header, [])

    assert double(point.x) == 8


def test_modules_registered_by_value_travel_by_value():
    module = types.ModuleType("only_here")
    exec("def f(): return 5", module.__dict__)
    sys.modules["only_here"] = module
    cloudpickle.register_pickle_by_value(module)
    try:
        header, _ = dumps(module.f)
    finally:
        cloudpickle.unregister_pickle_by_value(module)
        del sys.modules["only_here"]

    assert loads(header, [])() == 5


def test_what_this_process_cannot_build_is_an_error():
    with pytest.raises(SerializationError, match="ModuleNotFoundError: No module named 'not_there'"):
        loads(b"cnot_there\nthing\n.", [])


def test_a_value_that_refuses_is_an_error_with_its_reason():
    class Refuses:
        def __reduce__(self):
            raise RuntimeError("not me")

    with pytest.raises(SerializationError, match=r"the result.*Refuses \(RuntimeError: not me\)") as caught:
        dumps([Refuses()], name="the result")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_pair_is_all_there_is():
    serialized = dumps(np.arange(3))

    assert isinstance(serialized, Serialized)
    assert serialized.nbytes == len(serialized.header) + 24
    assert pickle.loads(serialized.header, buffers=serialized.buffers).tolist() == [0, 1, 2]


class _DeadlockError(RuntimeError):
    """What Python raises in one of two threads whose imports wait for each other; it has this name only."""


class Importing:
    tries = 0

    def __reduce__(self):
        return built, ()


def built():
    Importing.tries += 1
    if Importing.tries < 3:
        raise _DeadlockError
    return 5


def test_values_are_built_although_another_thread_imports_their_package():
    stream, buffers = dumps(Importing())
    assert loads(stream, buffers) == 5
