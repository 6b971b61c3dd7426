"""The reference page of all options, made from the schema."""

from __future__ import annotations

from weft.config.schema import OPTIONS, SETTLED

__all__ = ["reference_page"]

_INTRODUCTION = """\
# Configuration

<!-- Made from src/weft/config/schema.py: python -m weft.config > docs/reference/configuration.md -->

Options are read from, the later the stronger:

1. the defaults below;
2. YAML files in `$WEFT_ROOT_CONFIG` (`/etc/weft` without it), `{sys.prefix}/etc/weft`, `{site prefix}/etc/weft`,
   `~/.config/weft` and `$WEFT_CONFIG`, each a file or a directory;
3. environment variables: `WEFT_ARRAY__CHUNK_SIZE="64 MiB"` sets `array.chunk-size`;
4. `weft.config.set(...)`, for good or in a `with` block.

A hyphen and an underscore are the same in a key. `weft.config.get(key)` gives a value as it was written,
`weft.config.value(key)` in its unit. `set` acts on the whole process, all threads included. Values are read where a
graph is built or run.

Sizes are written as `"4 GiB"` or `"500 MB"`, shares of memory as `"60%"` or `0.6`, durations as `"2 min"` or
`"300 ms"`; a bare number counts bytes or seconds. A key below one of Weft's names that is not in this list is an error,
as is a value of another type. An environment variable that starts with `WEFT_` and is no option gives a warning.

"""

_SETTLED = """
## Settled

Options that programs written for Dask set, and that are no choice here: a value that says what Weft does anyway is taken, any
other is an error.

| option | values | what Weft does |
|---|---|---|
"""


def reference_page() -> str:
    """The page as Markdown, one section an option."""
    sections = "\n".join(
        f"## `{option.name}`\n\n"
        f"{option.doc}\n\n"
        f"- value: {option.kind.name}{', or None' if option.default is None else ''}"
        f"{f' (in {option.kind.unit})' if option.kind.unit else ''}\n"
        f"- default: `{option.default!r}`\n"
        f"- environment: `{option.variable}`\n"
        for option in OPTIONS
    )
    settled = "\n".join(f"| `{option.name}` | {option.kind.name} | {option.doc} |" for option in SETTLED)
    return f"{_INTRODUCTION}{sections}{_SETTLED}{settled}\n"
