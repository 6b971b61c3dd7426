"""Arrays, dataframes, bags and delayed calls on Ray: a tenth of what their own tests say, on the shared local Ray."""

from __future__ import annotations

import math
import operator
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("ray")

import weft
import weft.array as da
import weft.bag as db
import weft.dataframe as dd
from weft.errors import BackendError

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("ray_cluster"),
    # Ray's own: sockets and files that it leaves to the garbage collector, and notices about its next version
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:ray"),
]

# The functions of this module travel by value: Ray's workers cannot import it.
cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))


def on_ray(*collections: Any, **options: Any) -> Any:
    found = weft.compute(*collections, scheduler="ray", **options)
    return found[0] if len(collections) == 1 else found


# -- arrays -------------------------------------------------------------------------------------------------------------

WHOLE = np.random.default_rng(0).normal(size=(60, 40))


@pytest.fixture
def x() -> Any:
    return da.from_array(WHOLE, chunks=(16, 13))


ARRAYS = {
    "arithmetic": (lambda x, np: (x * 2 - x.mean(axis=0)) / (1 + abs(x)), None),
    "reduction": (lambda x, np: x.sum(axis=1) + x.max(), None),
    "cumulative": (lambda x, np: np.cumsum(x, axis=0), None),
    "slices": (lambda x, np: x[5:50:3, ::-1], None),
    "picks": (lambda x, np: x[[3, 1, 58], :][:, [0, 39]], None),
    "transpose and product": (lambda x, np: x.T @ x, None),
    "reshape": (lambda x, np: x.reshape(-1)[7:], None),
    "concatenation": (lambda x, np: np.concatenate([x, x + 1], axis=1), None),
    "where": (lambda x, np: np.where(x > 0, x, -1), None),
    "median": (lambda x, np: np.median(x, axis=0), None),
    "sorted": (lambda x, np: np.sort(x, axis=0), None),
    "standard deviation": (lambda x, np: x.std(axis=1, ddof=1), None),
    "argmax": (lambda x, np: np.argmax(x, axis=1), None),
    "histogram": (lambda x, np: np.histogram(x, bins=5, range=(-3, 3))[0], None),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_agree_with_numpy(name, x):
    question, _ = ARRAYS[name]
    np.testing.assert_allclose(on_ray(question(x, da)), question(WHOLE, np))


def test_an_array_is_rechunked_and_stored(x, tmp_path):
    np.testing.assert_array_equal(on_ray(x.rechunk((60, 5)) + 1), WHOLE + 1)
    target = np.zeros_like(WHOLE)
    assert on_ray(x.map_blocks(np.negative)).sum() == pytest.approx(-WHOLE.sum())
    assert target.shape == x.shape


def test_several_results_share_what_they_need(x):
    total, largest = on_ray(x.sum(), x.max())
    assert total == pytest.approx(WHOLE.sum())
    assert largest == WHOLE.max()


def test_random_numbers_do_not_depend_on_the_backend():
    numbers = da.random.default_rng(3).normal(size=(50, 20), chunks=(13, 7))
    np.testing.assert_array_equal(on_ray(numbers), numbers.compute(scheduler="inline"))


def test_a_persisted_array_stays_with_ray_and_pieces_are_fetched(x):
    (held,) = weft.persist(x + 1, scheduler="ray")
    np.testing.assert_array_equal(on_ray(held[:5]), WHOLE[:5] + 1)
    np.testing.assert_allclose(on_ray(held.mean()), WHOLE.mean() + 1)


# -- dataframes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "key": rng.integers(0, 7, 300),
            "name": rng.choice(["red", "green", "blue"], 300),
            "value": rng.normal(size=300),
            "when": pd.date_range("2020-01-01", periods=300, freq="h"),
        }
    )


FRAMES = {
    "filter and assign": lambda df: df[df.value > 0].assign(double=df.value * 2)[["key", "double"]],
    "sums": lambda df: df[["key", "value"]].sum(),
    "groups": lambda df: df.groupby("key").value.mean().sort_index(),
    "groups of text": lambda df: df.groupby("name").agg({"value": "max", "key": "sum"}).sort_index(),
    "strings": lambda df: df.name.str.upper(),
    "dates": lambda df: df.when.dt.hour,
    "counts": lambda df: df.name.value_counts().sort_index(),
    "largest": lambda df: df.nlargest(5, "value"),
    "describe": lambda df: df.value.std(),
    "sorted": lambda df: df.sort_values("value")["value"],
    "no duplicates": lambda df: (
        df[["key", "name"]].drop_duplicates().sort_values(["key", "name"]).reset_index(drop=True)
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_agree_with_pandas(name, table):
    found, expected = on_ray(FRAMES[name](dd.from_pandas(table, npartitions=5))), FRAMES[name](table)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected, check_freq=False)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected, check_freq=False)
    else:
        assert found == pytest.approx(expected)


def test_frames_are_joined(table):
    right = pd.DataFrame({"key": range(7), "weight": np.linspace(0, 1, 7)})
    joined = dd.from_pandas(table, npartitions=4).merge(dd.from_pandas(right, npartitions=2), on="key")
    found = on_ray(joined).sort_values("when").reset_index(drop=True)
    expected = table.merge(right, on="key").sort_values("when").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_partitions_are_mapped_and_shuffled(table):
    frame = dd.from_pandas(table, npartitions=4)
    assert on_ray(frame.map_partitions(len)).sum() == 300
    shuffled = frame.shuffle("key", npartitions=3)
    parts = [on_ray(shuffled.get_partition(i)) for i in range(3)]
    assert sum(map(len, parts)) == 300
    assert sum(part.key.nunique() for part in parts) == 7


def test_a_frame_is_read_and_written(table, tmp_path):
    dd.from_pandas(table, npartitions=3).to_parquet(tmp_path / "data", compute_kwargs={"scheduler": "ray"})
    found = on_ray(dd.read_parquet(tmp_path / "data")[["key", "value"]])
    pd.testing.assert_frame_equal(found.reset_index(drop=True), table[["key", "value"]])


def test_an_index_is_set(table):
    found = on_ray(dd.from_pandas(table, npartitions=4).set_index("value"))
    pd.testing.assert_frame_equal(found, table.set_index("value").sort_index())


# -- bags ---------------------------------------------------------------------------------------------------------------


def test_bags_agree_with_plain_python():
    numbers = db.from_sequence(range(100), npartitions=7)
    assert on_ray(numbers.map(lambda i: i * i).filter(lambda i: i % 2)) == [i * i for i in range(100) if i % 2]
    assert on_ray(numbers.sum()) == 4950
    assert on_ray(numbers.fold(operator.mul, initial=0)) == 0
    assert sorted(on_ray(numbers.groupby(lambda i: i % 3).map(lambda pair: (pair[0], sum(pair[1]))))) == [
        (k, sum(range(k, 100, 3))) for k in range(3)
    ]
    assert on_ray(numbers.topk(2)) == [99, 98]
    assert dict(on_ray(db.from_sequence("abracadabra", npartitions=3).frequencies())) == {
        "a": 5, "b": 2, "r": 2, "c": 1, "d": 1,
    }  # fmt: skip


def test_a_bag_becomes_a_frame():
    bag = db.from_sequence([{"x": i, "y": str(i)} for i in range(10)], npartitions=3)
    frame = on_ray(bag.to_dataframe())
    assert list(frame.x) == list(range(10))


# -- delayed calls ------------------------------------------------------------------------------------------------------


@weft.delayed
def add(a: Any, b: Any) -> Any:
    return a + b


@weft.delayed(nout=2)
def halves(x: list[int]) -> tuple[list[int], list[int]]:
    return x[: len(x) // 2], x[len(x) // 2 :]


def test_delayed_calls_nest_in_containers():
    first, second = halves(list(range(6)))
    total = add(weft.delayed(sum)([first[0], second[1]]), weft.delayed(max)(second))
    assert on_ray(total, {"all": [first, second]}) == (9, {"all": [[0, 1, 2], [3, 4, 5]]})


def test_a_wide_tree_of_delayed_calls():
    layer = [add(i, 0) for i in range(512)]
    while len(layer) > 1:
        layer = [add(a, b) for a, b in zip(layer[::2], layer[1::2], strict=True)]
    assert on_ray(layer[0]) == sum(range(512))


def test_large_values_go_from_task_to_task():
    made = [weft.delayed(np.full)(200_000, float(i)) for i in range(6)]
    assert on_ray(weft.delayed(sum)([weft.delayed(np.sum)(each) for each in made])) == 200_000 * 15


def test_a_task_may_compute():
    @weft.delayed
    def nested(n: int) -> Any:
        return da.arange(n, chunks=3).sum().compute() + db.from_sequence(range(n), npartitions=2).sum().compute()

    assert on_ray(nested(10)) == 90


def test_a_task_raises_what_it_raised():
    class OwnError(Exception):
        def __init__(self, a: int, b: int) -> None:
            super().__init__(f"{a} and {b}")

    @weft.delayed
    def failing(x: int) -> float:
        if x > 3:
            raise OwnError(x, 2)
        return math.sqrt(x)

    with pytest.raises(OwnError, match="5 and 2") as caught:
        on_ray([failing(i) for i in (1, 5)])
    assert any("failing" in note for note in caught.value.__notes__)
    frames = [entry.name for entry in caught.traceback]
    assert frames[-1] == "failing"


def test_options_that_make_no_sense_raise():
    with pytest.raises(BackendError, match="no option 'colour'"):
        on_ray(add(1, 2), colour="red")
    with pytest.raises(BackendError, match="runtime_env"):
        on_ray(add(1, 2), runtime_env=3)


def test_the_runtime_environment_is_passed_on():
    import os

    assert (
        on_ray(weft.delayed(os.getenv)("WEFT_RAY_TEST"), runtime_env={"env_vars": {"WEFT_RAY_TEST": "here"}}) == "here"
    )
