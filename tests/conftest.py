"""What all tests share."""

import os

from hypothesis import settings

# How long an example takes says more of the machine than of the code. The same examples are drawn every time, so that a
# run says something of the change and not of the draw; HYPOTHESIS_PROFILE=search looks for others.
settings.register_profile("weft", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "weft"))
