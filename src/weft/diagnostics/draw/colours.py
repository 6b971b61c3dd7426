"""Colours for tasks: by when they run, by what is in memory then, by what they call."""

from __future__ import annotations

from typing import NamedTuple

from weft.diagnostics.forecast import forecast
from weft.errors import DrawingError
from weft.graph import Plan
from weft.units import format_bytes

__all__ = ["CHOICES", "PLAIN", "Paint", "paint"]

CHOICES = ("order", "memory", "function")
#: From low to high; each further one is darker, so that the scale is one in grey, too.
SCALE = ((253, 231, 37), (94, 201, 98), (33, 145, 140), (59, 82, 139), (68, 1, 84))
PALETTE = (
    "#a6cee3", "#b2df8a", "#fdbf6f", "#cab2d6", "#fb9a99", "#ffff99", "#8dd3c7", "#d9d9d9", "#fccde5", "#ccebc5",
)  # fmt: skip


class Paint(NamedTuple):
    """Graphviz attributes of a task, and words below its name."""

    attributes: dict[str, str]
    words: str = ""


PLAIN = Paint({})


def paint(plan: Plan, color: str | None, maxval: float | None = None) -> dict[int, Paint]:
    """How each task is coloured; nothing if ``color`` is None."""
    if color is not None and color not in CHOICES:
        raise DrawingError(f"cannot colour by {color!r}: choose one of {', '.join(map(repr, CHOICES))}")
    if maxval is not None and (color not in ("order", "memory") or maxval <= 0):
        raise DrawingError("maxval is the top of a scale of colours: a number above 0, with color='order' or 'memory'")
    if color is None:
        return {}
    if color == "function":
        names = [program.name for program in plan.programs]
        chosen = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(dict.fromkeys(names))}
        return {task: Paint(filled(chosen[name])) for task, name in enumerate(names)}
    seen = forecast(plan)
    if color == "order":
        values, words = seen.place, [str(place) for place in seen.place]
    else:
        values = seen.pressure
        words = [format_bytes(each) if any(plan.nbytes) else f"{each} blocks" for each in values]
    top = maxval or max(values, default=0) or 1
    return {task: Paint(shade(value / top), words[task]) for task, value in enumerate(values)}


def shade(share: float) -> dict[str, str]:
    """The colour for a value from 0 to 1, and text that can be read on it."""
    position = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    lower = min(int(position), len(SCALE) - 2)
    part = position - lower
    mixed = [round(a + (b - a) * part) for a, b in zip(SCALE[lower], SCALE[lower + 1], strict=True)]
    return filled("#{:02x}{:02x}{:02x}".format(*mixed), "black" if share < 0.45 else "white")


def filled(colour: str, text: str = "black") -> dict[str, str]:
    return {"style": "filled", "fillcolor": colour, "fontcolor": text}
