"""What every collection can do: compute, persist, draw and explain itself."""

from __future__ import annotations

from typing import Any

from weft.execution import compute, graph_of, persist

__all__ = ["Collection"]


class Collection:
    """Base of the collections; gives your own collections these methods, too.

    A collection says how it is computed with ``__weft_expr__`` (it holds an expression) or ``__weft_graph__`` and
    ``__weft_keys__`` (it holds a graph), and how results are put together with ``__weft_postcompute__``.
    """

    __slots__ = ("__weakref__",)

    def __weft_graph__(self) -> Any:
        """The graph that computes this collection, as a mapping of keys to tasks."""
        return graph_of([self], optimize_graph=False)

    def compute(self, **kwargs: Any) -> Any:
        """Compute this collection and return the result.

        Parameters
        ----------
        **kwargs
            ``scheduler``, ``num_workers``, ``optimize_graph`` and the rest of what :func:`weft.compute` takes.
        """
        (result,) = compute(self, traverse=False, **kwargs)
        return result

    def persist(self, **kwargs: Any) -> Any:
        """Compute this collection and keep the result where it was made; see :func:`weft.persist`."""
        (result,) = persist(self, traverse=False, **kwargs)
        return result
