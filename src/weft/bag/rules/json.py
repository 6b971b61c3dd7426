"""Decoding of JSON moves towards the reader, and what is plucked moves into the decoding."""

from __future__ import annotations

import json

from weft.bag.expr import Streamed
from weft.bag.io.text import ReadLines
from weft.bag.kernels.elements import Map, Pluck
from weft.bag.kernels.text import ParseJson, ReadText
from weft.expr import Context, Expr, rule
from weft.io.json import json_library

__all__ = ["json_into_reader", "parse_json", "pluck_into_json"]


@rule
def parse_json(node: Streamed) -> Expr | None:
    """``map(json.loads)`` becomes a decoder that gives the same, faster."""
    match node.stage:
        case Map(func) if func is json.loads and node.stage.is_plain and json_library() != "json":
            return node.with_operands(stage=ParseJson(json_library()))
    return None


@rule
def pluck_into_json(node: Streamed, context: Context) -> Expr | None:
    """What is plucked of decoded values alone is taken as they are decoded: nothing else of them is kept."""
    match node:
        case Streamed(Pluck(key, default), (Streamed(ParseJson() as parse) as source,)):
            # one that skips errors would skip records without the item as well
            if not parse.is_plucked and parse.on_error == "raise" and context.is_sole(source):
                made = ParseJson(parse.library, parse.on_error, True, key, default, parse.skips_blank)
                return source.with_operands(stage=made)
    return None


@rule
def json_into_reader(node: Streamed, context: Context) -> Expr | None:
    """Lines that are only decoded as JSON are decoded from their bytes; no texts are made."""
    match node:
        case Streamed(ParseJson() as parse, (ReadLines(parts, ReadText(form, False, on_error, None)) as source,)):
            plain = form.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
            plain = plain and form.errors == "strict" and form.delimiter in (None, "\n")
            if plain and on_error == parse.on_error and context.is_sole(source):
                return ReadLines(parts, ReadText(form, False, on_error, parse))
    return None
