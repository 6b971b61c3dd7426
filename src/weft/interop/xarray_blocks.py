"""Functions of pieces of datasets: `xarray.map_blocks`, and the methods of that name, on Weft's arrays.

xarray's own builds one of Dask's graphs, and calls the function once, with everything, if arrays are not Dask's. Here a block
of objects is made for each place of the grid: it holds the variables that the function gave there, by name, and each variable
of the result picks its own. Nothing is made for a block before the result is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import accumulate
from typing import Any

import numpy as np
import xarray
from xarray import DataArray, Dataset
from xarray.core import parallel
from xarray.core.variable import calculate_dimensions
from xarray.namedarray.parallelcompat import get_chunked_array_type
from xarray.structure.alignment import align
from xarray.structure.merge import merge

import weft.array as da
from weft.execution import is_weft_collection
from weft.interop.xarray_collections import arrays_of

__all__ = ["map_blocks", "teach_blocks"]

#: Lengths of blocks, and where they begin and the last one ends, by dimension.
Lengths = Mapping[Hashable, tuple[int, ...]]
Bounds = Mapping[Hashable, tuple[int, ...]]

before: Any = parallel.map_blocks


def map_blocks(
    func: Callable[..., Any], obj: Any, args: Any = (), kwargs: Any = None, template: Any = None
) -> Dataset | DataArray:
    """Apply a function to the blocks of a dataset or data array that holds Weft's arrays.

    Parameters
    ----------
    func : callable
        Takes a piece of ``obj`` in memory, with its coordinates, and the other arguments, those with dimensions cut alike.
    obj : Dataset or DataArray
    args : sequence
        Further arguments.
    kwargs : dict, optional
        Further arguments by name; collections cannot be among them.
    template : Dataset or DataArray, optional
        What the result looks like: variables, dimensions, indexes, and blocks, as many as there are of ``obj``. By default
        the function is called with pieces of no length, and gives blocks of the same lengths.

    Raises
    ------
    ValueError
        If blocks do not fit together, if the template cannot be had, or, when computed, if a result differs from it.

    Examples
    --------
    >>> import xarray as xr
    >>> from weft.interop.xarray import register
    >>> register()
    >>> heights = xr.DataArray(range(6), dims="x").chunk(x=2, chunked_array_type="weft")
    >>> xr.map_blocks(lambda piece: piece - piece.sum(), heights).values
    array([-1,  0, -3, -2, -5, -4])
    """
    check_arguments(args, kwargs, template)
    given = [obj, *args]
    aligned = iter(align(*[each for each in given if is_labelled(each)], join="exact"))
    given = [next(aligned) if is_labelled(each) else each for each in given]
    labelled = [each for each in given if is_labelled(each)]
    manager: Any = get_chunked_array_type(*arrays_of(variables_of(obj)))
    whole = [as_dataset(each) if is_labelled(each) else each for each in given]
    lengths = common_lengths(whole)
    cut = [cut_alike(each, lengths, manager) if isinstance(each, Dataset) else each for each in whole]
    lengths = common_lengths(cut)
    together = merge([each.coords for each in labelled], join="exact", compat="override").coords
    if template is None:
        template = inferred(func, given, kwargs or {})
        coordinates = kept_coordinates(together, template)
        made_lengths: Lengths = {dim: lengths[dim] for dim in template.dims if dim in lengths}
    else:
        coordinates, made_lengths = template.coords, template.chunksizes
        if not made_lengths:
            raise ValueError("Provided template has no chunked arrays: chunk it as the result is to be chunked.")
    check_counts(lengths, made_lengths, template)
    wanted = template if isinstance(template, Dataset) else template._to_temp_dataset()
    indexes = {
        name: (index, coordinates[name].dims)
        for name, index in coordinates.xindexes.items()
        if name not in together.xindexes or not index.equals(together.xindexes[name])
    }
    dims = tuple(lengths)
    call = CallAtPlace(
        func,
        tuple(
            [
                piece_of(each, isinstance(one, DataArray)) if isinstance(each, Dataset) else each
                for each, one in zip(cut, given, strict=True)
            ]
        ),
        tuple((kwargs or {}).items()),
        {dim: bounds_of(chunks) for dim, chunks in lengths.items()},
        Template(
            {dim: bounds_of(chunks) for dim, chunks in made_lengths.items()},
            frozenset(template.data_vars if isinstance(template, Dataset) else ()),
            frozenset(template.coords),
            indexes,
        ),
    )
    operands: list[Any] = []
    for dim in dims:
        operands += [da.arange(len(lengths[dim]), chunks=1), (dim,)]
    for each in cut:
        if isinstance(each, Dataset):
            for variable in blocks_of(each):
                operands += [variable._data, variable.dims]
    blocks = da.blockwise(
        call,
        dims,
        *operands,
        adjust_chunks=dict.fromkeys(dims, 1),
        align_arrays=False,
        meta=np.empty((0,) * len(dims), object),
    )
    return assembled(blocks, dims, made_lengths, coordinates, wanted, template)


def assembled(
    blocks: Any, dims: tuple[Hashable, ...], lengths: Lengths, coordinates: Any, wanted: Dataset, template: Any
) -> Dataset | DataArray:
    """The result: each variable of the template, picked from blocks of objects."""
    result = Dataset(coords=coordinates, attrs=wanted.attrs)
    for indexed in result.xindexes:
        result[indexed].attrs, result[indexed].encoding = wanted[indexed].attrs, wanted[indexed].encoding
    for name, variable in wanted.variables.items():
        if name in coordinates.xindexes:
            continue
        # what a variable has no dimension for is the same everywhere along it: the last is taken
        own = blocks[tuple([slice(None) if dim in variable.dims else -1 for dim in dims])]
        data = da.blockwise(
            PickVariable(name),
            variable.dims,
            own,
            tuple([dim for dim in dims if dim in variable.dims]),
            adjust_chunks={dim: lengths.get(dim, (variable.sizes[dim],)) for dim in dims if dim in variable.dims},
            new_axes={dim: lengths.get(dim, (size,)) for dim, size in variable.sizes.items() if dim not in dims},
            dtype=variable.dtype,
            token=str(name).strip("<>"),
        )
        result[name] = (variable.dims, data, variable.attrs)
        result[name].encoding = variable.encoding
    result = result.set_coords(wanted._coord_names)
    if isinstance(template, Dataset):
        return result
    array = parallel.dataset_to_dataarray(result)
    array.name = template.name
    return array


@dataclass(frozen=True)
class Piece:
    """An argument that is cut: what of it is in memory, and names and forms of the variables that come as blocks.

    Parameters
    ----------
    held : Dataset
        Coordinates with an index; they are cut where the function is called.
    variables : tuple of (name, variable or None)
        All variables in order; of those that come as blocks one of no size with dimensions and attributes.
    coordinates : frozenset
        Names of those that are coordinates.
    is_array : bool
        Whether the function gets a data array.
    attrs : dict
        Attributes of the whole.
    """

    held: Dataset
    variables: tuple[tuple[Hashable, Any], ...]
    coordinates: frozenset[Hashable]
    is_array: bool
    attrs: dict[Any, Any]

    @property
    def count(self) -> int:
        """How many variables come as blocks."""
        return sum(form is not None for _, form in self.variables)

    def filled(self, slices: Mapping[Hashable, slice], blocks: Sequence[Any]) -> Any:
        """The argument at one place."""
        part = self.held.isel({dim: cut for dim, cut in slices.items() if dim in self.held.dims})
        left = iter(blocks)
        variables = {
            name: part._variables[name] if form is None else form._replace(data=next(left))
            for name, form in self.variables
        }
        made = part._replace(
            variables=variables,
            coord_names=set(self.coordinates),
            dims=calculate_dimensions(variables),
            attrs=dict(self.attrs) or None,
        )
        return parallel.dataset_to_dataarray(made) if self.is_array else made


@dataclass(frozen=True)
class CallAtPlace:
    """A user's function at one place of the grid, and the checks of what it gave."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    bounds: Bounds
    template: Template

    @property
    def __name__(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def __call__(self, *blocks: Any) -> Any:
        count = len(self.bounds)
        places = {dim: int(block[0]) for dim, block in zip(self.bounds, blocks[:count], strict=True)}
        slices = {dim: slice(*self.bounds[dim][place : place + 2]) for dim, place in places.items()}
        left = list(blocks[count:])
        values = []
        for argument in self.arguments:
            if not isinstance(argument, Piece):
                values.append(argument)
                continue
            values.append(argument.filled(slices, left[: argument.count]))
            del left[: argument.count]
        result = self.function(*values, **dict(self.keywords))
        self.template.check(result, places, values)
        made = np.empty((1,) * count, object)
        made[(0,) * count] = parallel.make_dict(result)
        return made


@dataclass(frozen=True)
class Template:
    """What the result is to be.

    Parameters
    ----------
    bounds : dict
        Where the result's blocks begin and end, for its dimensions that are cut.
    data, coordinates : frozenset
        Names of its variables.
    indexes : dict
        Its indexes that no argument has, with their dimensions.
    """

    bounds: Bounds
    data: frozenset[Hashable]
    coordinates: frozenset[Hashable]
    indexes: dict[Hashable, Any]

    def check(self, result: Any, places: Mapping[Hashable, int], values: Sequence[Any]) -> None:
        """Raise if a result does not fit in at a place."""
        cuts = {dim: slice(*all_of[places[dim] :][:2]) for dim, all_of in self.bounds.items() if dim in places}
        missing = set(cuts) - set(result.sizes)
        if missing:
            raise ValueError(
                f"Dimensions {missing} missing on returned object: a template with other dimensions says so."
            )
        for dim, cut in cuts.items():
            if result.sizes[dim] != cut.stop - cut.start:
                raise ValueError(
                    f"Received dimension {dim!r} of length {result.sizes[dim]}. Expected length {cut.stop - cut.start}: "
                    "a template tells what the function makes of the lengths of blocks."
                )
        given = merge(
            [each.coords for each in values if is_labelled(each)], join="exact", compat="override"
        ).coords.xindexes
        for name, index in result.xindexes.items():
            expected = given.get(name)
            if name in self.indexes:
                expected, dims = self.indexes[name]
                own = {dim: cuts[dim] for dim in dims if dim in cuts}
                expected = expected.isel(own) if own else expected
            if expected is not None and not index.equals(expected):
                raise ValueError(f"Expected index {name!r} to be {expected!r}. Received {index!r} instead.")
        names: Any = {"shapes": {}, "coords": set(self.coordinates), "data_vars": set(self.data)}
        parallel.check_result_variables(result, names, "coords")
        if isinstance(result, Dataset):
            parallel.check_result_variables(result, names, "data_vars")


@dataclass(frozen=True)
class PickVariable:
    """One variable out of the blocks of objects."""

    name: Hashable

    def __call__(self, block: Any) -> Any:
        return block.item()[self.name]


def is_labelled(value: Any) -> bool:
    """Whether an argument is cut along dimensions."""
    return isinstance(value, Dataset | DataArray)


def variables_of(value: Any) -> list[Any]:
    """All variables of a dataset or data array."""
    whole = value if isinstance(value, Dataset) else value._to_temp_dataset()
    return list(whole._variables.values())


def check_arguments(args: Any, kwargs: Any, template: Any) -> None:
    """Raise if an argument is not of the type that it must have."""
    if template is not None and not is_labelled(template):
        raise TypeError(f"template must be a DataArray or Dataset. Received {type(template).__name__} instead.")
    if not isinstance(args, Sequence):
        raise TypeError(f"args must be a sequence, a list or tuple for example, not {args!r}")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise TypeError(f"kwargs must be a mapping, a dict for example, not {kwargs!r}")
    for name, value in (kwargs or {}).items():
        if is_weft_collection(value) and (not is_labelled(value) or arrays_of(variables_of(value))):
            raise TypeError(f"Cannot pass collections in kwargs: compute {name!r} first, or pass it in args.")


def as_dataset(value: Any) -> Dataset:
    """A dataset or data array as a dataset."""
    return value if isinstance(value, Dataset) else parallel.dataarray_to_dataset(value)


def common_lengths(arguments: Sequence[Any]) -> Lengths:
    """The blocks of each dimension, which must be the same in all arguments that are cut along it."""
    lengths: dict[Hashable, tuple[int, ...]] = {}
    for each in arguments:
        if not isinstance(each, Dataset):
            continue
        for dim, chunks in each.chunksizes.items():
            if lengths.setdefault(dim, tuple(chunks)) != tuple(chunks):
                raise ValueError(
                    f"Chunk sizes along dimension {dim!r} are not equal: {lengths[dim]} and {tuple(chunks)}. "
                    "Chunk the arguments alike first, for example by xarray.unify_chunks()."
                )
    return lengths


def cut_alike(whole: Dataset, lengths: Lengths, manager: Any) -> Dataset:
    """An argument whose variables, but for indexes, are all cut in the same way."""
    return whole.chunk({dim: lengths[dim] for dim in whole.dims if dim in lengths}, chunked_array_type=manager)


def check_counts(lengths: Lengths, made: Lengths, template: Any) -> None:
    """Raise if the result has other numbers of blocks than what it is made of."""
    for dim in template.dims:
        wanted, there = len(made.get(dim, (0,))), len(lengths.get(dim, (0,)))
        if wanted != there:
            raise ValueError(
                "map_blocks requires that one block of the input maps to one block of output: along dimension "
                f"{dim!r} there are {there} blocks of the input and {wanted} of the template. Chunk it accordingly."
            )


def inferred(function: Callable[..., Any], given: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What the function gives for pieces of no length."""
    try:
        made = function(*[emptied(each) if is_labelled(each) else each for each in given], **keywords)
    except Exception as error:  # whatever a user's function raises
        raise ValueError(
            "Cannot infer object returned from running user provided function. "
            "Please supply the 'template' kwarg to map_blocks."
        ) from error
    if not is_labelled(made):
        raise TypeError(f"Function must return an xarray DataArray or Dataset. Instead it returned {type(made)}")
    return made


def emptied(value: Any) -> Any:
    """The same without any length, in memory."""
    nothing = value.isel({dim: slice(0) for dim in value.dims})
    return nothing.__weft_rebuild_from_exprs__([each._meta for each in nothing.__weft_exprs__()])


def kept_coordinates(together: Any, template: Any) -> Any:
    """The coordinates of the arguments that the template has as well, and those that it has by itself."""
    old = together.to_dataset()[[name for name in together if name in template.coords]]
    old = old.drop_vars([name for name in old.variables if name not in template.coords])
    new = template.coords.to_dataset()[[name for name in template.coords if name not in together]]
    return merge([old, new], join="outer", compat="override").coords


def blocks_of(cut: Dataset) -> Iterator[Any]:
    """The variables that come as blocks."""
    return (variable for name, variable in cut._variables.items() if name not in cut._indexes)


def piece_of(cut: Dataset, is_array: bool) -> Piece:
    """How an argument is put together at a place."""
    forms = [
        (name, None if name in cut._indexes else variable._replace(data=np.empty((0,) * variable.ndim)))
        for name, variable in cut._variables.items()
    ]
    held = cut.drop_vars([name for name, form in forms if form is not None])
    return Piece(held, tuple(forms), frozenset(cut._coord_names), is_array, dict(cut.attrs))


def bounds_of(lengths: Sequence[int]) -> tuple[int, ...]:
    """Where blocks begin, and where the last one ends."""
    return (0, *accumulate(lengths))


@wraps(before)
def chosen(func: Callable[..., Any], obj: Any, args: Any = (), kwargs: Any = None, template: Any = None) -> Any:
    """`xarray.map_blocks`, on whatever arrays there are."""
    is_ours = is_labelled(obj) and bool(arrays_of(variables_of(obj)))
    return (map_blocks if is_ours else before)(func, obj, args, kwargs, template)


def teach_blocks() -> None:
    """Give xarray a `map_blocks` that knows Weft's arrays."""
    parallel.map_blocks = xarray.map_blocks = chosen
