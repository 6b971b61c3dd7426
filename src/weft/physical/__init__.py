"""The few steps that make tasks. All collections lower to these.

``base`` has what every one of them is and `build`, ``rewrite`` the way from expressions to them; ``blockwise`` makes one
block from matching blocks, ``tree_reduce`` many to one, ``gather`` a few to one, ``exchange`` all to all; ``source`` is data
in memory, ``opaque`` a graph made elsewhere; ``fuse`` joins blockwise nodes; ``grid`` says which block of one grid is
read for which of another. ``call`` is apart: single calls that users write, far lighter than the rest.

Nothing is imported here: whoever writes calls only does not wait for the rest.
"""
