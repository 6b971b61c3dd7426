"""Colours of tasks."""

from __future__ import annotations

from typing import Any

from weft.diagnostics.draw.colours import paint, shade
from weft.graph import compile_plan
from weft.graph.mapping import graph_from_mapping

GRAPH = {"a": (abs, 1), "b": (abs, 2), "c": (max, "a", "b"), "d": (max, "c", 0)}


def plan() -> Any:
    return compile_plan(graph_from_mapping(GRAPH), ["d"])


def test_by_order_the_first_is_lightest_and_says_so() -> None:
    painted = paint(plan(), "order")

    assert sorted(painted[task].words for task in range(4)) == ["0", "1", "2", "3"]
    assert (painted[2].words, painted[3].words) == ("2", "3")
    assert painted[3].attributes == shade(1.0)
    assert shade(0.0)["fillcolor"] == "#fde725"
    assert shade(1.0) == {"style": "filled", "fillcolor": "#440154", "fontcolor": "white"}


def test_by_memory_blocks_are_counted_where_no_sizes_are_known() -> None:
    painted = paint(plan(), "memory")

    assert painted[2].words == "3 blocks"
    assert painted[2].attributes == shade(1.0)


def test_by_memory_bytes_are_told_where_they_are_known() -> None:
    sized = plan()
    sized.nbytes = [1024, 1024, 1024, 1024]

    assert paint(sized, "memory")[2].words == "3.00 kiB"


def test_by_function_equal_functions_look_equal() -> None:
    painted = paint(plan(), "function")

    assert painted[0] == painted[1] != painted[2] == painted[3]


def test_a_common_top_makes_pictures_comparable() -> None:
    assert paint(plan(), "memory", maxval=6)[2].attributes == shade(0.5)
    assert paint(plan(), "memory", maxval=1)[2].attributes == shade(1.0)


def test_without_a_choice_nothing_is_coloured() -> None:
    assert paint(plan(), None) == {}
