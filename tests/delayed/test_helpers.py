"""Functions around delayed values for writers of libraries."""

from __future__ import annotations

import pytest

import weft
from weft.collection.highlevelgraph import HighLevelGraph
from weft.delayed import call_function, delayed, optimize, single_key, tokenize, unpack_collections
from weft.graph.spec import TaskRef


def test_tokens_of_pure_calls_are_equal_and_others_never():
    assert tokenize(1, a=2, pure=True) == tokenize(1, a=2, pure=True)
    assert tokenize(1) != tokenize(1)


def test_a_function_is_called_lazily():
    x = delayed(abs)(-3)
    assert call_function(max, "max", (x, 2), {"key": abs}).compute() == 3
    assert call_function(max, "m", (1, 2), {}, pure=True).key == call_function(max, "m", (1, 2), {}, pure=True).key
    assert call_function(max, "m", (1, 2), {"weft_key_name": "top"}).key == "top"
    assert len(call_function(divmod, "divmod", (7, 2), {}, nout=2)) == 2


def test_optimizing_leaves_out_what_nobody_needs():
    assert optimize({"x": 1, "y": (abs, "x"), "z": 2}, ["y"]) == {"x": 1, "y": (abs, "x")}
    layered = HighLevelGraph({"a": {"x": 1}, "b": {"y": 2}}, {})
    assert list(optimize(layered, "y").layers) == ["b"]


def test_collections_are_found_in_arguments():
    x = delayed(abs)(-3, weft_key_name="x")
    task, found = unpack_collections({"k": [x, 1]})
    assert found == (x,)
    assert task({"x": 3}) == {"k": [3, 1]}
    task, graph = unpack_collections(x, _return_collections=False)
    assert task == TaskRef("x")
    assert weft.get(graph, "x") == 3
    assert unpack_collections(5) == (5, ())


def test_single_key_gives_the_only_result():
    assert single_key([5]) == 5
    with pytest.raises(ValueError, match="values to unpack"):
        single_key([1, 2])
