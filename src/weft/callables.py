"""What can be asked of functions and classes: names, parameters, docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import Any, Generic, TypeVar

__all__ = [
    "IndexCallable",
    "M",
    "also_called",
    "apply",
    "deepmap",
    "derived_from",
    "funcname",
    "has_keyword",
    "methodcaller",
    "takes_multiple_arguments",
    "typename",
]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

#: Names of functions are cut after this many characters.
LONGEST_NAME = 50


def apply(func: Callable[..., T], args: Iterable[Any], kwargs: Mapping[str, Any] | None = None) -> T:
    """``func(*args, **kwargs)``, for tasks with keyword arguments in graphs of tuples.

    >>> apply(sorted, ([2, 1],), {"reverse": True})
    [2, 1]
    """
    return func(*args, **kwargs) if kwargs else func(*args)


def also_called(**others: str) -> Callable[[F], F]:
    """Have a function take some of its arguments by other names, too: those by which users of other libraries know them.

    Parameters
    ----------
    **others
        The other name, and the function's own.

    Examples
    --------
    >>> @also_called(seq="values")
    ... def total(values, start=0):
    ...     return sum(values, start)
    >>> total(seq=[1, 2]), total([1, 2])
    (3, 3)
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def taken(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                for other in others.keys() & kwargs.keys():
                    name = others[other]
                    if name in kwargs:
                        raise TypeError(f"{function.__name__}() takes one of {name} and {other}; it was given both")
                    kwargs[name] = kwargs.pop(other)
            return function(*args, **kwargs)

        return taken  # type: ignore[return-value]

    return decorate


def funcname(func: Any) -> str:
    """The name of a callable, for people.

    >>> from functools import partial
    >>> funcname(partial(sorted, reverse=True)), funcname(lambda x: x)
    ('sorted', 'lambda')
    """
    while isinstance(func, partial):
        func = func.func
    name = getattr(func, "__name__", None)
    if not isinstance(name, str):
        name = type(func).__name__
    return ("lambda" if name == "<lambda>" else name)[:LONGEST_NAME]


def typename(typ: Any, short: bool = False) -> str:
    """The name of a class with its module; of the module only the first part if ``short``. Instances count as their class.

    >>> from collections import OrderedDict
    >>> typename(int), typename(OrderedDict), typename(inspect.Parameter.empty, short=True)
    ('int', 'collections.OrderedDict', 'inspect._empty')
    """
    if not isinstance(typ, type):
        return typename(type(typ), short)
    module = typ.__module__
    if not module or module == "builtins":
        return typ.__qualname__
    return f"{module.split('.')[0] if short else module}.{typ.__qualname__}"


def parameters_of(func: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The parameters of a callable; None where Python cannot tell."""
    try:
        return list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        return None


def has_keyword(func: Callable[..., Any], keyword: str) -> bool:
    """Whether a callable has a parameter of that name.

    >>> has_keyword(sorted, "reverse"), has_keyword(len, "reverse")
    (True, False)
    """
    parameters = parameters_of(func)
    return parameters is not None and any(each.name == keyword for each in parameters)


def takes_multiple_arguments(func: Callable[..., Any], varargs: bool = True) -> bool:
    """Whether a callable must be given more than one positional argument.

    Parameters
    ----------
    func : callable
    varargs : bool
        What to say of functions that take ``*args``.

    Examples
    --------
    >>> takes_multiple_arguments(lambda x: x), takes_multiple_arguments(lambda x, y: x)
    (False, True)
    """
    parameters = parameters_of(func)
    if parameters is None:
        return False
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters):
        return varargs
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in positional and each.default is inspect.Parameter.empty for each in parameters) > 1


class IndexCallable(Generic[T]):
    """Calls a function when it is indexed.

    >>> IndexCallable(abs)[-3]
    3
    """

    __slots__ = ("fn",)

    def __init__(self, fn: Callable[[Any], T]) -> None:
        self.fn = fn

    def __getitem__(self, key: Any) -> T:
        return self.fn(key)


class methodcaller:  # noqa: N801 (the name users know)
    """Calls a method of its first argument, and can be told from others by its name.

    >>> methodcaller("upper")("a"), methodcaller("replace")("aab", "a", "c", 1)
    ('A', 'cab')
    """

    __slots__ = ("method",)

    def __init__(self, method: str) -> None:
        self.method = method

    @property
    def __name__(self) -> str:
        return self.method

    def __call__(self, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(obj, self.method)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<methodcaller {self.method}>"

    def __eq__(self, other: object) -> bool:
        return type(other) is methodcaller and other.method == self.method

    def __hash__(self) -> int:
        return hash((methodcaller, self.method))

    def __reduce__(self) -> tuple[Any, ...]:
        return methodcaller, (self.method,)


class Methods:
    """Attributes are functions that call the method of their name: ``M.sum(x)`` is ``x.sum()``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> methodcaller:
        if name.startswith("__"):
            raise AttributeError(name)
        return methodcaller(name)


#: ``M.upper`` is ``methodcaller("upper")``.
M = Methods()


def derived_from(
    original_klass: Any,
    version: str | None = None,
    ua_args: Iterable[str] | None = None,
    skipblocks: int = 0,
    inconsistencies: str | None = None,
) -> Callable[[F], F]:
    """Give a method the docstring of the one that it stands for.

    Parameters
    ----------
    original_klass : class or module
        Where the original is, under the same name.
    version : str, optional
        Since when the original is there.
    ua_args : iterable of str, optional
        Parameters of the original that are not supported; by default those that the method does not have.
    skipblocks : int
        Paragraphs at the start of the original's docstring that are left out.
    inconsistencies : str, optional
        What is known to differ.

    Examples
    --------
    >>> class Numbers:
    ...     @derived_from(list)
    ...     def count(self, value): ...
    >>> print(Numbers.count.__doc__)
    Return number of occurrences of value.
    <BLANKLINE>
    This docstring was copied from builtins.list.count. Some details may differ in Weft.
    """

    def keep(method: F) -> F:
        name = method.__name__
        original = getattr(original_klass, name, None)
        doc = inspect.getdoc(original) or ""
        if not doc:
            return method
        blocks = doc.split("\n\n")[skipblocks:]
        home = (
            original_klass.__name__
            if inspect.ismodule(original_klass)
            else f"{original_klass.__module__}.{original_klass.__qualname__}"
        )
        note = f"This docstring was copied from {home}.{name}. Some details may differ in Weft."
        if inconsistencies:
            note += f"\n\nKnown differences: {inconsistencies}"
        if version:
            note += f"\n\nIn the original since version {version}."
        theirs, ours = parameters_of(original), parameters_of(method)  # type: ignore[arg-type]
        missing = (
            list(ua_args)
            if ua_args is not None
            else sorted({each.name for each in theirs or ()} - {each.name for each in ours or theirs or ()} - {"self"})
        )
        text = "\n\n".join([*blocks[:1], note, *blocks[1:]])
        method.__doc__ = "\n".join(marked(line, missing) for line in text.split("\n"))
        return method

    return keep


def marked(line: str, missing: Iterable[str]) -> str:
    """A line of a docstring, with a remark if it describes a parameter that is not supported."""
    head = line.split(":")[0].strip()
    return f"{line}  (Not supported in Weft)" if head and " :" in line and head in missing else line


def deepmap(function: Callable[..., Any], *nested: Any) -> Any:
    """A function of the items of nested lists, in lists nested alike.

    >>> deepmap(lambda x: x + 1, [[1, 2], [3, 4]])
    [[2, 3], [4, 5]]
    """
    if isinstance(nested[0], (list, Iterator)):
        return [deepmap(function, *items) for items in zip(*nested, strict=False)]
    return function(*nested)
