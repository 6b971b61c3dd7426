"""``python -m benchmarks scheduler``: one suite, its table, and whether its bars were reached."""

from __future__ import annotations

import importlib
import sys

SUITES = {
    "array": "arrays beside Dask, NumPy and numexpr",
    "bag": "bags beside Dask, a pool and joblib, and their memory",
    "dataframe": "TPC-H, groups, frames in memory, beside Dask, Polars, DuckDB and pandas",
    "scheduler": "everything the foundation must show, beside Dask",
    "order": "live blocks of the static order, beside Dask's",
    "simulated": "a thousand simulated workers, a million tasks",
    "processes": "tasks and blocks between processes, beside Dask's",
    "shapes": "reshape, rechunk, joined arrays, beside Dask's",
    "client": "futures beside Dask, frisky and concurrent.futures; a soak with kills",
    "tables": "CSV and many small Parquet files beside Dask",
    "ray": "Ray beside threads; nodes, workers, objects and drivers that die",
    "ray_spike": "two local Ray nodes: an array sum and an exchange",
}


def main() -> None:
    """Run the suite that is named."""
    if len(sys.argv) < 2 or sys.argv[1] not in SUITES:
        print("usage: python -m benchmarks SUITE [options]\n")
        for name, about in SUITES.items():
            print(f"  {name:10} {about}")
        raise SystemExit(2)
    name = sys.argv.pop(1)
    importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
