"""Records and how they lie in partitions."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st

import weft.bag as db

small = st.integers(-20, 20)
NUMBERS = count()


@st.composite
def bags(draw: Any, elements: Any = small, min_size: int = 0, max_size: int = 30) -> tuple[list[Any], Any]:
    """A list, and a bag of it, also of empty partitions."""
    parts = draw(st.lists(st.lists(elements, max_size=8), min_size=1, max_size=5))
    records = [each for part in parts for each in part][:max_size]
    if len(records) < min_size:
        extra = draw(st.lists(elements, min_size=min_size - len(records), max_size=min_size))
        parts, records = [*parts, extra], records + extra
    name = f"given-{next(NUMBERS)}"
    graph = {(name, number): part for number, part in enumerate(parts)}
    records = [each for part in parts for each in part]
    return records, db.concat([made(part) for part in parts]) if draw(st.booleans()) else db.Bag(
        graph, name, len(parts)
    )


def made(part: list[Any]) -> Any:
    """A bag of one partition, made by a stream."""
    return db.from_sequence(part, npartitions=1).filter(lambda record: True)


def value(collection: Any) -> Any:
    """What it computes to, here and now."""
    return collection.compute(scheduler="sync")
