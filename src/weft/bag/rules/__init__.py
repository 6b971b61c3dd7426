"""The rewrite rules of bags."""

from __future__ import annotations

from weft.bag.kernels.pipeline import compile_pipelines
from weft.bag.rules.json import json_into_reader, parse_json, pluck_into_json
from weft.bag.rules.words import split_in_reader
from weft.expr import add_rules
from weft.physical.fuse import add_compiler

__all__ = ["SIMPLIFY", "install"]

SIMPLIFY = (
    parse_json,
    pluck_into_json,  # before the reader takes the decoding, with what is plucked
    json_into_reader,
    split_in_reader,
)


def install() -> None:
    """Add the rules to the pipeline, and the compiler of chains of stages."""
    add_rules(simplify=SIMPLIFY)
    add_compiler(compile_pipelines)
