"""The command ``weft``: ``main`` finds sub-commands, ``config`` and ``info`` are two of them."""
