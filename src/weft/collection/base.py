"""What every collection can do: compute, persist, draw and explain itself."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from weft.execution import compute, graph_of, persist
from weft.graph.key import flatten_keys
from weft.graph.renaming import get_name_from_key

__all__ = ["Collection", "WeftMethodsMixin", "get_collection_names"]


#: What users of Dask call stages of optimisation, and the part of an explanation that tells of it.
STAGES = {
    "logical": "written",
    "simplified-logical": "simplified",
    "tuned-logical": "simplified",
    "physical": "optimised",
    "simplified-physical": "optimised",
    "fused": "optimised",
}


class WeftMethodsMixin:
    """The methods of a collection, for classes that speak the collection protocol.

    See ``docs/extending/collection.md`` for the protocol; the methods here need all of it but ``__weft_tokenize__``.

    Examples
    --------
    >>> class Pair(WeftMethodsMixin):
    ...     def __init__(self, graph, keys):
    ...         self.graph, self.keys = graph, keys
    ...     def __weft_graph__(self):
    ...         return self.graph
    ...     def __weft_keys__(self):
    ...         return self.keys
    ...     def __weft_postcompute__(self):
    ...         return tuple, ()
    ...     def __weft_postpersist__(self):
    ...         return Pair, (self.keys,)
    >>> Pair({"x": 1, "y": (abs, -2)}, ["x", "y"]).compute()
    (1, 2)
    """

    __slots__ = ()

    def compute(self, **kwargs: Any) -> Any:
        """Compute this collection and return the result.

        Parameters
        ----------
        **kwargs
            ``scheduler``, ``num_workers``, ``optimize_graph`` and the rest of what :func:`weft.compute` takes.
        """
        (result,) = compute(self, traverse=False, **kwargs)
        return result

    def persist(self, fuse: bool = True, **kwargs: Any) -> Any:
        """Compute this collection and keep the result where it was made; see :func:`weft.persist`.

        Tasks in a row are merged (``fuse``), unless nothing is optimised at all (``optimize_graph=False``).
        """
        if not fuse and kwargs.get("optimize_graph", True):
            raise ValueError(
                "persist(fuse=False) is not there: optimize_graph=False leaves all tasks as they are written"
            )
        (result,) = persist(self, traverse=False, **kwargs)
        return result

    def visualize(
        self, filename: str | None = "myweft", format: str | None = None, optimize_graph: bool = False, **kwargs: Any
    ) -> Any:
        """Draw the graph of this collection; see :func:`weft.visualize`."""
        from weft.diagnostics.draw import visualize

        return visualize(self, filename=filename, format=format, optimize_graph=optimize_graph, **kwargs)

    def explain(self, stage: str | None = None, format: str | None = None, **kwargs: Any) -> Any:
        """Tell what this computation is, how it is optimised, and what will run; see :func:`weft.diagnostics.explain`.

        Of a single ``stage`` of optimisation the text is given. An explanation is no picture (``format``): see `visualize`.
        """
        if stage is not None and stage not in STAGES:
            raise ValueError(f"explain(stage={stage!r}): stages are {', '.join(STAGES)}")
        if format is not None:
            raise ValueError(
                f"explain(format={format!r}): an explanation is text. visualize(format=...) draws the graph"
            )
        from weft.diagnostics import explain

        found = explain(self, **kwargs)
        return found if stage is None else getattr(found, STAGES[stage]) or found.written

    def __await__(self) -> Generator[Any, Any, Any]:
        import asyncio

        return asyncio.to_thread(self.compute).__await__()


class Collection(WeftMethodsMixin):
    """Base of Weft's own collections, which hold one expression."""

    __slots__ = ("__weakref__",)

    def __weft_graph__(self) -> Any:
        """The graph that computes this collection, as a mapping of keys to tasks."""
        return graph_of([self], optimize_graph=False)

    def __weft_layers__(self) -> tuple[str, ...]:
        """The names of the layers that hold its keys."""
        return tuple(map(str, get_collection_names(self)))


def get_collection_names(collection: Any) -> set[str]:
    """The names of a collection's keys: one for most, several for composites.

    >>> import weft
    >>> get_collection_names(weft.delayed(abs)(-1, weft_key_name="x"))
    {'x'}
    """
    return set(map(get_name_from_key, flatten_keys(collection.__weft_keys__())))
