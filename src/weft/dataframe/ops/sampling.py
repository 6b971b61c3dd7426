"""Random rows. Which ones depends on seed and partitions, never on the order in which tasks run."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.treewise import SPLIT_EVERY
from weft.expr import Expr, Fact, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__: list[str] = []


@node
class Random(Partitionwise):
    """Base of nodes that draw random numbers for each partition, by its place."""

    source: FrameExpr
    seed: tuple[int, ...]

    facts = frozenset({Fact.BARRIER})

    @derived
    def meta(self) -> Any:
        return self.source.meta

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        columns = [Same(each) for each in (*self.arguments, self.seed)]
        places = Listed(tuple(range(self.npartitions)))
        kernel = KERNELS["pandas"][type(self)]
        return blockwise(self.outline, kernel, [(self.source, (0,))], [*columns, places])


@node
class SamplePart(Random):
    """A part of the rows of each partition."""

    frac: float
    replace: bool

    @property
    def label(self) -> str:
        return "sample"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.frac, self.replace)


@node
class RandomSplit(Random):
    """The rows that fall to one of several frames."""

    fractions: tuple[float, ...]
    which: int
    shuffle: bool

    @property
    def label(self) -> str:
        return "random_split"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.fractions, self.which, self.shuffle)


@node
class SampleRows(FrameExpr):
    """So many random rows, in one partition."""

    source: FrameExpr
    n: int
    seed: tuple[int, ...]

    facts = frozenset({Fact.BARRIER})

    @property
    def label(self) -> str:
        return "sample"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        outline = Outline(self.name, "sample-draw", self.source.numblocks)
        places = Listed(tuple(range(self.source.npartitions)))
        drawn = blockwise(outline, steps.draw, [(self.source, (0,))], [Same(self.n), Same(self.seed), places])
        return TreeReduce(
            self.outline, drawn, (0,), partial(steps.combine, self.n), steps.finish, (self.n,), SPLIT_EVERY, True
        )


def seed_of(random_state: Any) -> tuple[int, ...]:
    """A seed as plain numbers: given, drawn from a generator, or a new one."""
    if random_state is None:
        return tuple([int(each) for each in np.random.SeedSequence().generate_state(4)])
    if isinstance(random_state, np.random.Generator):
        return tuple([int(each) for each in random_state.integers(1 << 32, size=4)])
    if isinstance(random_state, np.random.RandomState):
        return tuple([int(each) for each in random_state.randint(0, 1 << 31, size=4)])
    return tuple([int(each) for each in np.atleast_1d(random_state)])


class SamplingMethods(FrameBase):
    """Random rows."""

    __slots__ = ()

    def sample(
        self,
        n: int | None = None,
        frac: float | None = None,
        replace: bool = False,
        weights: Any = None,
        random_state: Any = None,
        ignore_index: bool = False,
    ) -> Any:
        """Random rows.

        Parameters
        ----------
        n : int, optional
            How many; all rows have the same chance. 1 if ``frac`` is not given either.
        frac : float, optional
            Or which part of the rows of each partition.
        replace : bool
            Whether a row may come several times. With ``n`` the rows are then brought to one place.
        weights : label, optional
            A column whose values are the chances of rows, which are then brought to one place.
        random_state : int, sequence of int or generator, optional
            The same seed gives the same rows, for frames with the same partitions.
        ignore_index : bool
            Whether the rows are numbered anew, in each partition.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> len(dd.from_pandas(pd.Series(range(100)), npartitions=4).sample(n=7, random_state=0))
        7
        """
        if n is not None and frac is not None:
            raise ValueError("Please enter a value for `frac` OR `n`, not both")
        if (n is not None and n < 0) or (frac is not None and frac < 0):
            raise ValueError("A negative number of rows requested. Please provide `n` >= 0 or `frac` >= 0.")
        if frac is not None and frac > 1 and not replace:
            raise ValueError("Replace has to be set to `True` when upsampling the population `frac` > 1.")
        if n is not None and n % 1 != 0:
            raise ValueError("Only integers accepted as `n` values")
        seed = seed_of(random_state)
        if weights is not None or (frac is None and replace):
            words = {"n": n, "frac": frac, "replace": replace, "weights": weights, "random_state": seed[0] % (1 << 32)}
            made = whole_result(self, "sample", call_of(**words), meta=self.expr.meta)
        elif frac is not None:
            made = new(SamplePart(self.expr, seed, float(frac), bool(replace)))
        else:
            made = new(SampleRows(self.expr, 1 if n is None else int(n), seed))
        return made.map_partitions(renumbered, meta=renumbered(self.expr.meta)) if ignore_index else made

    def random_split(self, frac: Any, random_state: Any = None, shuffle: bool = False) -> list[Any]:
        """Several frames; each row is in one of them, by chance.

        Parameters
        ----------
        frac : list of float
            The chance of each frame; together 1.
        random_state : int, sequence of int or generator, optional
        shuffle : bool
            Whether the rows of each partition are put into a random order.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> train, test = dd.from_pandas(pd.Series(range(100)), npartitions=4).random_split([0.8, 0.2], random_state=1)
        >>> len(train) + len(test)
        100
        """
        fractions = tuple([float(each) for each in frac])
        if not np.allclose(sum(fractions), 1):
            raise ValueError(f"frac should sum to 1; {list(fractions)} is {sum(fractions)}")
        seed = seed_of(random_state)
        return [new(RandomSplit(self.expr, seed, fractions, which, bool(shuffle))) for which in range(len(fractions))]


def renumbered(partition: Any) -> Any:
    """Rows numbered anew."""
    return partition.reset_index(drop=True)
