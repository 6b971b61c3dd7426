"""Layers of matching blocks, and their joining."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import combine

import weft
from weft.collection.blockwise import BlockIndex, BlockwiseDep, BlockwiseDepDict, blockwise
from weft.collection.highlevelgraph import HighLevelGraph
from weft.collection.joining import fuse_roots, optimize_blockwise, rewrite_blockwise
from weft.errors import GraphError, KeyNotFoundError


def blocks(name, *shape):
    return {(name, *place): (combine, name, *place) for place in np.ndindex(*shape)}


def value(name, *place):
    return combine(name, *place)


def run(layer, *others, keys=None):
    graph = HighLevelGraph({"layer": layer, **{str(n): other for n, other in enumerate(others)}}, {})
    keys = list(layer) if keys is None else keys
    return dict(zip(keys, weft.get(graph, keys)))


def test_blocks_match_by_their_indices():
    layer = blockwise(combine, "z", "ij", "x", "ij", "y", "ji", numblocks={"x": (2, 3), "y": (3, 2)})
    assert run(layer, blocks("x", 2, 3), blocks("y", 3, 2)) == {
        ("z", i, j): combine(value("x", i, j), value("y", j, i)) for i in range(2) for j in range(3)
    }


def test_an_axis_of_one_block_and_a_missing_axis_match_all():
    layer = blockwise(combine, "z", "ij", "x", "ij", "y", "j", numblocks={"x": (1, 3), "y": (3,)})
    found = run(layer, blocks("x", 1, 3), blocks("y", 3))
    assert found["z", 0, 2] == combine(value("x", 0, 2), value("y", 2))
    outer = blockwise(combine, "z", "ij", "x", "i", "y", "j", numblocks={"x": (2,), "y": (3,)})
    assert run(outer, blocks("x", 2), blocks("y", 3))["z", 1, 2] == combine(value("x", 1), value("y", 2))


def test_contracted_indices_give_lists_the_first_index_outermost():
    layer = blockwise(combine, "z", "i", "x", "jik", numblocks={"x": (2, 2, 3)})
    found = run(layer, blocks("x", 2, 2, 3))
    assert found["z", 1] == combine([[value("x", j, 1, k) for k in range(3)] for j in range(2)])


def test_contracted_blocks_can_be_put_together():
    whole = np.arange(24).reshape(4, 6)
    data = {("x", i, j): whole[2 * i : 2 * i + 2, 3 * j : 3 * j + 3] for i in range(2) for j in range(2)}
    rows = blockwise(np.sum, "z", "i", "x", "ij", numblocks={"x": (2, 2)}, concatenate=True, axis=1)
    assert np.concatenate([*run(rows, data).values()]).tolist() == whole.sum(axis=1).tolist()
    total = blockwise(np.sum, "z", "", "x", "ij", numblocks={"x": (2, 2)}, concatenate=True)
    assert run(total, data) == {("z",): whole.sum()}

    def join(nested, axes):
        return (len(nested), tuple(axes))

    own = blockwise(lambda joined: joined, "z", "i", "x", "ij", numblocks={"x": (2, 2)}, concatenate=join)
    assert run(own, data)["z", 0] == (2, (1,))


def test_values_keywords_and_new_axes():
    layer = blockwise(
        sorted, "z", "ia", "x", "i", numblocks={"x": (2,)}, new_axes={"a": (5, 5)}, reverse=True, concatenate=None
    )
    assert len(layer) == 4
    assert run(layer, {("x", n): [1, n, 3] for n in range(2)})["z", 1, 1] == [3, 1, 1]
    constant = blockwise(combine, "z", "i", "x", "i", 7, None, [1, 2], None, numblocks={"x": (2,)})
    assert run(constant, blocks("x", 2))["z", 1] == combine(value("x", 1), 7, [1, 2])


def test_delayed_values_reach_every_block():
    shift = weft.delayed(5)
    layer = blockwise(combine, "z", "i", "x", "i", shift, None, numblocks={"x": (2,)}, dependencies=[shift])
    graph = HighLevelGraph.from_collections("z", layer, dependencies=[shift])
    assert weft.get(HighLevelGraph.merge(graph, blocks("x", 2)), ("z", 1)) == combine(value("x", 1), 5)
    by_key = blockwise(combine, "z", "i", "x", "i", [shift.key], None, numblocks={"x": (2,)}, dependencies=[shift])
    assert run(by_key, blocks("x", 2), shift.weft)["z", 0] == combine(value("x", 0), [5])


def test_arguments_that_are_no_blocks():
    places = blockwise(combine, "z", "ij", BlockIndex((2, 2)), "ij", numblocks={})
    assert run(places)["z", 1, 0] == combine((1, 0))
    by_dict = blockwise(combine, "z", "i", BlockwiseDepDict({(0,): "a", (1,): "b"}), "i", numblocks={})
    assert run(by_dict)["z", 1] == combine("b")
    tasks = BlockwiseDepDict({(0,): (abs, -3)}, produces_tasks=True)
    assert run(blockwise(combine, "z", "i", tasks, "i", numblocks={}))["z", 0] == combine(3)
    keys = BlockwiseDepDict({(0,): "total"}, produces_keys=True)
    assert run(blockwise(combine, "z", "i", keys, "i", numblocks={}), {"total": 9})["z", 0] == combine(9)
    assert BlockwiseDepDict({(0, 2): 1}).numblocks == (1, 3)
    assert BlockwiseDepDict({(0,): 1}).get((5,), "none") == "none"
    assert not BlockwiseDep.produces_tasks


def test_a_layer_writes_only_the_blocks_it_is_asked_for():
    layer = blockwise(combine, "z", "ij", "x", "ij", numblocks={"x": (1000, 1000)})
    assert ("z", 999, 0) in layer
    assert ("z", 1000, 0) not in layer
    small, reads = layer.cull({("z", 3, 4)})
    assert list(small) == [("z", 3, 4)]
    assert reads == {("z", 3, 4): {("x", 3, 4)}}
    with pytest.raises(KeyNotFoundError, match="no block"):
        small["z", 3, 5]


@pytest.mark.parametrize(
    ("arguments", "numblocks", "problem"),
    [
        (("x", "ij"), {"x": (2,)}, "has 1 axes, but was given the indices"),
        (("x", "i", "y", "i"), {"x": (2,), "y": (3,)}, "cannot match blocks along 'i'"),
        (("x", "j"), {"x": (2,)}, "new_axes"),
    ],
)
def test_what_cannot_match_is_refused_when_the_layer_is_made(arguments, numblocks, problem):
    with pytest.raises(GraphError, match=problem):
        blockwise(combine, "z", "i", *arguments, numblocks=numblocks)


def test_inputs_and_indices_come_in_pairs():
    with pytest.raises(TypeError, match="in turn"):
        blockwise(combine, "z", "i", "x", numblocks={})
    many = type("Many", (), {"__weft_graph__": dict, "__weft_keys__": lambda self: ["a", "b"]})()
    with pytest.raises(TypeError, match="it has 2 blocks"):
        blockwise(combine, "z", "i", many, None, numblocks={})


# -- joining ------------------------------------------------------------------------------------------------------------


@st.composite
def towers(draw):
    """Layers over one another, each reading one or two of those below, all of the same or a transposed layout."""
    layers = {"x": blocks("x", 2, 3), "y": blocks("y", 2, 3)}
    shapes = {"x": (2, 3), "y": (2, 3)}
    dependencies = {"x": set(), "y": set()}
    for n in range(draw(st.integers(1, 5))):
        name = f"l{n}"
        pairs = []
        first = draw(st.sampled_from(list(layers)))
        for read in [first, *draw(st.lists(st.sampled_from(list(layers)), max_size=1))]:
            pairs += [read, "ij" if shapes[read] == shapes[first] else "ji"]
        flipped = draw(st.booleans())
        layers[name] = blockwise(
            combine,
            name,
            "ji" if flipped else "ij",
            *pairs,
            n,
            None,
            numblocks={read: shapes[read] for read in pairs[::2]},
        )
        shapes[name] = shapes[first][::-1] if flipped else shapes[first]
        dependencies[name] = set(pairs[::2])
    return HighLevelGraph(layers, dependencies), name


@given(towers())
def test_joining_layers_keeps_the_answers(tower):
    graph, last = tower
    keys = list(graph.layers[last])
    expected = weft.get(graph, keys)
    optimized = optimize_blockwise(graph, keys)
    assert weft.get(optimized, keys) == expected
    assert weft.get(fuse_roots(optimized, keys), keys) == expected
    optimized.validate()


def chain(*functions, **options):
    below = "x"
    layers = {"x": blocks("x", 3)}
    dependencies = {"x": set()}
    for n, function in enumerate(functions):
        layers[f"l{n}"] = blockwise(function, f"l{n}", "i", below, "i", numblocks={below: (3,)}, **options)
        dependencies[f"l{n}"] = {below}
        below = f"l{n}"
    return HighLevelGraph(layers, dependencies)


def test_a_chain_becomes_one_layer_and_with_its_roots_one_task_a_block():
    graph = chain(combine, abs, str)
    joined = optimize_blockwise(graph, [("l2", 0)])
    assert list(joined.layers) == ["x", "l2"]
    assert list(fuse_roots(joined, [("l2", 0)]).layers) == ["l2"]
    assert len(fuse_roots(joined, [("l2", 0)])) == 3


def test_layers_that_are_wanted_or_shared_stay():
    graph = chain(combine, abs, str)
    assert list(optimize_blockwise(graph, [("l0", 0), ("l2", 0)]).layers) == ["x", "l0", "l2"]
    other = blockwise(str, "other", "i", "l0", "i", numblocks={"l0": (3,)})
    shared = HighLevelGraph({**graph.layers, "other": other}, {**graph.dependencies, "other": {"l0"}})
    assert "l0" in optimize_blockwise(shared, [("l2", 0), ("other", 0)]).layers
    assert "x" in fuse_roots(shared, [("x", 0)]).layers


def test_blocks_are_never_computed_twice_by_joining():
    inner = blockwise(combine, "y", "i", "x", "i", numblocks={"x": (2,)})
    for outer in [
        blockwise(combine, "z", "i", "y", "i", "y", "i", numblocks={"y": (2,)}),  # used twice
        blockwise(combine, "z", "ij", "y", "i", "w", "j", numblocks={"y": (2,), "w": (2,)}),  # for many blocks
        blockwise(combine, "z", "", "y", "i", numblocks={"y": (2,)}),  # from many blocks
    ]:
        with pytest.raises(GraphError, match="computing its blocks several times"):
            rewrite_blockwise([inner, outer])


def test_contractions_inside_stay_when_layers_are_joined():
    inner = blockwise(combine, "y", "i", "x", "ij", numblocks={"x": (2, 3)})
    outer = blockwise(abs, "z", "k", "y", "k", numblocks={"y": (2,)})
    joined = rewrite_blockwise([outer, inner])
    assert run(joined, blocks("x", 2, 3))["z", 1] == abs(combine([value("x", 1, j) for j in range(3)]))


def test_what_does_not_belong_together_is_not_joined():
    one = blockwise(abs, "y", "i", "x", "i", numblocks={"x": (2,)})
    other = blockwise(abs, "z", "i", "w", "i", numblocks={"w": (2,)})
    with pytest.raises(GraphError, match="2 of them are read by no other"):
        rewrite_blockwise([one, other])
    with weft.annotate(retries=1):
        noted = blockwise(abs, "z", "i", "y", "i", numblocks={"y": (2,)})
    with pytest.raises(GraphError, match="cannot join 'y'"):
        rewrite_blockwise([one, noted])
