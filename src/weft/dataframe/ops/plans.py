"""What is going to be computed: the expression of a frame, optimised or not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.execution import optimize
from weft.expr import optimize as rewritten
from weft.expr import tree_text

__all__: list[str] = []


class PlanMethods(FrameBase):
    """The expression of a frame."""

    __slots__ = ()

    @property
    def weft(self) -> Any:
        """The graph that computes this: a mapping of keys to tasks."""
        return self.__weft_graph__()

    def optimize(self, fuse: bool = True) -> Any:
        """The same, rewritten by the optimiser; ``fuse=False`` leaves steps of partitions by themselves."""
        if fuse:
            (made,) = optimize(self)
            return made
        return self.simplify()

    def simplify(self) -> Any:
        """The same by a simpler expression, still without a choice of physical operations."""
        (expr,) = rewritten([self.expr], phases=("simplify",))
        return new(expr)  # type: ignore[arg-type]

    def pprint(self) -> None:
        """Print the expression as a tree."""
        print(tree_text(self.expr))

    def to_backend(self, backend: str | None = None, **kwargs: Any) -> Any:
        """The same with partitions of another library; there is pandas only."""
        if backend not in (None, "pandas"):
            raise ValueError(f"partitions are of pandas; there is no backend {backend!r}")
        if kwargs:
            raise TypeError(f"to_backend() got unexpected arguments {sorted(kwargs)}")
        return self

    def memory_usage_per_partition(self, index: bool = True, deep: bool = False) -> Any:
        """Bytes of each partition, as a series.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=3)
        >>> df.memory_usage_per_partition(index=False).compute().tolist()
        [8, 8, 8]
        """
        used = self.map_partitions(bytes_of, bool(index), bool(deep), meta=(None, "int64"))  # type: ignore[attr-defined]
        return used.reset_index(drop=True)


def bytes_of(partition: Any, index: bool, deep: bool) -> pd.Series:
    """Bytes of a partition, as a series of one."""
    words = {"deep": deep} if isinstance(partition, pd.Index) else {"index": index, "deep": deep}
    used = partition.memory_usage(**words)
    return pd.Series([int(used.sum() if isinstance(used, pd.Series) else used)])
