"""`xarray.map_blocks` on Weft's arrays gives what the function gives of the whole, piece by piece."""

import operator

import numpy as np
import pytest
import xarray as xr

import weft.array as da
from weft import config
from weft.interop.xarray import register
from weft.interop.xarray_blocks import map_blocks

register()


@pytest.fixture
def whole():
    return xr.Dataset(
        {
            "a": (("x", "y"), np.arange(200.0).reshape(10, 20), {"units": "K"}),
            "b": ("x", np.arange(10)),
            "c": ("y", list("abcdefghijklmnopqrst")),
        },
        coords={
            "x": np.arange(10),
            "y": np.arange(20) + 100,
            "inner": ("x", np.arange(10) * 2),
            "place": (("x", "y"), np.arange(200).reshape(10, 20)),
        },
        attrs={"source": "made"},
    )


@pytest.fixture
def chunked(whole):
    return whole.chunk({"x": 4, "y": 5}, chunked_array_type="weft")


def shifted(piece):
    return piece + piece.x + 5 * piece.y


FUNCTIONS = {
    "same": lambda piece: piece,
    "arithmetic": lambda piece: piece[["a", "b"]] + piece.x + 5 * piece.y,
    "less variables": lambda piece: piece.drop_vars("a"),
    "less coordinates": lambda piece: piece.drop_vars("place"),
    "no index": lambda piece: piece.drop_vars("x"),
    "a new dimension": lambda piece: piece.expand_dims(k=3),
    "a new dimension with an index": lambda piece: piece.expand_dims(k=[1, 2, 3]),
    "other names": lambda piece: piece.rename({"a": "first", "b": "second"}),
    "a new coordinate": lambda piece: piece.assign_coords(twice=("y", piece.y.data * 2)),
    "an index": lambda piece: piece.x,
    "another type": lambda piece: piece[["a", "b"]].astype("f4"),
    "a data array of a dataset": lambda piece: piece.a.rename("named"),
    "attributes": lambda piece: piece.assign_attrs(new="yes"),
    "less dimensions": lambda piece: piece.b * 2,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_blocks_of_a_dataset_give_what_the_whole_gives(chunked, whole, function):
    made = xr.map_blocks(function, chunked)

    xr.testing.assert_identical(made.compute(), function(whole))


@pytest.mark.parametrize("name", ["same", "no index", "a new dimension", "a new coordinate", "an index"])
def test_blocks_of_a_data_array_give_what_the_whole_gives(chunked, whole, name):
    function = FUNCTIONS[name]

    made = chunked.a.map_blocks(function)

    xr.testing.assert_identical(made.compute(), function(whole.a))


def test_the_function_sees_each_piece_in_memory_with_its_coordinates(chunked):
    def seen(piece):
        assert isinstance(piece.a.data, np.ndarray)
        assert isinstance(piece.place.data, np.ndarray)
        assert piece.attrs == {"source": "made"}
        assert piece.a.attrs == {"units": "K"}
        return piece.a * 0 + piece.sizes["x"] * 100 + piece.sizes["y"]

    made = chunked.map_blocks(seen)

    assert made.chunks == ((4, 4, 2), (5, 5, 5, 5))
    assert set(np.unique(made.values)) == {405, 205}


def test_nothing_is_computed_before_the_result_is_asked_for(chunked):
    calls = []

    def function(piece):
        if piece.sizes["x"]:
            calls.append(piece.sizes["x"])
        return piece.b

    made = chunked.map_blocks(function)
    assert not calls

    made.compute(scheduler="inline")
    assert sorted(calls) == [2, 4, 4]


def test_arguments_that_are_labelled_are_cut_alike(chunked, whole):
    def added(piece, text, other):
        assert text == "plain"
        assert other.shape == piece.a.shape
        return piece.a + other

    made = xr.map_blocks(added, chunked, args=["plain", chunked.a * 2])
    line = xr.map_blocks(operator.add, chunked.a, [(chunked.a + 1).isel(x=1, drop=True).drop_vars("place")])
    memory = xr.map_blocks(operator.add, chunked.a, [whole.b])

    xr.testing.assert_equal(made.compute(), whole.a * 3)
    xr.testing.assert_equal(line.compute(), whole.a + (whole.a + 1).isel(x=1, drop=True).drop_vars("place"))
    xr.testing.assert_equal(memory.compute(), whole.a + whole.b)


def test_keywords_are_given_to_the_function(chunked, whole):
    made = xr.map_blocks(xr.full_like, chunked.a, kwargs={"fill_value": np.nan})

    xr.testing.assert_identical(made.compute(), xr.full_like(whole.a, np.nan))


def test_a_template_says_what_lengths_blocks_have(chunked, whole):
    template = xr.concat([chunked.isel(x=[place]) for place in [1, 5, 9]], dim="x", data_vars="minimal")

    made = xr.map_blocks(lambda piece: piece.isel(x=[1]), chunked, template=template)

    assert made.chunksizes["x"] == (1, 1, 1)
    xr.testing.assert_identical(made.compute(), template.compute())


def test_a_template_of_another_kind_and_another_name(chunked, whole):
    template = (chunked.a * 2).rename("doubled").assign_attrs(of="template")

    made = xr.map_blocks(lambda piece: piece.a * 2, chunked, template=template)

    xr.testing.assert_identical(made.compute(), template.compute())


def test_texts_as_index_and_pieces_of_one_element():
    data = xr.Dataset({"data": ("label", [1, 2, 3])}, coords={"label": ["foo", "bar", "baz"]})
    chunked = data.chunk(label=1, chunked_array_type="weft")

    xr.testing.assert_identical(chunked.map_blocks(lambda piece: piece).compute(), data)
    xr.testing.assert_identical(chunked.map_blocks(lambda piece: piece, template=chunked).compute(), data)


def test_several_indexes_of_one_dimension():
    data = xr.DataArray(np.arange(12).reshape(3, 4), coords={"x": list("abc"), "y": range(4)}, dims=("x", "y"))
    stacked = data.stack(z=("x", "y"))

    made = stacked.chunk(z=5, chunked_array_type="weft").map_blocks(lambda piece: piece + piece.y)

    xr.testing.assert_identical(made.compute(), stacked + stacked.y)


def test_numbers_without_dimensions():
    number = xr.DataArray(da.asarray(5), name="five")

    assert int(number.map_blocks(lambda piece: piece + 1)) == 6


def test_blocks_are_the_same_on_processes(chunked, whole):
    with config.set(scheduler="processes"):
        made = chunked.map_blocks(shifted_numbers).compute()

    xr.testing.assert_identical(made, shifted_numbers(whole))


def shifted_numbers(piece):
    return shifted(piece[["a", "b"]])


WRONG = {
    "another length": (lambda piece: piece.isel(x=[1]), "Received dimension 'x' of length 1"),
    "a missing dimension": (lambda piece: piece.isel(x=1), "Dimensions {'x'} missing"),
    "a coordinate too many": (lambda piece: piece.assign_coords(n=10), "unexpected coordinate variables"),
    "a coordinate too few": (lambda piece: piece.drop_vars("place"), "does not contain coordinate variables"),
    "a variable too many": (lambda piece: piece.assign(n=10), "unexpected data variables {'n'}"),
    "another index": (lambda piece: piece.assign_coords(x=piece.x + 1), "Expected index 'x' to be"),
}


@pytest.mark.parametrize(("function", "message"), WRONG.values(), ids=WRONG)
def test_results_unlike_the_template_are_told(chunked, function, message):
    made = xr.map_blocks(function, chunked, template=chunked)

    with pytest.raises(ValueError, match=message):
        made.compute()


def test_an_index_that_the_template_has_of_its_own_is_checked(chunked):
    template = xr.concat([chunked.isel(x=[place]) for place in [1, 5, 9]], dim="x", data_vars="minimal")

    made = xr.map_blocks(lambda piece: piece.isel(x=[1]).assign_coords(x=[120]), chunked, template=template)

    with pytest.raises(ValueError, match="Expected index 'x' to be"):
        made.compute()


def test_wrong_calls_fail_at_once(chunked, whole):
    def failing(piece):
        raise ValueError("cannot do anything")

    with pytest.raises(ValueError, match="Cannot infer object"):
        xr.map_blocks(failing, chunked)
    with pytest.raises(TypeError, match="Function must return an xarray DataArray"):
        xr.map_blocks(lambda piece: piece.a.values, chunked)
    with pytest.raises(TypeError, match="args must be"):
        xr.map_blocks(operator.add, chunked, args=10)
    with pytest.raises(TypeError, match="kwargs must be"):
        xr.map_blocks(operator.add, chunked, args=[10], kwargs=[20])
    with pytest.raises(TypeError, match="in kwargs"):
        xr.map_blocks(operator.add, chunked, kwargs={"other": chunked.a})
    with pytest.raises(TypeError, match="template must be a DataArray"):
        xr.map_blocks(operator.pos, chunked, template=(chunked,))
    with pytest.raises(ValueError, match="no chunked arrays"):
        xr.map_blocks(operator.pos, chunked, template=whole)
    with pytest.raises(ValueError, match="one block of the input maps to one block of output"):
        xr.map_blocks(operator.pos, chunked, template=chunked.isel(x=[1]))
    with pytest.raises(ValueError, match="Chunk sizes along dimension 'x' are not equal"):
        xr.map_blocks(operator.add, chunked, args=[chunked.chunk(x=2)])
    with pytest.raises(ValueError, match="inconsistent chunks"):
        xr.map_blocks(operator.pos, chunked.assign(a=chunked.a.chunk(y=10)))


def test_arrays_in_memory_go_the_old_way(whole):
    assert xr.map_blocks(lambda piece: piece.sizes["x"], whole) == 10


def test_equal_calls_have_equal_names(chunked):
    first, second = (map_blocks(shifted, chunked[["a"]]) for _ in range(2))

    assert first.a.data.name == second.a.data.name
    assert first.a.data.name != map_blocks(shifted, chunked[["a"]] + 1).a.data.name
