"""Graphs in layers."""

from __future__ import annotations

import pytest

import weft
from weft.collection.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer, compute_layer_dependencies
from weft.errors import GraphError, KeyNotFoundError


def load(n):
    return 10 * n


@pytest.fixture
def graph():
    return HighLevelGraph(
        {
            "load": {("load", n): (load, n) for n in range(3)},
            "inc": MaterializedLayer({("inc", n): (abs, ("load", n)) for n in range(3)}, annotations={"retries": 1}),
            "sum": {"sum": (sum, [("inc", 0), ("inc", 2)])},
            "other": {"other": (load, 7)},
        },
        {"load": set(), "inc": {"load"}, "sum": {"inc"}, "other": set()},
    )


def test_it_is_a_mapping_of_all_its_tasks(graph):
    assert len(graph) == 8
    assert graph["sum"] == (sum, [("inc", 0), ("inc", 2)])
    assert ("load", 2) in graph
    assert set(graph) == set(graph.to_dict()) == set(graph.keys())
    assert graph.get("missing", 5) == 5
    assert weft.get(graph, ["sum", "other"]) == (20, 70)
    with pytest.raises(KeyNotFoundError, match="4 layers"):
        graph["missing"]


def test_culling_keeps_the_tasks_and_layers_that_are_needed(graph):
    small = graph.cull("sum")
    assert list(small.layers) == ["load", "inc", "sum"]
    assert sorted(small.layers["load"]) == [("load", 0), ("load", 2)]
    assert small.layers["inc"].annotations == {"retries": 1}
    assert small.dependencies == {"load": set(), "inc": {"load"}, "sum": {"inc"}}
    assert weft.get(small, "sum") == 20
    with pytest.raises(KeyNotFoundError):
        graph.cull(["missing"])


def test_culling_layers_keeps_whole_layers(graph):
    assert sorted(graph.cull_layers(["inc"]).layers) == ["inc", "load"]
    assert len(graph.cull_layers(["inc"])) == 6
    with pytest.raises(KeyNotFoundError, match="no layer 'missing'"):
        graph.cull_layers(["missing"])


def test_dependencies_are_known_for_layers_and_keys(graph):
    assert graph.dependents == {"load": {"inc"}, "inc": {"sum"}, "sum": set(), "other": set()}
    assert graph.get_all_dependencies()["sum"] == {("inc", 0), ("inc", 2)}
    assert graph.get_all_external_keys() == set(graph)
    assert compute_layer_dependencies(graph.layers) == graph.dependencies


def test_merging_takes_layers_and_dicts(graph):
    merged = HighLevelGraph.merge(graph, {"x": 1}, HighLevelGraph({"y": {"y": 2}}, {}))
    assert len(merged.layers) == 6
    assert weft.get(merged, ["x", "y", "sum"]) == (1, 2, 20)


def test_a_new_layer_stands_on_collections(graph):
    x = weft.delayed(load)(5)
    new = HighLevelGraph.from_collections("twice", {"twice": (sum, [x.key, x.key])}, dependencies=[x])
    assert new.dependencies["twice"] == {x.key}
    assert weft.get(new, "twice") == 100
    new.validate()


def test_a_copy_is_its_own(graph):
    copy = graph.copy()
    del copy.layers["other"]
    assert "other" in graph.layers


def test_annotations_in_force_are_those_of_new_layers():
    with weft.annotate(priority=3):
        layer = MaterializedLayer({"x": 1})
    assert layer.annotations == {"priority": 3}
    assert MaterializedLayer({"x": 1}).annotations is None


def test_layers_can_be_cloned_and_bound():
    layer = MaterializedLayer({"x": (load, 1), "y": (abs, "x")})
    clone, bound = layer.clone({"x", "y"}, seed=1, bind_to="first")
    assert bound
    assert not set(clone) & {"x", "y"}
    (root,) = [key for key, node in clone.items() if "first" in node.dependencies]
    (end,) = set(clone) - {root}
    assert weft.get({**clone, "first": None}, end) == 10


def test_a_layer_may_write_its_tasks_only_when_asked():
    class Squares(Layer):
        def __init__(self, count):
            super().__init__()
            self.count = count

        def __getitem__(self, key):
            return (pow, key[1], 2)

        def __iter__(self):
            return (("square", n) for n in range(self.count))

        def __len__(self):
            return self.count

        def is_materialized(self):
            return False

        def get_output_keys(self):
            return set(self)

    graph = HighLevelGraph({"square": Squares(5)}, {"square": set()})
    assert weft.get(graph, ("square", 3)) == 9
    assert list(graph.cull([("square", 3)])) == [("square", 3)]


@pytest.mark.parametrize(
    ("layers", "dependencies", "problem"),
    [
        ({"a": {"x": 1}}, {"a": {"b"}}, "reads \\['b'\\], which the graph does not have"),
        ({"a": {"x": 1}, "b": {"x": 2}}, {}, "the key 'x' is in two layers"),
        ({"a": {"x": 1}, "b": {"y": (abs, "x")}}, {}, "not among the dependencies"),
        ({"a": {"x": (abs, "y")}, "b": {"y": (abs, "x")}}, {"a": {"b"}, "b": {"a"}}, "in a circle"),
    ],
)
def test_validation_says_what_does_not_agree(layers, dependencies, problem):
    with pytest.raises(GraphError, match=problem):
        HighLevelGraph(layers, dependencies).validate()


def test_layers_can_be_drawn(graph, tmp_path):
    path = tmp_path / "layers.dot"
    graph.visualize(filename=str(path), format="dot")
    text = path.read_text()
    assert "other" in text
    assert "load" in text


def test_it_lists_its_layers(graph):
    assert repr(graph).splitlines() == ["HighLevelGraph with 4 layers.", " 0. load", " 1. inc", " 2. sum", " 3. other"]


def test_it_is_a_table_of_its_layers_in_notebooks(graph):
    shown = graph._repr_html_()
    assert "HighLevelGraph with 4 layers" in shown
    assert "<td>2</td><td>sum</td><td>1</td><td>1</td>" in shown


def test_layers_that_are_not_written_yet_are_not_written_for_a_notebook():
    class Later(MaterializedLayer):
        def is_materialized(self):
            return False

        def __len__(self):
            raise AssertionError("nobody needs the tasks")

    assert "not written yet" in HighLevelGraph({"<a>": Later({})}, {"<a>": set()})._repr_html_()
    assert "&lt;a&gt;" in HighLevelGraph({"<a>": Later({})}, {"<a>": set()})._repr_html_()
