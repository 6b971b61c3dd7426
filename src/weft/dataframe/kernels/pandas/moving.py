"""Rows on their way, and matched, by machine code where numba is installed (`weft.dataframe.kernels.pandas.machine_code`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.dataframe.compiled import Compiled, read_only

__all__ = ["machine_code"]

#: Rows from which on compiling is worth it.
WORTH_IT = 20_000_000


def move_a_row(code: Any) -> None:
    """Have all functions compiled, for each kind of array that they are called with."""
    values, upto, made = read_only(np.zeros(1, np.int64)), np.zeros(2, np.int32), np.zeros(1, np.int64)
    for kind in (np.uint8, np.uint16, np.uint32):
        code.stripe_targets(values, 1, 12, np.zeros(1, kind))
        targets, begins = read_only(np.zeros(1, kind)), np.zeros(2, np.int64)
        code.grouped(targets, begins, made)
        code.dealt_out(values, targets, np.zeros(1, np.int64), made)
    code.stripe_codes(values, 1, 12, made)
    code.chained(values, upto, np.zeros(2, np.int32))
    code.match(values, 0, upto, np.zeros(2, np.int32), False, made, made.copy())


#: The functions.
machine_code = Compiled("weft.dataframe.kernels.pandas.machine_code", move_a_row, WORTH_IT)
