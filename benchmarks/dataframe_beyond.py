"""What is larger than the budget: Weft's own exchange beside DuckDB, which spills by itself, and Polars, which does not have to.

Queries 1, 9 and 18 of TPC-H, a sort and a merge of its large tables, each in a process of its own. Weft is asked as it is, and
with every program divided into pieces of one partition. The rows that are sorted and merged are written to Parquet files.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from benchmarks.harness import Report
from benchmarks.tpch.data import make_data
from benchmarks.watching import watched

__all__ = ["beyond"]

WEFT = """
    import time
    from pathlib import Path
    import weft, weft.dataframe as dd
    from benchmarks.tpch.answers import ask_pandas_style, tables_of
    t = tables_of("weft", Path("FOLDER"), SCALE)
    begin = time.perf_counter()
    with weft.config.set({"memory.budget": "BUDGET", "dataframe.queries": "QUERIES"}):
        ASKED
    print("seconds=%f" % (time.perf_counter() - begin))
"""
DUCKDB = """
    import time, duckdb
    from benchmarks.tpch.data import TABLES
    from benchmarks.tpch.sql import SQL
    connection = duckdb.connect()
    connection.execute("set memory_limit='BUDGET'; set temp_directory='TARGET.tmp'; set preserve_insertion_order=false")
    connection.execute("set enable_progress_bar=false")
    for table in TABLES:
        connection.execute(f"create view {table} as select * from read_parquet('FOLDER/{table}.parquet')")
    begin = time.perf_counter()
    ASKED
    print("seconds=%f" % (time.perf_counter() - begin))
"""
POLARS = """
    import time
    from pathlib import Path
    import polars as pl
    from benchmarks.tpch.polars_queries import POLARS, Scan
    t = Scan(Path("FOLDER"), SCALE)
    begin = time.perf_counter()
    ASKED
    print("seconds=%f" % (time.perf_counter() - begin))
"""
ITEMS = ["l_orderkey", "l_partkey", "l_suppkey", "l_extendedprice", "l_shipdate"]
ORDERS = ["o_orderkey", "o_custkey", "o_totalprice", "o_orderdate"]
#: What is asked, by case and library.
PROGRAMS = {
    **{
        f"q{number}": {
            "weft": f"ask_pandas_style({number}, t)",
            "duckdb": f"connection.execute(SQL[{number}].format(scale=SCALE)).df()",
            "polars": f"POLARS[{number}](t).collect(engine='streaming')",
        }
        for number in (1, 9, 18)
    },
    "sort": {
        "weft": f"t.lineitem[{ITEMS}].sort_values('l_extendedprice').to_parquet('TARGET')",
        "duckdb": f"connection.execute('copy (select {', '.join(ITEMS)} from lineitem order by l_extendedprice) to \"TARGET\"')",
        "polars": f"t.lineitem.select({ITEMS}).sort('l_extendedprice').sink_parquet('TARGET')",
    },
    "merge": {
        "weft": f"t.lineitem[{ITEMS}].merge(t.orders[{ORDERS}], left_on='l_orderkey', right_on='o_orderkey').to_parquet('TARGET')",
        "duckdb": f"connection.execute('copy (select {', '.join(ITEMS + ORDERS)} from lineitem join orders "
        'on l_orderkey = o_orderkey) to "TARGET"\')',
        "polars": f"t.lineitem.select({ITEMS}).join(t.orders.select({ORDERS}), left_on='l_orderkey', right_on='o_orderkey')"
        ".sink_parquet('TARGET')",
    },
}


def beyond(report: Report, place: Path, options: argparse.Namespace) -> None:
    """Each program by each library, at scale 10 within 1 GB; DuckDB is told the limit, Polars has none."""
    scale, budget = 10.0 if options.scale == 1.0 else options.scale, "1GB"
    folder, target = make_data(scale, place), place / "beyond"
    for name, asked in PROGRAMS.items():
        if options.program and name not in options.program:
            continue
        shown = []
        for library, text, queries in (
            ("weft", WEFT, "auto"),
            ("weft", WEFT, "partitions"),
            ("duckdb", DUCKDB, ""),
            ("polars", POLARS, ""),
        ):
            code = text.replace("ASKED", asked[library]).replace("QUERIES", queries).replace("TARGET", str(target))
            code = code.replace("FOLDER", str(folder)).replace("SCALE", str(scale)).replace("BUDGET", budget)
            found = watched(code, limit_s=options.limit)
            for made in (target, target.with_suffix(".tmp")):
                shutil.rmtree(made, ignore_errors=True) if made.is_dir() else made.unlink(missing_ok=True)
            label = f"{library} in pieces" if queries == "partitions" else library
            seconds = found.values.get("seconds")
            ended = found.error[:60] or ("died" if seconds is None else f"{float(seconds):.1f} s")
            shown.append(f"{label} {ended} {found.peak / 1e9:.2f} GB")
        report.add(f"{name}, SF{scale:g}, {budget}", ", ".join(shown))
