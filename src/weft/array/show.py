"""How an array looks as text and in a notebook: from what is known of it, without computing."""

from __future__ import annotations

from math import prod
from typing import Any

from weft.array.expr import ArrayExpr
from weft.units import format_bytes

__all__ = ["array_html", "array_text"]


def array_text(expr: ArrayExpr) -> str:
    """An array on a line."""
    longest = tuple(map(max, expr.chunks))
    return (
        f"weft.array<{expr.label}, shape={expr.shape}, dtype={expr.dtype}, chunksize={longest}, "
        f"chunktype={class_name(expr.meta)}>"
    )


def class_name(meta: Any) -> str:
    """The class of an array, with the package it comes from."""
    kind = type(meta)
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def array_html(expr: ArrayExpr) -> str:
    """An array as a table, beside a drawing of its chunks."""
    from html import escape  # here, for a quick import

    longest = tuple(map(max, expr.chunks))
    known = expr.is_known
    rows = [
        ("Bytes", format_bytes(expr.nbytes) if known else "unknown", chunk_bytes(expr, longest)),
        ("Shape", str(expr.shape), str(longest)),
        ("Chunks", f"{expr.nblocks:,}", " x ".join(map(str, expr.numblocks)) or "1"),
        ("Type", str(expr.dtype), class_name(expr.meta)),
    ]
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th><td>{escape(whole)}</td><td>{escape(chunk)}</td></tr>"
        for name, whole, chunk in rows
    )
    table = (
        f"<table><thead><tr><th>{escape(expr.label)}</th><th>Array</th><th>Chunk</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
    if not known or not expr.ndim:
        return table
    from weft.array.svg import svg  # here, for a quick import

    picture = svg(expr.chunks, size=160)
    return f"<table><tr><td>{table}</td><td>{picture}</td></tr></table>"


def chunk_bytes(expr: ArrayExpr, longest: tuple[int, ...]) -> str:
    """Size of the largest chunk."""
    return format_bytes(prod(longest) * expr.dtype.itemsize) if expr.is_known else "unknown"
