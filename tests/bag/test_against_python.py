"""Every method gives what plain Python gives, for any records in any partitions."""

from __future__ import annotations

import fnmatch
import statistics
from collections import Counter
from functools import reduce
from itertools import accumulate, chain, product, starmap
from operator import add, itemgetter, mul

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bag.strategies import bags, small, value

import weft.bag as db

texts = st.text("abC *\n", max_size=5)


def is_even(x):
    return x % 2 == 0


@given(bags())
def test_map_filter_and_remove(pair):
    records, bag = pair
    assert value(bag.map(lambda x: x + 1)) == [x + 1 for x in records]
    assert value(bag.map(lambda x, y, z=0: (x, y, z), 5, z=7)) == [(x, 5, 7) for x in records]
    assert value(bag.map(lambda y, x: (y, x), x=bag)) == [(x, x) for x in records]
    assert value(bag.filter(is_even)) == [x for x in records if x % 2 == 0]
    assert value(bag.remove(is_even)) == [x for x in records if x % 2]
    assert value(bag.filter(None)) == [x for x in records if x]
    assert value(bag.filter(bag.map(is_even))) == [x for x in records if x % 2 == 0]
    assert value(bag.remove(bag.map(is_even))) == [x for x in records if x % 2]


@given(bags(st.tuples(small, small)))
def test_starmap_pluck_and_unzip(pair):
    records, bag = pair
    assert value(bag.starmap(add)) == list(starmap(add, records))
    assert value(bag.starmap(lambda x, y, z: x + y + z, z=bag.count())) == [x + y + len(records) for x, y in records]
    assert value(bag.pluck(1)) == [y for _, y in records]
    assert value(bag.pluck([1, 0])) == [(y, x) for x, y in records]
    assert value(bag.pluck([1])) == [(y,) for _, y in records]
    assert value(bag.pluck(5, "none")) == ["none"] * len(records)
    assert value(bag.pluck([0, 5], None)) == [(x, None) for x, _ in records]
    assert [value(each) for each in bag.unzip(2)] == [[x for x, _ in records], [y for _, y in records]]


@given(bags(st.lists(small, max_size=3)))
def test_flatten_also_of_iterators(pair):
    records, bag = pair
    flat = list(chain.from_iterable(records))
    assert value(bag.flatten()) == flat
    assert value(bag.map(iter).flatten()) == flat
    assert value(bag.map(iter)) == records  # an iterator that leaves a task is a list


@given(bags(texts))
def test_texts(pair):
    records, bag = pair
    assert value(bag.str.upper()) == [x.upper() for x in records]
    assert value(bag.str.replace("a", "xy")) == [x.replace("a", "xy") for x in records]
    assert value(bag.str.match("*a?")) == [x for x in records if fnmatch.fnmatch(x, "*a?")]


@given(bags())
def test_reductions(pair):
    records, bag = pair
    assert value(bag.sum()) == sum(records)
    assert value(bag.count()) == len(records)
    assert value(bag.map(abs).count(split_every=2)) == len(records)
    assert value(bag.any()) == any(records)
    assert value(bag.all()) == all(records)
    assert value(bag.fold(lambda total, x: [*total, x], add, [])) == records
    assert value(bag.fold(add, initial=0, split_every=False, out_type=db.Item)) == sum(records)
    assert value(bag.reduction(len, sum)) == len(records)
    assert value(bag.reduction(sorted, lambda parts: sorted(chain(*parts)), out_type=db.Bag)) == sorted(records)


@given(bags(min_size=2))
def test_statistics(pair):
    records, bag = pair
    assert value(bag.max()) == max(records)
    assert value(bag.min(split_every=2)) == min(records)
    assert value(bag.mean()) == pytest.approx(statistics.fmean(records))
    assert value(bag.var()) == pytest.approx(statistics.pvariance(records))
    assert value(bag.var(ddof=1)) == pytest.approx(statistics.variance(records))
    assert value(bag.std()) == pytest.approx(statistics.pstdev(records))
    assert value(bag.fold(mul)) == reduce(mul, records)


@given(bags())
def test_distinct_frequencies_and_topk(pair):
    records, bag = pair
    assert value(bag.distinct()) == list(dict.fromkeys(records))
    assert [abs(x) for x in value(bag.distinct(abs))] == list(dict.fromkeys(map(abs, records)))
    assert value(bag.frequencies()) == list(Counter(records).items())
    assert dict(value(bag.frequencies(sort=True, split_every=2))) == Counter(records)
    assert [n for _, n in value(bag.frequencies(sort=True))] == sorted(Counter(records).values(), reverse=True)
    assert value(bag.topk(3)) == sorted(records, reverse=True)[:3]
    assert [abs(x) for x in value(bag.topk(4, key=abs))] == sorted(map(abs, records), reverse=True)[:4]


@given(bags(), st.integers(1, 4))
def test_groupby_and_foldby(pair, count):
    records, bag = pair
    groups = {}
    for x in records:
        groups.setdefault(x % 3, []).append(x)
    assert dict(value(bag.groupby(lambda x: x % 3))) == groups
    assert dict(value(bag.groupby(lambda x: x % 3, npartitions=count, blocksize=1))) == groups
    sums = {key: sum(group) for key, group in groups.items()}
    assert value(bag.foldby(lambda x: x % 3, add)) == list(sums.items())
    assert value(bag.foldby(lambda x: x % 3, add, 0, add, split_every=2)) == list(sums.items())
    shifted = {key: total + 100 for key, total in sums.items()}
    assert dict(value(bag.foldby(lambda x: x % 3, add, 0, add, 100))) == shifted
    lists = dict(value(bag.foldby(lambda x: x % 3, lambda total, x: [*total, x], list, add)))
    assert lists == groups


@given(bags(), bags())
def test_join_product_zip_and_concat(one, two):
    (left, a), (right, b) = one, two
    expected = sorted((y, x) for x in left for y in right if x % 3 == abs(y))
    assert sorted(value(a.join(b, lambda x: x % 3, abs))) == expected
    assert value(a.join(right, lambda x: x % 3, abs)) == [(y, x) for x in left for y in right if x % 3 == abs(y)]
    assert sorted(value(a.product(b))) == sorted(product(left, right))
    assert value(db.zip(a, a.map(str), a)) == [(x, str(x), x) for x in left]
    assert value(db.concat([a, b, a])) == left + right + left


@given(bags(), st.one_of(st.none(), small))
def test_accumulate(pair, initial):
    records, bag = pair
    given = {} if initial is None else {"initial": initial}
    assert value(bag.accumulate(add, **given)) == list(accumulate(records, add, **given))


@given(bags(), st.integers(0, 10), st.integers(1, 7))
def test_take_and_repartition(pair, k, count):
    records, bag = pair
    assert list(bag.take(k, npartitions=-1, warn=False)) == records[:k]
    assert value(bag.take(k, npartitions=-1, compute=False)) == records[:k]
    again = bag.repartition(count)
    assert (again.npartitions, value(again)) == (count, records)


@given(bags(st.tuples(small, small)), st.booleans(), st.one_of(st.none(), st.integers(1, 6)))
def test_sort_is_stable_over_all_partitions(pair, reverse, count):
    records, bag = pair
    ordered = bag.sort(key=0, reverse=reverse, npartitions=count)
    assert value(ordered) == sorted(records, key=itemgetter(0), reverse=reverse)
    assert ordered.npartitions == (count or bag.npartitions)
    assert value(bag.sort(reverse=reverse)) == sorted(records, reverse=reverse)


@given(bags(), st.integers(1, 9), st.integers(1, 9))
def test_windows_go_over_the_borders_of_partitions(pair, size, step):
    records, bag = pair
    expected = [tuple(records[k : k + size]) for k in range(0, len(records) - size + 1, step)]
    assert value(bag.windows(size, step)) == expected


@given(bags(), bags())
def test_bags_as_sets(one, two):
    (left, a), (right, b) = one, two
    for name in ("union", "intersection", "difference"):
        found = value(getattr(a, name)(b))
        assert len(found) == len(set(found))
        assert set(found) == getattr(set(left), name)(right)
        by_size = value(getattr(a, name)(b, key=abs))
        assert sorted(map(abs, by_size)) == sorted(getattr(set(map(abs, left)), name)(map(abs, right)))
        assert name == "union" or set(by_size) <= set(left)


@given(bags(), st.one_of(st.none(), st.integers(1, 3)))
def test_loops_give_all_records_in_order(pair, count):
    records, bag = pair
    assert list(bag.map(abs).iterate(npartitions=count, scheduler="sync")) == [abs(x) for x in records]
    assert sorted(dict(bag.groupby(abs).iterate(scheduler="sync"))) == sorted(set(map(abs, records)))


@given(bags(st.text("ab", max_size=30)))
def test_repartition_by_size_keeps_records(pair):
    records, bag = pair
    import weft

    with weft.config.set(scheduler="sync"):
        assert value(bag.repartition(partition_size="300 B")) == records
        assert bag.repartition(partition_size="1 MB").npartitions == 1


@given(st.lists(small, max_size=300), st.integers(1, 8))
def test_sequences_and_ranges(records, count):
    assert value(db.from_sequence(records, npartitions=count)) == records
    assert value(db.from_sequence(iter(records), partition_size=count)) == records
    assert value(db.from_sequence(records)) == records
    assert value(db.range(len(records), count)) == list(range(len(records)))


@given(bags(), bags())
def test_functions_of_partitions(one, two):
    records, bag = one
    parts = value(bag.map_partitions(lambda part: [list(part)]))
    assert list(chain.from_iterable(parts)) == records
    assert len(parts) == bag.npartitions
    sums = value(bag.map(abs).map_partitions(lambda part, more, k=0: [sum(part) + len(more) + k], bag, k=bag.count()))
    assert sums == [sum(map(abs, part)) + len(part) + len(records) for part in parts]
