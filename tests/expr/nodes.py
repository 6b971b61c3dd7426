"""A small language of nodes for the tests: numbers with a width, in place of arrays with a shape."""

from __future__ import annotations

from weft.expr import Expr, node


@node
class Leaf(Expr):
    text: str
    width: int = 1

    @property
    def signature(self):
        return {"width": self.width}


@node
class Plus(Expr):
    left: Expr
    right: Expr

    @property
    def signature(self):
        return {"width": self.left.signature["width"]}


@node
class Minus(Expr):
    source: Expr

    @property
    def signature(self):
        return self.source.signature


@node
class Total(Expr):
    sources: tuple[Expr, ...]


@node
class Cut(Expr):
    source: Expr
    width: int

    @property
    def signature(self):
        return {"width": self.width}
