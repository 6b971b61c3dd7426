import numpy as np
import pandas as pd
import pytest

from weft.store.memory import MemoryStore, freeze, readonly_view


def test_freezing_an_array_makes_it_refuse_writes():
    array = np.zeros(3)

    assert freeze(array) is array
    assert not array.flags.writeable


@pytest.mark.parametrize(
    "container",
    [lambda a: [a, 1, a.copy()], lambda a: (a,), lambda a: {"a": a}, lambda a: [a, *range(1000)]],
    ids=["list", "tuple", "dict", "long list"],
)
def test_freezing_a_container_freezes_its_arrays(container):
    array = np.zeros(3)

    freeze(container(array))

    assert not array.flags.writeable


@pytest.mark.parametrize("value", [None, 1, "text", [], (), {}, [1, 2], list(range(1000))], ids=repr)
def test_freezing_anything_else_gives_it_back(value):
    assert freeze(value) is value


def test_a_read_only_view_shares_memory_and_leaves_the_users_array_writable():
    array = np.zeros(3)
    view = readonly_view(array)

    array[0] = 7

    assert view[0] == 7
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


@pytest.mark.parametrize("make", [pd.DataFrame, lambda data: pd.DataFrame(data)["x"]], ids=["frame", "series"])
def test_a_change_to_the_view_of_a_pandas_object_does_not_show_in_it(make):
    mine = make({"x": [1, 2]})
    view = readonly_view(mine)

    view.iloc[0] = 100

    assert mine.iloc[0].item() == 1
    assert mine.iloc[1].item() == 2


def test_a_view_of_anything_else_is_itself():
    value = {"a": 1}

    assert readonly_view(value) is value


def test_the_size_comes_from_the_function_given():
    store = MemoryStore(sizeof=len)

    assert store.nbytes(store.put("four")) == 4
