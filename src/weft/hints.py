"""What a user may have meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that looks most like ``name``, if any does.

    >>> nearest("prise", ["price", "name"]), nearest("x", ["price"])
    ('price', None)
    """
    import difflib  # here, for a quick import: only misspelt names come here

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """The end of a message on a name that is not there: a question, or nothing.

    >>> "there is no column 'prise'." + did_you_mean("prise", ["price", "name"])
    "there is no column 'prise'. Did you mean 'price'?"
    """
    near = nearest(str(name), map(str, known))
    return "" if near is None else f" Did you mean {near!r}?"
