"""Stages that read text, and decode JSON: on its own, or within the reader, which then makes no texts at all. HOT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from weft.bag.kernels.elements import picker
from weft.bag.kernels.pipeline import Place, Placed, Stage, Trail
from weft.bag.kernels.records import BadRecord
from weft.errors import ReadError
from weft.io.bytes import ByteRange
from weft.io.json import has_long_integers, loads, quick_loads
from weft.io.text import Chunk, LineFormat, Lines, chunks_of
from weft.typing import no_default

__all__ = ["ParseJson", "ReadText", "TextRecords"]


@dataclass(frozen=True, repr=False)
class ParseJson(Stage):
    """The values of JSON documents, and items of them.

    Parameters
    ----------
    library : str
        What decodes: for people, since workers use what they have, to the same result.
    on_error : {"raise", "skip", "collect"}
    key, default
        What is plucked from each value; see `weft.bag.kernels.elements.Pluck`.
    is_plucked : bool
        Whether anything is.
    skips_blank : bool
        Whether blank lines are no records.
    """

    placed: ClassVar[bool] = True
    label: ClassVar[str] = "parse_json"

    library: str = "json"
    on_error: str = "raise"
    is_plucked: bool = False
    key: Any = None
    default: Any = no_default
    skips_blank: bool = False

    @property
    def title(self) -> str:
        plucked = f", pluck {self.key!r}" if self.is_plucked else ""
        return f"parse_json({self.library}{plucked})"

    @property
    def collects(self) -> bool:  # type: ignore[override]
        return self.on_error == "collect"

    @property
    def decode(self) -> Callable[[Any], Any]:
        """The function of one document."""
        return Plucked(picker(self.key, self.default)) if self.is_plucked else loads

    def run(self, *values: Any) -> Iterable[Any]:
        trail, stream = values
        if self.on_error != "raise":
            return self.checked(stream, trail)
        return map(self.decode, filter(str.strip, stream) if self.skips_blank else stream)

    def checked(self, stream: Iterable[Any], trail: Trail) -> Iterator[Any]:
        """Values, without those that fail or with `BadRecord` in their place."""
        decode = self.decode
        for document in stream:
            if type(document) is BadRecord:  # the reader's
                yield document
                continue
            if self.skips_blank and not document.strip():
                continue
            try:
                value = decode(document)
            except (ValueError, LookupError, TypeError, RecursionError) as error:
                if self.on_error == "collect":
                    place = trail.place() or Place(document, None)
                    yield BadRecord(document, f"{type(error).__name__}: {error}", place.path, place.offset)
                continue
            yield value


class Plucked:
    """Decodes, and takes an item."""

    def __init__(self, pick: Callable[[Any], Any]) -> None:
        self.pick = pick

    def __call__(self, document: Any) -> Any:
        return self.pick(loads(document))


@dataclass(frozen=True, repr=False)
class ReadText(Stage):
    """Lines of ranges of files, or the JSON values that they are."""

    label: ClassVar[str] = "read_text"
    streams: ClassVar[bool] = False

    form: LineFormat
    with_path: bool = False
    on_error: str = "raise"
    parse: ParseJson | None = None

    @property
    def collects(self) -> bool:  # type: ignore[override]
        return self.on_error == "collect"

    @property
    def title(self) -> str:
        return "read_text" if self.parse is None else f"read_text, {self.parse.title}"

    def run(self, *values: Any) -> TextRecords:
        return TextRecords(values[0], self)


class TextRecords(Lines, Placed):
    """What `ReadText` reads: a stream that knows its place."""

    def __init__(self, parts: Sequence[ByteRange], stage: ReadText) -> None:
        read = self._parsed if stage.parse is not None else self._checked if stage.on_error != "raise" else None
        super().__init__(parts, stage.form, read, stage.with_path)
        self.stage = stage

    def place(self) -> Place | None:
        """Where the line stands that was read last."""
        found = self.position()
        if found is None:
            return None
        path, offset, line = found
        return Place(line.decode(self.form.encoding, "replace"), None, path, offset)

    def has_more(self) -> bool:
        return self._chunk is not None

    def count_records(self) -> int:
        if self.stage.parse is None and self.stage.on_error == "raise":
            return super().count_records()
        return sum(map(len, map(list, self._records())))

    def chunks(self) -> Iterator[Chunk]:
        if self.stage.on_error == "raise":
            yield from super().chunks()
            return
        for part in self.parts:
            try:
                yield from chunks_of(part, self.form)
            except (ReadError, UnicodeError) as error:
                if self.stage.on_error == "collect":
                    self._damaged = BadRecord(None, f"{type(error).__name__}: {error}", part.file.path, None)
                    yield Chunk(part.file.path, None, b"", self.form)

    def _with_path(self, records: Iterator[Any], path: str) -> Iterator[Any]:
        if not self.stage.collects:
            return super()._with_path(records, path)
        return (each if type(each) is BadRecord else (each, path) for each in records)

    _damaged: BadRecord | None = None

    def _lost(self) -> list[BadRecord]:
        """The record that tells of a damaged file, once."""
        lost, self._damaged = self._damaged, None
        return [] if lost is None else [lost]

    def _checked(self, chunk: Chunk) -> tuple[Iterator[Any], Any]:
        """Lines, without those that cannot be decoded."""
        if self._damaged is not None:
            return iter(self._lost()), iter(())
        try:
            lines = iter(chunk.form.lines(chunk.raw))
            return lines, lines
        except UnicodeDecodeError:
            behind = iter(chunk.form.raw_lines(chunk.raw))
            return self._decoded(chunk, behind), behind

    def _decoded(self, chunk: Chunk, behind: Iterator[bytes]) -> Iterator[Any]:
        for raw in behind:
            try:
                lines = chunk.form.lines(raw)
            except UnicodeDecodeError as error:
                if self.stage.on_error == "collect":
                    place = self.place()
                    yield BadRecord(raw, f"UnicodeDecodeError: {error}", chunk.path, place.offset if place else None)
                continue
            yield from lines

    def _parsed(self, chunk: Chunk) -> tuple[Iterator[Any], Any]:
        """JSON values of the lines: of a whole chunk at once if nothing is wrong with it, else one by one."""
        if self._damaged is not None:
            return iter(self._lost()), iter(())
        parse = self.stage.parse
        assert parse is not None
        quick = quick_loads()
        raw = chunk.raw
        if quick is not None and b"\r" not in raw and not has_long_integers(raw):
            documents = raw.split(b"\n")
            if not documents[-1]:
                documents.pop()
            values: Iterable[Any] = map(quick, filter(bytes.strip, documents) if parse.skips_blank else documents)
            if parse.is_plucked:
                values = map(picker(parse.key, parse.default), values)
            try:
                made = list(values)
            except (ValueError, LookupError, TypeError):
                pass  # json may know better; if not, it says what is wrong when the record's turn has come
            else:
                records = iter(made)
                return records, records if len(made) == len(documents) else iter(())
        raw_lines = iter(chunk.form.raw_lines(raw))
        return self._one_by_one(chunk, raw_lines, parse), raw_lines

    def _one_by_one(self, chunk: Chunk, behind: Iterator[bytes], parse: ParseJson) -> Iterator[Any]:
        decode = parse.decode
        for raw in behind:
            try:
                line = chunk.form.decode(raw)
                if parse.skips_blank and not line.strip():
                    continue
                value = decode(line)
            except (ValueError, LookupError, TypeError, RecursionError) as error:
                if parse.on_error == "raise":
                    raise
                if parse.on_error == "collect":
                    place = self.place()
                    message = f"{type(error).__name__}: {error}"
                    yield BadRecord(raw, message, chunk.path, place.offset if place else None)
                continue
            yield value
