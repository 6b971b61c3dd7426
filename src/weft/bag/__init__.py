"""Python objects in partitions, with the methods of iterators: ``import weft.bag as db``."""

from weft.bag import rules as _rules
from weft.bag.bag import Bag
from weft.bag.checking import assert_eq
from weft.bag.io.avro import read_avro, to_avro
from weft.bag.io.json import read_json, to_json
from weft.bag.io.parquet import to_parquet
from weft.bag.io.sequences import from_delayed, from_sequence, from_url, range
from weft.bag.io.text import read_text
from weft.bag.io.written import to_textfiles
from weft.bag.item import Item
from weft.bag.kernels.pipeline import Partition
from weft.bag.kernels.records import BadRecord
from weft.bag.ops.elementwise import map, map_partitions
from weft.bag.ops.joining import concat, zip
from weft.execution import compute

_rules.install()

__all__ = [
    "BadRecord",
    "Bag",
    "Item",
    "Partition",
    "assert_eq",
    "compute",
    "concat",
    "from_delayed",
    "from_sequence",
    "from_url",
    "map",
    "map_partitions",
    "random",
    "range",
    "read_avro",
    "read_json",
    "read_text",
    "to_avro",
    "to_json",
    "to_parquet",
    "to_textfiles",
    "zip",
]

from weft.bag import random  # noqa: E402  last, since it is called as a module of Python is
