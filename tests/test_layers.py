"""Imports point down: a file of ``weft`` imports from lower floors only, function-level and type-only imports included."""

from __future__ import annotations

import ast
from pathlib import Path

import weft

ROOT = Path(weft.__file__).parent

#: Floor 0 is a list of single modules; each may import those that stand before it.
GROUND = [
    "errors",
    "forking",
    "typing",
    "records",
    "hints",
    "deprecation",
    "units",
    "system",
    "config",
    "registry",
    "compat",
    "tokenize",
    "sizeof",
    "locks",
    "callables",
    "dispatch",
    "ducks",
    "extras",
    "scratch",
    "seeds",
    "text",
    "selection",
]

#: Modules at the paths that users of Dask know. They only pass on names from where these live.
FACADE = {
    "_task_spec",
    "base",
    "blockwise",
    "bytes",
    "callbacks",
    "core",
    "highlevelgraph",
    "joblib",
    "local",
    "multiprocessing",
    "optimization",
    "order",
    "threaded",
    "utils",
}

LAYERS = [
    set(GROUND),
    {"graph"},
    {"scheduler", "store", "expr"},
    {"backends", "physical"},
    {"execution"},
    {"diagnostics", "io"},
    {"distributed", "collection", "cache"},
    {"delayed", "array", "dataframe", "bag"},
    {"ml", "interop", "graph_manipulation", "datasets"},
    {"cli", "testing", "demo"},
    FACADE,
]
#: What ``weft`` itself offers (``from weft import compute``) needs everything up to here.
API = 7
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}


def imported(path: Path) -> set[str]:
    """Parts of weft that a file imports: anywhere in it, functions and TYPE_CHECKING too."""
    modules = set()
    for item in ast.walk(ast.parse(path.read_text())):
        if isinstance(item, ast.Import):
            modules |= {alias.name for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            modules |= {f"{item.module}.{alias.name}" for alias in item.names}
    return {name.split(".")[1] for name in modules if name.startswith("weft.")}


def home_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_every_part_has_a_floor():
    parts = {home_of(path) for path in ROOT.rglob("*.py")} - {"__init__", "__main__"}
    assert parts <= set(HEIGHT), f"give these a floor in LAYERS: {sorted(parts - set(HEIGHT))}"


def test_imports_point_down():
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        home = home_of(path)
        if home in HEIGHT:
            for target in imported(path) - {home}:
                if HEIGHT.get(target, API) >= HEIGHT[home] and not (
                    HEIGHT[home] == 0 and GROUND.index(target) < GROUND.index(home)
                ):
                    wrong.append(f"{path.relative_to(ROOT)} imports weft.{target}")
    assert not wrong, "imports must point down the list LAYERS:\n" + "\n".join(wrong)


def test_facades_only_pass_names_on():
    for name in sorted(FACADE):
        tree = ast.parse((ROOT / f"{name}.py").read_text())
        doc, *imports, names = tree.body
        assert isinstance(doc, ast.Expr), name
        assert all(isinstance(item, ast.ImportFrom) for item in imports), name
        assert isinstance(names, ast.Assign), name
        passed_on = {alias.asname or alias.name for item in imports for alias in item.names}
        listed = {element.value for element in names.value.elts}
        assert listed == passed_on, name
