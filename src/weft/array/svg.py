"""Drawings of how arrays are cut, as SVG.

The last two axes are drawn as a sheet of cells; a third one goes into the depth. Of arrays with more axes a row of such
pictures is drawn, for three axes at a time. Lengths are drawn to scale as far as the eye can use it: an axis a thousand
times as long as another one looks a few times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import log1p

__all__ = ["svg"]

#: Lines along an axis, at most; of finer cuts some are left out.
MOST_LINES = 40
#: How far, of what is drawn, the third axis goes right and down.
DEPTH = 0.35
#: Room for labels, in pixels.
MARGIN = 50
COLOUR = "#7d9fc2"


def svg(chunks: Sequence[Sequence[int]], size: int = 200) -> str:
    """A drawing of the chunks of an array.

    Parameters
    ----------
    chunks : tuple of tuple of int
        Lengths of the chunks along each axis.
    size : int
        Length of the longest axis in the drawing, in pixels.

    Returns
    -------
    str
        An ``<svg>`` element.

    Raises
    ------
    NotImplementedError
        The array has no axes, or lengths that are not known.

    Examples
    --------
    >>> svg(((2, 2), (3, 3)))[:10]
    '<svg width'
    """
    if not chunks:
        raise NotImplementedError("cannot draw an array without axes")
    if any(length != length for axis in chunks for length in axis):
        raise NotImplementedError("cannot draw chunks whose lengths are unknown: call compute_chunk_sizes() first")
    axes = [tuple(axis) for axis in chunks]
    scaled = drawn_lengths([sum(axis) for axis in axes], size)
    first = len(axes) % 3 or 3
    groups = [slice(0, first), *[slice(start, start + 3) for start in range(first, len(axes), 3)]]
    left, height, parts = 0.0, 0.0, []
    for group in groups:
        picture, wide, high = draw(axes[group], scaled[group], left)
        parts.append(picture)
        left, height = left + wide + MARGIN, max(height, high)
    width = left
    return (
        f'<svg width="{width:.0f}" height="{height + MARGIN:.0f}" '
        'style="stroke:rgb(0,0,0);stroke-width:1" xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(parts) + "\n</svg>"
    )


def drawn_lengths(lengths: list[int], size: int) -> list[float]:
    """Lengths in pixels: the longest has all of ``size``, short ones enough to be seen."""
    longest = max(max(lengths), 1)
    share = [max(length, 1) / longest for length in lengths]
    return [size * max(each, 0.1 + 0.1 * log1p(each)) for each in share]


def ends(axis: tuple[int, ...], drawn: float) -> list[float]:
    """Where chunks start and end, in pixels; some are left out if there are too many."""
    whole = max(sum(axis), 1)
    bounds = [0, *accumulate(axis)] if sum(axis) else [0, 1]
    if len(bounds) > MOST_LINES:
        step = -(-len(bounds) // MOST_LINES)
        bounds = [*bounds[:-1:step], bounds[-1]]
    return [bound / whole * drawn for bound in bounds]


def draw(axes: list[tuple[int, ...]], drawn: list[float], left: float) -> tuple[str, float, float]:
    """One to three axes, with what they take in width and height."""
    if len(axes) == 1:
        axes, drawn = [(1,), *axes], [min(drawn[0], 25.0), *drawn]
        flat = True
    else:
        flat = False
    depth = drawn[0] * DEPTH if len(axes) == 3 else 0.0
    rows, columns = ends(axes[-2], drawn[-2]), ends(axes[-1], drawn[-1])
    high, wide = rows[-1], columns[-1]
    lines = []
    x, y = left + depth, depth
    lines.append(sheet([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]))
    lines += [line(x, y + row, x + wide, y + row, is_edge(row, rows)) for row in rows]
    lines += [line(x + column, y, x + column, y + high, is_edge(column, columns)) for column in columns]
    if depth:
        layers = [each * DEPTH for each in ends(axes[0], drawn[0])]
        lines.append(sheet([(left, 0), (left + wide, 0), (x + wide, y), (x, y)]))
        lines.append(sheet([(left, 0), (x, y), (x, y + high), (left, high)]))
        for layer in layers:
            edge = is_edge(layer, layers)
            lines.append(line(left + layer, layer, left + layer + wide, layer, edge))
            lines.append(line(left + layer, layer, left + layer, layer + high, edge))
        lines += [line(left + column, 0, x + column, depth, is_edge(column, columns)) for column in columns]
        lines += [line(left, row, x, depth + row, is_edge(row, rows)) for row in rows]
        lines.append(label(left + depth / 2 - 12, high + depth / 2 + 14, sum(axes[0])))
    lines.append(label(x + wide / 2, y + high + 18, sum(axes[-1])))
    if not flat:
        lines.append(label(x + wide + 20, y + high / 2, sum(axes[-2])))
    return "\n".join(lines), depth + wide, depth + high


def is_edge(place: float, places: list[float]) -> bool:
    """Whether a line is the first or last."""
    return place in (places[0], places[-1])


def line(x1: float, y1: float, x2: float, y2: float, edge: bool) -> str:
    """A line; thick at the edge of the array."""
    style = ' style="stroke-width:2"' if edge else ""
    return f'  <line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{style} />'


def sheet(corners: list[tuple[float, float]]) -> str:
    """A coloured face."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'  <polygon points="{points}" style="fill:{COLOUR};fill-opacity:0.6;stroke-width:0" />'


def label(x: float, y: float, length: int) -> str:
    """The length of an axis."""
    return (
        f'  <text x="{x:.1f}" y="{y:.1f}" font-size="1.0rem" font-weight="100" text-anchor="middle" '
        f'stroke-width="0">{length}</text>'
    )
