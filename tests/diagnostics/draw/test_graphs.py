"""Collections and graphs as pictures."""

from __future__ import annotations

import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import weft
from weft.diagnostics.draw import dot_graph, visualize, visualize_dsk
from weft.errors import DrawingError, MissingDependencyError

pytest.importorskip("graphviz", reason="drawing graphs needs the package graphviz")

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs the program dot of Graphviz")


@pytest.fixture(autouse=True)
def no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.diagnostics.draw.render.importlib.util.find_spec", lambda name: None)


def inc(x: int) -> int:
    return x + 1


def add(x: int, y: int) -> int:
    return x + y


def example() -> Any:
    return weft.delayed(add)(weft.delayed(inc)(1), weft.delayed(inc)(weft.delayed([1], name="numbers")))


DOT = """digraph {
	graph [rankdir=BT]
	node [fontname=helvetica fontsize=11]
	edge [arrowsize=0.6]
	t0 [label=inc]
	t1 [label=inc]
	t2 [label=add]
	d3 [label=numbers shape=box]
	d3 -> t1
	t0 -> t2
	t1 -> t2
}
"""


def test_text_is_the_same_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        written = visualize(example(), filename=tmp_path / "graph.dot")
        assert written == tmp_path / "graph.dot"
        assert written.read_text() == DOT


def test_text_needs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert visualize(example(), filename=tmp_path / "graph", format="dot").read_text() == DOT


def test_without_the_program_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingDependencyError, match=r"apt-get install graphviz.*weft\[diagnostics\]"):
        visualize(example(), filename=tmp_path / "graph.svg")

    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)

    with pytest.raises(MissingDependencyError, match=r"pip install 'weft\[diagnostics\]'"):
        visualize(example(), filename=None)


@needs_dot
@pytest.mark.parametrize(
    ("name", "start"), [("g.svg", b"<?xml"), ("g.png", b"\x89PNG"), ("g.pdf", b"%PDF"), ("g", b"\x89PNG")]
)
def test_pictures_are_written_in_the_format_of_their_name(tmp_path: Path, name: str, start: bytes) -> None:
    written = visualize(example(), filename=tmp_path / name)

    assert written.name == (name if "." in name else f"{name}.png")
    assert written.read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 1


@needs_dot
def test_a_name_with_another_ending_gets_the_format_as_well(tmp_path: Path) -> None:
    assert visualize(example(), filename=tmp_path / "v1.2").name == "v1.2.png"
    assert visualize(example(), filename=tmp_path / "g.svg", format="svg").name == "g.svg"


@needs_dot
def test_in_a_notebook_the_picture_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    display: Any = types.ModuleType("IPython.display")
    display.SVG = lambda data: ("svg", data[:5])
    display.Image = lambda data: ("image", data[:4])
    monkeypatch.setattr("weft.diagnostics.draw.render.importlib.util.find_spec", lambda name: True)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)

    assert visualize(example(), filename=tmp_path / "g.svg") == ("svg", "<?xml")
    assert visualize(example(), filename=tmp_path / "g.png") == ("image", b"\x89PNG")
    assert visualize(example(), filename=tmp_path / "g.pdf") == tmp_path / "g.pdf"


def test_without_a_filename_the_drawing_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert visualize(example(), filename=None).source == DOT
    assert visualize(example(), filename=None, format="svg").format == "svg"
    assert list(tmp_path.iterdir()) == []


def test_graphs_are_drawn_like_collections() -> None:
    graph = {"a": 1, "b": (inc, "a"), ("c", 0): (add, "a", "b")}

    sources = {draw(graph, filename=None).source for draw in (dot_graph, visualize, visualize_dsk)}

    assert len(sources) == 1
    (source,) = sources
    assert 't1 [label="add\\n0"]' in source


def test_several_collections_are_one_picture() -> None:
    x = weft.delayed(inc)(1)

    source = visualize(x + 1, [x + 2, {"more": {"z": (inc, 1)}}], {"z": (inc, 1)}, filename=None).source

    assert source.count("label=inc") == 1
    assert source.count("label=add") == 2
    assert "inc\\nz" in source


def test_optimised_graphs_are_drawn_as_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.backends.inline.Inline.fuses_chains", True)
    x = weft.delayed(add)(weft.delayed(inc)(1), 1)

    with weft.config.set(scheduler="inline"):
        assert "inc-add" in visualize(x, filename=None, optimize_graph=True).source
        assert "inc-add" not in visualize(x, filename=None).source


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "cytoscape"}, "the only engine is 'graphviz'"),
        ({"format": "bmp"}, "format 'bmp'"),
        ({"color": "taste"}, "cannot colour by 'taste'"),
        ({"rankdir": "up"}, "rankdir='up'"),
        ({"limit": 3}, "cannot draw 4 nodes"),
        ({"maxval": 3}, "maxval is the top of a scale"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DrawingError, match=message):
        visualize(example(), filename=None, **options)


def test_options_that_are_not_known_are_refused() -> None:
    with pytest.raises(TypeError, match="colour_scheme"):
        visualize(example(), filename=None, colour_scheme="blue")


def test_arguments_that_are_no_graphs_are_refused() -> None:
    with pytest.raises(TypeError, match="cannot draw 5"):
        visualize(5)
    with pytest.raises(TypeError, match="nothing to draw"):
        visualize()


@needs_dot
def test_any_text_makes_a_picture() -> None:
    names = ['quo"te', "back\\slash", "<b>", "new\nline", "ünï", "a" * 200, "{r|e}", ""]
    graph = {("k", name): (inc, 1) for name in names} | {name or "empty": 1 for name in names}
    source = dot_graph(graph, filename=None).source

    done = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True, timeout=60)

    assert done.stdout.count(b'class="node"') == 2 * len(names)
