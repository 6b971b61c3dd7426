"""Programs: straight-line code that tasks share."""

from __future__ import annotations

import pickle
from functools import partial
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graph.written import combine

from weft.graph.program import Program, Step, chain, name_of


def test_steps_read_slots_and_write_the_next():
    program = Program((Step(pow, (0, 1)), Step(combine, (2, 0, 2))), arity=2)
    assert program.run([2, 10]) == combine(1024, 2, 1024)


def test_keywords_name_the_last_arguments():
    program = Program((Step(sorted, (0, 1), ("reverse",)),), arity=2)
    assert program.run([[1, 3, 2], True]) == [3, 2, 1]
    with pytest.raises(ValueError, match="arity"):
        Program.call(sorted, keywords=("reverse",))


def test_a_single_call_of_all_values_is_direct():
    assert Program.call(pow).direct is pow
    assert Program((Step(pow, (1, 0)),), arity=2).direct is None
    assert Program((Step(pow, (1, 0)),), arity=2).run([2, 3]) == 9


def test_a_slot_is_emptied_after_its_last_reader():
    seen = []
    program = Program((Step(lambda a: [a], (0,)), Step(lambda b: seen.append(list(values)), (2,))), arity=2)
    values = ["input", "unused"]
    program.run(values)
    assert seen[0][0] is None


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=5), st.integers(1, 3))
def test_a_chain_runs_as_its_links_would_one_by_one(shapes, ninputs):
    links = []
    constants = []
    value = None
    inputs = list(range(10, 10 + ninputs))
    for place, (reads, nconstants) in enumerate(shapes):
        own = [100 * place + n for n in range(nconstants)]
        count = ninputs if place == 0 else reads
        brought = inputs if place == 0 else [value] * reads
        value = combine(*brought, *own)
        links.append((Program.call(combine), count, nconstants))
        constants += own
    assert chain(links).run([*inputs, *constants]) == value


def test_picking_gives_one_of_several_outputs():
    assert Program.call(divmod, noutputs=2).picking(1).run([17, 5]) == 2
    several = Program((Step(abs, (0,)), Step(divmod, (2, 1))), arity=2, noutputs=2)
    assert several.picking(0).run([-17, 5]) == 3
    assert pickle.loads(pickle.dumps(several.picking(0))).run([-17, 5]) == 3


def test_names_are_those_of_functions():
    assert name_of(partial(partial(sorted), reverse=True)) == "sorted"
    assert name_of(lambda: 0) == "lambda"
    assert name_of(combine) == "combine"
    assert name_of(type("Adder", (), {"__call__": abs})()) == "Adder"
    assert repr(Program.call(pow)) == "<Program pow: 1 step>"


def test_programs_travel():
    program = Program((Step(combine, (0, 1)), Step(abs, (2,))), arity=2, name="both")
    back = pickle.loads(pickle.dumps(program))
    assert (back.run([1, 2]), back.name) == (program.run([1, 2]), "both")


def test_what_answers_to_any_name_has_a_name():
    assert name_of(Mock()) == "Mock"
