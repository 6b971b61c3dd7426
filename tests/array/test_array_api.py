"""The standard's namespace: every function and method of array-api-strict's newest revision, by name and by signature."""

from __future__ import annotations

import inspect
from inspect import Parameter

import array_api_strict
import numpy as np
import pytest

import weft.array as da

XP = da.ones(1).__array_namespace__()
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
#: What belongs to array-api-strict, and not to the standard.
ITS_OWN = {"Device", "ArrayAPIStrictFlags", "__version__"} | {
    f"{verb}_array_api_strict_flags" for verb in ("set", "get", "reset")
}


def functions():
    for module in ("", "linalg", "fft"):
        theirs = getattr(array_api_strict, module) if module else array_api_strict
        for name in sorted(set(theirs.__all__) - ITS_OWN):
            yield pytest.param(module, name, id=f"{module}.{name}".strip("."))


@pytest.mark.parametrize(("module", "name"), list(functions()))
def test_functions_can_be_called_as_the_standard_says(module, name):
    theirs = getattr(getattr(array_api_strict, module) if module else array_api_strict, name)
    ours = getattr(getattr(XP, module) if module else XP, name)
    if inspect.isfunction(theirs):
        assert not refused(inspect.signature(ours), inspect.signature(theirs))


METHODS = sorted(
    name
    for name, each in vars(type(array_api_strict.asarray(1))).items()
    if inspect.isfunction(each) and (not name.startswith("_") or name.startswith("__"))
)


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"__buffer__", "__init__", "__new__"}))
def test_methods_are_there(name):
    assert callable(getattr(da.Array, name))


def refused(ours: inspect.Signature, theirs: inspect.Signature) -> list[str]:
    """The standard's parameters that cannot be given in the standard's way."""
    mine = [each for each in ours.parameters.values() if each.kind in POSITIONAL]
    named = {each.name for each in ours.parameters.values() if each.kind is not Parameter.POSITIONAL_ONLY}
    kinds = {each.kind for each in ours.parameters.values()}
    wrong = []
    for place, each in enumerate(theirs.parameters.values()):
        if each.kind in POSITIONAL and place >= len(mine) and Parameter.VAR_POSITIONAL not in kinds:
            wrong.append(each.name)
        by_name = each.kind in (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        if by_name and each.name not in named and Parameter.VAR_KEYWORD not in kinds:
            wrong.append(each.name)
    return wrong


def test_limits_of_floats_are_numbers_of_python():
    found = da.ones(1).__array_namespace__().finfo("float32")
    assert found == (
        32,
        *[float(getattr(np.finfo("f4"), name)) for name in ("eps", "max", "min", "smallest_normal")],
        np.dtype("f4"),
    )
    assert all(type(each) is float for each in found[1:5])


def test_sort_is_stable_unless_told_otherwise():
    whole = np.array([0.0, -0.0, 1.0, -0.0, 0.0] * 5, np.float32)
    xp = da.ones(1).__array_namespace__()
    made = xp.sort(da.from_array(whole, chunks=9)).compute()
    np.testing.assert_array_equal(np.signbit(made), np.signbit(np.sort(whole, kind="stable")))


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse", "unique_values"])
def test_different_values_are_counted(name):
    whole = np.array([3, 1, 3, 2, 1])
    made, expected = getattr(XP, name)(da.from_array(whole, chunks=2)), getattr(np, name)(whole)
    pairs = [(made, np.sort(expected))] if name == "unique_values" else list(zip(made, expected, strict=True))
    for ours, theirs in pairs:
        assert type(ours.shape[0]) is int
        assert ours.shape == theirs.shape
        np.testing.assert_array_equal(ours.compute(), theirs)


def test_the_sign_of_a_complex_number_that_is_in_part_nan_is_nan_in_both_parts():
    parts = (np.nan, np.inf, -np.inf, 0.0, -2.5)
    whole = np.array([complex(real, imag) for real in parts for imag in parts])
    made = XP.sign(da.from_array(whole, chunks=4)).compute()
    either = np.isnan(whole)
    assert np.isnan(made[either].real).all()
    assert np.isnan(made[either].imag).all()
    np.testing.assert_array_equal(made[~either], np.sign(whole[~either]))
    real = da.from_array(np.array([-2, 0, 3]), chunks=2)
    assert XP.sign(real).name == da.sign(real).name
