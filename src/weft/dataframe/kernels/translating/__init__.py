"""What translations of trees of nodes into queries have in common, whatever the engine.

An engine has a table of functions ``function(node, translator) -> relation`` by the classes of nodes. A relation is rows, and
what a node's columns and index are of them; what it is made of is the engine's own. A function declares by raising
`Untranslatable` what the engine cannot do with pandas' answer; what is not in the table stays in pandas.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from inspect import signature
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import pandas as pd

from weft.dataframe.expr import FrameExpr
from weft.dataframe.footprint import sizes_of
from weft.dataframe.kernels.table import KernelTable
from weft.dataframe.known_metas import dtypes_of
from weft.expr import Expr, Need, Needs, walk
from weft.io.files import is_local
from weft.records import replaced

__all__ = [
    "EXACT",
    "MIRRORED",
    "PLAIN_PATTERN",
    "BaseTranslator",
    "Untranslatable",
    "alike",
    "check_call",
    "check_plain",
    "check_types",
    "compared_value",
    "has_gaps",
    "is_float",
    "is_integer",
    "is_number",
    "is_text",
    "labelled",
    "plain_number",
    "Registering",
    "sought_values",
    "value_type",
]

#: What is a relation to an engine; and functions.
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])
#: Operations of one query at most: expressions within expressions take an engine's stack.
MOST = 500
#: Comparisons with their sides exchanged.
MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
#: Patterns that all libraries of regular expressions read alike: plain characters, ``.*``, and both ends.
PLAIN_PATTERN = re.compile(r"\^?(?:[A-Za-z0-9 _#@%&=:;,<>/'\"!~-]|\.\*)*\$?")
#: Integers beyond these cannot be compared with floats exactly.
EXACT = 2**53


class Untranslatable(Exception):
    """An engine has no answer that is certainly pandas'; the reason is the message.

    ``vain`` are the names of the nodes that cannot be translated for it.
    """

    def __init__(self, reason: str, vain: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.vain = vain


def is_text(dtype: Any) -> bool:
    """Whether a type is pandas' own of text, with NaN for missing values."""
    return isinstance(dtype, pd.StringDtype) and dtype.na_value is not pd.NA


def is_float(dtype: Any) -> bool:
    """Whether a type is NumPy's of floating point numbers."""
    return isinstance(dtype, np.dtype) and dtype.kind == "f"


def is_number(dtype: Any) -> bool:
    """Whether a type is NumPy's of numbers or truth values."""
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def is_integer(dtype: Any) -> bool:
    """Whether a type is NumPy's of integers."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iu"


class BaseTranslator(Generic[R]):
    """One translation of a tree.

    Parameters
    ----------
    root : FrameExpr
    asked : Needs
        What is looked at in the root.
    """

    #: What each class of nodes is to the engine.
    table: ClassVar[KernelTable]
    #: Classes whose translation takes rows in any order, as their relation says; None for all.
    any_order: ClassVar[set[str] | None] = None

    def __init__(self, root: FrameExpr, asked: Needs) -> None:
        self.root = root
        self.nodes = list(walk(root))
        self.needs = needs_below(self.nodes, asked)
        self._known: dict[str, Any] = {}
        #: Nodes without translation, which is no harm as long as no other needs them.
        self._refused: dict[str, Untranslatable] = {}
        self._in_order: dict[str, Any] = {}
        self._sizes: dict[str, float] | None = None
        self._parent: Expr = root
        #: Rows of sources, by what tells them.
        self.sources: dict[Any, Any] = {}
        self._names = 0

    def __call__(self, node: Expr) -> R:
        """The relation of a node below the one that is being translated."""
        if node.name in self._refused:
            raise self._refused[node.name]
        kind = type(self._parent).__name__
        found: Any
        if self.any_order is None or kind in self.any_order:
            found = self._known[node.name]
        else:
            found = self.in_order(node, self._parent.asks(node, self.needs.get(self._parent.name, frozenset())))
        if kind in CHOOSES_ROWS:
            found = found.with_columns(map(without_narrow, found.columns))
        made: R = found
        return made

    def in_order(self, node: Expr, asked: Needs) -> R:
        """The relation of a node below, its rows in order if that is asked for."""
        made: Any = self._known[node.name]
        if made.order is not None and Need.ORDER not in asked:
            made = replaced(made, order=None)
        elif made.order is not None:
            if node.name not in self._in_order:
                self._in_order[node.name] = self.put_in_order(made)
            made = self._in_order[node.name]
        found: R = made
        return found

    def put_in_order(self, relation: R) -> R:
        """A relation whose rows come in their order."""
        raise NotImplementedError(f"{type(self).__name__} does not say how rows are put in order")

    def numbered(self, relation: R) -> R:
        """Rows with their numbers as the index."""
        raise NotImplementedError(f"{type(self).__name__} does not say how rows are numbered")

    def unseen(self, dtype: Any) -> Any:
        """A column that nobody looks at."""
        raise NotImplementedError(f"{type(self).__name__} has no columns that nobody looks at")

    def size(self, node: Expr) -> float:
        """Estimated bytes of a node's rows."""
        if self._sizes is None:
            self._sizes = sizes_of(self.root)
        return self._sizes.get(node.name, 0.0)

    def translated(self) -> R:
        """The relation of the root: children come before their parents, so that no tree is too deep."""
        depths: dict[str, int] = {}
        for node in self.nodes:
            depths[node.name] = 1 + max([depths[child.name] for child in node.children], default=0)
            if depths[node.name] > MOST:
                raise self.refusal(node, f"more than {MOST} operations in a row are too many for one query")
        for node in self.nodes:
            self._parent = node
            try:
                if not self.table.has(type(node)):
                    raise Untranslatable(f"{type(node).__name__} ({getattr(node, 'label', '')}) has no translation")
                self._known[node.name] = self.table[type(node)](node, self)
            except Untranslatable as reason:
                self._refused[node.name] = reason if reason.vain else self.refusal(node, str(reason))
        if self.root.name in self._refused:
            raise self._refused[self.root.name]
        return self.in_order(self.root, self.needs[self.root.name])

    def refusal(self, node: Expr, reason: str) -> Untranslatable:
        """The error for one node, with all above it, which are in vain as well."""
        vain = {node.name}
        for each in self.nodes:
            if any(child.name in vain for child in each.children):
                vain.add(each.name)
        return Untranslatable(reason, frozenset(vain))

    def wants(self, node: Expr, need: Need) -> bool:
        """Whether somebody looks at the index, or the order, of a node's rows."""
        return need in self.needs.get(node.name, frozenset())

    def fresh(self, prefix: str) -> str:
        """A name that no column has."""
        self._names += 1
        return f"{prefix}{self._names}"


#: Nodes that may leave out the rows whose gaps have decided what type a column has in pandas.
CHOOSES_ROWS = frozenset(
    {
        "Filter",
        "DropMissing",
        "DistinctRows",
        "Ends",
        "Largest",
        "Merge",
        "LocalMerge",
        "GroupbyAggregate",
        "GroupbyWhole",
    }
)


def without_narrow(entry: tuple[Any, Any]) -> tuple[Any, Any]:
    """A labelled column that has its type in any case."""
    label, column = entry
    return entry if column.narrow is None else (label, replaced(column, narrow=None))


def needs_below(nodes: Sequence[Expr], asked: Needs) -> dict[str, Needs]:
    """What is looked at in each node of a tree, of which children come before parents."""
    known: dict[str, Needs] = {nodes[-1].name: asked}
    for each in reversed(nodes):
        own = known.get(each.name, frozenset())
        for child in each.children:
            known[child.name] = known.get(child.name, frozenset()) | each.asks(child, own)
    return known


class Registering:
    """Decorator of functions of a table of operations on rows: the function is what these operations are."""

    def __init__(self, table: dict[str, Callable[..., Any]]) -> None:
        self.table = table

    def __call__(self, *names: str) -> Callable[[F], F]:
        """The decorator for some names."""

        def register(function: F) -> F:
            self.table.update(dict.fromkeys(names, function))
            return function

        return register


def labelled(labels: Iterable[Any], columns: Iterable[Any]) -> tuple[tuple[Any, Any], ...]:
    """Labels and columns side by side."""
    return tuple(zip(labels, columns, strict=True))


def alike(node: Any, translate: BaseTranslator[Any]) -> list[Any]:
    """The nodes of a tree that read the same rows: they stand on one base."""
    every: list[Any] = [each for each in translate.nodes if type(each) is type(node)]
    return [each for each in every if each.rows == node.rows]


def check_plain(node: Any) -> None:
    """Raise Untranslatable for files that Weft's own reader is to read."""
    dataset, reader = node.dataset, node.dataset.reader
    if node.wanted is not None or reader.keys or reader.filters is not None or reader.options:
        raise Untranslatable("a part of the files, directories as keys, or the user's filters are read by Weft")
    if not is_local(dataset.filesystem):
        raise Untranslatable("files elsewhere are read by Weft")
    footers = [dataset.footers[path] for path in dataset.stamps]
    if not footers:
        raise Untranslatable("no files at all are read by Weft")
    if any(each.schema.remove_metadata() != footers[0].schema.remove_metadata() for each in footers[1:]):
        raise Untranslatable("files of different columns are read by Weft")


def check_types(relation: Any, node: FrameExpr, asked: Needs) -> None:
    """Raise Untranslatable unless a relation has the types of its node, and the labels that are asked for."""
    meta = node.meta
    dtypes = dtypes_of(meta)
    is_row = relation.single and isinstance(meta, pd.Series)  # a reduction of each column
    if is_row:
        dtypes *= len(relation.columns)
    for (_, column), dtype in zip(relation.columns, dtypes, strict=True):
        if dtype is not None and dtype != column.dtype and not (is_text(dtype) and is_text(column.dtype)):
            raise Untranslatable(f"a column of {column.dtype} where pandas has {dtype}")
    is_labelled = isinstance(meta, (pd.DataFrame, pd.Series)) and not is_row
    if Need.INDEX in asked and relation.index is None and is_labelled:
        raise Untranslatable("the labels of the rows are not known to the engine")


def has_gaps(label: Any, dataset: Any) -> bool:
    """Whether a column of files may have missing values, by their statistics."""
    bounds = dataset.bounds(label)
    rows = [part.rows for part in dataset.parts]
    return bounds is None or any(
        many != 0 and (each is None or each.missing is None or each.missing > 0)
        for each, many in zip(bounds, rows, strict=True)
    )


def compared_value(value: Any, dtype: Any) -> Any:
    """A plain value as it is compared with a column, as pandas would: text, a truth value, a number, or a moment.

    Raises
    ------
    Untranslatable
        The comparison may come out otherwise in pandas.
    """
    if isinstance(value, (np.number, np.bool_)):
        if np.result_type(dtype if isinstance(dtype, np.dtype) else object, value) != dtype and not (
            is_integer(dtype) and isinstance(value, np.integer)
        ):
            raise Untranslatable(f"{value!r} is compared with columns of {dtype} by pandas")
        value = value.item()
    if is_text(dtype):
        if isinstance(value, str):
            return value
    elif dtype.kind == "b":
        if isinstance(value, bool):
            return value
    elif dtype.kind in "iuf":
        if isinstance(value, bool):
            raise Untranslatable("a truth value among numbers")
        if isinstance(value, int) and abs(value) <= EXACT:
            return value
        if isinstance(value, float) and value == value:
            with np.errstate(over="ignore"):
                narrow = np.result_type(dtype, value).type(value)
            if is_float(dtype) or narrow == value:  # NumPy compares in the narrower type
                return float(narrow)
    elif dtype.kind == "M" and isinstance(value, datetime.datetime) and value.tzinfo is None and value is not pd.NaT:
        moment = pd.Timestamp(value)
        if moment.as_unit(np.datetime_data(dtype)[0]) == moment:
            return moment
    raise Untranslatable(f"{value!r} is compared with columns of {dtype} by pandas")


def sought_values(dtype: Any, values: Any) -> list[Any]:
    """The values of ``isin``, as a column of a type may have them."""
    wanted = getattr(getattr(values, "value", values), "value", None)
    if wanted is None or type(values).__name__ == "Pairs":
        raise Untranslatable("isin() of a mapping stays in pandas")
    items = [each.item() if isinstance(each, np.generic) else each for each in wanted]
    if len(items) > 10_000:
        raise Untranslatable("isin() of many values stays in pandas")
    kinds: tuple[type, ...] = (str,) if is_text(dtype) else (int,) if is_integer(dtype) else ()
    if dtype == np.dtype("float64"):
        kinds = (int, float)
    if not kinds or not all(type(each) in kinds and each == each for each in items):
        raise Untranslatable(f"isin() of such values in columns of {dtype} stays in pandas")
    if kinds == (int,):
        bounds = np.iinfo(dtype)
        items = [each for each in items if bounds.min <= each <= bounds.max]
    if kinds == (int, float):
        items = [float(each) for each in items if abs(each) <= EXACT or type(each) is float]
    return items


def plain_number(value: Any, dtype: Any) -> Any:
    """A plain number that takes part in arithmetic of a type."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise Untranslatable(f"arithmetic with a {type(value).__name__} stays in pandas")
    plain = value.item() if isinstance(value, np.generic) else value
    if is_integer(dtype) and not isinstance(plain, int):
        raise Untranslatable("a float among integers")
    if is_integer(dtype) and not np.iinfo(dtype).min <= plain <= np.iinfo(dtype).max:
        raise Untranslatable("a number that is none of the type stays in pandas")
    return plain


signature_of = lru_cache(maxsize=None)(signature)


def check_call(function: Callable[..., Any], node: Any) -> None:
    """Refuse arguments that a translation does not know."""
    try:
        signature_of(function).bind(*node.inputs, **dict(node.keywords), dtype=None, name=node.operation)
    except TypeError:
        given = ", ".join([word for word, _ in node.keywords]) or f"{len(node.inputs)} operands"
        raise Untranslatable(f"{node.operation} with {given} stays in pandas") from None


def value_type(meta: Any) -> Any:
    """The type of a series, an index or a single value."""
    dtype = getattr(meta, "dtype", None)
    if dtype is not None:
        return dtype
    if isinstance(meta, bool):
        return np.dtype(bool)
    if isinstance(meta, int):
        return np.dtype("int64")
    if isinstance(meta, float):
        return np.dtype("float64")
    raise Untranslatable(f"values of type {type(meta).__name__} stay in pandas")
