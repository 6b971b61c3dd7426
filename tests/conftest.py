"""What all tests share."""

from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("weft", deadline=None)
settings.load_profile("weft")
