from __future__ import annotations

import pandas as pd
import pytest
from tests.dataframe.columns import agree, in_partitions


def test_the_expression_can_be_simplified_optimised_and_printed(capsys):
    whole = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
    parts = in_partitions(whole, [1])
    asked = parts[parts.a > 1].b + 1
    for made in (asked.simplify(), asked.optimize(), asked.optimize(fuse=False), asked.to_backend("pandas")):
        agree(lambda: made, lambda: whole[whole.a > 1].b + 1)  # noqa: B023
    asked.pprint()
    assert "from_pandas" in capsys.readouterr().out.replace("FromPandas", "from_pandas")
    assert len(asked.weft)
    with pytest.raises(ValueError, match="no backend"):
        asked.to_backend("cudf")


def test_bytes_of_each_partition():
    parts = in_partitions(pd.DataFrame({"a": [1, 2, 3]}), [1])
    assert parts.memory_usage_per_partition(index=False).compute(scheduler="sync").tolist() == [8, 16]
