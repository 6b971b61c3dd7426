"""What all readers of tables have in common: one node, and a dataset that says what is known without reading.

A format is a `Dataset` (the parts that become partitions; columns and types; row counts and statistics where the format
has them) and a reader, a small value that travels with every task and reads one part. The rules ask the node for less:
fewer columns (``chosen``), no index (``index=False``), only rows that fulfil a predicate (``predicate``), only some
partitions (``wanted``). A format says what it can do of it; what it reads is held to the meta.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.engine import AllBlocks
from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.predicates import Bounds, Predicate
from weft.dataframe.known_metas import source_meta
from weft.dataframe.meta import UNKNOWN_CATEGORIES
from weft.dataframe.ops.projection import missing_column
from weft.expr import Cost, Expr, Fact, derived
from weft.expr import node as expression
from weft.expr.naming import token_of
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Listed, Same, blockwise
from weft.physical.gather import Gather

__all__ = [
    "Dataset",
    "FileSource",
    "Reading",
    "WholeSource",
    "check_chosen",
    "conform",
    "read_part",
    "row_source",
    "source_frame",
]


class Dataset:
    """What is known of a table outside. Subclasses are named by what they read: `token`.

    Attributes
    ----------
    token : value
        Tells this table, as it is now, from others.
    parts : tuple
        One for each partition; plain values that travel to the tasks.
    reader : value
        ``reader.read(part, how)`` gives a pandas frame of one part, as a `Reading` says.
    """

    #: What users call the reader.
    label: ClassVar[str] = "read"
    #: Whether the reader leaves out rows that do not fulfil a predicate.
    filters_rows: ClassVar[bool] = False
    #: Whether the reader has ``tables(part, how)``, a part as it lies in files, and ``joined(parts, how, threads)``.
    joins: ClassVar[bool] = False

    token: Any
    parts: tuple[Any, ...]
    reader: Any
    #: Whether what is read is held to the types of the meta.
    strict: bool = True
    #: Columns that become the index.
    index_columns: tuple[Hashable, ...] = ()

    @cached_property
    def identity(self) -> str:
        """The token, in short."""
        return token_of(self.token)

    @cached_property
    def sizes(self) -> dict[tuple[Hashable, ...], int]:
        """Projected sizes of the largest partition, by columns, as far as they have been asked for."""
        return {}

    def __weft_tokenize__(self) -> str:
        return self.identity

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """All columns but the index."""
        return tuple(self.meta(None, True).columns)

    def meta(self, columns: tuple[Hashable, ...] | None, index: bool) -> pd.DataFrame:
        """Zero-length frame of some columns (None: all), with the index or without."""
        raise NotImplementedError

    def row_counts(self) -> tuple[int, ...] | None:
        """Rows of each part, where they are known exactly."""
        return None

    def bounds(self, label: Hashable) -> tuple[Bounds | None, ...] | None:
        """What statistics say of a column in each part; None where they say nothing."""
        return None

    def divisions(self) -> tuple[Any, ...] | None:
        """Index values at the edges of the parts, if they are known without a look at the data."""
        return None

    def nbytes(self, columns: Sequence[Hashable]) -> int:
        """Projected size of the largest partition; 0 where nothing is known."""
        return 0

    def workspace(self, columns: Sequence[Hashable]) -> int:
        """Memory that reading the largest part takes besides the frame: by default as much again, for what it is made of."""
        return self.nbytes(columns)

    def check_unchanged(self) -> None:
        """Raise ReadError if what is read is no longer what was looked at; formats that cannot tell do nothing."""

    def planned(self, predicate: Predicate | None) -> tuple[Any, ...]:
        """The parts as the tasks get them; what statistics exclude may be left out of them."""
        return self.parts


@expression
class FileSource(FrameExpr):
    """Some columns of the rows of some parts that fulfil a predicate.

    Where nobody looks at the index it is not made (``index=False``): rows are then numbered in each partition.
    """

    child_fields = ()

    dataset: Dataset
    chosen: tuple[Hashable, ...]
    index: bool = True
    predicate: Predicate | None = None
    wanted: tuple[int, ...] | None = None

    @property
    def label(self) -> str:
        return self.dataset.label

    @derived
    def meta(self) -> pd.DataFrame:
        dataset, chosen, index = self.dataset, self.chosen, self.index
        return source_meta(lambda: dataset.meta(chosen, index), "FileSource", (dataset.identity, chosen, index))

    @derived
    def npartitions(self) -> int:
        return len(self.dataset.parts) if self.wanted is None else len(self.wanted)

    @derived
    def rows(self) -> Hashable:
        return (self.dataset.identity, self.predicate, self.wanted)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        if not self.index or (self.predicate is not None and not self.dataset.index_columns):
            return None
        whole = self.dataset.divisions()
        if whole is None or self.wanted is None:
            return whole
        if list(self.wanted) != sorted(set(self.wanted)):
            return None
        return (*[whole[place] for place in self.wanted], whole[self.wanted[-1] + 1])

    @derived
    def partition_nbytes(self) -> int:
        known = self.dataset.sizes
        if self.chosen not in known:
            known[self.chosen] = self.dataset.nbytes(self.chosen)
        return known[self.chosen]

    @property
    def row_counts(self) -> tuple[int, ...] | None:
        """Rows of each partition, where they are known exactly without reading."""
        counts = None if self.predicate is not None else self.dataset.row_counts()
        return counts if counts is None or self.wanted is None else tuple([counts[place] for place in self.wanted])

    def column_bounds(self, label: Hashable) -> tuple[Bounds | None, ...] | None:
        """Least and greatest value, and missing values, of a column in each partition, from statistics alone.

        None if there are none, or if a predicate leaves rows out.
        """
        bounds = None if self.predicate is not None else self.dataset.bounds(label)
        return bounds if bounds is None or self.wanted is None else tuple([bounds[place] for place in self.wanted])

    @property
    def planned(self) -> tuple[Any, ...]:
        """The parts that are read."""
        parts = self.dataset.planned(self.predicate)
        return parts if self.wanted is None else tuple([parts[place] for place in self.wanted])

    @property
    def reading(self) -> Reading:
        """How they are read."""
        reader, strict = self.dataset.reader, self.dataset.strict
        return Reading(reader, self.chosen, self.index, self.predicate, self.meta, self.name, strict)

    def lower(self) -> Expr:
        told: list[Column] = [Listed(self.planned), Same(self.reading)]
        extra = self.dataset.workspace(self.chosen)
        return blockwise(self.outline, read_part, (), told, cost=Cost.HEAVY, extra=extra)


@expression
class WholeSource(FrameExpr):
    """All rows of a source in one block: tables of the parts become a frame at once, not one by one."""

    child_fields = ()

    source: FileSource

    @property
    def label(self) -> str:
        return self.source.label

    @derived
    def meta(self) -> pd.DataFrame:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return 1

    @derived
    def partition_nbytes(self) -> int:
        return self.source.partition_nbytes * self.source.npartitions

    def lower(self) -> Expr:
        source, count = self.source, self.source.npartitions
        told: list[Column] = [Listed(source.planned), Same(source.reading)]
        extra = source.dataset.workspace(source.chosen)
        outline = Outline(self.name, f"{self.label}-raw", (count,), source.partition_nbytes)
        parts = blockwise(outline, read_raw, (), told, cost=Cost.HEAVY, extra=extra)
        return Gather(self.outline, parts, read_whole, AllBlocks(count, source.reading))


class Reading(NamedTuple):
    """How partitions are read."""

    reader: Any
    columns: tuple[Hashable, ...]
    with_index: bool
    predicate: Predicate | None
    meta: Any
    origin: str
    strict: bool = True

    def __weft_tokenize__(self) -> Any:
        return self.origin


def read_part(part: Any, how: Reading) -> pd.DataFrame:
    """One partition."""
    with naming_file(part):
        frame = how.reader.read(part, how)
        return conform(frame, how.meta) if how.strict else with_columns(frame, how.meta)


@contextmanager
def naming_file(part: Any) -> Iterator[None]:
    """Errors tell of which file they are."""
    try:
        yield
    except Exception as error:
        path = getattr(part, "path", None)
        if path is not None and str(path) not in str(error):
            error.add_note(f"while reading {path}")
        raise


def read_raw(part: Any, how: Reading) -> Any:
    """One partition as it lies in files."""
    with naming_file(part):
        return how.reader.tables(part, how)


def read_whole(how: Reading, *parts: Any) -> pd.DataFrame:
    """Parts one after another as a frame."""
    frame = how.reader.joined(list(parts), how, threads=True)
    return conform(frame, how.meta) if how.strict else with_columns(frame, how.meta)


def with_columns(frame: Any, meta: Any) -> Any:
    """What was read with the columns of the meta, if it has more."""
    if not isinstance(meta, pd.DataFrame) or not isinstance(frame, pd.DataFrame):
        return frame
    if frame.columns is meta.columns or frame.columns.equals(meta.columns):
        return frame
    if missing := [label for label in meta.columns if label not in frame.columns]:
        raise ValueError(
            f"a partition has the columns {list(frame.columns)}, and not {missing}, which the meta has. Pass the meta= of all partitions."
        )
    return frame[list(meta.columns)]


def conform(frame: Any, meta: Any) -> Any:
    """A frame with the columns and types that were promised.

    Raises
    ------
    ValueError
        A column has values that its type cannot hold.
    """
    if not isinstance(meta, pd.DataFrame):
        return frame if frame.dtype == meta.dtype else frame.astype(meta.dtype)
    frame = with_columns(frame, meta)
    found, promised = frame.dtypes.array, meta.dtypes.array
    wanted: dict[Hashable, Any] = {}
    for place, dtype in enumerate(promised):
        if found[place] != dtype and not (isinstance(dtype, pd.CategoricalDtype) and same_kind(found[place], dtype)):
            wanted[meta.columns[place]] = dtype
    for label, dtype in wanted.items():
        if np.dtype("O") != dtype and getattr(dtype, "kind", "O") in "iub" and frame[label].isna().any():
            raise ValueError(
                f"column {label!r} has missing values, which its type {dtype} cannot hold; none were seen where the types "
                f'were looked for. Read it with dtype_backend="numpy_nullable" or "pyarrow", or give its dtype.'
            )
    if not wanted:
        return frame
    try:
        return frame.astype(wanted)
    except (ValueError, TypeError, OverflowError) as error:
        found_types = {label: str(frame[label].dtype) for label in wanted}
        raise ValueError(
            f"columns are {found_types}, where the meta says { {label: str(dtype) for label, dtype in wanted.items()} }, and "
            f"cannot be cast: {error}. Say what they are by dtype= or meta=."
        ) from error


def same_kind(dtype: Any, promised: pd.CategoricalDtype) -> bool:
    """Whether both are categories, and those of the promise are not known beforehand."""
    known = promised.categories
    return isinstance(dtype, pd.CategoricalDtype) and (not len(known) or known[0] == UNKNOWN_CATEGORIES)


def check_chosen(columns: Any, known: Iterable[Hashable]) -> tuple[list[Hashable] | None, bool]:
    """The labels of a ``columns=`` option, and whether it was a single one, which gives a series.

    Raises
    ------
    KeyError
        There is no such column; the nearest is named.
    """
    if columns is None:
        return None, False
    single = isinstance(columns, (str, int)) or not isinstance(columns, Iterable)
    labels = [columns] if single else list(columns)
    have = tuple(known)
    for label in labels:
        if label not in have:
            raise KeyError(missing_column(label, have))
    return labels, single


def source_frame(kind: type[FileSource], dataset: Dataset, columns: Any = None) -> Any:
    """The collection of a dataset: all columns, some, or a single one as a series."""
    every = dataset.columns
    labels, single = check_chosen(columns, every)
    frame = new(kind(dataset, every if labels is None else tuple(labels)))
    return frame[columns] if single else frame


def row_source(node: Expr) -> FileSource | None:
    """The source whose rows a node has, all of them."""
    while not isinstance(node, FileSource):
        if not isinstance(node, FrameExpr) or Fact.SAME_ROWS not in node.facts or not node.children:
            return None
        node = node.children[0]
    return node
