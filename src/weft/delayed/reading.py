"""``read_bytes``: files as delayed blocks of bytes."""

from __future__ import annotations

from typing import Any

from weft.delayed.delayed import Delayed, delayed
from weft.io.bytes import cut, open_files, read_range, read_sample
from weft.tokenize import tokenize
from weft.units import parse_bytes

__all__ = ["read_bytes"]


def read_bytes(
    urlpath: Any,
    delimiter: bytes | None = None,
    not_zero: bool = False,
    blocksize: int | str | None = "128 MiB",
    sample: int | str | bool = "10 kiB",
    compression: str | None = None,
    include_path: bool = False,
    **kwargs: Any,
) -> Any:
    """Files as delayed blocks of bytes, read where and when they are needed.

    Parameters
    ----------
    urlpath : str, path, or list of them
        Files, globs, or addresses such as ``"s3://bucket/part-*.csv"`` (whatever fsspec opens).
    delimiter : bytes, optional
        Ends a record, such as ``b"\\\\n"``: blocks then hold whole records.
    not_zero : bool
        Leave out the first record of each file, such as a header; needs ``delimiter``.
    blocksize : int, str or None
        Bytes in a block at most, before it is moved to delimiters. None: one block for each file.
    sample : int, str or bool
        Bytes to read at once from the start of the first file; False: none.
    compression : str, optional
        Such as ``"gzip"``, or ``"infer"`` to go by the files' names. Compressed files need ``blocksize=None``.
    include_path : bool
        Give the paths, too.
    **kwargs
        Options of the file system.

    Returns
    -------
    sample : bytes or False
    blocks : list of list of Delayed
        One list for each file. The keys are the same as long as the files are.
    paths : list of str
        Only if ``include_path``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The files cannot be read in blocks.

    Examples
    --------
    >>> from weft.scratch import tmpfile
    >>> with tmpfile("csv") as path:
    ...     with open(path, "wb") as file:
    ...         _ = file.write(b"one\\ntwo\\nthree\\n")
    ...     sample, blocks = read_bytes(path, delimiter=b"\\n", blocksize=6)
    ...     sample, [block.compute() for block in blocks[0]]
    (b'one\\ntwo\\nthree\\n', [b'one\\ntwo\\n', b'three\\n', b''])
    """
    if delimiter is not None and (not isinstance(delimiter, bytes) or not delimiter):
        raise TypeError(f"delimiter must be bytes, such as b'\\n', not {delimiter!r}")
    if not_zero and delimiter is None:
        raise ValueError("not_zero=True leaves out the first record, and needs a delimiter to know where it ends.")
    nbytes = None if blocksize is None else parse_bytes(blocksize)
    if nbytes is not None and nbytes < 1:
        raise ValueError(f"blocksize must be at least one byte, not {blocksize!r}")
    files, paths = open_files(urlpath, compression=compression, storage_options=kwargs)
    read = delayed(read_range, name="read-block")
    blocks: list[list[Delayed[bytes]]] = []
    for file in files:
        token = tokenize(file.fs.ukey(file.path), file.path, file.compression, delimiter, nbytes, not_zero)
        blocks.append(
            [
                read(part, delimiter, weft_key_name=f"read-block-{part.offset}-{token}")
                for part in cut(file, nbytes, not_zero=not_zero)
            ]
        )
    head: bytes | bool = False
    if sample is not False:
        head = read_sample(files[0], parse_bytes("10 kiB" if sample is True else sample), delimiter)
    return (head, blocks, paths) if include_path else (head, blocks)
