"""Text: the methods of ``series.str``."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.accessors import Accessor
from weft.dataframe.ops.beside import by_label, by_place, has_rows
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.map_partitions import map_partitions
from weft.dataframe.ops.projection import project

__all__ = ["StringAccessor"]

UNSET: Any = UNKNOWN


def given(**words: Any) -> dict[str, Any]:
    """The keywords that have been given."""
    return {word: value for word, value in words.items() if value is not UNSET}


def columns_of_texts(column: Any, others: Any) -> list[Any]:
    """What texts are joined with, as columns with the rows of a column; what cannot be one stays as it is."""
    if isinstance(others, FrameBase):
        return [project(others, label) for label in others.expr.columns] if others.expr.meta.ndim == 2 else [others]
    if isinstance(others, pd.DataFrame):
        return [by_label(column, others[label]) for label in others.columns]
    if isinstance(others, np.ndarray) and others.ndim == 2:
        return [by_place(column, others[:, place]) for place in range(others.shape[1])]
    if isinstance(others, pd.Series):
        return [by_label(column, others)]
    if not has_rows(others):
        return [others]
    values = list(others)
    if all(isinstance(each, str) or (pd.api.types.is_scalar(each) and pd.isna(each)) for each in values):
        return [by_place(column, values)]
    return [made for each in values for made in columns_of_texts(column, each)]


class StringAccessor(Accessor):
    """Methods of text; missing values stay missing."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        """The character at a place, or a part by places."""
        if isinstance(key, slice):
            return self.slice(key.start, key.stop, key.step)
        return self.get(key)

    def capitalize(self) -> Any:
        """First letter upper case, the others lower."""
        return self._call("capitalize")

    def casefold(self) -> Any:
        """Lower case for comparisons in any language."""
        return self._call("casefold")

    def center(self, width: int, fillchar: str = " ") -> Any:
        """Padded on both sides."""
        return self._call("center", width, fillchar=fillchar)

    def contains(self, pat: str, case: bool = True, flags: int = 0, na: Any = UNSET, regex: bool = True) -> Any:
        """Whether a pattern occurs."""
        return self._call("contains", pat, case=case, flags=flags, regex=regex, **given(na=na))

    def count(self, pat: str, flags: int = 0) -> Any:
        """How often a pattern occurs."""
        return self._call("count", pat, flags=flags)

    def decode(self, encoding: str, errors: str = "strict", dtype: Any = UNSET) -> Any:
        """Bytes as text."""
        return self._call("decode", encoding, errors=errors, **given(dtype=dtype))

    def encode(self, encoding: str, errors: str = "strict") -> Any:
        """Text as bytes."""
        return self._call("encode", encoding, errors=errors)

    def endswith(self, pat: Any, na: Any = UNSET) -> Any:
        """Whether it ends with a text."""
        return self._call("endswith", pat, **given(na=na))

    def find(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """First place of a text, or -1."""
        return self._call("find", sub, start=start, end=end)

    def findall(self, pat: str, flags: int = 0) -> Any:
        """All that a pattern matches, as lists."""
        return self._call("findall", pat, flags=flags)

    def fullmatch(self, pat: str, case: bool = True, flags: int = 0, na: Any = UNSET) -> Any:
        """Whether a pattern matches the whole."""
        return self._call("fullmatch", pat, case=case, flags=flags, **given(na=na))

    def get(self, i: Any) -> Any:
        """Element at a place."""
        return self._call("get", i)

    def index(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """First place of a text; ValueError where it is not."""
        return self._call("index", sub, start=start, end=end)

    def isalnum(self) -> Any:
        """Whether all characters are letters or digits."""
        return self._call("isalnum")

    def isalpha(self) -> Any:
        """Whether all are letters."""
        return self._call("isalpha")

    def isascii(self) -> Any:
        """Whether all are ASCII."""
        return self._call("isascii")

    def isdecimal(self) -> Any:
        """Whether all are decimal digits."""
        return self._call("isdecimal")

    def isdigit(self) -> Any:
        """Whether all are digits."""
        return self._call("isdigit")

    def islower(self) -> Any:
        """Whether all letters are lower case."""
        return self._call("islower")

    def isnumeric(self) -> Any:
        """Whether all are numeric."""
        return self._call("isnumeric")

    def isspace(self) -> Any:
        """Whether all are white space."""
        return self._call("isspace")

    def istitle(self) -> Any:
        """Whether words begin with upper case."""
        return self._call("istitle")

    def isupper(self) -> Any:
        """Whether all letters are upper case."""
        return self._call("isupper")

    def join(self, sep: str) -> Any:
        """Lists of text, joined."""
        return self._call("join", sep)

    def len(self) -> Any:
        """Length."""
        return self._call("len")

    def ljust(self, width: int, fillchar: str = " ") -> Any:
        """Padded on the right."""
        return self._call("ljust", width, fillchar=fillchar)

    def lower(self) -> Any:
        """Lower case."""
        return self._call("lower")

    def lstrip(self, to_strip: Any = None) -> Any:
        """Without characters on the left."""
        return self._call("lstrip", to_strip=to_strip)

    def match(self, pat: str, case: Any = UNSET, flags: Any = UNSET, na: Any = UNSET) -> Any:
        """Whether a pattern matches the beginning."""
        return self._call("match", pat, **given(case=case, flags=flags, na=na))

    def normalize(self, form: str) -> Any:
        """A normal form of Unicode."""
        return self._call("normalize", form)

    def pad(self, width: int, side: str = "left", fillchar: str = " ") -> Any:
        """Padded to a width."""
        return self._call("pad", width, side=side, fillchar=fillchar)

    def partition(self, sep: str = " ", expand: bool = True) -> Any:
        """Before the first separator, itself, after it."""
        return self._partition("partition", sep, expand)

    def _partition(self, name: str, sep: str, expand: bool) -> Any:
        if expand and isinstance(self._column.expr.meta, pd.Series):
            return elementwise("partition_columns", self._column, name, sep)
        return self._call(name, sep=sep, expand=expand)

    def removeprefix(self, prefix: str) -> Any:
        """Without a text at the beginning."""
        return self._call("removeprefix", prefix)

    def removesuffix(self, suffix: str) -> Any:
        """Without a text at the end."""
        return self._call("removesuffix", suffix)

    def repeat(self, repeats: Any) -> Any:
        """Repeated so many times; a list has a number for each row."""
        if has_rows(repeats):
            return elementwise("str.repeat", self._column, by_place(self._column, repeats))
        return self._call("repeat", repeats)

    def replace(
        self, pat: Any, repl: Any = None, n: int = -1, case: Any = None, flags: int = 0, regex: bool = False
    ) -> Any:
        """What a pattern matches, replaced."""
        return self._call("replace", pat, repl=repl, n=n, case=case, flags=flags, regex=regex)

    def rfind(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """Last place of a text, or -1."""
        return self._call("rfind", sub, start=start, end=end)

    def rindex(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """Last place of a text; ValueError where it is not."""
        return self._call("rindex", sub, start=start, end=end)

    def rjust(self, width: int, fillchar: str = " ") -> Any:
        """Padded on the left."""
        return self._call("rjust", width, fillchar=fillchar)

    def rpartition(self, sep: str = " ", expand: bool = True) -> Any:
        """Before the last separator, itself, after it."""
        return self._partition("rpartition", sep, expand)

    def rstrip(self, to_strip: Any = None) -> Any:
        """Without characters on the right."""
        return self._call("rstrip", to_strip=to_strip)

    def slice(self, start: Any = None, stop: Any = None, step: Any = None) -> Any:
        """A part by places."""
        return self._call("slice", start=start, stop=stop, step=step)

    def slice_replace(self, start: Any = None, stop: Any = None, repl: Any = None) -> Any:
        """A part by places, replaced."""
        return self._call("slice_replace", start=start, stop=stop, repl=repl)

    def startswith(self, pat: Any, na: Any = UNSET) -> Any:
        """Whether it begins with a text."""
        return self._call("startswith", pat, **given(na=na))

    def strip(self, to_strip: Any = None) -> Any:
        """Without characters at both ends."""
        return self._call("strip", to_strip=to_strip)

    def swapcase(self) -> Any:
        """Upper and lower case exchanged."""
        return self._call("swapcase")

    def title(self) -> Any:
        """Words begin with upper case."""
        return self._call("title")

    def translate(self, table: Any) -> Any:
        """Characters by a table."""
        return self._call("translate", table)

    def upper(self) -> Any:
        """Upper case."""
        return self._call("upper")

    def zfill(self, width: int) -> Any:
        """Zeros on the left."""
        return self._call("zfill", width)

    def wrap(self, width: int, **kwargs: Any) -> Any:
        """Lines of a width; options are those of `textwrap`."""
        return self._call("wrap", width, **kwargs)

    def cat(self, others: Any = None, sep: Any = None, na_rep: Any = None, join: str = "left") -> Any:
        """Joined with the text of other columns, row by row; without ``others``, all rows joined to one text.

        Parameters
        ----------
        others : Series, DataFrame, list of texts, or list of those
            Lists and arrays of texts have one for each row.
        sep : str
            Between the texts.
        na_rep : str, optional
            In place of missing values; otherwise a row with one is missing.
        """
        if others is None:
            return self._column.reduction(JoinText(sep or "", na_rep), JoinParts(sep or ""), meta="")
        columns = columns_of_texts(self._column, others)
        if not all(isinstance(each, FrameBase) for each in columns):
            raise TypeError(
                "others must be Series, Index, DataFrame, np.ndarray or list-like (either containing only strings or "
                "containing only objects of type Series/Index/np.ndarray[1-dim])"
            )
        return elementwise("cat_text", self._column, tuple([each.expr for each in columns]), sep, na_rep, join)

    def extract(self, pat: str, flags: int = 0, expand: bool = True) -> Any:
        """What the groups of a pattern match first: a column for each, or with ``expand=False`` and one group a series."""
        made = self._call("extract", pat, flags=flags, expand=expand)
        is_numbered = isinstance(self._column.expr.meta, pd.Index) and isinstance(made.expr.meta, pd.DataFrame)
        return made.reset_index(drop=True) if is_numbered else made

    def extractall(self, pat: str, flags: int = 0) -> Any:
        """What the groups of a pattern match, one row for each match."""
        return map_partitions(ExtractAll(pat, flags), self._column, token="extractall")

    def split(self, pat: Any = None, n: int = -1, expand: bool = False, *, regex: Any = None) -> Any:
        """Split at a separator: lists, or with ``expand=True`` one column for each part.

        How many columns there are is looked up in the data where ``n`` does not say it.
        """
        return self._split("split", pat, n, expand, {} if regex is None else {"regex": regex})

    def rsplit(self, pat: Any = None, n: int = -1, expand: bool = False) -> Any:
        """Split from the right."""
        return self._split("rsplit", pat, n, expand, {})

    def _split(self, name: str, pat: Any, n: int, expand: bool, words: dict[str, Any]) -> Any:
        if expand is not None and not isinstance(expand, bool):
            raise ValueError("expand must be True or False")
        if not expand:
            return self._call(name, pat=pat, n=n, **words)
        pieces = n + 1 if n > 0 else self._most_pieces(name, pat, n, words)
        return elementwise("split_columns", self._column, name, pieces, pat=pat, n=n, **words)

    def _most_pieces(self, name: str, pat: Any, n: int, words: dict[str, Any]) -> int:
        """Of how many parts the text of most parts is; one where all are missing, none without rows."""
        count = self._call(name, pat=pat, n=n, **words).str.len().max().compute()
        return int(len(self._column) > 0) if pd.isna(count) else int(count)

    def get_dummies(self, sep: str = "|", dtype: Any = None) -> Any:
        """Whether each row has each of the words between separators; the words are looked up in the data."""
        words = map_partitions(WordsOf(sep), self._column, meta=("words", object)).compute()
        kind = self._column.expr.meta.dtype
        # nothing between two separators is a word to Arrow, and none to pandas' own
        nothing = set() if isinstance(kind, pd.ArrowDtype) or getattr(kind, "storage", "") == "pyarrow" else {""}
        word = "b" if "a" in sep else "a"
        made = pd.Series([word], dtype=kind).str.get_dummies(sep, dtype=dtype).dtypes.iloc[0]
        return elementwise("dummies_of_text", self._column, sep, tuple(sorted(set(words) - nothing)), made)


class ExtractAll:
    """All matches of a pattern in a partition."""

    def __init__(self, pat: str, flags: int) -> None:
        self.pat = pat
        self.flags = flags
        re.compile(pat, flags)

    def __weft_tokenize__(self) -> Any:
        return ("extractall", self.pat, self.flags)

    def __call__(self, column: pd.Series) -> pd.DataFrame:
        return column.str.extractall(self.pat, flags=self.flags)


class WordsOf:
    """Distinct words of a partition."""

    def __init__(self, sep: str) -> None:
        self.sep = sep

    def __weft_tokenize__(self) -> Any:
        return ("words-of", self.sep)

    def __call__(self, column: pd.Series) -> pd.Series:
        texts = column.dropna().unique()
        return pd.Series(
            list({word for text in texts for word in str(text).split(self.sep)}), dtype=object, name="words"
        )


class JoinText:
    """All rows of a partition as one text; None where there are none."""

    def __init__(self, sep: str, na_rep: str | None) -> None:
        self.sep = sep
        self.na_rep = na_rep

    def __weft_tokenize__(self) -> Any:
        return ("join-text", self.sep, self.na_rep)

    def __call__(self, column: pd.Series) -> Any:
        there = column if self.na_rep is not None else column.dropna()
        return column.str.cat(sep=self.sep, na_rep=self.na_rep) if len(there) else None


class JoinParts:
    """Texts of partitions as one."""

    def __init__(self, sep: str) -> None:
        self.sep = sep

    def __weft_tokenize__(self) -> Any:
        return ("join-parts", self.sep)

    def __call__(self, texts: pd.Series) -> str:
        return self.sep.join([each for each in texts if isinstance(each, str)])


@function_named("cat_text")
def cat_text(column: pd.Series, others: tuple[pd.Series, ...], sep: Any, na_rep: Any, join: str) -> pd.Series:
    """Texts of several columns joined, row by row."""
    return column.str.cat(list(others), sep=sep, na_rep=na_rep, join=join)


@function_named("str.split")
def split_text(column: Any, **options: Any) -> Any:
    """Text as lists; objects also where all of a partition is missing."""
    return column.str.split(**options).astype(object)


@function_named("str.rsplit")
def rsplit_text(column: Any, **options: Any) -> Any:
    """Text as lists, split from the right."""
    return column.str.rsplit(**options).astype(object)


@function_named("str.findall")
def findall(column: Any, pat: str, **options: Any) -> Any:
    """All that a pattern matches."""
    return column.str.findall(pat, **options).astype(object)


@function_named("str.encode")
def encode(column: Any, encoding: str, **options: Any) -> Any:
    """Text as bytes."""
    return as_objects(column.str.encode(encoding, **options))


@function_named("str.partition")
def partition_text(column: Any, sep: str, expand: bool) -> Any:
    """What is before a separator, it, and what is after: as tuples."""
    return as_objects(column.str.partition(sep, expand=expand))


@function_named("str.rpartition")
def rpartition_text(column: Any, sep: str, expand: bool) -> Any:
    """What is before the last separator, it, and what is after: as tuples."""
    return as_objects(column.str.rpartition(sep, expand=expand))


def as_objects(made: Any) -> Any:
    """Missing objects, of which pandas makes floats where there is nothing else."""
    return made.astype(object) if getattr(made, "dtype", None) == np.float64 else made


@function_named("split_columns")
def split_columns(column: pd.Series, name: str, pieces: int, **options: Any) -> pd.DataFrame:
    """Parts of text as so many columns."""
    made = getattr(column.str, name)(expand=True, **options)
    kind = column.dtype.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    if kind == np.dtype(object):  # a text that has no such part has None there, as in pandas
        nothing = pd.Series(np.where(column.isna(), column, None), column.index, dtype=object)
        made = pd.DataFrame({place: made.get(place, nothing) for place in range(pieces)}, index=column.index)
    return made.reindex(columns=range(pieces)).astype(kind)


@function_named("partition_columns")
def partition_columns(column: pd.Series, name: str, sep: str) -> pd.DataFrame:
    """What is before a separator, it, and what is after: three columns, also where there is no text."""
    some = pd.concat([column, pd.Series(["a"], dtype=column.dtype)], ignore_index=True)
    return getattr(some.str, name)(sep).iloc[:-1].set_axis(column.index, axis=0)


@function_named("dummies_of_text")
def dummies_of_text(column: pd.Series, sep: str, labels: tuple[str, ...], dtype: Any) -> pd.DataFrame:
    """A column for each word."""
    words = [set() if gone else set(str(each).split(sep)) for each, gone in zip(column, column.isna(), strict=True)]
    columns = {label: pd.array([label in each for each in words], dtype=bool).astype(dtype) for label in labels}
    return pd.DataFrame(columns, index=column.index, columns=pd.Index(list(labels)))
