"""Collections that wait for one another, or are made again."""

from __future__ import annotations

from itertools import count

import numpy as np
import pandas as pd
import pytest
from tests.collection.test_base import Numbers, numbers

import weft
import weft.array as da
import weft.bag as db
import weft.dataframe as dd
from weft.graph_manipulation import bind, checkpoint, clone, wait_on


@pytest.fixture
def seen():
    return []


def note(seen, name, *after):
    return weft.delayed(lambda *_: seen.append(name) or name)(*after)


@pytest.mark.parametrize("split_every", [None, 2, 3, False])
@pytest.mark.parametrize("scheduler", ["inline", "threads"])
def test_a_checkpoint_is_there_when_all_blocks_are(seen, split_every, scheduler):
    parts = [note(seen, n) for n in range(20)]
    done = checkpoint(parts, numbers(), split_every=split_every)
    assert done.compute(scheduler=scheduler) is None
    assert sorted(seen) == list(range(20))


def test_no_task_of_a_checkpoint_waits_for_more_than_it_was_told():
    parts = [weft.delayed(abs)(n) for n in range(30)]
    graph = checkpoint(*parts, split_every=4).weft
    assert max(len(reads) for reads in graph.dependencies().values()) == 4
    assert checkpoint().compute() is None


@pytest.mark.parametrize("wrong", [0, 1, 2.5, True])
def test_splits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="split_every"):
        checkpoint(weft.delayed(abs)(1), split_every=wrong)


def test_bound_collections_start_after_their_parents(seen):
    late = note(seen, "end", note(seen, "start"))
    bound = bind(late, [note(seen, "parent"), note(seen, "other")])
    assert bound.key != late.key
    assert bound.compute() == "end"
    assert sorted(seen[:2]) == ["other", "parent"]
    assert seen[2:] == ["start", "end"]


def test_what_is_omitted_is_shared_and_does_not_wait(seen):
    shared = note(seen, "shared")
    bound = bind(note(seen, "child", shared), note(seen, "parent"), omit=shared)
    assert weft.compute(bound, shared) == ("child", "shared")
    assert sorted(seen) == ["child", "parent", "shared"]


def test_a_clone_runs_beside_its_original(seen):
    x = note(seen, "x")
    y = clone(x)
    assert weft.compute(x, y) == ("x", "x")
    assert seen == ["x", "x"]
    assert clone(x, seed=1).key == clone(x, seed=1).key != clone(x, seed=2).key
    assert not set(x.weft) & set(y.weft)


def test_clones_share_what_is_omitted(seen):
    base = note(seen, "base")
    y = clone(note(seen, "top", base), omit=[base])
    assert y.compute() == "top"
    assert base.key in y.weft
    assert clone(base, omit=base).key == base.key


def test_containers_and_several_collections_come_back_in_their_shape():
    x, y = weft.delayed(abs)(-1), weft.delayed(abs)(-2)
    assert weft.compute(clone({"a": [x]}, y)) == (({"a": [1]}, 2),)
    assert weft.compute(bind([x, {"b": y}], x)) == ([1, {"b": 2}],)
    assert weft.compute(*wait_on(x, [y])) == (1, [2])


def test_waiting_collections_are_there_only_after_all_of_them(seen):
    slow, quick = note(seen, "slow"), note(seen, "quick")
    first, _ = wait_on(slow, quick)
    after = note(seen, "after", first)
    assert after.compute() == "after"
    assert seen[-1] == "after"
    assert set(seen) == {"slow", "quick", "after"}


@pytest.mark.parametrize(
    "change", [clone, wait_on, lambda x: bind(x, weft.delayed(abs)(-1)), lambda x: clone(x, omit=numbers())]
)
def test_collections_of_any_kind_keep_their_type_and_result(change):
    x = numbers().map(abs)
    changed = change(x)
    assert isinstance(changed, Numbers)
    assert changed.name != x.name
    assert changed.compute() == [0, 1, 2]
    assert weft.compute(changed, x) == ([0, 1, 2], [0, 1, 2])


def test_annotations_stay_with_the_clones():
    with weft.annotate(retries=2):
        x = weft.delayed(abs)(-1)
    graph = clone(x).weft
    layer, place = graph.index[next(iter(graph))]
    assert layer.annotations_of(place) == {"retries": 2}


@pytest.mark.parametrize("change", [clone, wait_on, lambda x: bind(x, weft.delayed(abs)(-1))])
def test_arrays_keep_their_layout(change):
    import weft.array as da

    x = da.ones((6,), chunks=2) + 1
    changed = change(x)
    assert changed.name != x.name
    assert (changed + x).compute().tolist() == [4.0] * 6


@pytest.mark.parametrize("change", [clone, wait_on, lambda x: bind(x, weft.delayed(abs)(-1))])
def test_frames_keep_their_partitions_and_divisions(change, tmp_path):
    import pandas as pd

    import weft.dataframe as dd

    for part in range(2):
        pd.DataFrame({"a": [part, part + 10]}).to_parquet(tmp_path / f"{part}.parquet")
    table = dd.read_parquet(str(tmp_path))
    changed = change(table)
    assert changed.divisions == table.divisions
    assert changed.a.sum().compute() == table.a.sum().compute() == 22


MADE = {
    "arrays": lambda: (lambda x: (x - x.mean(0)) * 2)(da.arange(12, chunks=(3,)).reshape(6, 2)),
    "decompositions": lambda: np.linalg.svd(da.ones((6, 2), chunks=(3, 2)) + np.eye(6, 2))[0],
    "frames": lambda: dd.from_pandas(pd.DataFrame({"a": range(6), "b": range(6)}), npartitions=3).cumsum() + 1,
    "bags": lambda: db.from_sequence(range(6), npartitions=3).map(abs),
    "delayed values": lambda: weft.delayed(abs)(weft.delayed(abs)(-3)),
}
BOTH = {
    "arrays": lambda x, y: (x + y).sum(0),
    "decompositions": lambda x, y: x.T @ y,
    "frames": lambda x, y: (x + y).sum(),
    "bags": lambda x, y: db.zip(x, y),
    "delayed values": lambda x, y: x + y,
}


@pytest.mark.parametrize("kind", MADE)
def test_what_waited_for_one_another_can_be_put_together(kind):
    first, both = MADE[kind](), BOTH[kind]
    second = first.map(abs) if kind == "bags" else first + 1
    whole = weft.compute(both(first, second))[0]
    for x, y in (
        wait_on(first, second),
        (wait_on(first), second),
        (first, wait_on(second)),
        bind((first, second), first),
    ):
        np.testing.assert_allclose(weft.compute(both(x, y))[0], whole)


def test_an_array_of_a_graph_goes_with_the_array_that_it_was_made_of():
    x = da.arange(6, chunks=3) + 1
    again = da.Array(dict(x.weft), x.name, x.chunks, x.dtype)
    np.testing.assert_array_equal((x + again).compute(), 2 * np.arange(1, 7))
    np.testing.assert_array_equal((again + again * 2).compute(), 3 * np.arange(1, 7))


def test_two_tasks_of_one_key_that_differ_are_an_error():
    def number(value):
        name = f"n-{next(names)}"
        return da.Array({"same": (abs, value), (name, 0): (np.full, 2, "same")}, name, ((2,),), np.dtype(float))

    names = count()
    np.testing.assert_array_equal((number(-1.0) + number(-1.0)).compute(), [2, 2])
    with pytest.raises(weft.errors.GraphError, match="two different tasks have the key 'same'"):
        (number(1.0) + number(2.0)).compute()
