"""Tables of HTML, for notebooks: plain markup without scripts or styles of a page, so that saved notebooks show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

__all__ = ["table_html"]

#: Rows that are shown, at most.
MOST_ROWS = 100


def table_html(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], count: int) -> str:
    """A table that can be folded under its title; of more than `MOST_ROWS` rows the first.

    >>> table_html("graph", ["layer"], [["<sum>"]], 1)[-62:]
    '<tbody><tr><td>&lt;sum&gt;</td></tr></tbody></table></details>'
    """
    head = "".join([f"<th>{escape(name)}</th>" for name in columns])
    body = "".join(
        [
            "<tr>" + "".join([f"<td>{escape(str(each))}</td>" for each in row]) + "</tr>"
            for row in islice(rows, MOST_ROWS)
        ]
    )
    more = f"<p>... and {count - MOST_ROWS:,} more</p>" if count > MOST_ROWS else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<details open><summary>{escape(title)}</summary>{table}{more}</details>"
