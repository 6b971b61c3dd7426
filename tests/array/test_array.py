from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from tests.array.strategies import assert_same

import weft.array as da
from weft.array.svg import svg

WHOLE = np.arange(6).reshape(2, 3)
X = da.from_array(WHOLE, chunks=(1, 2))


def test_what_an_array_says_of_itself():
    assert repr(X) == "weft.array<array, shape=(2, 3), dtype=int64, chunksize=(1, 2), chunktype=numpy.ndarray>"
    assert (X.ndim, X.size, X.nbytes, X.itemsize, X.npartitions, X.numblocks) == (2, 6, 48, 8, 4, (2, 2))
    assert (X.chunksize, X.device, X.A) == ((1, 2), "cpu", X)
    assert X.to_device("cpu") is X
    with pytest.raises(ValueError, match="cpu"):
        X.to_device("gpu")
    with pytest.raises(ValueError, match="stream"):
        X.to_device("cpu", stream=1)
    assert_same(X.mT, WHOLE.T)
    with pytest.raises(ValueError, match="at least 2-dim"):
        _ = X[0].mT


def test_chunks_are_assigned_only_where_they_are_unknown():
    for wrong in [((2,), (3,)), ((1, 1), (1, 2))]:
        with pytest.raises(TypeError, match="rechunk"):
            X.copy().chunks = wrong
    ours = X[X > 2]
    ours.chunks = ((0, 0, 2, 1),)
    assert ours.chunks == ((0, 0, 2, 1),)
    assert_same(ours + 1, np.arange(4, 7))
    same = X.copy()
    same.chunks = X.chunks
    assert same.name == X.name


def test_graphs_of_users_become_arrays():
    graph = {("a", 0): np.arange(2), ("a", 1): (np.arange, 3)}
    ours = da.Array(graph, "a", ((2, 3),), dtype=int)
    assert_same(ours + 1, np.array([0, 1, 0, 1, 2]) + 1)
    assert ours.name == "a"
    unknown = da.Array(graph, name="a", chunks=((np.nan, np.nan),), meta=np.empty(0, int))
    assert unknown.sum().compute() == 4
    assert np.isnan(unknown.shape[0])
    regular = da.Array({("b", 0, 0): WHOLE}, "b", -1, dtype=int, shape=(2, 3))
    assert_same(regular, WHOLE)
    again = da.Array(X.weft, X.name, X.chunks, X.dtype)
    assert_same(again, WHOLE)
    masked = da.Array({("m", 0): np.ma.ones(2)}, "m", ((2,),), meta=np.ma.ones(0))
    assert isinstance(masked.expr.meta, np.ma.MaskedArray)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((np.ones(3),), TypeError),
        (({}, 5, ((1,),)), TypeError),
        (({}, "a", ((1,),)), ValueError),
        (({}, "a", None, int), ValueError),
        (({}, "a", "auto", int), ValueError),
    ],
)
def test_what_says_too_little_is_refused(arguments, error):
    with pytest.raises(error):
        da.Array(*arguments)


def test_a_name_can_be_given():
    ours = (X + 1).named("mine")
    assert ours.expr.keys()[0] == ("mine", 0, 0)
    assert set(ours.expr.keys()) <= set(ours.weft)
    assert_same(ours * 2, (WHOLE + 1) * 2)
    with pytest.raises(TypeError, match="text"):
        X.named(5)


def test_arrays_of_one_element_become_scalars():
    one = da.from_array(np.array([[7]]), chunks=1)
    assert bool(one) is True
    assert one[0, 0].item() == one.item() == 7
    assert int(one) == 7
    assert float(one) == complex(one) == 7.0
    assert [10, 20][da.from_array(np.array(1), chunks=1)] == 20
    assert X.item(4) == X.item(1, 1) == X.item((1, 1)) == 4
    assert X.tolist() == WHOLE.tolist()
    assert 5 in X
    assert 9 not in X
    for wrong, error in [(lambda: bool(X), ValueError), (lambda: int(X), TypeError), (lambda: X.item(), ValueError)]:
        with pytest.raises(error):
            wrong()
    with pytest.raises(ValueError, match="no elements"):
        bool(X[:0])
    for wrong in (one, da.from_array(np.array(1.5), chunks=1)):
        with pytest.raises(TypeError, match="scalar index"):
            _ = [10, 20][wrong]
    assert bool(X[X > 4]) is True


def test_a_notebook_shows_a_table_and_a_drawing():
    shown = X._repr_html_()
    for text in ("(2, 3)", "int64", "numpy.ndarray", "<svg", "48 B"):
        assert text in shown
    assert "<svg" not in X[X > 2]._repr_html_()
    assert "<svg" not in X.sum()._repr_html_()


@pytest.mark.parametrize("shape", [(5,), (5, 3), (2, 3, 4), (2, 3, 4, 5), (2,) * 7, (0, 3), (1000, 1)])
def test_drawings_are_valid_and_bounded(shape):
    text = da.ones(shape, chunks=2).to_svg(size=120)
    drawing = ElementTree.fromstring(text)
    assert drawing.tag.endswith("svg")
    assert len(text) < 60_000
    for length in shape:
        assert f">{length}<" in text


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(NotImplementedError, match="without axes"):
        svg(())
    with pytest.raises(NotImplementedError, match="compute_chunk_sizes"):
        X[X > 2].to_svg()


def test_the_type_of_the_blocks_can_be_declared():
    x = da.from_array(np.arange(4), chunks=2)
    x._meta = x._meta.astype(bool)
    assert x.dtype == bool
    np.testing.assert_array_equal(x.compute(), np.arange(4).astype(bool))
    x._meta = np.ma.ones(0, bool)
    assert type(x._meta) is np.ma.MaskedArray


def test_keys_are_nested_like_the_blocks():
    x = da.ones((4, 6), chunks=(2, 3))
    assert x.__weft_keys__() == [[(x.name, row, column) for column in range(2)] for row in range(2)]
    assert da.ones(3, chunks=1).__weft_keys__()[2][1] == 2
    assert len(da.ones((), chunks=()).__weft_keys__()) == 1
