"""Random arrays: the same for any chunks and backend, distributed as NumPy says, refused where NumPy refuses."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.array.strategies import assert_same, chunks_of, graph_size

import weft.array as da

#: Method, arguments, and the distribution that scipy has for it.
CONTINUOUS = {
    "beta": ((2.0, 3.0), stats.beta(2, 3)),
    "chisquare": ((3.0,), stats.chi2(3)),
    "exponential": ((2.0,), stats.expon(scale=2)),
    "f": ((5.0, 7.0), stats.f(5, 7)),
    "gamma": ((2.0, 3.0), stats.gamma(2, scale=3)),
    "gumbel": ((1.0, 2.0), stats.gumbel_r(1, 2)),
    "laplace": ((1.0, 2.0), stats.laplace(1, 2)),
    "logistic": ((1.0, 2.0), stats.logistic(1, 2)),
    "lognormal": ((1.0, 0.5), stats.lognorm(0.5, scale=np.exp(1))),
    "noncentral_chisquare": ((3.0, 1.5), stats.ncx2(3, 1.5)),
    "noncentral_f": ((5.0, 7.0, 1.5), stats.ncf(5, 7, 1.5)),
    "normal": ((-1.0, 2.0), stats.norm(-1, 2)),
    "pareto": ((3.0,), stats.lomax(3)),
    "power": ((3.0,), stats.powerlaw(3)),
    "random": ((), stats.uniform()),
    "rayleigh": ((2.0,), stats.rayleigh(scale=2)),
    "standard_cauchy": ((), stats.cauchy()),
    "standard_exponential": ((), stats.expon()),
    "standard_gamma": ((2.5,), stats.gamma(2.5)),
    "standard_normal": ((), stats.norm()),
    "standard_t": ((4.0,), stats.t(4)),
    "triangular": ((1.0, 2.0, 4.0), stats.triang(1 / 3, 1, 3)),
    "uniform": ((-1.0, 3.0), stats.uniform(-1, 4)),
    "vonmises": ((0.5, 2.0), stats.vonmises(2.0, loc=0.5)),
    "wald": ((1.0, 2.0), stats.invgauss(0.5, scale=2)),
    "weibull": ((1.5,), stats.weibull_min(1.5)),
}
DISCRETE = {
    "binomial": ((10, 0.3), stats.binom(10, 0.3)),
    "geometric": ((0.3,), stats.geom(0.3)),
    "hypergeometric": ((10, 15, 8), stats.hypergeom(25, 10, 8)),
    "integers": ((3, 12), stats.randint(3, 12)),
    "logseries": ((0.6,), stats.logser(0.6)),
    "negative_binomial": ((5, 0.4), stats.nbinom(5, 0.4)),
    "poisson": ((3.0,), stats.poisson(3)),
    "zipf": ((3.0,), stats.zipf(3)),
}
ALL = {name: args for name, (args, _) in {**CONTINUOUS, **DISCRETE}.items()}


def rng(seed=7):
    return da.random.default_rng(seed)


def run(x, **keywords):
    return np.asarray(x.compute(scheduler="sync", **keywords))


@pytest.mark.parametrize("name", sorted(CONTINUOUS))
def test_continuous_distributions_pass_kolmogorov_smirnov(name):
    args, law = CONTINUOUS[name]
    sample = run(getattr(rng(11), name)(*args, size=50_000, chunks=7000))
    assert sample.dtype == np.float64
    assert stats.kstest(sample, law.cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", sorted(DISCRETE))
def test_discrete_distributions_pass_chi_square(name):
    args, law = DISCRETE[name]
    sample = run(getattr(rng(11), name)(*args, size=50_000, chunks=7000))
    assert sample.dtype == np.int64
    values = np.arange(sample.min(), 30)
    counts, chances = np.array([(sample == v).sum() for v in values]), law.pmf(values)
    frequent = chances * len(sample) > 10
    counts = np.append(counts[frequent], len(sample) - counts[frequent].sum())
    chances = np.append(chances[frequent], max(0.0, 1 - chances[frequent].sum()))
    some = chances * len(sample) > 1
    assert counts[~some].sum() <= 5
    expected = chances[some] / chances[some].sum() * counts[some].sum()
    assert stats.chisquare(counts[some], expected).pvalue > 1e-4


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_chunks_slices_and_the_optimiser_change_no_number(data):
    name = data.draw(st.sampled_from(sorted(ALL)))
    shape = data.draw(st.sampled_from([(), (0,), (5,), (40_000,), (150, 140), (3, 130, 140), (3000, 9), (4, 0, 3)]))
    one = getattr(rng(), name)(*ALL[name], size=shape, chunks=-1)
    other = getattr(rng(), name)(*ALL[name], size=shape, chunks=data.draw(chunks_of(shape)))
    whole = run(one)
    assert whole.shape == shape
    np.testing.assert_array_equal(run(other), whole)
    np.testing.assert_array_equal(run(other, optimize_graph=False), whole)
    index = tuple(
        slice(data.draw(st.integers(0, length)), data.draw(st.integers(0, length)), data.draw(st.sampled_from([1, 3])))
        for length in shape
    )
    np.testing.assert_array_equal(run(other[index]), whole[index])
    np.testing.assert_array_equal(run(other.rechunk(max(1, max(shape, default=1) // 2))), whole)


PARAMETERS = [
    ("normal", lambda p: (p * 1.0, 2.0)),
    ("poisson", lambda p: (p + 1.0,)),
    ("binomial", lambda p: (p + 3, 0.5)),
    ("integers", lambda p: (0, p + 2)),
    ("triangular", lambda p: (p * 1.0, p + 1.0, p + 3.0)),
]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_array_parameters_give_the_same_however_they_and_the_result_are_cut(data):
    name, args = data.draw(st.sampled_from(PARAMETERS))
    shape = data.draw(st.sampled_from([(20_000,), (150, 140), (2, 130, 140), (0,)]))
    own = data.draw(st.sampled_from([shape, shape[-1:], (*shape[:-1], 1), ()]))
    values = np.arange(int(np.prod(own)), dtype=np.int64).reshape(own) % 50
    whole = run(getattr(rng(), name)(*args(values), size=shape, chunks=-1))
    cut = getattr(rng(), name)(*args(values), size=shape, chunks=data.draw(chunks_of(shape)))
    np.testing.assert_array_equal(run(cut), whole)
    if own:
        chunked = da.from_array(values, chunks=data.draw(chunks_of(own)))
        found = getattr(rng(), name)(*args(chunked), size=shape, chunks=data.draw(chunks_of(shape)))
        assert found.shape == shape
        np.testing.assert_array_equal(run(found), whole)


def test_parameters_are_used_where_they_belong():
    assert run(rng().normal(da.arange(20_000, chunks=999), 0.0, chunks=500)).tolist() == list(range(20_000))
    low = np.arange(600).reshape(200, 3)
    assert (run(rng().integers(low, low + 1, size=(2, 200, 3), chunks=(1, 30, 2))) == low).all()
    assert rng().uniform([1, 2, 3], 5).shape == (3,)
    counts = run(rng().multinomial(np.arange(5), [[0.2, 0.8]] * 5, chunks=2))
    assert counts.sum(axis=1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "make",
    [
        lambda g, c: g.multinomial(20, [0.1, 0.2, 0.7], size=(300, 70), chunks=c),
        lambda g, c: g.dirichlet([1, 2, 3.0], size=(300, 70), chunks=c),
        lambda g, c: g.multivariate_normal([1, 2], [[2, 1], [1, 3]], size=(300, 70), chunks=c),
        lambda g, c: g.multivariate_hypergeometric([3, 4, 5], 6, size=(300, 70), chunks=c),
        lambda g, c: g.choice([10, 20, 40], size=(300, 70), p=[0.1, 0.2, 0.7], chunks=c),
    ],
)
def test_vectors_and_choices_do_not_depend_on_chunks(make):
    whole = run(make(rng(), -1))
    cut = make(rng(), (47, 13))
    assert cut.shape == whole.shape
    assert cut.dtype == whole.dtype
    np.testing.assert_array_equal(run(cut), whole)
    np.testing.assert_array_equal(run(cut[13:200:7, ::-1]), whole[13:200:7, ::-1])


def test_vectors_have_the_moments_asked_for():
    x = run(rng().multivariate_normal([1, -2], [[2, 0.5], [0.5, 1]], size=100_000, chunks=9000))
    np.testing.assert_allclose(x.mean(0), [1, -2], atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), [[2, 0.5], [0.5, 1]], atol=0.03)
    for method in ("eigh", "cholesky"):
        y = run(rng().multivariate_normal([0, 0], [[2, 0.5], [0.5, 1]], size=50_000, method=method))
        np.testing.assert_allclose(np.cov(y.T), [[2, 0.5], [0.5, 1]], atol=0.05)
    x = run(rng().dirichlet([1, 2, 5], size=50_000, chunks=9000))
    np.testing.assert_allclose(x.sum(1), 1)
    np.testing.assert_allclose(x.mean(0), [1 / 8, 2 / 8, 5 / 8], atol=0.01)
    x = run(rng().multivariate_hypergeometric([3, 4, 5], 6, size=20_000, method="count"))
    assert (x.sum(1) == 6).all()
    np.testing.assert_allclose(x.mean(0), [1.5, 2, 2.5], atol=0.03)


def test_backends_agree():
    def make():
        return rng().normal(size=(300, 300), chunks=(70, 110)) + rng(3).permutation(300)

    whole = make().compute(scheduler="sync")
    np.testing.assert_array_equal(make().compute(scheduler="threads"), whole)
    np.testing.assert_array_equal(make().compute(scheduler="processes", num_workers=2), whole)


def test_successive_calls_differ_and_are_reproducible():
    g, h = rng(), rng()
    first, second = run(g.random(100)), run(g.random(100))
    assert not np.intersect1d(first, second).size
    np.testing.assert_array_equal(run(h.random(100, chunks=7)), first)
    np.testing.assert_array_equal(run(h.random(100)), second)
    assert rng().random(10).name == rng().random(10).name


@pytest.mark.parametrize(
    "seed",
    [
        5,
        [1, 2, 3],
        np.random.SeedSequence(5),
        np.int64(3),
        pytest.param("bits", id="bit generator"),
        pytest.param("generator", id="generator"),
        pytest.param("state", id="state"),
    ],
)
def test_seeds_of_all_kinds_are_taken(seed):
    def make():
        kinds = {"bits": np.random.Philox, "generator": np.random.default_rng, "state": np.random.RandomState}
        return kinds[seed](5) if isinstance(seed, str) else seed

    for kind in (da.random.default_rng, da.random.RandomState):
        np.testing.assert_array_equal(run(kind(make()).random(5)), run(kind(make()).random(5)))


def test_a_shared_bit_generator_goes_on_and_no_seed_gives_something_new():
    bits = np.random.PCG64(3)
    one, other = da.random.default_rng(bits), da.random.default_rng(bits)
    assert run(one.random(3)).tolist() != run(other.random(3)).tolist()
    assert one.bit_generator is bits
    assert run(da.random.default_rng().random(3)).tolist() != run(da.random.default_rng().random(3)).tolist()
    assert da.random.default_rng(one) is one


def test_spawned_generators_are_independent_and_reproducible():
    one, other = (each.random(50) for each in rng().spawn(2))
    again = rng().spawn(2)[1].random(50)
    assert not np.intersect1d(run(one), run(other)).size
    np.testing.assert_array_equal(run(other), run(again))


def test_generators_travel_with_their_place_in_the_stream():
    g = rng()
    g.random(3)
    copy = pickle.loads(pickle.dumps(g))
    np.testing.assert_array_equal(run(copy.random(5)), run(g.random(5)))
    assert rng().bytes(10) == rng().bytes(10)
    assert len(rng().bytes(10)) == 10


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_floats_come_in_both_sizes(dtype):
    for name, args in {
        "random": (),
        "standard_normal": (),
        "standard_exponential": (),
        "standard_gamma": (2.0,),
    }.items():
        x = getattr(rng(), name)(*args, size=20_000, dtype=dtype, chunks=3000)
        found = run(x)
        assert x.dtype == found.dtype == np.dtype(dtype)
        assert len(np.unique(found)) > 19_000
    inverse = run(rng().standard_exponential(20_000, method="inv"))
    assert stats.kstest(inverse, stats.expon.cdf).pvalue > 1e-4


@pytest.mark.parametrize("dtype", ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_come_in_all_types_up_to_their_ends(dtype):
    kind = np.dtype(dtype)
    ends = np.iinfo(kind) if kind.kind in "iu" else None
    low, high = (ends.min, ends.max) if ends else (0, 1)
    x = rng().integers(low, high, size=9000, dtype=dtype, endpoint=True, chunks=1000)
    found = run(x)
    assert found.dtype == x.dtype == kind
    assert len(np.unique(found)) > (200 if ends else 1)


def test_size_none_gives_a_single_value():
    x = rng().normal()
    assert x.shape == ()
    assert isinstance(x.compute(), np.float64)
    assert rng().choice(5).shape == ()


def test_a_window_of_a_huge_array_draws_only_its_cells():
    x = rng().random((10**6, 10**6), chunks=1000)
    assert graph_size((x + 0)[:10, :10]) == 1
    assert (x + 1)[5, 999_990:].compute().shape == (10,)


def test_overlapping_slices_share_what_is_drawn():
    x = rng().random(10_000, chunks=1000)
    whole = run(x)
    np.testing.assert_array_equal(run(x[1:] - x[:-1]), np.diff(whole))


@pytest.mark.parametrize(
    "call",
    [
        lambda g: g.normal(0, -1, size=3),
        lambda g: g.exponential(-1.0, size=3),
        lambda g: g.poisson(-1, size=3),
        lambda g: g.binomial(5, 1.5, size=3),
        lambda g: g.poisson([1, -1]),
        lambda g: g.integers(5, 5, size=3),
        lambda g: g.integers(0, 300, size=3, dtype="u1"),
        lambda g: g.multinomial(5, [0.9, 0.9, 0.1], size=3),
        lambda g: g.dirichlet([-1, 1], size=3),
        lambda g: g.normal([1, 2], size=(2, 3)),
        lambda g: g.normal([1, 2], [1, 2, 3]),
        lambda g: g.random(-1),
        lambda g: g.random((2, 3), chunks=(1,)),
        lambda g: g.choice(5, 6, replace=False),
        lambda g: g.choice(0, 1),
        lambda g: g.choice(-3, 1),
        lambda g: g.choice([1, 2], 1, p=[0.5, 0.6]),
        lambda g: g.choice([1, 2], 1, p=[0.5, 0.2, 0.3]),
        lambda g: g.choice([1, 2], 2, p=[1, 0], replace=False),
        lambda g: g.multivariate_normal([0, 0], [[1, 2], [2, 1]], check_valid="raise"),
        lambda g: g.multivariate_hypergeometric([3, 4], 9),
        lambda g: g.standard_exponential(3, method="fast"),
        lambda g: g.permutation(-1),
        lambda g: g.integers(3, 2, size=1),
    ],
)
def test_bad_arguments_are_refused_at_the_call(call):
    with pytest.raises(ValueError, match=r"."):
        call(rng())


def test_out_stands_for_what_is_drawn():
    out = da.zeros((4, 3), dtype="f4", chunks=2)
    assert rng().standard_normal(out=out, dtype="f4") is out
    assert out.chunks == ((2, 2), (2, 1))
    assert_same(out, rng().standard_normal((4, 3), dtype="f4").compute())
    other = da.arange(5, chunks=2)
    rng().permuted(np.arange(5), out=other)
    assert_same(other, rng().permuted(np.arange(5)).compute())


def test_wrong_types_are_refused_at_the_call():
    with pytest.raises(TypeError, match="float32"):
        rng().random(3, dtype="i4")
    with pytest.raises(TypeError, match="out="):
        rng().random(3, out=np.empty(3))
    with pytest.raises(TypeError, match="wrong type"):
        rng().random(out=da.zeros(3, dtype="f4"))
    with pytest.raises(ValueError, match="size must match"):
        rng().random(2, out=da.zeros(3))
    with pytest.raises(TypeError, match="out="):
        rng().permuted(np.arange(3), out=np.empty(3))
    with pytest.raises(TypeError, match="BitGenerator"):
        da.random.Generator(5)
    with pytest.raises(TypeError, match="chunked"):
        rng().shuffle(np.arange(3))
    with pytest.raises(NotImplementedError, match="NumPy only"):
        da.random.RandomState(5, RandomState=dict)
    with pytest.raises(OverflowError):
        rng().uniform(-1e308, 1e308, size=3)


def test_every_method_of_numpys_generator_is_there_with_its_arguments():
    for name in dir(np.random.Generator):
        if name.startswith("_") or name == "bit_generator":
            continue
        own = inspect.signature(getattr(da.random.Generator, name)).parameters
        expected = list(inspect.signature(getattr(np.random.Generator, name)).parameters)
        assert [each for each in own if each != "chunks"] == expected, name


def test_the_older_interface_has_its_methods():
    g = da.random.RandomState(3)
    assert set(np.unique(run(g.randint(3, size=500, chunks=100)))) == {0, 1, 2}
    assert set(np.unique(run(g.random_integers(3, size=500)))) == {1, 2, 3}
    assert set(np.unique(run(g.random_integers(4, 5, size=500)))) == {4, 5}
    assert run(g.tomaxint(size=50)).max() > 2**60
    assert run(g.random_sample(5)).min() >= 0
    assert g.choice(10, 4, replace=False, chunks=2).chunks == ((2, 2),)
    assert sorted(run(g.permutation(9))) == list(range(9))
    x = da.arange(9, chunks=2)
    g.shuffle(x)
    assert sorted(run(x)) == list(range(9))
    for name, args in ALL.items():
        if name != "integers":
            assert getattr(g, name)(*args, size=4, chunks=2).shape == (4,)


def test_functions_of_the_module_share_a_state_that_can_be_seeded():
    da.random.seed(5)
    first = run(da.random.normal(size=5, chunks=2)), run(da.random.random(3))
    da.random.seed(5)
    again = run(da.random.normal(size=5)), run(da.random.random(3))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert run(da.random.random(3)).tolist() != run(da.random.random(3)).tolist()
    for name in da.random.__all__:
        assert callable(getattr(da.random, name))


def test_shapes_of_older_generators_are_lengths():
    g = da.random.RandomState(5)
    assert g.rand(2, 3, chunks=1).shape == (2, 3)
    assert g.randn(4).compute().shape == (4,)
    assert 0 <= g.rand().compute() < 1


def test_a_size_may_be_an_array():
    assert rng().multinomial(1, [0.2, 0.8], np.array([2, 3])).compute().shape == (2, 3, 2)
    assert rng().normal(size=np.array([2, 3])).shape == (2, 3)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("replace", [True, False])
def test_chances_need_not_be_exacter_than_their_type(dtype, replace):
    p = np.full(11, 1 / 11, dtype)
    assert set(run(rng().choice(11, 5, replace=replace, p=p))) <= set(range(11))


def test_states_of_the_older_interface_are_kept_and_taken_up_again():
    draws = da.random.RandomState(5)
    draws.rand(3)
    state = draws.get_state()
    first = [draws.rand(4).compute(), draws.randint(0, 9, 4).compute()]

    draws.set_state(state)
    second = [draws.rand(4).compute(), draws.randint(0, 9, 4).compute()]
    other = da.random.RandomState(6)
    other.set_state(state)

    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(other.rand(4).compute(), first[0])
    with pytest.raises(ValueError, match="get_state"):
        draws.set_state(np.random.RandomState(3).get_state())


def test_the_older_interface_draws_vectors():
    drawn = (
        da.random.RandomState(1).multivariate_normal([1, 2], [[1, 0.5], [0.5, 2]], size=20_000, chunks=5000).compute()
    )
    np.testing.assert_allclose(drawn.mean(0), [1, 2], atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), [[1, 0.5], [0.5, 2]], atol=0.1)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_chances_of_few_digits_may_miss_one_by_little(kind):
    chances = np.array([4, 4, 2], kind) / np.array(10, kind)
    chosen = da.random.default_rng(0).choice(3, p=da.from_array(chances, chunks=2), size=1000).compute()
    assert set(chosen.tolist()) == {0, 1, 2}


def test_no_integers_are_drawn_from_an_empty_range():
    assert da.random.default_rng(0).integers(0, -10, (3, 0)).compute().shape == (3, 0)
    with pytest.raises(ValueError, match="high"):
        da.random.default_rng(0).integers(0, -10, 3)
