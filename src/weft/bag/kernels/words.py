"""A stage that reads the words of text files. No lines are made, and where words are only counted, no words either. HOT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import length_hint
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Place, Stage, Tallied
from weft.io.bytes import ByteRange
from weft.io.text import Chunk, LineFormat, Lines, undecodable
from weft.io.words import Splitter, Tally

__all__ = ["ReadWords"]

#: Bytes of text whose words are counted at a time: of the first tally, and of the others.
FEW, MANY = 1 << 18, 1 << 24


@dataclass(frozen=True, repr=False)
class ReadWords(Stage):
    """Words of ranges of files."""

    label: ClassVar[str] = "read_text"
    streams: ClassVar[bool] = False

    form: LineFormat
    splitter: Splitter

    @property
    def title(self) -> str:
        return ", ".join(["read_text", *self.splitter.changes, "split, flatten"])

    def run(self, *values: Any) -> WordRecords:
        return WordRecords(values[0], self)


class WordRecords(Lines, Tallied):
    """What `ReadWords` reads: a stream that knows its place."""

    def __init__(self, parts: Sequence[ByteRange], stage: ReadWords) -> None:
        super().__init__(parts, stage.form, self._words)
        self.splitter = stage.splitter
        self._kept: list[Chunk] = []
        self._meant: str | None = None

    def _words(self, chunk: Chunk) -> tuple[Iterator[Any], Any]:
        """Words of all lines at once: line ends are white space as well."""
        words = iter(self._made(chunk))
        return words, words

    def _made(self, chunk: Chunk) -> list[str]:
        try:
            return self.splitter.words(chunk.form.decode(chunk.raw))
        except UnicodeDecodeError as error:
            raise undecodable(chunk, error) from None

    def count_records(self) -> int:
        return sum(len(self._made(chunk)) for chunk in self.chunks())

    def tallies(self) -> Iterator[dict[str, int]]:
        tally = Tally(self.splitter)
        most, filled = FEW, 0
        for chunk in self.chunks():
            try:
                tally.add(chunk.raw, chunk.form)
            except UnicodeDecodeError as error:
                raise undecodable(chunk, error) from None
            self._kept.append(chunk)
            filled += len(chunk.raw)
            if filled >= most:
                yield tally.take()
                most, filled, self._kept = MANY, 0, []
        if self._kept:
            yield tally.take()
            self._kept = []

    def again(self) -> Iterator[str]:
        for chunk in self._kept:
            words, self._behind = self._words(chunk)
            self._chunk = chunk
            yield from words
        self._chunk = None

    def point_at(self, record: Any) -> None:
        self._meant = record

    def has_more(self) -> bool:
        return self._chunk is not None

    def place(self) -> Place | None:
        for chunk in self._kept if self._chunk is None else [self._chunk]:
            found = self._place_in(chunk)
            if found is not None:
                return found
        return None

    def _place_in(self, chunk: Chunk) -> Place | None:
        """The line of the word that is meant, or else of the one that was handed out last."""
        lines = chunk.form.raw_lines(chunk.raw)
        made = [self.splitter.words(chunk.form.decode(line)) for line in lines]
        left = sum(map(len, made)) - length_hint(self._behind) - 1
        start = 0
        for line, words in zip(lines, made, strict=True):
            if self._meant in words if self._meant is not None else left < len(words):
                offset = None if chunk.offset is None else chunk.offset + start
                return Place(line.decode(chunk.form.encoding, "replace"), None, chunk.path, offset)
            left -= len(words)
            start += len(line)
        return None
