"""Columns chosen, and given other labels: the same for every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.dataframe.kernels.translating import BaseTranslator, Untranslatable, labelled
from weft.dataframe.known_metas import types_of
from weft.expr import Need
from weft.records import replaced

__all__ = ["OF_COLUMNS"]


def projection(node: Any, translate: BaseTranslator[Any]) -> Any:
    """Some columns."""
    source = translate(node.source)
    chosen = node.chosen if type(node.chosen) is tuple else (node.chosen,)
    return source.with_columns([(label, source.column(label)) for label in chosen])


def subcolumns(node: Any, translate: BaseTranslator[Any]) -> Any:
    """Columns under a label."""
    source = translate(node.source)
    labels = node.chosen if node.meta.ndim == 1 else node.columns
    return source.with_columns(
        [(label, source.column(whole)) for label, whole in zip(labels, node.chosen, strict=True)]
    )


def relabelled(node: Any, translate: BaseTranslator[Any]) -> Any:
    """Other labels."""
    source, new = translate(node.source), dict(node.labels)
    return source.with_columns([(new[label], column) for label, column in source.columns])


def renamed(node: Any, translate: BaseTranslator[Any]) -> Any:
    """A series of another name."""
    source = translate(node.source)
    return source.with_columns([(node.title, source.only)])


def to_frame(node: Any, translate: BaseTranslator[Any]) -> Any:
    """A series as a frame of one column."""
    source = translate(node.source)
    if node.series or node.meta.ndim != 2 or node.source.meta.index is None:
        raise Untranslatable("an index as values stays in pandas")
    return source.with_columns(labelled(node.columns, [source.only]))


def divided(node: Any, translate: BaseTranslator[Any]) -> Any:
    """The same rows."""
    return translate(node.source)


def reset_index(node: Any, translate: BaseTranslator[Any]) -> Any:
    """Rows numbered; their labels become columns."""
    source = translate(node.source)
    columns = list(source.columns)
    if isinstance(node.options, tuple) and node.options and node.source.meta.ndim == 1:
        columns = [(dict(node.options).get("name", label), column) for label, column in columns]
    if not node.drop:
        if source.index is None:
            labels = [label for label in node.added if ("column", label) in translate.needs.get(node.name, frozenset())]
            if labels or Need.VALUES in translate.needs.get(node.name, frozenset()):
                raise Untranslatable("the index is not known to the engine")
            types = types_of(node.meta)
            columns = [*[(label, translate.unseen(types[label])) for label in node.added], *columns]
        else:
            columns = [*labelled(node.columns[: len(source.index)], source.index), *columns]
    if node.source.meta.ndim == 1:
        columns = list(labelled(node.columns, [column for _, column in columns])) if node.meta.ndim == 2 else columns
    made = replaced(source, columns=tuple(columns), index=None)
    if translate.wants(node, Need.INDEX):
        return translate.numbered(made)
    return made


#: What each class of nodes is to every engine.
OF_COLUMNS: dict[str, Callable[[Any, Any], Any]] = {
    "Projection": projection,
    "Subcolumns": subcolumns,
    "Relabel": relabelled,
    "Renamed": renamed,
    "ToFrame": to_frame,
    "Divided": divided,
    "ResetIndex": reset_index,
}
