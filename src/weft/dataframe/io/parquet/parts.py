"""How row groups of files become partitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from weft.dataframe.io.footers import Footer
from weft.dataframe.io.hive import HiveKey
from weft.io.files import FoundFile
from weft.units import parse_bytes

__all__ = ["Part", "Piece", "Plan", "parts_of", "pieces_of"]


class Piece(NamedTuple):
    """Row groups of one file."""

    path: str
    stamp: tuple[Any, ...]
    groups: tuple[int, ...]
    rows: int
    nbytes: int
    codes: tuple[int, ...]  #: of the values that its directories' names give


class Part(NamedTuple):
    """Row groups that make a partition."""

    path: str
    pieces: tuple[Piece, ...]
    first_row: int | None
    rows: int


@dataclass(frozen=True)
class Plan:
    """How row groups become partitions."""

    split: bool | int | str
    blocksize: int | str | None
    aggregate: bool | str | None

    @property
    def limit(self) -> int | None:
        """Bytes of a partition."""
        if self.split in ("infer", "adaptive") and type(self.split) is str:
            return None if self.blocksize is None else parse_bytes(self.blocksize)
        return None

    @property
    def count(self) -> int | None:
        """Row groups of a partition."""
        if self.split is True:
            return 1
        if isinstance(self.split, (bool, str)):
            return None
        return self.split

    def check(self, keys: Sequence[HiveKey]) -> None:
        """Raise for options that make no sense."""
        if isinstance(self.split, str) and self.split not in ("infer", "adaptive"):
            raise ValueError(f"split_row_groups is 'infer', 'adaptive', a bool or a number, not {self.split!r}")
        if not isinstance(self.split, (str, bool, int)):
            raise TypeError(f"split_row_groups is 'infer', 'adaptive', a bool or a number, not {self.split!r}")
        if not isinstance(self.split, (str, bool)) and self.split < 1:
            raise ValueError(
                f"split_row_groups is how many row groups make a partition, at least 1; it is {self.split}"
            )
        if isinstance(self.aggregate, str) and self.aggregate not in [key.name for key in keys]:
            raise ValueError(
                f"aggregate_files={self.aggregate!r} names no key of the directories; there are {[key.name for key in keys]}"
            )


def pieces_of(
    files: Sequence[FoundFile], footers: Sequence[Footer], codes: Sequence[tuple[int, ...]], plan: Plan
) -> list[list[Piece]]:
    """The row groups of each file, bundled."""
    limit, count = plan.limit, plan.count
    found = []
    for file, footer, own in zip(files, footers, codes, strict=True):
        metadata = footer.metadata
        pieces: list[Piece] = []
        groups: list[int] = []
        rows = nbytes = 0
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            size = group.total_byte_size
            full = (limit is not None and nbytes + size > limit) or (count is not None and len(groups) >= count)
            if groups and full:
                pieces.append(Piece(file.path, file.stamp, tuple(groups), rows, nbytes, own))
                groups, rows, nbytes = [], 0, 0
            groups.append(number)
            rows += group.num_rows
            nbytes += size
        pieces.append(Piece(file.path, file.stamp, tuple(groups), rows, nbytes, own))
        found.append(pieces)
    return found


def parts_of(found: Sequence[Sequence[Piece]], keys: Sequence[HiveKey], plan: Plan) -> tuple[Part, ...]:
    """Partitions: pieces, or several of them where files may be put together."""
    plan.check(keys)
    bundles: list[list[Piece]] = []
    depth = len(keys)
    if isinstance(plan.aggregate, str):
        depth = [key.name for key in keys].index(plan.aggregate) + 1
    elif plan.aggregate:
        depth = 0
    for piece in [piece for pieces in found for piece in pieces]:
        if bundles and plan.aggregate and fits(bundles[-1], piece, plan, depth):
            bundles[-1].append(piece)
        else:
            bundles.append([piece])
    parts, row = [], 0
    for bundle in bundles:
        rows = sum([piece.rows for piece in bundle])
        parts.append(Part(bundle[0].path, tuple(bundle), row, rows))
        row += rows
    return tuple(parts)


def fits(bundle: list[Piece], piece: Piece, plan: Plan, depth: int) -> bool:
    """Whether a piece may go into a partition with others."""
    if bundle[0].codes[:depth] != piece.codes[:depth]:
        return False
    if plan.count is not None:
        return sum([len(each.groups) for each in bundle]) + len(piece.groups) <= plan.count
    return plan.limit is None or sum([each.nbytes for each in bundle]) + piece.nbytes <= plan.limit
