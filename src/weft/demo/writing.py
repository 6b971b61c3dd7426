"""Write files that appear whole or not at all, and the answers as one Parquet table.

A file is written under a temporary name beside its final one, flushed to disk, and renamed; renaming within a folder is
atomic. A reader never meets half a file, and a failed run leaves the last good one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["SCHEMA", "to_table", "write_answers", "write_atomically"]

#: One row for each group of each question; keys that a question does not group by are null.
SCHEMA = pa.schema(
    [
        pa.field("question", pa.string(), nullable=False),
        ("origin", pa.string()),
        ("dest", pa.string()),
        ("airport", pa.string()),
        ("carrier", pa.string()),
        ("airline", pa.string()),
        ("hour", pa.int8()),
        ("wind", pa.float64()),
        ("visibility", pa.float64()),
        ("age", pa.float64()),
        ("flights", pa.int64()),
        ("cancelled", pa.int64()),
        ("departed", pa.int64()),
        ("arrived", pa.int64()),
        ("late", pa.float64()),
        ("dep_delay", pa.float64()),
        ("arr_delay", pa.float64()),
    ],
    metadata={
        "late": "share of the arrived flights that were 15 minutes late or more",
        "dep_delay": "mean over the departed flights, in minutes",
        "arr_delay": "mean over the arrived flights, in minutes",
        "wind": "lower edge of the bin, in miles an hour",
        "visibility": "lower edge of the bin, in miles",
        "age": "lower edge of the bin of the plane's age, in years",
    },
)


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Have ``write`` fill a file, and give it the name ``path`` only once it is complete and on disk.

    When ``write`` fails, its error passes through, the unfinished file is removed, and what was at ``path`` stays.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "greeting.txt"
    ...     write_atomically(path, lambda file: file.write(b"hello"))
    ...     path.read_text()
    'hello'
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def to_table(answers: Mapping[str, pd.DataFrame]) -> pa.Table:
    """All answers as one Arrow table in ``SCHEMA``, below one another, told apart by the column ``question``."""
    return pa.concat_tables(
        pa.Table.from_pandas(
            answer.assign(question=name).reindex(columns=SCHEMA.names), schema=SCHEMA, preserve_index=False
        ).replace_schema_metadata(SCHEMA.metadata)
        for name, answer in answers.items()
    )


def write_answers(path: Path, answers: Mapping[str, pd.DataFrame]) -> None:
    """Write all answers to one Parquet file, atomically."""
    table = to_table(answers)
    write_atomically(path, lambda file: pq.write_table(table, file))
