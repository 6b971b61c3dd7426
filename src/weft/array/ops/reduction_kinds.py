"""The kinds of reductions: for each the functions that make, combine and finish partial results. A new one is an entry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from weft.array.kernels import foreign_reductions as foreign
from weft.array.kernels import nan_reductions as nans
from weft.array.kernels import reductions as kernels
from weft.typing import Function

__all__ = ["KINDS", "MOMENTS_KINDS"]


class Kind(NamedTuple):
    """The functions of a reduction; ``where_chunk`` is for elements that a mask selects."""

    chunk: Function
    combine: Function
    finish: Function
    numpy: Function
    where_chunk: Function | None = None
    needs_elements: bool = False
    takes_dtype: bool = True


MEAN_WHERE = (nans.counted_combine, nans.counted_mean_finish)


KINDS: dict[str, Kind] = {
    "sum": Kind(kernels.sum_chunk, kernels.sum_combine, kernels.plain_finish, np.sum, nans.where_sum_chunk),
    "prod": Kind(kernels.prod_chunk, kernels.prod_combine, kernels.plain_finish, np.prod, nans.where_prod_chunk),
    "min": Kind(
        kernels.min_chunk, kernels.min_combine, kernels.plain_finish, np.min, nans.where_min_chunk, True, False
    ),
    "max": Kind(
        kernels.max_chunk, kernels.max_combine, kernels.plain_finish, np.max, nans.where_max_chunk, True, False
    ),
    "any": Kind(
        kernels.any_chunk, kernels.any_combine, kernels.plain_finish, np.any, nans.where_any_chunk, False, False
    ),
    "all": Kind(
        kernels.all_chunk, kernels.all_combine, kernels.plain_finish, np.all, nans.where_all_chunk, False, False
    ),
    "count_nonzero": Kind(
        nans.count_nonzero_chunk, kernels.sum_combine, kernels.plain_finish, np.count_nonzero, takes_dtype=False
    ),
    "mean": Kind(kernels.mean_chunk, kernels.sum_combine, kernels.mean_finish, np.mean, nans.where_mean_chunk),
    "var": Kind(kernels.var_chunk, kernels.var_combine, kernels.var_finish, np.var, nans.where_var_chunk),
    "std": Kind(kernels.var_chunk, kernels.var_combine, kernels.std_finish, np.std, nans.where_var_chunk),
    "nansum": Kind(nans.nansum_chunk, kernels.sum_combine, kernels.plain_finish, np.nansum, nans.where_nansum_chunk),
    "nanprod": Kind(
        nans.nanprod_chunk, kernels.prod_combine, kernels.plain_finish, np.nanprod, nans.where_nanprod_chunk
    ),
    "nanmin": Kind(
        nans.nanmin_chunk,
        nans.nanmin_combine,
        kernels.plain_finish,
        np.nanmin,
        nans.where_nanmin_chunk,
        True,
        False,
    ),
    "nanmax": Kind(
        nans.nanmax_chunk,
        nans.nanmax_combine,
        kernels.plain_finish,
        np.nanmax,
        nans.where_nanmax_chunk,
        True,
        False,
    ),
    "nanmean": Kind(nans.nanmean_chunk, *MEAN_WHERE, np.nanmean, nans.where_nanmean_chunk),
    "nanvar": Kind(nans.nanvar_chunk, nans.moments_combine, nans.nanvar_finish, np.nanvar, nans.where_nanvar_chunk),
    "nanstd": Kind(nans.nanvar_chunk, nans.moments_combine, nans.nanstd_finish, np.nanstd, nans.where_nanvar_chunk),
}


#: Kinds that can share one pass over the elements, by a partial result that serves all of them.
MOMENTS_KINDS: dict[str, Kind] = {
    kind: KINDS[kind]._replace(chunk=kernels.moments_chunk, combine=kernels.moments_and_sum_combine, finish=finish)
    for kind, finish in (
        ("sum", kernels.sum_of_moments),
        ("mean", kernels.mean_of_moments),
        ("var", kernels.var_finish),
        ("std", kernels.std_finish),
    )
}


def foreign_kind(name: str, masked: bool) -> Kind:
    """The functions of a reduction of blocks that are not NumPy's."""
    base = KINDS[name]
    plain = {"nanmean": "mean", "nanvar": "var", "nanstd": "std"}.get(name, name)
    if plain == "mean":
        chunk = foreign.foreign_mean_chunk if plain == name else foreign.foreign_nanmean_chunk
        return base._replace(chunk=chunk, combine=foreign.foreign_mean_combine, finish=foreign.foreign_mean_finish)
    if plain in ("var", "std"):
        finish = {
            ("var", True): foreign.masked_var_finish,
            ("std", True): foreign.masked_std_finish,
            ("var", False): nans.where_var_finish,
            ("std", False): nans.where_std_finish,
        }[plain, masked]
        moments = foreign.foreign_var_chunk if plain == name else foreign.foreign_nanvar_chunk
        return base._replace(chunk=moments, combine=nans.moments_combine, finish=finish)
    if name == "count_nonzero":
        return base
    return base._replace(
        chunk=foreign.ForeignChunk(name), combine=foreign.ForeignCombine(name), finish=kernels.plain_finish
    )
