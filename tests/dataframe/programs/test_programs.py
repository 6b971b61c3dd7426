"""Random programs give the same by pandas itself, by our pandas kernels, by Polars as a whole and by partitions, and by DuckDB; `programs` runs more."""

from __future__ import annotations

import pytest
from tests.dataframe.programs.running import ROADS, computed, on_road, program

from weft.dataframe.kernels.duckdb.query import DuckQuery
from weft.dataframe.kernels.polars.pieces import PieceQuery
from weft.dataframe.kernels.polars.query import Query

PROGRAMS = 500
#: Programs of one test: each is one line of the report.
TOGETHER = 50
#: The share of the programs that Polars must compute a part of, by either road; and, of those without rarer operators, that
#: it computes as a whole.
PART, WHOLE = 0.5, 0.3
#: The share of the programs that DuckDB must compute a part of.
BY_DUCKDB = 0.1


class Tally:
    """Counts queries, and how many of them stood for a whole program."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queries = self.pieces = self.statements = 0
        of_duckdb = DuckQuery.run
        original, of_pieces = Query.__call__, PieceQuery.__call__

        def counted(query: Query, *args: object) -> object:
            self.queries += 1
            return original(query, *args)

        def counted_piece(query: PieceQuery, *args: object) -> object:
            self.pieces += 1
            return of_pieces(query, *args)

        def counted_statement(query: DuckQuery, *args: object) -> object:
            self.statements += 1
            return of_duckdb(query, *args)

        monkeypatch.setattr(DuckQuery, "run", counted_statement)
        monkeypatch.setattr(Query, "__call__", counted)
        monkeypatch.setattr(PieceQuery, "__call__", counted_piece)


def is_whole(ours: object) -> bool:
    """Whether Polars computes all of a result."""
    from weft.dataframe.kernels import polars
    from weft.expr import Need

    if not hasattr(ours, "expr"):
        return False
    query, *_ = polars.translated(ours.expr, frozenset({Need.VALUES, Need.INDEX, Need.ORDER}))
    return query is not None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("start", range(0, PROGRAMS, TOGETHER))
def test_engines_agree(start, tmp_path, monkeypatch):
    tally, parts, wholes, usual, divided, stated = Tally(monkeypatch), 0, 0, 0, 0, 0
    for seed in range(start, start + TOGETHER):
        drawn = program(seed, tmp_path)
        ours = drawn.ours()
        for road in ROADS:
            try:
                with on_road(road):
                    found = computed(ours)
                drawn.check(found, ours.expr.meta if hasattr(ours, "expr") else None)
            except Exception as error:
                raise AssertionError(f"{road} differ in the program of {drawn}") from error
        parts += bool(tally.queries)
        divided += bool(tally.pieces)
        stated += bool(tally.statements)
        tally.queries = tally.pieces = tally.statements = 0
        usual += not drawn.is_broad
        wholes += not drawn.is_broad and is_whole(ours)
    assert parts >= PART * TOGETHER, f"Polars computed a part of {parts} of {TOGETHER} programs only"
    assert divided >= PART * TOGETHER, f"pieces of {divided} of {TOGETHER} programs only went by partitions"
    assert stated >= BY_DUCKDB * TOGETHER, f"DuckDB computed a part of {stated} of {TOGETHER} programs only"
    assert wholes >= WHOLE * usual, f"Polars computed {wholes} of {usual} programs only"
