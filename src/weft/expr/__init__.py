"""Expressions: what is to be computed, and how it is rewritten before anything is. Knows no array, table or task.

``node`` has immutable nodes that are named by what they are, ``holes`` what they are besides numbers and data, ``tree`` walks
and replaces, ``facts`` is the vocabulary by which nodes tell rules what is true of them, ``rewrite`` has rules, phases and the
driver, ``context`` what rules may ask, ``sharing`` makes equal nodes one object, ``show`` prints trees.
"""

from weft.expr.context import Context
from weft.expr.facts import Cost, Fact, Need, Needs
from weft.expr.naming import nonce
from weft.expr.node import ALL_NEEDS, Expr, Held, derived, node
from weft.expr.rewrite import PIPELINE, Phase, Rule, Trace, add_later, add_rules, optimize, rewrite, rule
from weft.expr.sharing import share
from weft.expr.show import difference, tree_text
from weft.expr.tree import dependents, find, replace, walk

__all__ = [
    "ALL_NEEDS",
    "PIPELINE",
    "Context",
    "Cost",
    "Expr",
    "Fact",
    "Held",
    "Need",
    "Needs",
    "Phase",
    "Rule",
    "Trace",
    "add_later",
    "add_rules",
    "dependents",
    "derived",
    "difference",
    "find",
    "node",
    "nonce",
    "optimize",
    "replace",
    "rewrite",
    "rule",
    "share",
    "tree_text",
    "walk",
]
