"""Helpers that programs written for Dask import by this name; each lives where it belongs."""

from functools import cached_property

from weft.callables import (
    IndexCallable,
    M,
    apply,
    deepmap,
    derived_from,
    funcname,
    has_keyword,
    methodcaller,
    takes_multiple_arguments,
    typename,
)
from weft.cli.info import show_versions
from weft.dispatch import Dispatch
from weft.ducks import is_arraylike, is_dataframe_like, is_index_like, is_series_like
from weft.execution.locks import get_scheduler_lock
from weft.extras import import_required
from weft.graph.key import key_split
from weft.graph.tuples import ensure_dict
from weft.locks import SerializableLock
from weft.scratch import filetext, filetexts, tmp_cwd, tmpdir, tmpfile
from weft.seeds import random_state_data
from weft.text import memory_repr, natural_sort_key, stringify
from weft.units import format_bytes, format_time, parse_bytes, parse_timedelta

__all__ = [
    "Dispatch",
    "IndexCallable",
    "M",
    "SerializableLock",
    "apply",
    "cached_property",
    "deepmap",
    "derived_from",
    "ensure_dict",
    "filetext",
    "filetexts",
    "format_bytes",
    "format_time",
    "funcname",
    "get_scheduler_lock",
    "has_keyword",
    "import_required",
    "is_arraylike",
    "is_dataframe_like",
    "is_index_like",
    "is_series_like",
    "key_split",
    "memory_repr",
    "methodcaller",
    "natural_sort_key",
    "parse_bytes",
    "parse_timedelta",
    "random_state_data",
    "show_versions",
    "stringify",
    "takes_multiple_arguments",
    "tmp_cwd",
    "tmpdir",
    "tmpfile",
    "typename",
]
