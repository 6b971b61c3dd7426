"""Names that programs import from ``dask.dataframe.core``, at the same place."""

from weft.dataframe.frame import DataFrame
from weft.dataframe.index import Index
from weft.dataframe.series import Series
from weft.typing import no_default

__all__ = ["DataFrame", "Index", "Series", "no_default"]
