"""Files that appear whole or not at all: they are written beside their place, and moved there when they are complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from weft.extras import import_required

__all__ = ["paths_for", "written_whole"]

#: File systems on which a file is cheaply renamed; others (object stores) show a file when it is committed.
RENAMING = frozenset({"file", "memory", "sftp", "ssh", "smb", "hdfs", "ftp"})


def paths_for(path: Any, count: int, name_function: Callable[[int], str] | None = None) -> list[str]:
    """The paths of several files.

    Parameters
    ----------
    path : str, path, or list of them
        A directory, a path with one ``*``, or a path for each file.
    count : int
    name_function : callable, optional
        Gives what stands in the place of ``*``, by the number of the file. Names must be in order.

    Examples
    --------
    >>> paths_for("out/*.txt", 3), paths_for("out", 2)
    (['out/0.txt', 'out/1.txt', 'out/2.txt'], ['out/0.part', 'out/1.part'])
    """
    if isinstance(path, (list, tuple, set)):
        paths = [os.fspath(each) for each in path]
        if len(paths) != count:
            raise ValueError(f"cannot write {count} partitions to {len(paths)} paths: there must be one for each")
        return paths
    pattern = os.fspath(path)
    if pattern.count("*") > 1:
        raise ValueError(f"a path to write to has one * at most; {pattern!r} has {pattern.count('*')}")
    if "*" not in pattern:
        pattern = f"{pattern.rstrip('/')}/*.part"
    width = len(str(max(0, count - 1)))
    names = [str(name_function(number)) if name_function else str(number).zfill(width) for number in range(count)]
    if len(set(names)) < count:
        raise ValueError(
            f"name_function gives {next(name for name in names if names.count(name) > 1)!r} more than once"
        )
    if names != sorted(names):
        raise ValueError(
            "name_function must give names in order, so that the files, sorted, are the partitions in theirs"
        )
    return [pattern.replace("*", name) for name in names]


@contextmanager
def written_whole(path: str, compression: str | None, storage_options: Mapping[str, Any] | None) -> Iterator[Any]:
    """A binary stream into a file that takes its place when the block ends without an error."""
    import fsspec

    options = dict(storage_options or {})
    fs, place = fsspec.core.url_to_fs(path, **options)
    kind = fsspec.core.get_compression(path, compression)
    protocols = fs.protocol if isinstance(fs.protocol, (tuple, list)) else (fs.protocol,)
    renames = not RENAMING.isdisjoint(protocols)
    parent = fs._parent(place)
    if parent:
        fs.makedirs(parent, exist_ok=True)
    target = f"{place}.{os.urandom(4).hex()}.part-written" if renames else place
    try:
        with fs.open(target, "wb") if renames else fs.open(target, "wb", autocommit=False) as raw:
            if kind is None:
                yield raw
            else:
                with compressor(kind)(raw, mode="wb") as stream:
                    yield stream
    except BaseException:
        if renames:
            fs.rm_file(target)
        else:
            raw.discard()
        raise
    if "file" in protocols:
        os.replace(target, place)
    elif renames:
        fs.mv(target, place)
    else:
        raw.commit()


def compressor(kind: str) -> Any:
    """What fsspec compresses with."""
    known = import_required("fsspec.compression", "compressing files needs fsspec").compr
    if kind not in known:
        raise ValueError(f"there is no compression {kind!r}; there are {sorted(each for each in known if each)}")
    return known[kind]
