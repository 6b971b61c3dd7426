"""Bytes of values: within bounds for what is known, never an error for what is not."""

from __future__ import annotations

import doctest
import subprocess
import sys
import types
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import partial
from importlib import metadata

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from weft import registry
from weft import sizeof as module
from weft.sizeof import sizeof

MB = 10**6
BLOCK = np.ones(MB // 8)


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("__hidden", "data", "empty")

    def __init__(self, data):
        self.data = data
        self.__hidden = data.copy()


@dataclass
class Record:
    name: str
    data: object


Pair = namedtuple("Pair", "left right")


@pytest.fixture(autouse=True)
def separate_registry(monkeypatch):
    """What a test registers is gone after it."""
    registry = module._MEASURES
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setattr(registry, "_lazy", dict(registry._lazy))
    yield
    registry.found.clear()


@pytest.mark.parametrize(
    "value", [1, 2.5, True, None, "text", "ä€", b"bytes", bytearray(5), range(9), 1j, ..., int, len]
)
def test_plain_values_count_what_the_interpreter_says(value):
    assert sizeof(value) == sys.getsizeof(value)


@pytest.mark.parametrize(
    "value",
    [
        BLOCK,
        BLOCK[:],
        BLOCK.reshape(100, -1).T,
        np.ones(2 * MB // 8)[::2],
        np.ones(MB // 2, dtype=np.float16),
        np.zeros(MB // 16, dtype=[("a", "f8"), ("b", "i8")]),
        memoryview(bytes(MB)),
        [BLOCK],
        (BLOCK, 1),
        {"a": BLOCK},
        {"a": {"b": [BLOCK, BLOCK]}},
        deque([BLOCK]),
        OrderedDict(a=BLOCK),
        Pair(BLOCK, None),
        Record("x", BLOCK),
        Plain(a=1, b=BLOCK),
        Slotted(BLOCK[: MB // 16]),
        partial(np.add, BLOCK),
        {"x", b"x" * MB},
        frozenset([b"x" * MB]),
        scipy.sparse.csr_matrix((np.ones(MB // 12), np.arange(MB // 12, dtype="i4"), np.array([0, MB // 12]))),
        scipy.sparse.coo_array(np.ones((250, 250))),
        pd.Series(BLOCK),
        pd.DataFrame({"a": BLOCK[: MB // 16], "b": np.arange(MB // 16)}),
        pd.DataFrame({"a": [1]}, index=[0]).reindex(range(1)).assign(a=0).pipe(lambda _: pd.Index(BLOCK)),
        pd.Series(pd.array(np.arange(MB // 9), dtype="Int64")),
        pd.Series(pd.date_range("2000", periods=MB // 8, freq="s")),
        pd.Series(pd.array(np.arange(MB // 8), dtype="int64[pyarrow]")),
        pd.Series(np.zeros(MB, dtype="i1")).astype("category"),
        pd.Series(["x" * 992] * 1000, dtype="str"),
        pa.array(BLOCK),
        pa.chunked_array([BLOCK[: MB // 16], BLOCK[: MB // 16]]),
        pa.table({"a": BLOCK}),
        pa.record_batch({"a": BLOCK}),
        pa.py_buffer(bytes(MB)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_holds_a_megabyte_counts_a_megabyte(value):
    assert MB * 0.9 <= sizeof(value) <= MB * 1.25


def test_memory_maps_count_what_reading_them_takes(tmp_path):
    assert sizeof(np.memmap(tmp_path / "x", shape=MB, mode="w+", dtype="u1")) == pytest.approx(MB, rel=0.01)


@pytest.mark.parametrize(
    "view",
    [
        np.broadcast_to(np.float64(1), (1000, 1000)),
        np.broadcast_to(np.ones(1000), (1000, 1000)),
        np.lib.stride_tricks.sliding_window_view(np.ones(1000), 500),
        np.ones(MB)[:10],
    ],
)
def test_bytes_that_a_view_repeats_count_once(view):
    assert sizeof(view) <= 8 * 1000 + 200


def test_the_mask_of_a_masked_array_counts():
    assert sizeof(np.ma.masked_array(BLOCK, mask=BLOCK > 0)) >= BLOCK.nbytes + BLOCK.size


@pytest.mark.parametrize(
    "make", [lambda texts: np.array(texts, dtype=object), lambda texts: pd.Series(texts, dtype=object)]
)
def test_objects_in_arrays_are_sampled(make):
    texts = [f"{number:01000}" for number in range(1000)]
    assert sizeof(make(texts)) == pytest.approx(1_057_000, rel=0.02)
    assert sizeof(make(texts[:1] * 1000)) < 10_000


def test_object_categories_count_beside_the_codes():
    texts = [f"{number:01000}" for number in range(1000)]
    assert sizeof(pd.Series(texts, dtype=object).astype("category")) == pytest.approx(1_059_000, rel=0.05)


def test_an_index_counts_and_a_range_index_is_not_made():
    index = pd.RangeIndex(10**12)
    assert sizeof(index) < 1000
    assert sizeof(pd.DataFrame(index=index)) < 2000
    multi = pd.MultiIndex.from_product([range(1000), range(1000)])
    assert 2 * MB < sizeof(multi) < 17 * MB


def test_an_arrow_slice_counts_its_own_bytes():
    assert sizeof(pa.table({"a": BLOCK}).slice(0, 10)) < 1000


@pytest.mark.parametrize("kind", [list, tuple, set, dict.fromkeys, deque])
def test_large_containers_are_sampled(kind):
    value = kind([f"{number:01000}" for number in range(20_000)])
    assert sizeof(value) == pytest.approx(sys.getsizeof(value) + 20_000 * 1049, rel=0.03)


def test_many_alike_records_are_sampled_all_over():
    names = [f"field{number}" for number in range(40)]
    records = [{name: name * len(name) + str(row) for name in names} for row in range(1000)]
    exact = sum(sys.getsizeof(record) + sum(map(sys.getsizeof, record.values())) for record in records)
    assert sizeof(records) == pytest.approx(exact, rel=0.1)


def test_one_object_many_times_counts_once():
    assert sizeof([BLOCK] * 10) < 2 * MB
    assert sizeof([BLOCK] * 100_000) < 3 * MB


def test_containers_that_hold_themselves_have_a_size():
    loop = [BLOCK]
    loop.append(loop)
    ring = Plain(data=BLOCK)
    ring.ring = {"ring": ring}
    assert MB <= sizeof(loop) <= 1.1 * MB
    assert MB <= sizeof(ring) <= 1.1 * MB


def test_deep_and_wide_nests_are_looked_at_in_bounded_time():
    deep = ()
    for _ in range(200_000):
        deep = (deep,)
    wide = [[[[0] * 50 for _ in range(50)] for _ in range(50)] for _ in range(2)]
    assert sizeof(deep) > 0
    assert sizeof(wide) > 10_000
    while deep:  # else its deletion would recurse in C
        (deep,) = deep


nested = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(nested)
def test_a_container_is_never_smaller_than_itself(value):
    assert type(sizeof(value)) is int
    assert sizeof(value) >= sys.getsizeof(value)
    assert sizeof([value]) >= sizeof(value)


class Broken:
    def __sizeof__(self):
        raise RuntimeError("no")

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")


class Lazy:
    @property
    def nbytes(self):
        raise AssertionError("computed")

    @property
    def data(self):
        raise AssertionError("computed")

    def __len__(self):
        raise AssertionError("computed")

    def __array__(self):
        raise AssertionError("computed")


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        Broken(),
        Lazy(),
        [Broken()],
        object(),
        Decimal(1),
        Colour.RED,
        sys,
        lambda: 1,
        (x for x in ()),
        Broken,
        ValueError(1),
    ],
    ids=repr,
)
def test_anything_has_a_size_without_an_error_and_without_its_code_running(value):
    assert 0 < sizeof(value) < 5000


def test_a_registered_measure_holds_for_subclasses_and_inside_containers():
    @sizeof.register(Plain)
    def sizeof_plain(value):
        return 12345

    class Derived(Plain):
        pass

    assert sizeof(Plain()) == sizeof(Derived()) == 12345
    assert sizeof([Plain(), Derived()]) == sys.getsizeof([1, 2]) + 2 * 12345


def test_a_later_measure_replaces_what_a_subclass_had_inherited():
    class Derived(Plain):
        pass

    assert sizeof(Derived()) < 1000
    sizeof.register(Plain)(lambda value: 12345)
    assert sizeof(Derived()) == 12345


def test_a_measure_that_fails_falls_back_to_the_object_itself():
    sizeof.register(Plain)(lambda value: 1 / 0)
    plain = Plain(data=BLOCK)
    assert sizeof(plain) == sys.getsizeof(plain)
    assert sizeof([plain]) == sys.getsizeof([plain]) + sys.getsizeof(plain)


def test_measures_of_a_library_are_registered_when_its_first_value_is_met():
    calls = []
    foreign = type("Foreign", (), {"__module__": "foreign_library.frames"})

    @sizeof.register_lazy("foreign_library")
    def register():
        calls.append(1)
        sizeof.register(foreign)(lambda value: 777)

    assert sizeof(1) == 28
    assert calls == []
    assert sizeof(foreign()) == sizeof(foreign()) == 777
    assert calls == [1]


def test_polars_says_itself_how_large_its_data_are(monkeypatch):
    class DataFrame:
        def estimated_size(self):
            return 5000

    class Series(DataFrame):
        pass

    for cls in (DataFrame, Series):
        cls.__module__ = "polars.fake"
    monkeypatch.setitem(sys.modules, "polars", types.SimpleNamespace(DataFrame=DataFrame, Series=Series))
    sizeof.register_lazy("polars", module._register_polars)
    assert sizeof(DataFrame()) == sizeof(Series()) == 5064


def test_entry_points_are_read_when_the_first_unknown_type_is_met(monkeypatch):
    class Unknown:
        pass

    def plugin(sizeof):
        sizeof.register(Unknown)(lambda value: 4321)

    entry_point = metadata.EntryPoint("plugin", "plugin:plugin", "weft.sizeof")
    monkeypatch.setitem(sys.modules, "plugin", types.SimpleNamespace(plugin=plugin))
    monkeypatch.setattr(module._MEASURES, "_group", "weft.sizeof")
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry_point] if group == "weft.sizeof" else [])
    assert sizeof({1: "a"}) > 0
    assert module._MEASURES._group
    assert sizeof(Unknown()) == 4321


def test_plain_values_need_no_library():
    use = "import sys; from weft.sizeof import sizeof; sizeof([1, 'a', {}])"
    script = f"{use}; print({{'numpy', 'pandas'}} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"


def test_the_examples_in_the_docstrings_run():
    finder = doctest.DocTestFinder(exclude_empty=False)
    (example,) = finder.find(module.sizeof, "sizeof", globs={"sizeof": sizeof})
    assert doctest.DocTestRunner().run(example).failed == 0
