"""A parser of delimited text as machine code, for files that hold what most do; it refuses all else, and Arrow's reads it.

A record has all its fields, quotes stand around whole fields, whole numbers have at most 18 digits, and floats at most 19;
so what it gives is certain to be what pandas gives. Columns that nobody looks at are walked over, which is most of the gain
(`benchmarks.tables` has the figures).

Floats are rounded correctly: by one exact multiplication or division where the digits are at most 15, else by the algorithm
of Eisel and Lemire (D. Lemire, "Number Parsing at a Gigabyte per Second", Software: Practice and Experience 51, 2021), which
always decides (N. Mushtak, D. Lemire, "Fast Number Parsing Without Fallback", Software: Practice and Experience 53, 2023).

`scan` is one long function on purpose: divided into one for each kind of field, it took 4.5 times as long (1.5 times for the
one call that it had at the end of each field), since calls count references to arrays, also where they are inlined.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["DONE", "FLOAT", "FULL", "INTEGER", "PADDING", "REFUSED", "TEXT", "UNSEEN", "scan"]

#: What is made of a column.
UNSEEN, INTEGER, FLOAT, TEXT = 0, 1, 2, 3
#: How a scan ended: at the end of all; for want of room, which the caller makes; at something that is not for this parser.
DONE, FULL, REFUSED = 0, 1, 2
#: Bytes of zero that stand behind a text, so that no look ahead leaves it.
PADDING = 16

#: Digits of a mantissa that a float holds, whatever they are; powers of ten that it holds.
EXACT_DIGITS, EXACT_POWER = 15, 22
MOST_DIGITS_OF_INTEGERS, MOST_DIGITS_OF_FLOATS = 18, 19
#: Powers of ten of numbers that are far from the least and the greatest float.
LEAST_POWER, MOST_POWER = -280, 280
#: Bytes of the longest text that may stand for a missing value.
LONGEST_NULL = 8

TENS = 10.0 ** np.arange(EXACT_POWER + 1)
LINE_END, RETURN, MINUS, PLUS, POINT, ZERO, EXPONENT = 10, 13, 45, 43, 46, 48, 101


def powers_of_five() -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The first 128 bits of 5**q, as halves of 64 bits: rounded down, but up for the inverses of what 64 bits hold."""
    made = []
    for power in range(LEAST_POWER, MOST_POWER + 1):
        if power >= 0:
            value = 5**power
            bits = value.bit_length()
            value = value << (128 - bits) if bits <= 128 else value >> (bits - 128)
        else:
            divisor = 5**-power
            value = (1 << (divisor.bit_length() + 127)) // divisor
            value += divisor < 2**64
        made.append((value >> 64, value & (2**64 - 1)))
    return np.array(made, dtype=np.uint64)


FIVES = powers_of_five()


@njit(nogil=True, cache=True)
def product(one: np.uint64, two: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The halves of a product of 128 bits, the greater first."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    a, b = one >> half, one & low
    c, d = two >> half, two & low
    bd, ad, bc = b * d, a * d, b * c
    middle = (bd >> half) + (ad & low) + (bc & low)
    return a * c + (ad >> half) + (bc >> half) + (middle >> half), (middle << half) | (bd & low)


@njit(nogil=True, cache=True)
def rounded(mantissa: np.uint64, power: int) -> np.int64:
    """The bits of the float nearest to ``mantissa * 10**power``; -1 where it is not a normal number."""
    one = np.uint64(1)
    zeros = 0
    while not mantissa >> np.uint64(63):
        mantissa <<= one
        zeros += 1
    high, low = product(mantissa, FIVES[power - LEAST_POWER, 0])
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        more, _ = product(mantissa, FIVES[power - LEAST_POWER, 1])
        low += more
        if more > low:
            high += one
    upper = high >> np.uint64(63)
    shift = upper + np.uint64(9)
    made = high >> shift
    exponent = (((152170 + 65536) * power) >> 16) + 63 + np.int64(upper) - zeros + 1023
    if exponent <= 0 or exponent >= 2046:
        return np.int64(-1)
    if low <= one and -4 <= power <= 23 and made & np.uint64(3) == one and made << shift == high:
        made &= ~one  # just in the middle: to the even one
    made += made & one
    made >>= one
    if made >= np.uint64(1 << 53):
        made = np.uint64(1 << 52)
        exponent += 1
    return np.int64(made & ~np.uint64(1 << 52)) | (np.int64(exponent) << 52)


@njit(nogil=True, cache=True)
def ending(raw: Any, at: int, is_last: bool, delimiter: int) -> int:
    """Bytes of what ends a field; 0 where none ends. The usual end is looked for first, without a call."""
    found = raw[at]
    if not is_last:
        return 1 if found == delimiter else 0
    if found == LINE_END:
        return 1
    return 2 if found == RETURN and raw[at + 1] == LINE_END else 0


@njit(nogil=True, cache=True)
def is_null(raw: Any, start: int, stop: int, nulls: Any) -> bool:
    """Whether a text stands for a missing value."""
    if stop - start > LONGEST_NULL:
        return False
    packed = np.uint64(0)
    for place in range(start, stop):
        packed = (packed << np.uint64(8)) | np.uint64(raw[place])
    found = False
    for each in nulls:  # the compiler knows no generator expressions
        found = found or each == packed
    return found


@njit(nogil=True, cache=True)
def scan(
    raw: Any, stop: int, at: int, row: int, kinds: Any, slots: Any, numbers: Any, floats: Any, texts: Any, gaps: Any,
    seen: Any, nulls: Any, begins: Any, delimiter: int, quote: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Read records from a place on, as rows from ``row`` on: gives where it stopped, the rows that there are, and why.

    Parameters
    ----------
    raw : array of uint8
        The text up to ``stop``, with `PADDING` behind it; it ends with the end of a line.
    kinds, slots : arrays of int64
        For each column what is made of it, and which row of the arrays that follow holds it.
    numbers, floats : arrays of int64, and the same memory as float64
        One column in each row; of texts, where they end.
    texts, gaps : arrays of uint8
        The bytes of texts, and whether they are missing.
    seen : array of uint8
        For each column all bits that its texts have.
    nulls, begins : arrays of uint64 and bool
        The texts that stand for missing values, packed, and whether one begins with a byte (0: is empty).
    """
    columns = len(kinds)
    inner = np.ones(256, np.bool_)
    inner[quote] = inner[0] = False
    stops = np.full(columns, delimiter, np.uint8)
    stops[columns - 1] = 10
    plain = np.ones(256, np.bool_)
    plain[delimiter] = plain[quote] = plain[0] = plain[LINE_END] = plain[RETURN] = False
    while at < stop:
        record = at
        if raw[at] == LINE_END:
            at += 1
            continue
        if row + 1 >= numbers.shape[1]:
            return record, row, FULL
        for column in range(columns):
            is_last = column == columns - 1
            kind = kinds[column]
            quoted = raw[at] == quote
            if kind == UNSEEN:
                if quoted:
                    at += 1
                    while True:
                        while inner[raw[at]]:
                            at += 1
                        if raw[at] == 0:
                            return record, row, REFUSED
                        at += 1
                        if raw[at] != quote:
                            break
                        at += 1
                else:
                    while plain[raw[at]]:
                        at += 1
                if raw[at] == stops[column]:
                    at += 1
                    continue
                size = ending(raw, at, is_last, delimiter)
                if size == 0:
                    return record, row, REFUSED
                at += size
                continue
            slot = slots[column]
            if kind == TEXT:
                begin = numbers[slot, row]
                end = begin
                room = texts.shape[1]
                bits = np.uint8(0)
                if quoted:
                    at += 1
                    while True:
                        found = raw[at]
                        if found == quote:
                            at += 1
                            if raw[at] != quote:
                                break
                        elif found == 0:
                            return record, row, REFUSED
                        if end >= room:
                            return record, row, FULL
                        texts[slot, end] = found
                        bits |= found
                        end += 1
                        at += 1
                else:
                    first = at
                    while plain[raw[at]]:
                        bits |= raw[at]
                        at += 1
                    if end + at - first > room:
                        return record, row, FULL
                    for place in range(first, at):
                        texts[slot, end] = raw[place]
                        end += 1
                if raw[at] == stops[column]:
                    at += 1
                else:
                    size = ending(raw, at, is_last, delimiter)
                    if size == 0:
                        return record, row, REFUSED
                    at += size
                seen[slot] |= bits
                gap = begins[texts[slot, begin] if end > begin else 0] and is_null(texts[slot], begin, end, nulls)
                gaps[slot, row] = gap
                numbers[slot, row + 1] = begin if gap else end
                continue
            if quoted:
                at += 1
            first = at
            negative = raw[at] == MINUS
            if negative:
                at += 1
            before = at
            while raw[at] == ZERO:
                at += 1
            zeros = at - before
            mantissa = np.uint64(0)
            before = at
            digit = np.uint8(raw[at] - ZERO)
            while digit < 10:
                mantissa = mantissa * np.uint64(10) + np.uint64(digit)
                at += 1
                digit = np.uint8(raw[at] - ZERO)
            digits = at - before
            power = 0
            fits = digits + zeros > 0
            if kind == INTEGER:
                fits = fits and digits <= MOST_DIGITS_OF_INTEGERS
            else:
                if raw[at] == POINT:
                    at += 1
                    before = at
                    if digits == 0:
                        while raw[at] == ZERO:
                            at += 1
                        zeros += at - before
                    start = at
                    digit = np.uint8(raw[at] - ZERO)
                    while digit < 10:
                        mantissa = mantissa * np.uint64(10) + np.uint64(digit)
                        at += 1
                        digit = np.uint8(raw[at] - ZERO)
                    digits += at - start
                    power = before - at
                fits = digits + zeros > 0 and digits <= MOST_DIGITS_OF_FLOATS
                if fits and raw[at] | 32 == EXPONENT:
                    at += 1
                    down = raw[at] == MINUS
                    if down or raw[at] == PLUS:
                        at += 1
                    more: Any = 0
                    before = at
                    digit = np.uint8(raw[at] - ZERO)
                    while digit < 10 and at - before < 4:
                        more = more * 10 + np.int64(digit)
                        at += 1
                        digit = np.uint8(raw[at] - ZERO)
                    fits = at > before
                    power += -more if down else more
            if quoted:
                fits = fits and raw[at] == quote
                at += 1
            size = 0
            if fits:
                size = 1 if raw[at] == stops[column] else ending(raw, at, is_last, delimiter)
            if size == 0:  # no number: is it a missing one?
                if kind == INTEGER:
                    return record, row, REFUSED
                at = first
                while plain[raw[at]]:
                    at += 1
                if not (begins[raw[first] if at > first else 0] and is_null(raw, first, at, nulls)):
                    return record, row, REFUSED
                if quoted:
                    if raw[at] != quote:
                        return record, row, REFUSED
                    at += 1
                size = ending(raw, at, is_last, delimiter)
                if size == 0:
                    return record, row, REFUSED
                floats[slot, row] = np.nan
                at += size
                continue
            at += size
            if kind == INTEGER:
                whole = np.int64(mantissa)
                numbers[slot, row] = -whole if negative else whole
                continue
            if mantissa == 0:
                value = 0.0
            elif digits <= EXACT_DIGITS and -EXACT_POWER <= power <= EXACT_POWER:
                value = np.float64(mantissa)
                if power < 0:
                    value /= TENS[-power]
                else:
                    value *= TENS[power]
            elif LEAST_POWER <= power <= MOST_POWER:
                bits_of_it = rounded(mantissa, power)
                if bits_of_it < 0:
                    return record, row, REFUSED
                numbers[slot, row] = bits_of_it
                value = floats[slot, row]
            else:
                return record, row, REFUSED
            floats[slot, row] = -value if negative else value
        row += 1
    return at, row, DONE
