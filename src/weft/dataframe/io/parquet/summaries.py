"""The files that speak for a whole directory of Parquet files: ``_metadata`` and ``_common_metadata``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from weft.collection.convert import CONVERSIONS
from weft.dataframe.io.footers import Footer, read_footers
from weft.dataframe.io.parquet.options import ENGINES, EXTENSIONS
from weft.io.files import FoundFile, find_files
from weft.io.writing import in_place

__all__ = ["SUMMARIES", "create_metadata_file", "fresh_footers", "joined_footers", "write_summary"]

#: Files that speak for a whole directory.
SUMMARIES = ("_metadata", "_common_metadata")


def fresh_footers(fs: Any, files: Sequence[FoundFile]) -> list[Footer]:
    """Footers that may be changed: none of those that are remembered."""
    return read_footers(fs, [file._replace(stamp=()) for file in files]) if files else []


def joined_footers(footers: Sequence[Any]) -> Any:
    """Several footers as one; the first is changed."""
    joint = footers[0]
    for each in footers[1:]:
        try:
            joint.append_row_groups(each)
        except RuntimeError as error:
            raise ValueError(
                f"cannot write _metadata: the files have different columns or types ({error}). Pass schema= so that all are "
                "written alike, or write_metadata_file=False."
            ) from error
    return joint


def write_summary(fs: Any, folder: str, schema: pa.Schema, joint: Any) -> None:
    """The files ``_metadata`` (all footers) and ``_common_metadata`` (the schema)."""
    import pyarrow.parquet as pq

    with in_place(fs, f"{folder}/_common_metadata") as stream:
        pq.write_metadata(schema, stream)
    with in_place(fs, f"{folder}/_metadata") as stream:
        joint.write_metadata_file(stream)


def create_metadata_file(
    paths: Any,
    root_dir: Any = None,
    out_dir: Any = None,
    engine: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    split_every: int = 32,
    compute: bool = True,
    compute_kwargs: Mapping[str, Any] | None = None,
    fs: Any = None,
) -> Any:
    """Write ``_metadata``, with the footers of some Parquet files, and ``_common_metadata``.

    Parameters
    ----------
    paths : str, or list of str
        The files.
    root_dir : str, optional
        The directory that paths in ``_metadata`` are relative to; by default the one that all files are in.
    out_dir : str or False, optional
        Where it is written; by default to ``root_dir``. False: nowhere; the footers are given instead.
    engine : str, optional
        ``"pyarrow"``, the only one.
    storage_options : mapping, optional
        Passed to fsspec.
    split_every : int
        Files whose footers are read and put together by one task.
    compute : bool
        Now; otherwise give a delayed value that does it.
    compute_kwargs : mapping, optional
        Passed to :func:`weft.compute`.
    fs : file system, optional

    Returns
    -------
    None, or pyarrow.parquet.FileMetaData with ``out_dir=False``
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is 'pyarrow', the only one; it is {engine!r}")
    filesystem, files, _ = find_files(
        paths, kind="Parquet", storage_options=storage_options, filesystem=fs, extensions=EXTENSIONS
    )
    root = (
        common_folder([file.path for file in files]) if root_dir is None else filesystem._strip_protocol(str(root_dir))
    )
    root = root.rstrip("/")
    for file in files:
        if not file.path.startswith(f"{root}/"):
            raise ValueError(f"{file.path} is not below root_dir, {root}")
    place = (
        None if out_dir is False else root if out_dir is None else filesystem._strip_protocol(str(out_dir)).rstrip("/")
    )
    if split_every < 1:
        raise ValueError(f"split_every is how many files a task reads, at least 1; it is {split_every}")
    delayed = CONVERSIONS["delayed"]
    parts = [
        delayed(gather_footers)(filesystem, files[start : start + split_every], root)
        for start in range(0, len(files), split_every)
    ]
    job = delayed(join_gathered)(filesystem, place, parts)
    return job.compute(**dict(compute_kwargs or {})) if compute else job


def gather_footers(fs: Any, files: Sequence[FoundFile], root: str) -> Footer:
    """Footers of several files as one, with the schema of the first."""
    footers = fresh_footers(fs, files)
    for file, footer in zip(files, footers, strict=True):
        footer.metadata.set_file_path(file.path[len(root) :].lstrip("/"))
    return Footer(joined_footers([footer.metadata for footer in footers]), footers[0].schema)


def join_gathered(fs: Any, place: str | None, parts: Sequence[Footer]) -> Any:
    """All footers as one; written if there is a place."""
    joint = joined_footers([part.metadata for part in parts])
    if place is None:
        return joint
    write_summary(fs, place, parts[0].schema, joint)
    return None


def common_folder(paths: Sequence[str]) -> str:
    """The directory that all paths are below."""
    parts = [path.split("/")[:-1] for path in paths]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared)
