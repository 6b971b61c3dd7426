from __future__ import annotations

from pathlib import Path

import weft
from weft.dataframe.kernels.polars.elementwise import OPERATIONS
from weft.dataframe.kernels.polars.reference import reference_page

PAGE = Path(weft.__file__).parents[2] / "docs" / "reference" / "engines.md"


def test_the_page_of_engines_is_what_they_say():
    page = reference_page()
    assert page == PAGE.read_text(), (
        "run: python -m weft.dataframe.kernels.polars.reference > docs/reference/engines.md"
    )
    assert all(f"`{name}`" in page for name in OPERATIONS)
