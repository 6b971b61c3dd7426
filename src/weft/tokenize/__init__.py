"""Deterministic names for values: equal tokens mean equal values, in every process and run.

`tokenize` gives the name, `normalize_token` registers further types; a class may also say itself what identifies its
instances, with a method ``__weft_tokenize__``. A value that cannot be named by its content gets a name that it shares
with no other object; ``ensure_deterministic=True``, or the option ``tokenize.ensure-deterministic``, makes that an
error.

``encode`` has the machinery and the builtin types, ``callables`` functions and classes; ``standard`` has the standard
library, the other modules one library each: they are imported when a first value of theirs is met.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from importlib import import_module

from weft import config
from weft.errors import TokenizationError
from weft.tokenize import callables  # noqa: F401 (importing it registers what it can encode)
from weft.tokenize.encode import Encoder, normalize_token

__all__ = ["TokenizationError", "normalize_object", "normalize_seq", "normalize_token", "tokenize"]

# Libraries' types are registered when a first value of theirs is met.
for _library in ("numpy", "pandas", "pyarrow", "scipy"):
    normalize_token.register_lazy(_library, partial(import_module, f"weft.tokenize.{_library}"))
for _library in ("array", "datetime", "decimal", "fractions", "pathlib", "re", "uuid", "zoneinfo"):
    normalize_token.register_lazy(_library, partial(import_module, "weft.tokenize.standard"))


def tokenize(*args: object, ensure_deterministic: bool | None = None, **kwargs: object) -> str:
    """A name for some values: the same for equal ones, in every process and run.

    Parameters
    ----------
    *args, **kwargs
        Any values. The order of keywords, of sets and of dictionaries does not count; types do (``1`` is not ``1.0``).
    ensure_deterministic : bool, optional
        Raise for values that cannot be named by their content. By default the option
        ``tokenize.ensure-deterministic`` says so.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    TokenizationError
        For a value without a deterministic name, where one is asked for.

    Notes
    -----
    Objects whose class does not say what identifies them are named by identity: an object keeps its name as long
    as it lives, and shares it with no other.

    Examples
    --------
    >>> tokenize("mean", 1, axis=0) == tokenize("mean", 1, axis=0)
    True
    >>> tokenize({"a": 1, "b": 2}) == tokenize({"b": 2, "a": 1})
    True
    >>> tokenize(object()) == tokenize(object())
    False
    >>> tokenize(object(), ensure_deterministic=True)
    Traceback (most recent call last):
    weft.errors.TokenizationError: cannot make a deterministic token of a value of type builtins.object...
    """
    if ensure_deterministic is None:
        ensure_deterministic = config.value("tokenize.ensure-deterministic")
    encoder = Encoder(ensure_deterministic)
    try:
        encoder.put_all(args)
        if kwargs:
            encoder.parts.append(b"K")
            encoder.put(kwargs)
    except RecursionError:
        if ensure_deterministic:
            raise TokenizationError(
                "cannot make a deterministic token of a value that is nested this deeply: the interpreter's stack "
                "ends. Give a flatter value, or raise sys.setrecursionlimit."
            ) from None
        return os.urandom(16).hex()
    import hashlib  # takes 3 ms; not for `import weft` to pay

    return hashlib.blake2b(b"".join(encoder.parts), digest_size=16).hexdigest()


def normalize_object(o: object) -> object:
    """What stands for an object of a type that nobody has registered: what it says itself, or else its own token.

    >>> from weft.tokenize import normalize_object
    >>> class Station:
    ...     def __weft_tokenize__(self):
    ...         return "JFK"
    >>> normalize_object(Station())
    'JFK'
    """
    own = getattr(type(o), "__weft_tokenize__", None)
    return tokenize(o) if own is None or isinstance(o, type) else own(o)


def normalize_seq(seq: Iterable[object]) -> tuple[str, list[object]]:
    """What stands for a sequence: its type's name, and what stands for its items.

    >>> from weft.tokenize import normalize_seq
    >>> normalize_seq((1, "a"))
    ('tuple', [1, 'a'])
    """
    return type(seq).__name__, [normalize_token(item) for item in seq]
