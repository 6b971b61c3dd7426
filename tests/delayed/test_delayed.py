"""Delayed functions and values."""

from __future__ import annotations

import asyncio
import operator
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

import weft
from weft.delayed import Delayed, DelayedAttr, DelayedLeaf, delayed
from weft.errors import GraphError, KeyNotFoundError

SCHEDULERS = ["inline", "threads"]


@delayed
def add(a, b=10):
    """Add two numbers."""
    return a + b


@delayed
def plain(value):
    return value


def inc(x):
    return x + 1


Pair = namedtuple("Pair", "left right")


@dataclass
class Box:
    content: object
    label: str = "box"
    derived: int = field(init=False, default=0)


# -- calls --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_calls_of_calls_give_what_the_functions_give(scheduler):
    assert add(add(1, 2), b=add(3)).compute(scheduler=scheduler) == 16


def test_nothing_runs_before_compute():
    seen = []
    x = delayed(seen.append)(1)
    assert seen == []
    x.compute()
    assert seen == [1]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: add(x), 15),
        (lambda x: delayed(divmod)(17, x), (3, 2)),
        (lambda x: delayed(divmod)(x, 2), (2, 1)),
        (lambda x: delayed(list)((3, x, 2, x, 1)), [3, 5, 2, 5, 1]),
        (lambda x: delayed(zip)("a", [x], strict=True), [("a", 5)]),
        (lambda x: delayed(dict)([("a", 1)], b=x, c=2), {"a": 1, "b": 5, "c": 2}),
        (lambda x: delayed("{0}{1}{2}{0}".format)(1, x, 3), "1531"),
        (lambda x: delayed("{}{}{}".format)(x, 2, x), "525"),
        (lambda x: delayed("{}{}{a}".format)(1, x, a=x), "155"),
    ],
)
def test_arguments_keep_their_places(make, expected):
    result = make(delayed(inc)(4)).compute()
    assert (list(result) if isinstance(result, zip) else result) == expected


def test_a_decorated_function_keeps_its_name_and_docstring():
    assert add.__name__ == "add"
    assert add.__doc__ == "Add two numbers."
    assert add.__wrapped__(1, 2) == 3
    assert isinstance(add, DelayedLeaf)


def test_decorators_may_take_options():
    @delayed(nout=2, pure=True)
    def both(x):
        return x, x + 1

    first, second = both(1)
    assert weft.compute(first, second) == (1, 2)
    assert both(1).key == both(1).key


def test_methods_of_a_class_can_be_delayed():
    class Scale:
        def __init__(self, by):
            self.by = by

        @delayed
        def times(self, x):
            return self.by * x

        @staticmethod
        @delayed
        def half(x):
            return x / 2

    scale = Scale(3)
    assert scale.times(scale.times(2)).compute() == 18
    assert Scale.half(3).compute() == 1.5
    assert Scale.times(scale, 1).compute() == 3


def test_classes_and_callable_objects_can_be_delayed():
    assert delayed(Pair)(delayed(inc)(1), 2).compute() == Pair(2, 2)
    assert delayed(operator.itemgetter(1))([1, delayed(inc)(1)]).compute() == 2


def test_a_delayed_function_is_a_value_too():
    assert delayed(lambda function, x: function(x))(delayed(inc), 1).compute() == 2
    assert delayed(inc).compute()(1) == 2
    assert delayed(delayed(inc)(1).compute)().compute() == 2


def test_a_lazy_callable_is_called_lazily():
    chosen = delayed({"up": str.upper}.get)("up")
    assert chosen("x").compute() == "X"
    assert chosen(delayed(str)(5)).compute() == "5"


def test_computing_inside_a_delayed_function_works():
    def outer(n):
        return sum(weft.compute(*[delayed(inc)(i) for i in range(n)]))

    assert delayed(outer)(4).compute() == 10


def test_a_lazy_value_that_a_task_returns_is_computed_in_turn():
    assert delayed(lambda: delayed(lambda: delayed(inc)(1))())().compute() == 2
    assert weft.compute(delayed(lambda: delayed(inc)(1))(), 5) == (2, 5)


# -- keys ---------------------------------------------------------------------------------------------------------------


def test_every_call_is_a_task_of_its_own_unless_it_is_pure():
    assert add(1, 2).key != add(1, 2).key
    assert add(1, 2, pure=True).key == add(1, 2, pure=True).key
    assert add(1, 2, pure=True).key != add(1, 3, pure=True).key
    pure = delayed(inc, pure=True)
    assert pure(1).key == pure(1).key
    assert pure(1, pure=False).key != pure(1, pure=False).key


def test_names_are_made_by_content_where_it_is_configured():
    from weft import config

    before = delayed(inc)
    with config.set(delayed_pure=True):
        assert before(1).key == before(1).key
        assert delayed(inc)(1).key == delayed(inc)(1).key
        assert delayed([1, 2]).key == delayed([1, 2]).key
        assert delayed(inc)(1)(2).key == delayed(inc)(1)(2).key
        assert before(1, pure=False).key != before(1, pure=False).key
        assert delayed(inc, pure=False)(1).key != delayed(inc, pure=False)(1).key
    assert before(1).key != before(1).key


def test_equal_pure_calls_run_once():
    seen = []
    note = delayed(lambda x: seen.append(x) or x, pure=True)
    assert weft.compute(note(1), [note(1), note(2)], note(1) + note(1)) == (1, [1, 2], 2)
    assert sorted(seen) == [1, 2]


def test_a_key_can_be_given():
    x = add(1, 2, weft_key_name="total")
    assert x.key == "total"
    assert add(1, b=2, weft_key_name=("total", 1)).key == ("total", 1)
    assert x.compute() == 3
    with pytest.raises(TypeError, match="as a key"):
        add(1, weft_key_name=["no"])


def test_the_key_has_the_name_of_programs_for_dask_too():
    assert add(1, 2, dask_key_name="total").key == "total"
    assert add(1, 2, dask_key_name="total").compute() == 3
    assert delayed("text").upper(dask_key_name="loud").compute() == "TEXT"


def test_one_key_for_two_different_calls_is_an_error():
    one, other = add(1, 2, weft_key_name="x"), add(1, 3, weft_key_name="x")
    with pytest.raises(GraphError, match="two different tasks have the key 'x'"):
        weft.compute(one, other)
    with pytest.raises(GraphError, match="weft_key_name"):
        (one + other).compute()


def test_one_key_for_two_equal_calls_is_one_task():
    assert weft.compute(add(1, 2, weft_key_name="x"), add(1, 2, weft_key_name="x")) == (3, 3)


def test_names_of_functions_and_values():
    assert delayed(inc, name="other")(1).key.startswith("other-")
    assert delayed(5, name="five").key == "five"
    assert delayed([add(1)], name="list").key == "list"
    assert delayed(5, pure=True).key == delayed(5, pure=True).key
    assert delayed(5).key != delayed(5).key
    renamed = delayed(add(1), name="renamed")
    assert (renamed.key, renamed.compute()) == ("renamed", 11)
    with pytest.raises(TypeError, match="as a key"):
        delayed(5, name=["x"])


def test_a_delayed_value_is_hashed_by_its_key():
    x = add(1)
    assert {x: 1}[x] == 1
    assert len({x, x, add(1)}) == 2


# -- values and containers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        (lambda x: [x, 1], [2, 1]),
        (lambda x: (x, [x]), (2, [2])),
        (lambda x: {x}, {2}),
        (lambda x: frozenset({x}), frozenset({2})),
        (lambda x: {"a": x, x: "b"}, {"a": 2, 2: "b"}),
        (lambda x: OrderedDict(a=x), OrderedDict(a=2)),
        (lambda x: slice(x, None, x), slice(2, None, 2)),
        (lambda x: Pair(x, 1), Pair(2, 1)),
        (lambda x: Box(x), Box(2)),
        (lambda x: Box([{"deep": (x,)}], "l"), Box([{"deep": (2,)}], "l")),
        (lambda x: iter([x, 1]), [2, 1]),
        (lambda x: {"a": x}.values(), [2]),
    ],
)
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_values_inside_containers_are_computed(wrapped, expected, scheduler):
    x = delayed(inc, pure=True)(1)
    assert plain(wrapped(x)).compute(scheduler=scheduler) == expected
    assert delayed(wrapped(x)).compute(scheduler=scheduler) == expected
    assert weft.compute(wrapped(x), scheduler=scheduler) == (expected,)


def test_a_call_with_a_long_list_is_one_task():
    x = delayed(sum)([delayed(inc)(i) for i in range(100)])
    assert x.weft.ntasks == 101
    assert x.compute() == 5050


def test_containers_are_left_alone_without_traverse():
    x = add(1)
    seen = delayed(lambda items: items[0], traverse=False)([x])
    assert seen.key != x.key
    kept = delayed([x], traverse=False)
    assert kept.weft.ntasks == 0
    assert weft.compute([x], traverse=False)[0][0] is x


def test_a_dataclass_that_cannot_be_rebuilt_says_what_to_do():
    @dataclass
    class Stubborn:
        x: object

        def __init__(self):
            self.x = 1

    stubborn = Stubborn()
    stubborn.x = add(1)
    with pytest.raises(TypeError, match="traverse=False"):
        plain(stubborn).compute()


def test_large_data_is_one_block_however_often_it_is_used():
    array = np.ones(100_000)
    frame = pd.DataFrame({"a": np.arange(50_000.0)})
    both = [delayed(np.sum)(array), delayed(np.sum)(array), delayed(np.size)([array, array]), delayed(len)(frame)]
    graph = delayed(list)(both).weft
    assert len(graph.data) == 2
    assert weft.compute(*both) == (100_000, 100_000, 200_000, 50_000)


def test_small_data_travels_with_its_task():
    assert not delayed(np.sum)(np.ones(3)).weft.data


def test_wrapped_data_keeps_its_name_if_one_is_given():
    array = np.ones(100_000)
    assert delayed(array, name="ones").key == "ones"
    assert delayed(array, pure=True).key == delayed(array.copy(), pure=True).key


# -- attributes, items, operators ---------------------------------------------------------------------------------------


def test_attributes_and_methods_are_lazy():
    z = delayed(complex)(3, 4)
    assert isinstance(z.real, DelayedAttr)
    assert z.real.compute() == 3
    assert z.conjugate().imag.compute() == -4
    assert delayed("a-b").split("-", maxsplit=1)[1].compute() == "b"
    assert delayed("abc").upper(weft_key_name="up").key == "up"
    assert z.conjugate(pure=True).key == z.conjugate(pure=True).key


def test_items_and_slices_are_lazy():
    x = delayed([1, 2, 3])
    assert x[1].compute() == 2
    assert x[delayed(inc)(0) :].compute() == [2, 3]
    assert delayed({"k": 5})["k"].compute() == 5


@pytest.mark.parametrize(
    "op",
    [
        operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
        divmod, operator.lshift, operator.rshift, operator.and_, operator.or_, operator.xor,
        operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    ],
)  # fmt: skip
def test_operators_of_two_values(op):
    seven, two = delayed(7), delayed(2)
    assert weft.compute(op(seven, two), op(seven, 2), op(7, two)) == (op(7, 2),) * 3


@pytest.mark.parametrize("op", [operator.neg, operator.pos, operator.invert, abs])
def test_operators_of_one_value(op):
    assert op(delayed(-7)).compute() == op(-7)


def test_matrix_products_also_with_arrays_on_the_left():
    eye = np.eye(2)
    assert (delayed(eye) @ eye).compute().tolist() == eye.tolist()
    assert (eye @ delayed(eye)).compute().tolist() == eye.tolist()
    assert (eye + delayed(1)).compute().tolist() == (eye + 1).tolist()


def test_equal_operations_are_one_task():
    x = add(1)
    assert (x + 1).key == (x + 1).key
    assert x[0].key == x[0].key
    assert x.real.key == x.real.key


# -- several values -----------------------------------------------------------------------------------------------------


def test_calls_with_known_length_can_be_unpacked():
    quotient, rest = delayed(divmod, nout=2)(17, 5)
    assert weft.compute(quotient, rest) == (3, 2)
    assert len(delayed(divmod, nout=2)(17, 5)) == 2
    assert list(delayed([], nout=0)) == []
    assert len(delayed(add(1), nout=3)) == 3
    assert len(delayed(delayed(divmod), nout=2)(1, 2)) == 2


@pytest.mark.parametrize("nout", [-1, 1.5, True, "2"])
def test_a_length_that_makes_no_sense_is_refused(nout):
    with pytest.raises(ValueError, match="nout must be a whole number"):
        delayed(divmod, nout=nout)


# -- what cannot be done ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "advice"),
    [
        (bool, "Compute it first"),
        (iter, "nout=n"),
        (len, "nout=n"),
        (lambda x: 1 in x, r"operator\.contains"),
        (lambda x: [1, 2][x], "__index__|list indices"),
        (lambda x: setattr(x, "a", 1), "a delayed function that returns the changed value"),
        (lambda x: delattr(x, "a"), "a delayed function that returns the changed value"),
        (lambda x: operator.setitem(x, 0, 1), "a delayed function that returns the changed value"),
    ],
)
def test_what_a_lazy_value_cannot_do_says_what_to_do_instead(attempt, advice):
    with pytest.raises(TypeError, match=advice):
        attempt(add(1))


def test_private_attributes_are_refused_with_the_way_out():
    with pytest.raises(AttributeError, match=r"delayed\(getattr\)\(x, '_private'\)"):
        _ = add(1)._private
    assert not hasattr(add(1), "__array_interface__")


def test_what_a_function_raises_comes_as_itself_with_the_line_that_made_the_call():
    x = delayed(operator.truediv)(1, 0)
    with pytest.raises(ZeroDivisionError) as caught:
        x.compute()
    (note,) = caught.value.__notes__
    assert x.key in note
    assert "test_delayed.py" in note


# -- as a collection ----------------------------------------------------------------------------------------------------


def test_the_collection_protocol_is_spoken():
    x = add(1, 2, weft_key_name="x")
    assert weft.is_weft_collection(x)
    assert x.__weft_keys__() == ["x"]
    assert x.__weft_layers__() == ("x",)
    assert x.__weft_tokenize__() == "x"
    assert list(x.weft) == ["x"]
    assert list(x.__weft_graph__()) == ["x"]
    finalize, extra = x.__weft_postcompute__()
    assert finalize([5], *extra) == 5
    rebuild, extra = x.__weft_postpersist__()
    assert rebuild({"y": (abs, -3)}, *extra, rename={"x": "y"}).compute() == 3


def test_a_delayed_value_can_be_made_from_a_graph():
    x = Delayed("y", {"x": 1, "y": (inc, "x")})
    assert x.compute() == 2
    assert len(Delayed("y", {"y": [1, 2]}, length=2)) == 2
    with pytest.raises(KeyNotFoundError, match="'q'"):
        Delayed("q", {"x": 1})
    with pytest.raises(TypeError, match=r"call delayed\(...\)"):
        Delayed("q")
    with pytest.raises(ValueError, match="no such layer"):
        Delayed("x", {"x": 1}, layer="l")


def test_persisted_values_keep_their_key_and_are_not_computed_again():
    seen = []
    x = delayed(lambda: seen.append(1) or 5)()
    kept = x.persist()
    assert (kept.key, kept.compute(), (kept + 1).compute()) == (x.key, 5, 6)
    assert seen == [1]
    first, second = weft.persist(*delayed(divmod, nout=2)(17, 5))
    assert weft.compute(first, second) == (3, 2)


def test_optimize_gives_a_value_that_computes_the_same():
    x, y = weft.optimize(add(1), [add(2)])
    assert weft.compute(x, y) == (11, [12])
    with pytest.raises(TypeError, match="takes no option"):
        weft.optimize(x, fancy=True)


def test_a_delayed_value_can_be_awaited():
    async def main():
        return await add(1, 2)

    assert asyncio.run(main()) == 3


def test_values_show_their_key():
    assert repr(add(1, weft_key_name="x")) == "Delayed('x')"
    assert repr(add) == "Delayed('add')"
