"""Small helpers of floor 0: callables, dispatch, ducks, scratch files, texts, extras, seeds."""

from __future__ import annotations

import json
import os
import pickle
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weft.errors import MissingDependencyError
from weft.utils import (
    Dispatch,
    IndexCallable,
    M,
    apply,
    cached_property,
    derived_from,
    ensure_dict,
    filetext,
    filetexts,
    funcname,
    has_keyword,
    import_required,
    is_arraylike,
    is_dataframe_like,
    is_index_like,
    is_series_like,
    memory_repr,
    methodcaller,
    natural_sort_key,
    random_state_data,
    show_versions,
    stringify,
    takes_multiple_arguments,
    tmpdir,
    tmpfile,
    typename,
)


def test_functions_can_be_applied_and_named():
    assert apply(sorted, [[2, 1]], {"reverse": True}) == [2, 1]
    assert apply(max, (1, 2)) == 2
    assert funcname(partial(partial(sorted), reverse=True)) == "sorted"
    assert funcname(lambda: 0) == "lambda"
    assert funcname(np.sum) == "sum"
    assert funcname(type("Adder", (), {"__call__": abs})()) == "Adder"
    long = lambda: 0  # noqa: E731
    long.__name__ = "x" * 80
    assert len(funcname(long)) == 50


def test_types_are_named_with_their_module():
    assert typename(int) == "int"
    assert typename(OrderedDict()) == "collections.OrderedDict"
    assert typename(pd.DataFrame, short=True) == "pandas.DataFrame"


def test_signatures_can_be_asked():
    assert has_keyword(sorted, "key")
    assert not has_keyword(lambda x: x, "key")
    assert not has_keyword(5, "key")
    assert takes_multiple_arguments(lambda x, y: x)
    assert not takes_multiple_arguments(lambda x, y=1: x)
    assert takes_multiple_arguments(lambda *args: args)
    assert not takes_multiple_arguments(lambda *args: args, varargs=False)
    assert not takes_multiple_arguments(5)


def test_indexing_can_call():
    assert IndexCallable(lambda key: key)[1:2, "a"] == (slice(1, 2), "a")


def test_a_property_is_computed_once():
    class Thing:
        calls = 0

        @cached_property
        def value(self):
            self.calls += 1
            return 5

    thing = Thing()
    assert (thing.value, thing.value, thing.calls) == (5, 5, 1)


def test_docstrings_can_be_taken_over():
    class Original:
        def mean(self, axis, weights=None):
            """Give the mean.

            Parameters
            ----------
            axis : int
            weights : array
            """

    class Mine:
        @derived_from(Original, version="1.2", inconsistencies="none yet")
        def mean(self, axis): ...

        @derived_from(Original)
        def other(self): ...

    doc = Mine.mean.__doc__
    assert doc.startswith("Give the mean.")
    assert "weights : array  (Not supported in Weft)" in doc
    assert "axis : int\n" in doc
    assert "version 1.2" in doc
    assert "none yet" in doc
    assert Mine.other.__doc__ is None


def test_dispatch_goes_by_type_and_its_bases():
    size = Dispatch("size")
    size.register((list, tuple), len)

    @size.register(int)
    def of_int(value, factor=1):
        return value * factor

    assert (size([1, 2]), size(True, factor=3), size((1,))) == (2, 3, 1)
    assert size.dispatch(bool) is of_int
    with pytest.raises(TypeError, match="size is not defined for dict"):
        size({})


def test_dispatch_waits_for_libraries():
    name = Dispatch("name")
    asked = []

    @name.register_lazy("fractions")
    def register_fractions():
        import fractions

        asked.append(1)
        name.register(fractions.Fraction, lambda value: "fraction")

    from fractions import Fraction

    name.register(int, lambda value: "int")
    assert name(5) == "int"
    assert asked == []
    assert name(Fraction(1, 2)) == "fraction"


FRAME = pd.DataFrame({"a": [1]})


@pytest.mark.parametrize(
    ("is_like", "right"),
    [
        (is_arraylike, [np.ones(3), np.float64(1)]),
        (is_dataframe_like, [FRAME]),
        (is_series_like, [FRAME.a]),
        (is_index_like, [FRAME.index, pd.MultiIndex.from_tuples([(1, 2)]).levels[0]]),
    ],
)
def test_ducks_are_known_by_what_they_do(is_like, right):
    others = [np.ones(3), FRAME, FRAME.a, FRAME.index, [1], "x", 5, None, np.ndarray, pd.DataFrame, pd.Series]
    assert all(map(is_like, right))
    assert not any(
        is_like(other)
        for other in others
        if not any(other is each for each in right) and type(other) not in map(type, right)
    )


def test_scratch_files_go_with_the_block(tmp_path):
    with tmpdir(dir=tmp_path) as directory:
        assert os.path.dirname(directory) == str(tmp_path)
        with open(os.path.join(directory, "x"), "w"):
            pass
    assert not os.path.exists(directory)
    with tmpfile(".csv", dir=tmp_path) as path:
        assert path.endswith(".csv")
        assert not os.path.exists(path)
        os.mkdir(path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), tmpfile(dir=tmp_path):
        1 / len([])
    assert list(tmp_path.iterdir()) == []


def test_texts():
    assert sorted(["f10.csv", "f9.csv", "f1.csv"], key=natural_sort_key) == ["f1.csv", "f9.csv", "f10.csv"]
    assert [memory_repr(n) for n in (5, 1024, 3 * 2**20, 2**41)] == ["5.0 bytes", "1.0 KB", "3.0 MB", "2.0 TB"]
    assert stringify(("x", 1)) == "('x', 1)"
    assert stringify("x") == "x"
    assert stringify({"k": (abs, [("x", 1), ("y", 1)])}, {("x", 1)}) == {"k": (abs, ["('x', 1)", ("y", 1)])}


def test_packages_that_are_missing_say_what_to_install():
    assert import_required("json", "needs json") is json
    with pytest.raises(MissingDependencyError, match="pip install nothing"):
        import_required("no_such_package_at_all", "pip install nothing")


def test_seeds_are_independent_and_repeat():
    first, again = random_state_data(3, 42), random_state_data(3, np.random.RandomState(42))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == first[1]).all()
    assert np.random.RandomState(first[0]).rand() != np.random.RandomState(first[1]).rand()
    assert len(random_state_data(2)) == 2


def test_mappings_become_dicts():
    assert ensure_dict(OrderedDict(x=1)) == {"x": 1}
    assert type(ensure_dict(OrderedDict(x=1))) is dict


def test_versions_are_printed(capsys):
    show_versions()
    assert '"weft"' in capsys.readouterr().out


def test_no_default_is_one_value():
    from weft.typing import no_default

    assert pickle.loads(pickle.dumps(no_default)) is no_default
    assert repr(no_default) == "<no_default>"


def test_methods_are_functions():
    assert M.upper("a") == methodcaller("upper")("a") == "A"
    assert M.upper == methodcaller("upper") == pickle.loads(pickle.dumps(M.upper))
    assert (M.upper.__name__, hash(M.upper)) == ("upper", hash(methodcaller("upper")))
    assert M.replace("aab", "a", "c", 1) == "cab"
    assert not hasattr(M, "__wrapped__")


def test_files_with_texts_are_gone_after_the_block():
    before = os.getcwd()
    with filetexts({"a/b.csv": "x\n1\n", "c": b"\xff"}) as names:
        assert names == ["a/b.csv", "c"]
        assert Path("a/b.csv").read_text() == "x\n1\n"
        assert Path("c").read_bytes() == b"\xff"
    assert os.getcwd() == before
    with filetext("x", "txt") as path:
        assert path.endswith(".txt")
        assert Path(path).read_text() == "x"
    assert not os.path.exists(path)
