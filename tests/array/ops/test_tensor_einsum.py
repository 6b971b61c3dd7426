from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

quick = settings(deadline=None, max_examples=15)
SIZES = {"a": 2, "b": 3, "c": 4, "d": 1, "i": 3, "j": 5}


def operands(data, subscripts):
    """Arrays whose axes have the letters' lengths; two further axes where there are dots."""
    pairs = []
    for term in subscripts.split("->")[0].split(","):
        shape = [SIZES[letter] for letter in term.replace("...", "")]
        at = term.find("...")
        if at >= 0:
            shape[at:at] = [2, 3]
        pairs.append(data.draw(chunked_arrays(dtypes=st.sampled_from(["int64", "float64"]), shape=tuple(shape))))
    return pairs


@pytest.mark.parametrize(
    "subscripts",
    [
        "ij,ja->ia", "ij,ja", "ii", "ii->i", "ij->ji", "ij->", "ij->j", "ij", "i,j->ij", "i,i->", "i,i->i", "ab,cd", "iij->j",
        "ij,jc,cb->ib", "i,i,i->i", "iij,jcc->ic", "ij,ab,ij->ab", "...ij,...jb->...ib", "i...,...i", "...i->i...", "a...->...",
        "...,...", "ab,b,a->", "ij,ij,ij->ij", "...ab,ab->...", "ja,ij", "dij,dj->di",
    ],
)  # fmt: skip
@quick
@given(data=st.data())
def test_einsum_agrees_with_numpy(subscripts, data):
    pairs = operands(data, subscripts)
    optimize = data.draw(st.sampled_from([False, True, "greedy", "optimal"]))
    expected = np.einsum(subscripts, *[whole for whole, _ in pairs])
    assert_same(da.einsum(subscripts, *[chunked for _, chunked in pairs], optimize=optimize), expected)


@quick
@given(data=st.data())
def test_operands_may_be_followed_by_numbers_for_their_axes(data):
    (a, x), (b, y) = operands(data, "ij,ja")
    assert_same(da.einsum(x, [0, 1], y, [1, 2]), np.einsum(a, [0, 1], b, [1, 2]))
    assert_same(da.einsum(x, [5, 1], y, [1, 2], [2, 5]), np.einsum(a, [5, 1], b, [1, 2], [2, 5]))
    assert_same(da.einsum(x, [Ellipsis, 0], [0, Ellipsis]), np.einsum(a, [Ellipsis, 0], [0, Ellipsis]))


def test_numbers_for_axes_may_be_any_integers():
    a = np.arange(6.0).reshape(2, 3)
    x = da.from_array(a, chunks=2)
    numbers = list(da.arange(2, chunks=1))
    assert_same(da.einsum(x, numbers, [np.int8(1), 0]), np.einsum(a, [0, 1], [1, 0]))
    with pytest.raises(TypeError):
        da.einsum(x, [0.5, 1])


def test_lengths_of_one_are_broadcast():
    a, b = np.ones((1, 3)), np.arange(12.0).reshape(4, 3)
    assert_same(da.einsum("ij,ij->ij", da.asarray(a), da.from_array(b, chunks=2)), np.einsum("ij,ij->ij", a, b))
    assert_same(da.einsum("ij,ij->j", da.asarray(a), da.from_array(b, chunks=2)), np.einsum("ij,ij->j", a, b))


def test_a_path_that_was_planned_is_taken():
    a, b, c = np.ones((2, 30)), np.ones((30, 4)), np.ones((4, 50))
    path = da.einsum_path("ij,jk,kl->il", a, b, c)[0]
    assert path == np.einsum_path("ij,jk,kl->il", a, b, c)[0]
    assert_same(da.einsum("ij,jk,kl->il", *map(da.asarray, (a, b, c)), optimize=path), a @ b @ c)


def test_the_dtype_is_that_which_is_asked_for():
    x = da.ones((3, 4), dtype="float32", chunks=2)
    assert_same(da.einsum("ij->i", x, dtype="float64"), np.full(3, 4.0))
    with pytest.raises(TypeError, match="casting"):
        da.einsum("ij->i", x, dtype="int64")
    assert_same(da.einsum("ij->i", x, dtype="int64", casting="unsafe"), np.full(3, 4))


@pytest.mark.parametrize(
    "subscripts",
    [
        "ij,jk,kl",
        "ij",
        "i1,jk",
        "ij,jk->iij",
        "ij,jk->iz",
        "ijk,jk",
        "ij,ij",
        "...ij,jk->i.k",
        "ik,i->kk",
        "ij,...->",
        "i...,ij->",
    ],
)
def test_subscripts_that_do_not_fit_are_refused(subscripts):
    with pytest.raises(ValueError, match=r"."):
        da.einsum(subscripts, da.ones((2, 3)), da.ones((3, 4)))


def test_what_is_not_supported_is_refused():
    x = da.ones((2, 3))
    with pytest.raises(ValueError, match="order"):
        da.einsum("ij->ji", x, order="Z")
    with pytest.raises(TypeError, match="out"):
        da.einsum("ij->ji", x, out=np.empty((3, 2)))
    with pytest.raises(ValueError, match="split_every"):
        da.einsum("ij->ji", x, split_every=1)
    with pytest.raises(ValueError, match="operand"):
        da.einsum("ij->ji")
    with pytest.raises(ValueError, match="string"):
        da.einsum()
    with pytest.raises(ValueError, match="collapsing"):
        da.einsum("ii", x)


def test_blocks_lie_in_memory_as_asked_for():
    whole = np.arange(6.0).reshape(2, 3)
    for subscripts in ("ij->ji", "ij->ij"):
        made = da.einsum(subscripts, da.from_array(whole, chunks=-1), order="F")
        assert_same(made, np.einsum(subscripts, whole))
        assert made.compute().flags.f_contiguous
    assert da.einsum("ij->ji", da.from_array(whole, chunks=-1), order="C").compute().flags.c_contiguous


def test_out_stands_for_the_result():
    whole = np.arange(6.0).reshape(2, 3)
    out = da.zeros((3, 2))
    assert da.einsum("ij->ji", da.from_array(whole, chunks=1), out=out) is out
    assert_same(out, whole.T)


@pytest.mark.parametrize("subscripts", ["ij,ij->", "ij,kj->ik"])
def test_the_width_of_the_tree_makes_no_difference(subscripts):
    whole = np.arange(24.0).reshape(4, 6)
    chunked = da.from_array(whole, chunks=(2, 1))
    for width in (2, 3, False):
        assert_same(
            da.einsum(subscripts, chunked, chunked, split_every=width), np.einsum(subscripts, whole, whole), exact=False
        )


def test_lengths_that_nobody_has_counted_stay_unknown():
    whole = np.arange(12.0).reshape(6, 2)
    chosen = whole[whole[:, 0] > 3]
    x = da.from_array(whole, chunks=(2, 2))
    x = x[x[:, 0] > 3]
    made = da.einsum("ij,kj,ij->i", x, da.ones((3, 2)), x)
    assert np.isnan(made.shape[0])
    np.testing.assert_array_equal(made.compute(), np.einsum("ij,kj,ij->i", chosen, np.ones((3, 2)), chosen))
    np.testing.assert_array_equal((x @ x.T).compute(), chosen @ chosen.T)
    np.testing.assert_array_equal((x.T @ x).compute(), chosen.T @ chosen)
