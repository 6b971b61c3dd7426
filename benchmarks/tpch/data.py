"""The data of TPC-H: made once by ``tpchgen-cli``, with amounts as float64 and dates as timestamps."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["TABLES", "make_data"]

TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
#: Rows of a row group.
ROWS = 500_000


def make_data(scale: float, place: Path) -> Path:
    """The folder with one Parquet file for each table, of this scale; made if it is not there."""
    done = place / f"sf{scale:g}"
    if (done / "region.parquet").exists():
        return done
    raw, fresh = place / f"raw{scale:g}", place / f"fresh{scale:g}"
    for each in (raw, fresh):
        shutil.rmtree(each, ignore_errors=True)
    fresh.mkdir(parents=True)
    tool = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([tool, "parquet", "-s", f"{scale:g}", "--output-dir", raw], check=True, stdout=subprocess.DEVNULL)
    for table in TABLES:
        rewrite(raw / f"{table}.parquet", fresh / f"{table}.parquet")
        (raw / f"{table}.parquet").unlink()
    raw.rmdir()
    fresh.rename(done)
    return done


def rewrite(source: Path, target: Path) -> None:
    """A file with other types."""
    file = pq.ParquetFile(source)
    schema = pa.schema([pa.field(each.name, plain(each.type)) for each in file.schema_arrow])
    with pq.ParquetWriter(target, schema, compression="snappy") as writer:
        waiting: list[pa.Table] = []
        for batch in file.iter_batches(batch_size=ROWS):
            waiting.append(pa.Table.from_batches([batch]).cast(schema))
            if sum(each.num_rows for each in waiting) >= ROWS:
                writer.write_table(pa.concat_tables(waiting), row_group_size=ROWS)
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=ROWS)


def plain(kind: pa.DataType) -> pa.DataType:
    """The type that pandas computes with."""
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_date(kind):
        return pa.timestamp("us")
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return pa.string()
    return kind
