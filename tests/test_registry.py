"""Looking up implementations by name and by type."""

from __future__ import annotations

import sys
import types
from importlib import metadata

import pytest

from weft import registry
from weft.errors import BackendError, RegistryError
from weft.registry import Registry, TypeRegistry


@pytest.fixture
def backends():
    backends = Registry("backend")
    backends.add("inline", 1)
    backends.add("threads", 2)
    return backends


def test_an_implementation_is_found_by_its_name(backends):
    assert backends["threads"] == 2
    assert list(backends) == backends.names() == ["inline", "threads"]
    assert "inline" in backends
    assert "ray" not in backends


def test_an_unknown_name_is_an_error_that_lists_the_known_and_names_the_nearest(backends):
    with pytest.raises(
        RegistryError, match=r"no backend 'thread'. Known: 'inline', 'threads'. Did you mean 'threads'\?"
    ):
        backends["thread"]
    with pytest.raises(KeyError):
        backends["zzz"]
    with pytest.raises(ValueError, match=r"Known: none\.$"):
        Registry("store")["zzz"]


def test_a_name_that_is_taken_is_an_error(backends):
    with pytest.raises(RegistryError, match="'threads' as 3: the name stands for 2"):
        backends.add("threads", 3)


def test_the_class_of_the_error_can_be_chosen():
    with pytest.raises(BackendError, match="no backend 'x'"):
        Registry("backend", error=BackendError)["x"]


def test_a_path_is_imported_when_it_is_asked_for(backends, monkeypatch):
    backends.add("ray", "not_there_yet:backends.Ray")
    assert "ray" in backends
    ray = types.SimpleNamespace(backends=types.SimpleNamespace(Ray=object()))
    monkeypatch.setitem(sys.modules, "not_there_yet", ray)
    assert backends["ray"] is backends["ray"] is ray.backends.Ray


@pytest.mark.parametrize("path", ["fractions:Fractions", "fractions"])
def test_a_path_that_leads_nowhere_is_an_error(backends, path):
    backends.add("wrong", path)
    with pytest.raises(RegistryError, match="'module:attribute'"):
        backends["wrong"]


def test_a_package_that_is_missing_is_an_import_error(backends):
    backends.add("missing", "no_such_package:Backend")
    with pytest.raises(ImportError, match="no_such_package"):
        backends["missing"]


def test_entry_points_are_read_when_a_name_is_not_known(monkeypatch):
    reads = []

    def entry_points(group):
        reads.append(group)
        return [metadata.EntryPoint("slurm", "fractions:Fraction", group)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    backends = Registry("backend", entry_points="weft.backends")
    backends.add("inline", 1)
    assert backends["inline"] == 1
    assert reads == []
    assert backends["slurm"].__name__ == "Fraction"
    assert "zzz" not in backends
    assert reads == ["weft.backends"]


class Base: ...


class Derived(Base): ...


@pytest.fixture
def names():
    return TypeRegistry(lambda cls, nearest: nearest or "unknown")


def test_what_is_registered_for_a_class_holds_for_its_subclasses(names):
    assert names.find(Derived) == "unknown"
    names.register(Base, int)("base")
    assert names.find(Derived) == names.find(bool) == "base"
    names.register(Derived)("derived")
    assert names.find(Derived) == names.found[Derived] == "derived"
    assert names.find(Base) == "base"


def test_what_waits_for_a_library_is_registered_with_its_first_class(names):
    foreign = type("Foreign", (), {"__module__": "library.inner"})
    names.register_lazy("library", lambda: names.register(foreign)("foreign"))
    assert names.find(Base) == "unknown"
    assert foreign not in names.found
    assert names.find(type("Derived", (foreign,), {})) == "foreign"


def test_what_holds_for_a_class_is_chosen_once():
    asked = []
    names = TypeRegistry(lambda cls, nearest: asked.append((cls, nearest)) or "chosen")
    names.register(Base)("base")
    assert names.find(Base) == "base"
    assert names.find(Derived) == names.find(Derived) == "chosen"
    assert asked == [(Derived, "base")]


def test_the_dictionary_of_what_was_found_is_always_the_same(names):
    found = names.found
    names.find(Derived)
    names.register(Base)("base")
    names.find(Derived)
    assert names.found is found
    assert found == {Base: "base", Derived: "base"}
