"""Print the reference page of all options."""

from __future__ import annotations

from weft.config.reference import reference_page

if __name__ == "__main__":
    print(reference_page(), end="")
