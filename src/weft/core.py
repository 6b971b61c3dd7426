"""Functions of graphs that are dicts, under the name by which programs written for Dask import them."""

from weft.graph.key import is_key as iskey
from weft.graph.tuples import (
    dependencies_and_dependents as get_deps,
)
from weft.graph.tuples import (
    find_cycle as getcycle,
)
from weft.graph.tuples import (
    flatten,
    get,
    get_dependencies,
    literal,
    quote,
    reverse_dict,
    toposort,
    validate_key,
)
from weft.graph.tuples import (
    is_acyclic as isdag,
)
from weft.graph.tuples import (
    is_hashable as ishashable,
)
from weft.graph.tuples import (
    is_task as istask,
)
from weft.graph.tuples import (
    substitute as subs,
)

__all__ = [
    "flatten",
    "get",
    "get_dependencies",
    "get_deps",
    "getcycle",
    "isdag",
    "ishashable",
    "iskey",
    "istask",
    "literal",
    "quote",
    "reverse_dict",
    "subs",
    "toposort",
    "validate_key",
]
